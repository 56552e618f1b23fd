/* The one network namespace that a user says: a name, a process, a thread, an inode, or a path. */
#ifndef SKT_PROC_NETNS_SELECT_H
#define SKT_PROC_NETNS_SELECT_H

#include "base/err.h"
#include "proc/netns_search.h"

/*
 * Adds the one that is WHO to the empty set, and finds out what it is called. NAME (or NULL) is how
 * it was asked for, PATH (or NULL) where it was found, PID (or 0) the process that was named.
 * -ENOMEM.
 */
int skt_netns_choose(struct skt_netns_search *search, struct skt_netns_identity who,
	const char *name, const char *path, uint32_t pid);

/* Adds the one that SELECTOR says (skt_netns_find, which see for the errors) to the empty set. */
int skt_netns_select(struct skt_netns_search *search, const char *selector, struct skt_err *err);

#endif
