/*
 * TLS above the stream of a connection, as a step of its opening: the handshake, over whatever
 * stream the steps before it have left, and behind it the stream of what is inside. So TLS may be
 * inside of TLS, to a server behind a proxy that speaks it. Which side is ours, the context says.
 *
 * The end of one direction is a close_notify (RFC 8446, 6.1). A peer whose bytes end without one
 * may have been cut off: SKT_STREAM_CUT, or the end where the step is lenient.
 */
#ifndef SKT_NET_TLS_STREAM_H
#define SKT_NET_TLS_STREAM_H

#include "net/opening.h"
#include "tls/session.h"

struct skt_tls_layer;

/* The user sets what stands before `layer` (the carrier is the step's) and zeroes the rest. */
struct skt_tls_step {
	struct skt_opening_step step; /* `ops` by skt_tls_step_init() */
	struct skt_tls_context *context;
	struct skt_tls_session_options options;
	bool lenient; /* an end without close_notify is one */

	struct skt_tls_layer *layer; /* of the stream, once the step is done */
};

void skt_tls_step_init(struct skt_tls_step *step);

/* The session of a step that is done, as long as its stream is open, or has failed; NULL: it did
 * not begin. */
struct skt_tls_session *skt_tls_step_session(const struct skt_tls_step *step);

/* Frees what a step has kept that was not done; that of one which was is the stream's. */
void skt_tls_step_fini(struct skt_tls_step *step);

/* The session of STREAM, as long as it is open; NULL: it has none. */
struct skt_tls_session *skt_tls_stream_session(const struct skt_stream *stream);

/* Why the TLS of STREAM broke; NULL: it did not, or there is none. */
const struct skt_err *skt_tls_stream_failure(const struct skt_stream *stream);

#endif
