#include "cmd/stream/tls_steps.h"

void skt_tls_steps_add(struct skt_tls_steps *steps, struct skt_opening *opening,
	const struct skt_endpoint *endpoint, const struct skt_tls_wish *wish)
{
	*steps = (struct skt_tls_steps){0};
	skt_tls_client_name(wish->client, endpoint, &steps->name);
	if (wish->starttls != SKT_STARTTLS_NONE) {
		steps->starttls.protocol = wish->starttls;
		steps->starttls.host = steps->name.text;
		skt_starttls_step_init(&steps->starttls);
		skt_opening_add(opening, &steps->starttls.step);
	}
	steps->tls.context = wish->context;
	steps->tls.options = skt_tls_client_session(wish->client, &steps->name);
	steps->tls.options.report |= wish->report;
	steps->tls.lenient = wish->lenient;
	skt_tls_step_init(&steps->tls);
	skt_opening_add(opening, &steps->tls.step);
}

void skt_tls_steps_fini(struct skt_tls_steps *steps)
{
	skt_tls_step_fini(&steps->tls);
}
