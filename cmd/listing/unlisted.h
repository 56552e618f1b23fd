/*
 * Sockets that processes hold and no table of the kernel lists: made and neither bound nor
 * connected, or left over from a connection (what lsof(8) calls `sock ... protocol: TCP`), or of a
 * family of which the kernel keeps no list at all. They are found by the descriptors of processes:
 * what no dump knows, neither before nor after it was seen to be held.
 *
 * The kernel does not tell in which network namespace such a socket is: it is taken to be that of
 * a process that holds it, once it is in no table of any other.
 */
#ifndef SKT_CMD_LISTING_UNLISTED_H
#define SKT_CMD_LISTING_UNLISTED_H

#include "diag/dump.h"
#include "proc/netns.h"
#include "proc/owner.h"

/* Borrowed. */
struct skt_unlisted_search {
	const struct skt_dump_system *system;
	const struct skt_dump_query *query;     /* which of them: protocols, types, families */
	const struct skt_netns_vec *namespaces; /* to be listed; none: that of this process */
	enum skt_owners_source owners;
};

/* Takes one, of NETNS (NULL: the own one, of no name). Negative: stop, and hand this back. */
typedef int skt_unlisted_fn(const struct skt_socket *socket, struct skt_netns *netns, void *ctx);

/*
 * Hands FN every one that this user sees to be held, by namespace, protocol and inode. Its state is
 * UNBOUND where the tables that it could be in were read to the end and have all that is bound,
 * else UNKNOWN. Sockets that only this process holds are left out. Errors: those of
 * skt_owners_scan() and skt_netns_find(), -ENOMEM, and what FN returned (without words in ERR).
 */
int skt_unlisted_find(const struct skt_unlisted_search *search, skt_unlisted_fn *fn, void *ctx,
	struct skt_err *err);

#endif
