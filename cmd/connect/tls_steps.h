/* From a connection to TLS: the steps of its opening that the options ask for. */
#ifndef SKT_CMD_CONNECT_TLS_STEPS_H
#define SKT_CMD_CONNECT_TLS_STEPS_H

#include "cmd/connect/tls_options.h"
#include "net/starttls.h"
#include "net/tls_stream.h"

/* Outlives the opening, and its stream. */
struct connect_tls_steps {
	struct connect_tls_name name;
	struct skt_starttls_step starttls;
	struct skt_tls_step tls;
};

/*
 * Adds them to OPENING. REPORT: a certificate that is not verified ends nothing, and it is the
 * user's to look at the verdict before anything is sent. All is borrowed.
 */
void connect_tls_steps_add(struct connect_tls_steps *steps, struct skt_opening *opening,
	const struct connect_tls_options *options, const struct skt_endpoint *endpoint,
	struct skt_tls_context *context, bool report);

/* Whether STEP is one of these. */
static inline bool connect_tls_steps_have(
	const struct connect_tls_steps *steps, const struct skt_opening_step *step)
{
	return step == &steps->starttls.step || step == &steps->tls.step;
}

void connect_tls_steps_fini(struct connect_tls_steps *steps);

#endif
