/* From a connection to TLS: the steps of its opening that the options of a client ask for. */
#ifndef SKT_CMD_STREAM_TLS_STEPS_H
#define SKT_CMD_STREAM_TLS_STEPS_H

#include "cmd/stream/tls_client.h"
#include "net/starttls.h"
#include "net/tls_stream.h"

/* What is asked for. All is borrowed. */
struct skt_tls_wish {
	const struct skt_tls_client_options *client;
	struct skt_tls_context *context;
	enum skt_starttls_protocol starttls;
	bool lenient; /* an end without close_notify is one */
	/*
	 * A certificate that is not verified ends nothing, and it is the user's to look at the
	 * verdict before anything is sent.
	 */
	bool report;
};

/* Outlives the opening. */
struct skt_tls_steps {
	struct skt_tls_client_name name;
	struct skt_starttls_step starttls;
	struct skt_tls_step tls;
};

/* Adds them to OPENING, of a connection to ENDPOINT, which is borrowed as WISH is. */
void skt_tls_steps_add(struct skt_tls_steps *steps, struct skt_opening *opening,
	const struct skt_endpoint *endpoint, const struct skt_tls_wish *wish);

/* Whether STEP is one of these. */
static inline bool skt_tls_steps_have(
	const struct skt_tls_steps *steps, const struct skt_opening_step *step)
{
	return step == &steps->starttls.step || step == &steps->tls.step;
}

/* Twice: no effect. */
void skt_tls_steps_fini(struct skt_tls_steps *steps);

#endif
