/* A proxy as a step of an opening: asked to connect, after which the stream is the target's. */
#ifndef SKT_NET_TUNNEL_H
#define SKT_NET_TUNNEL_H

#include "net/http_connect.h"
#include "net/opening.h"
#include "net/proxy.h"
#include "net/socks.h"

struct skt_tunnel {
	struct skt_opening_step step;
	/* Set before the start; borrowed. */
	const struct skt_proxy *proxy;
	const struct skt_endpoint *target; /* that PROXY suits */
	uint16_t port;                     /* of TARGET */

	/* the step's own */
	enum skt_socks_phase phase;
	struct skt_header out, in;
	char said[SKT_HTTP_REQUEST_MAX], heard[SKT_HTTP_HEAD_MAX];
};

/* Zero-initialised but for `step.ops` and what is to be set. */
extern const struct skt_opening_ops skt_tunnel_ops;

#endif
