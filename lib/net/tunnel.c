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

static int tunnel_ready(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_tunnel *tunnel = SKT_CONTAINER(step, struct skt_tunnel, step);
	struct skt_stream *stream = &opening->connection->stream;

	for (;;) {
		enum skt_socks_phase before = tunnel->phase;
		ssize_t n = skt_header_give(&tunnel->out, stream);
		int r;

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

static int tunnel_start(struct skt_opening_step *step, struct skt_opening *opening)
{
	struct skt_tunnel *tunnel = SKT_CONTAINER(step, struct skt_tunnel, step);

	tunnel->phase =
		tunnel->proxy->scheme == SKT_PROXY_SOCKS5 ? SKT_SOCKS_METHOD : SKT_SOCKS_CONNECT;
	prepare(tunnel);
	return tunnel_ready(step, opening);
}

const struct skt_opening_ops skt_tunnel_ops = {
	.name = "proxy",
	.start = tunnel_start,
	.ready = tunnel_ready,
};
