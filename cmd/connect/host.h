/*
 * A name that many probes share: looked up once for all of them, and again only where it was
 * unknown and is worth another question.
 */
#ifndef SKT_CMD_CONNECT_HOST_H
#define SKT_CMD_CONNECT_HOST_H

#include "net/resolve.h"

/* Who waits for a name. Sets `answered` and zeroes the rest. */
struct connect_host_user {
	/* Another of the answers has come. May leave, and free the struct. */
	void (*answered)(struct connect_host_user *user);

	/* the host's own */
	struct connect_host *host; /* NULL: does not wait */
	struct connect_host_user *next, **link;
};

/* The owner sets the first three and zeroes the rest. */
struct connect_host {
	struct connect_host *next; /* of the owner's list */
	const char *name;          /* borrowed */
	int family;                /* AF_UNSPEC: both */
	struct skt_resolve resolve;

	/* the host's own */
	bool asked;
	struct connect_host_user *users, **tail;
	struct connect_host_user *cursor; /* the one that hears of an answer next */
};

/*
 * Has the name looked up, unless it is known or being asked for already; AGAIN: also where it was
 * asked for in vain. USER hears of answers until it leaves. Errors: as skt_resolve_start().
 */
int connect_host_join(struct connect_host *host, struct connect_host_user *user,
	struct skt_resolver *resolver, uint64_t deadline_ns, bool again);

/* No effect where USER does not wait. */
void connect_host_leave(struct connect_host_user *user);

#endif
