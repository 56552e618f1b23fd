#include "cmd/scan/asker.h"

#include "base/macros.h"

static void take_greeting(
	void *ctx, const struct skt_scan_result *result, const struct skt_greeting *greeting)
{
	const struct scan_asker *asker = ctx;
	const struct scan_said said = scan_said_greeting(greeting);

	asker->done(asker->ctx, result, &said);
}

static void take_identity(void *ctx, const struct skt_scan_result *result,
	const struct skt_identity *identity, enum skt_greeting_end end)
{
	const struct scan_asker *asker = ctx;
	const struct scan_said said = scan_said_identity(identity, end);

	asker->done(asker->ctx, result, &said);
}

int scan_asker_open(
	struct scan_asker *asker, const struct scan_options *o, const struct skt_addr *source)
{
	const struct skt_addr source4 = source->family == AF_INET ? *source : (struct skt_addr){0};
	const struct skt_addr source6 = source->family == AF_INET ? (struct skt_addr){0} : *source;
	const uint64_t rate = o->rate && o->rate_per_host ? SKT_MIN(o->rate, o->rate_per_host)
							  : SKT_MAX(o->rate, o->rate_per_host);
	const struct skt_banners_config banners = {
		.source4 = source4,
		.source6 = source6,
		.interface = o->interface,
		.rate = rate,
		.done = take_greeting,
		.ctx = asker,
	};
	const struct skt_detections_config detections = {
		.source4 = source4,
		.source6 = source6,
		.interface = o->interface,
		.rate = rate,
		.udp = o->method == METHOD_UDP,
		.all = o->service == SCAN_SERVICE_ALL,
		.done = take_identity,
		.ctx = asker,
	};

	if (o->service)
		return skt_detections_new(&detections, &asker->detections);
	return o->banner ? skt_banners_new(&banners, &asker->banners) : 0;
}

bool scan_asker_wants(const struct scan_asker *asker, const struct skt_scan_result *result)
{
	return (asker->banners || asker->detections) && result->state == SKT_SCAN_OPEN;
}

bool scan_asker_doubts(const struct scan_asker *asker, const struct skt_scan_result *result)
{
	return asker->detections && result->state == SKT_SCAN_OPEN_FILTERED;
}

int scan_asker_add(struct scan_asker *asker, const struct skt_scan_result *result)
{
	return asker->detections ? skt_detections_add(asker->detections, result)
				 : skt_banners_add(asker->banners, result);
}

int scan_asker_step(struct scan_asker *asker, uint64_t until_ns)
{
	if (asker->detections)
		return skt_detections_step(asker->detections, until_ns);
	return asker->banners ? skt_banners_step(asker->banners, until_ns) : 0;
}

size_t scan_asker_waiting(const struct scan_asker *asker)
{
	if (asker->detections)
		return skt_detections_waiting(asker->detections);
	return asker->banners ? skt_banners_waiting(asker->banners) : 0;
}

void scan_asker_give_up(struct scan_asker *asker)
{
	if (asker->detections)
		skt_detections_give_up(asker->detections);
	if (asker->banners)
		skt_banners_give_up(asker->banners);
}

void scan_asker_close(struct scan_asker *asker)
{
	skt_banners_free(asker->banners);
	skt_detections_free(asker->detections);
}
