/*
 * The search for network namespaces: the set that it fills, and the two ways in, by the
 * names below the directories of ip-netns(8) and docker, and by the links of processes.
 */
#ifndef SKT_PROC_NETNS_SEARCH_H
#define SKT_PROC_NETNS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/netns_set.h"

struct skt_netns_search {
	const char *proc_root;
	struct skt_netns_set *set;
	struct skt_netns_identity own;
	unsigned int rank; /* of the directory of names at hand, from 1 */
	bool thread;       /* the one that was chosen was chosen by a thread */
};

/* Who the namespace behind PATH is. -errno; -EINVAL: the file is something else. */
int skt_netns_identify(const char *path, struct skt_netns_identity *ret);
/* The path of a process's namespace, in SIZE (PATH_MAX) bytes. */
void skt_netns_process_path(const char *proc_root, uint32_t pid, char *path, size_t size);
/* Links of processes lead nowhere else: one look is enough. -errno. */
int skt_netns_identify_process(const char *proc_root, uint32_t pid, struct skt_netns_identity *ret);

/* Appends a namespace; NULL: memory is out. Pointers to others are void then. */
struct skt_netns *skt_netns_add(struct skt_netns_search *search, struct skt_netns_identity who);
/* Of several names in one directory the first by the alphabet counts. -ENOMEM. */
int skt_netns_set_name(struct skt_netns_search *search, struct skt_netns *netns, const char *name,
	const char *path);
/* Settles how rows call a namespace that has no name, and where it is found. -ENOMEM. */
int skt_netns_settle(struct skt_netns_search *search, struct skt_netns *netns);

/* Takes the file NAME at PATH. Negative: stop. */
typedef int skt_netns_name_fn(
	struct skt_netns_search *search, const char *name, const char *path, void *ctx);
/* Takes the process PID. Negative: stop. */
typedef int skt_netns_process_fn(struct skt_netns_search *search, uint32_t pid, void *ctx);

/* Call FN for each name, and for each process that /proc shows. What FN said when it stopped. */
int skt_netns_each_name(struct skt_netns_search *search, skt_netns_name_fn *fn, void *ctx);
int skt_netns_each_process(struct skt_netns_search *search, skt_netns_process_fn *fn, void *ctx);
/* Finds the file NAME: who it is, and its path in SIZE (PATH_MAX) bytes. As identify; -ENOENT. */
int skt_netns_look_up(const char *name, struct skt_netns_identity *ret, char *path, size_t size);

#endif
