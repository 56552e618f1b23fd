/*
 * Whether anything has happened to the sockets of this network namespace: the kernel's counters
 * (/proc/net/sockstat and sockstat6, net/ipv4/proc.c), which cost a fraction of a look at its
 * tables. A socket that begins to listen counts as in use; when another one goes in the same moment
 * the sum may stay the same, so that "no change" is a good guess only.
 */
#ifndef SKT_PROC_SOCKSTAT_H
#define SKT_PROC_SOCKSTAT_H

#include <stdbool.h>
#include <stddef.h>

enum { SKT_SOCKSTAT_FILES = 2, SKT_SOCKSTAT_MAX = 512 };

struct skt_sockstat {
	int fds[SKT_SOCKSTAT_FILES]; /* -1: cannot be read */
	size_t lens[SKT_SOCKSTAT_FILES];
	char texts[SKT_SOCKSTAT_FILES][SKT_SOCKSTAT_MAX];
};

/* Opens the files below PROC_ROOT ("/proc"). What cannot be opened always counts as changed. */
void skt_sockstat_open(struct skt_sockstat *sockstat, const char *proc_root);

/* Whether the counters are others than at the last call; true at the first one. */
bool skt_sockstat_changed(struct skt_sockstat *sockstat);
void skt_sockstat_close(struct skt_sockstat *sockstat);

#endif
