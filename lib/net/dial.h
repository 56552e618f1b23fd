/*
 * Connects to an endpoint: every address of a name in a race (RFC 8305), under one deadline over
 * lookups and attempts together, with a record of each attempt.
 *
 * The race: IPv6 goes first and the families alternate; the next attempt begins 250 ms after the
 * last one, or at once when that one fails. Where only IPv4 addresses are known yet, IPv6 is given
 * 50 ms to appear.
 */
#ifndef SKT_NET_DIAL_H
#define SKT_NET_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/endpoint.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/resolve.h"

enum skt_attempt_state {
	SKT_ATTEMPT_RUNNING,
	SKT_ATTEMPT_WON,
	SKT_ATTEMPT_FAILED,    /* `error` says why */
	SKT_ATTEMPT_CANCELLED, /* another one won, or the dial was cancelled */
	SKT_ATTEMPT_TIMED_OUT, /* unanswered at the deadline */
};

struct skt_dial;

/* One address tried. Lists keep the order in which they were begun. */
struct skt_attempt {
	struct skt_attempt *next;
	struct skt_addr addr; /* AF_UNSPEC for unix and vsock */
	uint16_t port;
	enum skt_attempt_state state;
	int error; /* errno, positive; ETIMEDOUT at the deadline; 0 while running, won, cancelled */
	uint64_t start_ns, end_ns;
	bool mptcp; /* the socket is one of MPTCP: asked for, and known to the kernel */

	/* the dial's own */
	struct skt_dial *dial;
	struct skt_watch watch;
};

struct skt_dial_options {
	int family; /* AF_INET, AF_INET6, AF_UNSPEC: both */
	int type;   /* SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM; 0: what answers, stream first */
	const struct skt_endpoint *source; /* of role SOURCE, or NULL. Borrowed. */
	const char *interface;             /* or NULL. Borrowed. */
	/* A lookup of the name that others share, under way or over, in place of one of its own; or
	 * NULL. Read by skt_dial_start() only: what comes later is for skt_dial_learn(). */
	const struct skt_resolve *known;
	/*
	 * A descriptor that is closed, and becomes -1, when the first socket is opened, so that
	 * there is one to be had; or NULL. Borrowed.
	 */
	int *spare;
	/* Whether an address may be tried, else it has failed with EPERM; NULL: any. */
	bool (*permits)(void *arg, const struct skt_addr *addr);
	void *permits_arg;
	bool mptcp;               /* where the kernel has it, else plain TCP */
	bool fastopen;            /* TCP_FASTOPEN_CONNECT: the first data go with the SYN */
	unsigned int keepalive_s; /* skt_keepalive_ask(); 0: not */
	uint64_t attempt_delay_ns, resolution_delay_ns; /* 0: those of RFC 8305 */
};

/* One dial. The user sets `done` and zeroes the rest. */
struct skt_dial {
	/*
	 * Called once. FD, connected, non-blocking and close-on-exec, is the user's then; or FD is
	 * -errno and `err` says it in words. May fini, and free, the dial.
	 */
	void (*done)(struct skt_dial *dial, int fd);

	struct skt_attempt *attempts, *winner;
	struct skt_resolve resolve; /* asked where the host was a name */
	uint64_t start_ns, end_ns;
	struct skt_err err;

	/* the dial's own */
	struct skt_loop *loop;
	struct skt_resolver *resolver;
	struct skt_dial_options options;
	struct skt_endpoint endpoint;
	uint16_t port;
	struct skt_addr source;
	size_t tried_v6, tried_v4; /* addresses of each list that were begun */
	struct skt_attempt **tail;
	struct skt_timer next_timer, deadline;
	uint64_t retry_ns;
	size_t running;
	int last_family;
	bool active;
};

/*
 * Begins. PORT is that of an INET endpoint (skt_resolve_port); RESOLVER is needed for names only.
 * DEADLINE_NS may be SKT_NEVER. ENDPOINT and OPTIONS are copied, but not
 * what OPTIONS points to. No callback before the loop runs.
 * Errors, at once: -EAFNOSUPPORT (the families of address, source and options exclude each other),
 * -ENODEV (zone), -ENOMEM. What the network says comes by done():
 *
 *	-ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH, -ETIMEDOUT, ...   as connect(2)
 *	-ENOENT    no such name (err.domain is SKT_ERR_GAI then), or no such unix socket
 *	skt_dial_is_local(r)   it failed here, and nothing was learnt about the other side
 */
int skt_dial_start(struct skt_dial *dial, struct skt_loop *loop, struct skt_resolver *resolver,
	const struct skt_endpoint *endpoint, uint16_t port, const struct skt_dial_options *options,
	uint64_t deadline_ns, struct skt_err *err);

/* More of the answers that a dial with `known` waits for. May end the dial; no effect on one that
 * is over. */
void skt_dial_learn(struct skt_dial *dial, const struct skt_resolve *known);

/* Ends it without done(); who has been reached sees a reset. The record stays readable. */
void skt_dial_cancel(struct skt_dial *dial);

/* Cancels, and frees the record. */
void skt_dial_fini(struct skt_dial *dial);

/* Whether -errno R is for want of something on this host: descriptors, ports, rights, a family. */
bool skt_dial_is_local(int r);

#endif
