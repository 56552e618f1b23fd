#include "service/detect.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/vec.h"
#include "service/inquiry.h"

enum {
	ACTIVE_MAX = 128,  /* ports at a time, */
	PER_HOST_MAX = 64, /* of one host, */
	WINDOW = 256,      /* of those that wait, so many are looked at */
	FEW = 64, /* more than these: silent ports of UDP are asked what they are known for only, */
	CROWD = 256, /* more than these: each gets little time */
	QUEUE_MAX = 65536,
};

static const uint64_t step_ns = 20 * SKT_NS_PER_MS;

struct skt_detections {
	struct skt_detections_config config;
	struct skt_inquiries all;
	struct skt_tls_context *tls; /* NULL: TLS is recognised, and not looked into */
	SKT_VEC(struct skt_scan_result) queue;
	size_t count;
	struct skt_inquiry *active[ACTIVE_MAX];
	bool forgotten;
	uint64_t stalled_ns; /* since then talks wait that could not begin; 0: none does */
};

size_t skt_detections_waiting(const struct skt_detections *d)
{
	return d->count + d->queue.len;
}

/* ---- ends ---- */

static void finish(struct skt_detections *d, size_t i)
{
	struct skt_inquiry *inquiry = d->active[i];

	d->active[i] = d->active[--d->count];
	skt_inquiry_end(&d->all, inquiry);
	if (!d->forgotten)
		d->config.done(d->config.ctx, &inquiry->result, &inquiry->identity, inquiry->end);
	free(inquiry);
}

void skt_detections_give_up(struct skt_detections *d)
{
	const struct skt_identity nothing = {0};

	while (d->count) {
		struct skt_inquiry *inquiry = d->active[d->count - 1];

		if (!inquiry->first_over)
			inquiry->end = SKT_GREETING_CUT;
		finish(d, d->count - 1);
	}
	for (size_t i = 0; i < d->queue.len; i++)
		if (!d->forgotten)
			d->config.done(
				d->config.ctx, &d->queue.data[i], &nothing, SKT_GREETING_CUT);
	d->queue.len = 0;
}

int skt_detections_new(const struct skt_detections_config *config, struct skt_detections **ret)
{
	struct skt_detections *d = calloc(1, sizeof(*d));
	const struct skt_tls_options lax = {.lax = true, .min = SKT_TLS_1_0};
	struct skt_talks_config talks = {
		.source4 = config->source4,
		.source6 = config->source6,
		.interface = config->interface,
		.rate = config->rate,
		.done = skt_inquiry_take,
		.ctx = d,
	};
	struct skt_err err;

	if (d && !config->udp && skt_tls_context_new(&lax, &d->tls, &err))
		d->tls = NULL;
	talks.tls = d ? d->tls : NULL;
	if (!d || skt_talks_new(&talks, &d->all.talks)) {
		skt_tls_context_free(d ? d->tls : NULL);
		free(d);
		return -ENOMEM;
	}
	d->config = *config;
	d->all.udp = config->udp;
	d->all.delicate = config->all;
	d->all.tls = d->tls != NULL;
	*ret = d;
	return 0;
}

void skt_detections_free(struct skt_detections *d)
{
	if (!d)
		return;
	d->forgotten = true;
	skt_detections_give_up(d);
	skt_talks_free(d->all.talks);
	skt_tls_context_free(d->tls);
	skt_vec_free(&d->queue);
	free(d);
}

/* ---- steps ---- */

static bool has_room(const struct skt_detections *d, const struct skt_scan_result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		count += d->active[i]->result.host == result->host;
	return count < PER_HOST_MAX;
}

/* Begins with ports that wait, in no order: the first few that may be begun with. */
static int begin_some(struct skt_detections *d, uint64_t now_ns)
{
	for (size_t i = 0; i < SKT_MIN(d->queue.len, (size_t)WINDOW) && d->count < ACTIVE_MAX;) {
		struct skt_inquiry *inquiry;

		if (!has_room(d, &d->queue.data[i])) {
			i++;
			continue;
		}
		inquiry = calloc(1, sizeof(*inquiry));
		if (!inquiry)
			return -ENOMEM;
		inquiry->result = d->queue.data[i];
		inquiry->hurried = d->queue.len > CROWD;
		inquiry->crowded = d->queue.len > FEW;
		d->queue.data[i] = d->queue.data[--d->queue.len];
		d->active[d->count++] = inquiry;
		skt_inquiry_begin(&d->all, inquiry, now_ns);
	}
	return d->all.failed;
}

int skt_detections_add(struct skt_detections *d, const struct skt_scan_result *result)
{
	int rc = 0;

	while (!rc && skt_detections_waiting(d) >= QUEUE_MAX)
		rc = skt_detections_step(d, skt_clock_ns() + step_ns);
	return rc ? rc : skt_vec_push(&d->queue, *result);
}

int skt_detections_step(struct skt_detections *d, uint64_t until_ns)
{
	uint64_t now_ns = skt_clock_ns();
	int rc;

	for (size_t i = 0; d->stalled_ns && i < d->count; i++)
		skt_inquiry_put_off(d->active[i], now_ns - d->stalled_ns);
	/* A rate, or a lack: no port more, then. */
	rc = skt_talks_queued(d->all.talks) ? 0 : begin_some(d, now_ns);
	for (size_t i = d->count; !rc && i-- > 0;) {
		struct skt_inquiry *inquiry = d->active[i];

		if (!skt_inquiry_advance(&d->all, inquiry, now_ns))
			finish(d, i);
		else
			until_ns = SKT_MIN(until_ns, skt_inquiry_due(inquiry, now_ns));
	}
	/* What has ended makes room at once. */
	if (d->queue.len && d->count < ACTIVE_MAX)
		until_ns = SKT_MIN(until_ns, now_ns + step_ns);
	rc = rc ? rc : d->all.failed;
	if (!rc)
		rc = skt_talks_step(d->all.talks, d->count ? until_ns : 0);
	d->stalled_ns = skt_talks_queued(d->all.talks) ? now_ns : 0;
	return rc;
}
