/*
 * What a client has to say before it is served: a header of the PROXY protocol, which tells who it
 * is, whereupon it is let in or not, and the handshake of TLS.
 */
#ifndef SKT_CMD_LISTEN_ARRIVAL_H
#define SKT_CMD_LISTEN_ARRIVAL_H

#include "cmd/listen/options.h"
#include "net/opening.h"
#include "net/proxy_step.h"
#include "net/tls_stream.h"

struct client;

struct arrival {
	struct skt_opening opening; /* `done`, `loop` and `connection` are set before the start */
	/*
	 * Called behind a header of the PROXY protocol: 0, or the -errno for which the client is
	 * not let in.
	 */
	int (*told)(struct arrival *arrival, const struct skt_proxy_header *header);
	struct client *client; /* its owner */

	/* the arrival's own */
	struct skt_proxy_receive proxy;
	struct skt_opening_step admission;
	struct skt_tls_step tls;
};

/* Whether clients have anything to say. */
bool arrival_is_due(const struct listen_options *options);

/* Begins what OPTIONS ask for at NOW_NS, with TLS, which may be NULL, as it is now. */
void arrival_start(struct arrival *arrival, const struct listen_options *options,
	struct skt_tls_context *tls, uint64_t now_ns);

/* Whether it is TLS that went wrong, so that the client is owed an alert. */
bool arrival_owes_alert(const struct arrival *arrival, int r);

/* Ends it in the midst, too. NULL is allowed. */
void arrival_free(struct arrival *arrival);

#endif
