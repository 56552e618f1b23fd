#include "cmd/connect/tls_steps.h"

void connect_tls_steps_add(struct connect_tls_steps *steps, struct skt_opening *opening,
	const struct connect_tls_options *options, const struct skt_endpoint *endpoint,
	struct skt_tls_context *context, bool report)
{
	*steps = (struct connect_tls_steps){0};
	connect_tls_name(options, endpoint, &steps->name);
	if (options->starttls != SKT_STARTTLS_NONE) {
		steps->starttls.protocol = options->starttls;
		steps->starttls.host = steps->name.text;
		skt_starttls_step_init(&steps->starttls);
		skt_opening_add(opening, &steps->starttls.step);
	}
	steps->tls.context = context;
	steps->tls.options = connect_tls_session_options(options, &steps->name);
	steps->tls.options.report |= report;
	steps->tls.lenient = options->common.lenient;
	skt_tls_step_init(&steps->tls);
	skt_opening_add(opening, &steps->tls.step);
}

void connect_tls_steps_fini(struct connect_tls_steps *steps)
{
	skt_tls_step_fini(&steps->tls);
}
