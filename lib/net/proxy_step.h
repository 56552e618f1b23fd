/* The PROXY protocol as steps of an opening: a header that is received, and one that is sent. */
#ifndef SKT_NET_PROXY_STEP_H
#define SKT_NET_PROXY_STEP_H

#include "net/opening.h"
#include "net/proxy_protocol.h"

/*
 * Receives a header, which must come first, and makes it the connection's word on its ends; where
 * it tells nothing (LOCAL, UNKNOWN), they stay what they are.
 */
struct skt_proxy_receive {
	struct skt_opening_step step;
	struct skt_proxy_header header; /* once the step is over */

	/* the step's own */
	struct skt_header taken;
	char bytes[SKT_PROXY_MAX];
};

/* Zero-initialised but for `step.ops`: */
extern const struct skt_opening_ops skt_proxy_receive_ops;

struct skt_proxy_send {
	struct skt_opening_step step;
	struct skt_proxy_header header; /* set before the start */

	/* the step's own */
	struct skt_header left;
	char bytes[SKT_PROXY_WRITTEN_MAX];
};

extern const struct skt_opening_ops skt_proxy_send_ops;

/*
 * What there is to tell of CONNECTION in VERSION: the other side and ours where it was accepted and
 * its client is spoken for; with REVERSED ours and the other side, where it was dialled and we
 * speak for ourselves.
 */
struct skt_proxy_header skt_proxy_header_of(
	const struct skt_connection *connection, int version, bool reversed);

#endif
