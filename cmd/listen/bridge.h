/*
 * A client joined to another connection, or to a program by a socket: net/joint with the client for
 * A and the other for B.
 */
#ifndef SKT_CMD_LISTEN_BRIDGE_H
#define SKT_CMD_LISTEN_BRIDGE_H

#include "cmd/listen/client.h"
#include "net/bucket.h"
#include "net/joint.h"
#include "net/keepalive.h"

struct bridge {
	/* Set before the start, all else zeroed; the descriptor of `far` is -1 at least. */
	struct client *client;     /* its record and the run's rate are those of the bridge */
	struct skt_connection far; /* the other end, taken over; the bridge's own */
	bool is_program;           /* the other end need not hear all, nor end in order */
	/*
	 * Called once, when it is over: 0, or the -errno for which it is not in order. What could
	 * be delivered has been. May free the bridge.
	 */
	void (*done)(struct bridge *bridge, int r);

	/* the bridge's own; `there` is what the client sends, `back` what it gets */
	struct skt_joint joint;
	struct skt_keepalive keepalive; /* of the other end, where that was dialled over TCP */
	struct skt_bucket in_bucket, out_bucket;
};

/* Begins. The far connection is closed by bridge_stop() in any case. Errors: -errno. */
int bridge_start(struct bridge *bridge);

/* The program at the other end has ended: nothing more is waited for than what it has said. */
void bridge_program_ended(struct bridge *bridge);

/* Lets go of everything. RESET: what is not in order shall be seen at the far end. */
void bridge_stop(struct bridge *bridge, bool reset);

/* What went over it, as the client sees it. */
void bridge_look(const struct bridge *bridge, struct listen_traffic *ret);

#endif
