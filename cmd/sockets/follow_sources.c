#include "cmd/sockets/follow_sources.h"

#include "base/clock.h"
#include "diag/inet.h"

static uint32_t covers(uint8_t proto)
{
	return UINT32_C(1) << proto;
}

void follow_sources_open(struct follow_sources *sources, const struct skt_dump_query *query,
	const struct skt_context *ctx)
{
	struct skt_err err;

	if (!skt_inet_subscribe_destroyed(
		    query->protos, query->ipv4, query->ipv6, &sources->destroyed, &err))
		sources->closes = covers(SKT_PROTO_TCP) | covers(SKT_PROTO_UDP);
	else
		skt_warn(ctx, "no events of closed sockets, these are only looked for: %s",
			err.text);
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

static void just_wait(uint64_t timeout_ns)
{
	const struct timespec pause = {.tv_sec = (time_t)(timeout_ns / SKT_NS_PER_SEC),
		.tv_nsec = (long)(timeout_ns % SKT_NS_PER_SEC)};

	(void)nanosleep(&pause, NULL);
}

int follow_sources_take(const struct follow_sources *sources, uint64_t timeout_ns,
	const struct follow_takers *takers, const struct skt_context *ctx)
{
	struct follow_takers taken = *takers;
	struct skt_err err = {0};
	bool lost = false;
	int rc;

	if (!sources->destroyed) {
		if (timeout_ns)
			just_wait(timeout_ns);
		return 0;
	}
	rc = skt_netlink_events(
		sources->destroyed, timeout_ns, take_destroyed, &taken, &lost, &err);
	if (lost)
		takers->lost(takers->ctx);
	if (rc && err.text[0])
		skt_warn(ctx, "%s", err.text);
	return rc;
}

void follow_sources_close(struct follow_sources *sources)
{
	skt_netlink_close(sources->destroyed);
	*sources = (struct follow_sources){0};
}
