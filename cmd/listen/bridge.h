/*
 * Two streams joined both ways. Each way ends by itself: the end of one stream half-closes the
 * other, and the opposite way goes on.
 */
#ifndef SKT_CMD_LISTEN_BRIDGE_H
#define SKT_CMD_LISTEN_BRIDGE_H

#include "cmd/listen/client.h"
#include "net/bucket.h"
#include "net/pump.h"

struct bridge {
	/* Set before the start, all else zeroed. */
	struct client *client; /* one end; its record and the run's rate are those of the bridge */
	int fd;                /* the other end, connected and non-blocking; the bridge's own */
	/* Called once, when both ways have ended, or one broke with -errno R. May free the bridge.
	 */
	void (*done)(struct bridge *bridge, int r);
	/* Called once when the client has all that the far end will ever say, and may itself go on.
	 * May stop the bridge. NULL: of no interest. */
	void (*said)(struct bridge *bridge);

	bool forgiving; /* a far end that does not want to hear more may still speak */

	struct skt_pump in, out; /* from the client, to the client */
	bool in_done, out_done;

	/* the bridge's own */
	struct skt_stream far;
	struct skt_bucket in_bucket, out_bucket;
	bool open;
};

/* Begins. FD is closed by bridge_stop() in any case. Errors: -errno. */
int bridge_start(struct bridge *bridge);

/* Lets go of everything. RESET: what is not in order shall be seen at the far end. */
void bridge_stop(struct bridge *bridge, bool reset);

/* What went over it, as the client sees it. */
void bridge_look(const struct bridge *bridge, struct listen_traffic *ret);

#endif
