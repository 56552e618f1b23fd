/* A proxy as a step of an opening: asked to connect, after which the stream is the target's. */
#ifndef SKT_NET_TUNNEL_H
#define SKT_NET_TUNNEL_H

#include "net/http_connect.h"
#include "net/opening.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/socks.h"

struct skt_tunnel {
	struct skt_opening_step step;
	/* Set before the start; borrowed. */
	const struct skt_proxy *proxy;
	const struct skt_endpoint *target; /* that PROXY suits */
	uint16_t port;                     /* of TARGET */
	/* For a name that SOCKS 4 cannot carry; -ENOENT: it is not known, -EREMOTEIO: nor why. */
	struct skt_resolver *resolver;

	/* the step's own */
	struct skt_opening *opening;
	struct skt_resolve resolve;
	struct skt_endpoint resolved; /* the target without its name */
	enum skt_socks_phase phase;
	struct skt_header out, in;
	char said[SKT_HTTP_REQUEST_MAX], heard[SKT_HTTP_HEAD_MAX];
};

/* Zero-initialised but for `step.ops` and what is to be set. */
extern const struct skt_opening_ops skt_tunnel_ops;

#endif
