#include "cmd/udpsend/pulled.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "cmd/datagram/address.h"
#include "net/pull.h"

enum { LOOK_NS = 200 * 1000 * 1000 };

static int open_socket(struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;
	struct skt_udp_address local = {0};
	struct skt_udp_config config = {
		.local = &local,
		.no_fragment = o->no_fragment,
		.errors = true,
		.ttl = o->ttl,
		.tos = o->dscp < 0 ? -1 : o->dscp << 2,
		.loop = -1,
		.send_buffer = UDPSEND_BUFFER,
		.receive_buffer = o->bidir ? UDPSEND_BUFFER : 0,
		.interface = o->at.way.interface,
	};
	struct skt_err err;
	int status =
		skt_udp_address_resolve(flow->ctx, &o->at.endpoint, o->at.way.family, true, &local);

	if (status != SKT_EXIT_YES)
		return status;
	flow->family = config.family = local.sa.sa_family;
	flow->fd = skt_udp_open(&config, &err);
	if (flow->fd < 0) {
		skt_warn(flow->ctx, "%s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	(void)skt_udp_local(flow->fd, &local);
	(void)skt_udp_text(&local.sa, local.len, flow->to_text);
	if (o->events.verbose >= 0 && !o->events.json)
		skt_warn(flow->ctx, "to be asked at %s", flow->to_text);
	return SKT_EXIT_YES;
}

/* Takes one request: true when its cookie has come back, and ADDRESS is who has it. */
static bool take_request(struct udpsend_flow *flow, const uint64_t key[2], const uint8_t *bytes,
	size_t len, const struct skt_udp_address *address)
{
	const uint64_t mine = skt_pull_cookie(key, &address->sa, address->len);
	uint8_t challenge[SKT_PULL_SIZE];
	enum skt_pull_kind kind;
	uint64_t cookie;

	if (!skt_pull_parse(bytes, len, &kind, &cookie) || kind != SKT_PULL_REQUEST)
		return false;
	if (cookie == mine)
		return true;
	skt_pull_put(challenge, SKT_PULL_CHALLENGE, mine);
	(void)sendto(flow->fd, challenge, sizeof(challenge), MSG_DONTWAIT | MSG_NOSIGNAL,
		&address->sa, address->len);
	return false;
}

int udpsend_await_pull(struct udpsend_flow *flow)
{
	const uint64_t key[2] = {skt_random_seed(), skt_random_seed()};
	const uint64_t until_ns = flow->o->duration_ns
		? skt_clock_add(skt_clock_ns(), flow->o->duration_ns)
		: UINT64_MAX;
	uint8_t bytes[SKT_PULL_SIZE + 1];
	int status = open_socket(flow);

	while (status == SKT_EXIT_YES && !*flow->ctx->interrupted) {
		struct skt_udp_address from = {.len = sizeof(from.storage)};
		ssize_t n =
			recvfrom(flow->fd, bytes, sizeof(bytes), MSG_DONTWAIT, &from.sa, &from.len);

		if (n < 0 && skt_clock_ns() >= until_ns) {
			skt_warn(flow->ctx, "nobody asked at %s within --duration", flow->to_text);
			return SKT_EXIT_NO;
		}
		if (n < 0) {
			(void)skt_datagram_wait(
				flow->fd, SKT_MIN(skt_clock_ns() + LOOK_NS, until_ns), NULL);
			continue;
		}
		if (!take_request(flow, key, bytes, (size_t)n, &from))
			continue;
		if (connect(flow->fd, &from.sa, from.len)) {
			skt_warn(flow->ctx, "%s: %s",
				skt_udp_text(&from.sa, from.len, flow->to_text), strerror(errno));
			return SKT_EXIT_TROUBLE;
		}
		flow->to = from;
		flow->connected = true;
		flow->heard_ns = skt_clock_ns();
		(void)skt_udp_text(&from.sa, from.len, flow->to_text);
		return SKT_EXIT_YES;
	}
	return status == SKT_EXIT_YES ? SKT_EXIT_NO : status;
}

bool udpsend_take_pull(struct udpsend_flow *flow, const struct skt_datagram *d)
{
	enum skt_pull_kind kind;
	uint64_t cookie;

	if (!flow->o->pulled || !skt_pull_parse(d->data, d->captured, &kind, &cookie))
		return false;
	flow->heard_ns = skt_clock_ns();
	return true;
}

bool udpsend_pull_is_over(const struct udpsend_flow *flow)
{
	return flow->o->pulled && skt_clock_ns() - flow->heard_ns > SKT_PULL_END_NS;
}
