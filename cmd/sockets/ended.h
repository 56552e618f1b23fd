/*
 * Connections that end between two looks, with what the kernel had counted of them then: the last
 * part of those that were seen, and all of those that came and went unseen. Whose these were, only
 * BPF can tell, which names the process as it connects or accepts.
 */
#ifndef SKT_CMD_SOCKETS_ENDED_H
#define SKT_CMD_SOCKETS_ENDED_H

#include "base/vec.h"
#include "cmd/sockets/event_rows.h"
#include "diag/ending.h"
#include "diag/netlink.h"
#include "proc/tcp_events.h"

enum { SOCKETS_ENDED_FDS = 2 };

/* Zero-initialised is closed: nothing is told of. */
struct sockets_ended {
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	/* Private. */
	struct skt_netlink *destroyed;
	struct skt_tcp_events *tcp; /* or NULL */
	struct event_rows rows;
	SKT_VEC(struct skt_ending) list; /* since the look before */
	bool lost;
};

/* A row that is the taker's for this call only. 0 or -errno, which ends it. */
typedef int sockets_ended_fn(struct skt_socket_row *row, void *ctx);

/*
 * Has ends told from now on, of the sockets that LISTING, which has a meter, may list; both outlive
 * it. What cannot be told is said on stderr, a line. -ENOMEM; sockets_ended_close() in any case.
 */
int sockets_ended_open(struct sockets_ended *ended, const struct skt_listing *listing,
	const struct skt_context *ctx);

/* What to poll for ends to be read; how many there are. */
size_t sockets_ended_fds(const struct sockets_ended *ended, int fds[SOCKETS_ENDED_FDS]);

/*
 * Reads what was told. Of each connection that a process has begun or accepted since, TAKE gets the
 * row, whose rates' tag it sets for skt_meter_end() to know it by. -ENOMEM, or what TAKE returned.
 */
int sockets_ended_read(struct sockets_ended *ended, sockets_ended_fn *take, void *take_ctx);

/*
 * Hands what ended since the look before to TAKE, once the look at hand has begun: with rates. Rows
 * of what was seen, or announced, have nothing else to tell. The same errors.
 */
int sockets_ended_each(struct sockets_ended *ended, sockets_ended_fn *take, void *take_ctx);

void sockets_ended_close(struct sockets_ended *ended);

#endif
