#include "net/tunnel.h"

#include <errno.h>

#include "base/macros.h"

_Static_assert((int)SKT_HTTP_REQUEST_MAX >= (int)SKT_SOCKS_REQUEST_MAX, "either request has room");
_Static_assert((int)SKT_HTTP_HEAD_MAX >= (int)SKT_SOCKS_REPLY_MAX, "either answer has room");

static bool is_http(const struct skt_tunnel *tunnel)
{
	return tunnel->proxy->scheme == SKT_PROXY_HTTP || tunnel->proxy->scheme == SKT_PROXY_HTTPS;
}

/* Makes ready what is to be said in the phase that begins. */
static void prepare(struct skt_tunnel *tunnel)
{
	size_t len = is_http(tunnel) ? skt_http_connect_request(tunnel->proxy, tunnel->target,
					       tunnel->port, tunnel->said)
				     : skt_socks_request(tunnel->proxy, tunnel->phase,
					       tunnel->target, tunnel->port, tunnel->said);

	tunnel->out = (struct skt_header){.bytes = tunnel->said, .len = len};
	tunnel->in = (struct skt_header){.bytes = tunnel->heard, .size = sizeof(tunnel->heard)};
}

static ssize_t hear(struct skt_tunnel *tunnel, struct skt_stream *stream)
{
	if (is_http(tunnel))
		return skt_header_take(&tunnel->in, stream, skt_http_connect_measure);
	if (tunnel->proxy->scheme != SKT_PROXY_SOCKS5)
		return skt_header_take(&tunnel->in, stream, skt_socks4_measure);
	return skt_header_take(&tunnel->in, stream,
		tunnel->phase == SKT_SOCKS_CONNECT ? skt_socks5_measure : skt_socks5_measure_short);
}

/* The proxy comes first in what is said of it. */
static int fail(const struct skt_tunnel *tunnel, struct skt_opening *opening, int r)
{
	char text[SKT_PROXY_URL_MAX];

	skt_err_prefix(&opening->err, "%.120s", skt_proxy_text(tunnel->proxy, text));
	return r;
}

static int fail_to_talk(struct skt_tunnel *tunnel, struct skt_opening *opening, int r)
{
	if (r == -EPROTO)
		(void)skt_fail_text(&opening->err, EPROTO, "its answer is of another protocol");
	else
		(void)skt_opening_fail(opening, r);
	return fail(tunnel, opening, r);
}

static void answered(struct skt_resolve *resolve)
{
	skt_opening_wake(SKT_CONTAINER(resolve, struct skt_tunnel, resolve)->opening);
}

/* SOCKS 4 knows addresses of IPv4 only: the first one of the name is what is asked for. */
static int take_address(struct skt_tunnel *tunnel, struct skt_opening *opening)
{
	const struct skt_resolve *found = &tunnel->resolve;

	if (skt_resolve_pending(found))
		return -EAGAIN;
	if (!found->v4.count) {
		int r = skt_resolve_error(found, tunnel->target->host, &opening->err);

		/* There is nothing to wait for. */
		return r == -EAGAIN ? -EREMOTEIO : r;
	}
	tunnel->resolved = (struct skt_endpoint){
		.kind = SKT_ENDPOINT_INET, .addr = found->v4.addrs[0], .port = tunnel->port};
	tunnel->target = &tunnel->resolved;
	prepare(tunnel);
	return 0;
}

static bool lacks_address(const struct skt_tunnel *tunnel)
{
	return tunnel->proxy->scheme == SKT_PROXY_SOCKS4 && tunnel->target->host[0];
}

static int tunnel_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_tunnel *tunnel = SKT_CONTAINER(step, struct skt_tunnel, step);
	struct skt_stream *stream = &opening->connection->stream;
	int r = lacks_address(tunnel) ? take_address(tunnel, opening) : 0;

	if (r)
		return r;
	for (;;) {
		enum skt_socks_phase before = tunnel->phase;
		ssize_t n = skt_header_give(&tunnel->out, stream);

		if (n == 0)
			n = hear(tunnel, stream);
		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0)
			return fail_to_talk(tunnel, opening, (int)n);
		if (is_http(tunnel))
			r = skt_http_connect_reply(
				tunnel->proxy, tunnel->heard, (size_t)n, &opening->err);
		else
			r = skt_socks_reply(
				tunnel->proxy, tunnel->heard, &tunnel->phase, &opening->err);
		if (r)
			return fail(tunnel, opening, r);
		if (tunnel->phase == before)
			return 0;
		prepare(tunnel);
	}
}

static int look_up(struct skt_tunnel *tunnel, struct skt_opening *opening)
{
	int r;

	tunnel->opening = opening;
	tunnel->resolve.answered = answered;
	r = skt_resolve_start(
		tunnel->resolver, tunnel->target->host, AF_INET, SKT_NEVER, &tunnel->resolve);
	return r ? skt_fail(&opening->err, -r, "look up %.128s", tunnel->target->host) : -EAGAIN;
}

static int tunnel_start(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_tunnel *tunnel = SKT_CONTAINER(step, struct skt_tunnel, step);

	if (lacks_address(tunnel)) {
		tunnel->phase = SKT_SOCKS_CONNECT;
		return look_up(tunnel, opening);
	}
	tunnel->phase =
		tunnel->proxy->scheme == SKT_PROXY_SOCKS5 ? SKT_SOCKS_METHOD : SKT_SOCKS_CONNECT;
	prepare(tunnel);
	return tunnel_ready(step, opening);
}

static void tunnel_cancel(struct skt_opening_step *step)
{
	skt_resolve_cancel(&SKT_CONTAINER(step, struct skt_tunnel, step)->resolve);
}

const struct skt_opening_ops skt_tunnel_ops = {
	.name = "proxy",
	.start = tunnel_start,
	.ready = tunnel_ready,
	.cancel = tunnel_cancel,
};
