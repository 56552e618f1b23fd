#include "cmd/listen/arrival.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"

/* A proxy says at once who comes; a handshake takes two round trips, perhaps over lossy lines. */
#define PROXY_NS (5 * SKT_NS_PER_SEC)
#define TLS_NS (10 * SKT_NS_PER_SEC)

static int admit(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct arrival *arrival = SKT_CONTAINER(step, struct arrival, admission);
	int r = arrival->told(arrival, &arrival->proxy.header);

	return r ? skt_fail(&opening->err, -r, "admission") : 0;
}

static const struct skt_opening_ops admission_ops = {.name = "admission", .start = admit};

bool arrival_is_due(const struct listen_options *o)
{
	return o->proxy_protocol || o->tls.tls;
}

void arrival_start(struct arrival *arrival, const struct listen_options *o,
	struct skt_tls_context *tls, uint64_t now_ns)
{
	uint64_t patience_ns = 0;

	if (o->proxy_protocol) {
		patience_ns += PROXY_NS;
		arrival->proxy.step.ops = &skt_proxy_receive_ops;
		arrival->admission.ops = &admission_ops;
		skt_opening_add(&arrival->opening, &arrival->proxy.step);
		skt_opening_add(&arrival->opening, &arrival->admission);
	}
	if (tls) {
		patience_ns += TLS_NS;
		arrival->tls.context = tls;
		arrival->tls.lenient = o->tls.common.lenient;
		skt_tls_step_init(&arrival->tls);
		skt_opening_add(&arrival->opening, &arrival->tls.step);
	}
	skt_opening_start(&arrival->opening, skt_clock_add(now_ns, patience_ns));
}

bool arrival_owes_alert(const struct arrival *arrival, int r)
{
	return arrival->opening.step == &arrival->tls.step && (r == -EPROTO || r == -EACCES);
}

void arrival_free(struct arrival *arrival)
{
	if (!arrival)
		return;
	skt_opening_cancel(&arrival->opening);
	skt_tls_step_fini(&arrival->tls);
	free(arrival);
}
