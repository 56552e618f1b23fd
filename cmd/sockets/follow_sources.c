#include "cmd/sockets/follow_sources.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "diag/inet.h"

/* Where news come in a flood they are taken in batches, and the rest of the machine has its time.
 */
static const uint64_t batch_ns = 5 * SKT_NS_PER_MS;

static uint32_t covers(uint8_t proto)
{
	return UINT32_C(1) << proto;
}

static void open_tcp(struct follow_sources *sources, uint32_t netns, const struct skt_context *ctx)
{
	struct skt_err err = {0};

	if (ctx->system.netlink)
		return;
	if (!skt_tcp_events_open(netns, &sources->tcp, &err)) {
		sources->opens |= covers(SKT_PROTO_TCP);
		sources->closes |= covers(SKT_PROTO_TCP);
		return;
	}
	skt_warn(ctx, "no events of TCP, its sockets are only looked for: %s", err.text);
}

void follow_sources_open(struct follow_sources *sources, const struct skt_dump_query *query,
	const struct follow_wish *wish, const struct skt_context *ctx)
{
	bool protos[SKT_PROTO_COUNT];
	struct skt_err err = {0};

	memcpy(protos, query->protos, sizeof(protos));
	if (wish->bpf && protos[SKT_PROTO_TCP])
		open_tcp(sources, wish->netns, ctx);
	protos[SKT_PROTO_TCP] &= !sources->tcp;
	if (!wish->multicast || (!protos[SKT_PROTO_TCP] && !protos[SKT_PROTO_UDP]))
		return;
	if (skt_inet_subscribe_destroyed(
		    protos, query->ipv4, query->ipv6, &sources->destroyed, &err)) {
		skt_warn(ctx, "no events of closed sockets, these are only looked for: %s",
			err.text);
		return;
	}
	sources->closes |= covers(SKT_PROTO_TCP) | covers(SKT_PROTO_UDP);
}

bool follow_sources_cover(const struct follow_sources *sources, uint8_t proto)
{
	return sources->opens & sources->closes & covers(proto);
}

bool follow_sources_uncovered(const struct follow_sources *sources, bool protos[SKT_PROTO_COUNT])
{
	bool any = false;

	for (uint8_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		protos[proto] &= !follow_sources_cover(sources, proto);
		any |= protos[proto];
	}
	return any;
}

bool follow_sources_tell_closed(
	const struct follow_sources *sources, const struct skt_socket *socket)
{
	return sources->closes & covers(socket->proto) && skt_inet_tells_destroyed(socket);
}

static int take_destroyed(const void *payload, size_t len, void *ctx)
{
	const struct follow_takers *takers = ctx;
	struct skt_ending ending;

	return skt_ending_parse(payload, len, &ending) ? 0
						       : takers->destroyed(&ending, takers->ctx);
}

/* Waits for news, but not longer than TIMEOUT_NS nor beyond a signal. */
static void wait_for_news(const struct follow_sources *sources, uint64_t timeout_ns)
{
	struct pollfd polled[2];
	nfds_t count = 0;
	const struct timespec timeout = skt_clock_timespec(timeout_ns);

	if (sources->destroyed)
		polled[count++] = (struct pollfd){
			.fd = skt_netlink_events_fd(sources->destroyed), .events = POLLIN};
	if (sources->tcp)
		polled[count++] =
			(struct pollfd){.fd = skt_tcp_events_fd(sources->tcp), .events = POLLIN};
	(void)ppoll(polled, count, timeout_ns == SKT_NEVER ? NULL : &timeout, NULL);
}

/* What a taker of one kind of events hands on, and whether there was any. */
struct taking {
	struct follow_sources *sources;
	const struct follow_takers *takers;
};

static int take_tcp(const struct skt_tcp_event *event, void *ctx)
{
	const struct taking *taking = ctx;

	taking->sources->busy = true;
	return taking->takers->tcp(event, taking->takers->ctx);
}

static int take_all_tcp(struct taking *taking)
{
	uint64_t lost = 0;
	int rc = skt_tcp_events_take(taking->sources->tcp, take_tcp, taking, &lost);

	if (lost)
		taking->takers->lost(taking->takers->ctx);
	return rc;
}

static int take_all_destroyed(struct taking *taking, const struct skt_context *ctx)
{
	struct follow_takers takers = *taking->takers;
	struct skt_err err = {0};
	bool lost = false;
	int rc = skt_netlink_events(
		taking->sources->destroyed, 0, take_destroyed, &takers, &lost, &err);

	if (lost)
		taking->takers->lost(taking->takers->ctx);
	if (rc && err.text[0])
		skt_warn(ctx, "%s", err.text);
	return rc;
}

int follow_sources_take(struct follow_sources *sources, uint64_t timeout_ns,
	const struct follow_takers *takers, const struct skt_context *ctx)
{
	struct taking taking = {.sources = sources, .takers = takers};
	int rc = 0;

	if (sources->busy && timeout_ns) {
		const struct timespec rest = {.tv_nsec = (long)SKT_MIN(timeout_ns, batch_ns)};

		(void)nanosleep(&rest, NULL);
	} else if (timeout_ns) {
		wait_for_news(sources, timeout_ns);
	}
	sources->busy = false;
	if (sources->tcp)
		rc = take_all_tcp(&taking);
	if (!rc && sources->destroyed)
		rc = take_all_destroyed(&taking, ctx);
	return rc;
}

void follow_sources_close(struct follow_sources *sources)
{
	skt_netlink_close(sources->destroyed);
	skt_tcp_events_close(sources->tcp);
	*sources = (struct follow_sources){0};
}
