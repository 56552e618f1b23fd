/* The socket of udprecv, bound. */
#include "cmd/udprecv/socket.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/datagram/address.h"
#include "cmd/manager.h"
#include "net/socket.h"

enum { BUFFER_DEFAULT = 32 << 20 };

/* A path that a dead server left behind is in the way; one that somebody listens at is not ours. */
static void remove_stale(const struct skt_udp_address *local)
{
	const struct skt_udp_config config = {.family = AF_UNIX, .remote = local};
	int fd;

	if (!local->un.sun_path[0])
		return;
	fd = skt_udp_open(&config, NULL);
	if (fd == -ECONNREFUSED)
		(void)unlink(local->un.sun_path);
	else if (fd >= 0)
		(void)close(fd);
}

/* The family in which all that was asked for can be had. */
static int family_of(const struct udprecv_options *o)
{
	bool v4 = false, v6 = false;

	if (o->at.way.family != AF_UNSPEC)
		return o->at.way.family;
	for (size_t i = 0; i < o->joins.len; i++) {
		v4 |= o->joins.data[i].group.group.family == AF_INET;
		v6 |= o->joins.data[i].group.group.family == AF_INET6;
	}
	return v4 == v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6;
}

/* Who is asked, and an address of his family to ask from. */
static int resolve_pull(const struct udprecv_options *o, const struct skt_context *ctx,
	struct skt_udp_address *ret_asked, struct skt_udp_address *ret_local)
{
	int status = skt_udp_address_resolve(ctx, &o->pull, o->at.way.family, false, ret_asked);

	return status != SKT_EXIT_YES ? status
				      : skt_udp_address_resolve(ctx, &o->at.endpoint,
						ret_asked->sa.sa_family, true, ret_local);
}

int udprecv_take_passed(
	const struct udprecv_options *o, const struct skt_context *ctx, struct udprecv_socket *ret)
{
	struct skt_passed_list passed = {0};
	struct skt_err err = {0};
	int r = 0;

	if (o->at.word_count || o->pulls)
		skt_passed_hide(ctx);
	else
		r = skt_passed_choose(ctx, o->fdname, 1u << SKT_PASSED_DATAGRAMS, &passed, &err);
	if (r == 0)
		r = skt_passed_check(&passed,
			o->at.way.interface                     ? "--interface"
				: o->at.way.family != AF_UNSPEC ? "-4 or -6"
				: o->reuse_port                 ? "--reuse-port"
								: NULL,
			&err);
	if (r == 0 && passed.len > 1)
		r = skt_fail_text(&err, EINVAL,
			"LISTEN_FDS: %zu sockets were passed on, which is more than one: choose it with --fdname",
			passed.len);
	if (r == 0 && passed.len)
		ret->fd = passed.data[0].fd;
	skt_vec_free(&passed);
	if (r)
		skt_warn(ctx, "%s", err.text);
	return r ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

/* The socket that was passed on, as if it had been opened here. */
static void adopt(const struct udprecv_options *o, struct udprecv_socket *s)
{
	s->passed = true;
	skt_socket_set_receive_buffer(s->fd, o->buffer);
	if (skt_udp_local(s->fd, &s->local) == 0)
		s->family = s->local.sa.sa_family;
}

/* Opened here: an exit status. */
static int open_bound(
	const struct udprecv_options *o, const struct skt_context *ctx, struct udprecv_socket *s)
{
	struct skt_udp_address want = {0}, asked = {0};
	struct skt_udp_config config = {
		.local = &want,
		.interface = o->at.way.interface,
		.v6only = o->at.way.family == AF_INET6,
		.reuse_address = o->joins.len > 0,
		.reuse_port = o->reuse_port,
		/* As far as the system allows: a burst is lost where there is no room for it. */
		.receive_buffer = o->buffer ? o->buffer : BUFFER_DEFAULT,
		.ttl = -1,
		.tos = -1,
		.loop = -1,
	};
	struct skt_err err;
	int status = skt_udp_interface(ctx, o->at.way.interface, &s->ifindex);

	if (status == SKT_EXIT_YES)
		status = !o->pulls
			? skt_udp_address_resolve(ctx, &o->at.endpoint, family_of(o), true, &want)
			: resolve_pull(o, ctx, &asked, &want);
	if (o->pulls)
		config.remote = &asked;
	if (status != SKT_EXIT_YES)
		return status;
	s->family = config.family = want.sa.sa_family;
	if (s->family == AF_UNIX)
		remove_stale(&want);
	s->fd = skt_udp_open(&config, &err);
	if (s->fd < 0) {
		skt_warn(ctx, "%s%s", err.text,
			s->fd == -EADDRINUSE ? ": see 'sockkit ports -u'" : "");
		return SKT_EXIT_TROUBLE;
	}
	if (skt_udp_local(s->fd, &s->local))
		s->local = want;
	return SKT_EXIT_YES;
}

int udprecv_open(
	const struct udprecv_options *o, const struct skt_context *ctx, struct udprecv_socket *sock)
{
	int status = SKT_EXIT_YES;
	uint64_t buffer;

	if (sock->fd >= 0)
		adopt(o, sock);
	else
		status = open_bound(o, ctx, sock);
	if (status != SKT_EXIT_YES)
		return status;
	sock->since_ns = skt_clock_real_ns();
	buffer = skt_udp_receive_buffer(sock->fd);
	if (buffer < o->buffer && o->events.verbose >= 0)
		skt_warn(ctx,
			"the receive buffer is %" PRIu64 " bytes: raise net.core.rmem_max, or run "
			"with CAP_NET_ADMIN",
			buffer);
	(void)skt_udp_text(&sock->local.sa, sock->local.len, sock->text);
	return SKT_EXIT_YES;
}
