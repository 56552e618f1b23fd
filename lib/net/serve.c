#include "net/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/serve_internal.h"
#include "net/socket.h"

/* Accepted in one turn before others get theirs. */
enum { ACCEPT_MAX = 64 };

#define PAUSE_NS (100 * SKT_NS_PER_MS)

/* Why nobody is accepted now. */
enum { PAUSED_FULL = 1, PAUSED_STARVED = 2, PAUSED_HELD = 4 };

static void set_paused(struct skt_server *server, unsigned int bit, bool on)
{
	unsigned int paused = on ? server->paused | bit : server->paused & ~bit;
	int r = 0;

	if (!paused != !server->paused)
		for (struct skt_listener *at = server->listeners; at; at = at->next)
			r |= skt_watch_set(&at->watch, paused ? 0 : EPOLLIN);
	server->paused = paused;
	if (r == 0)
		return;
	/* The kernel has no memory for the watch: a listener must not fall silent for ever. */
	server->paused |= PAUSED_STARVED;
	skt_timer_set(server->loop, &server->pause, skt_loop_after(server->loop, PAUSE_NS));
}

static void pause_over(struct skt_timer *timer)
{
	set_paused(SKT_CONTAINER(timer, struct skt_server, pause), PAUSED_STARVED, false);
}

static void starve(struct skt_server *server)
{
	server->starved_total++;
	set_paused(server, PAUSED_STARVED, true);
	skt_timer_set(server->loop, &server->pause, skt_loop_after(server->loop, PAUSE_NS));
}

static void open_reserve(struct skt_server *server)
{
	server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void refuse(
	struct skt_server *server, int fd, const struct skt_guest *guest, enum skt_refusal why)
{
	skt_socket_abort(fd);
	server->refused_total++;
	if (server->refused)
		server->refused(server, guest, why);
}

/*
 * No descriptor is left: one client is told so. The kernel looks for a descriptor before it looks
 * into the queue, so asking again without one would fail for ever, also for an empty queue.
 */
static void refuse_one(struct skt_server *server, struct skt_listener *listener)
{
	struct skt_guest guest = {.listener = listener};
	int fd = -1;

	starve(server);
	if (server->reserve < 0) {
		open_reserve(server);
		return;
	}
	(void)close(server->reserve);
	fd = accept4(listener->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		skt_socket_abort(fd);
	open_reserve(server);
	if (fd < 0)
		return;
	server->refused_total++;
	if (server->refused)
		server->refused(server, &guest, SKT_REFUSED_DESCRIPTORS);
}

static bool is_listed(const struct skt_cidr *list, size_t count, const struct skt_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (skt_cidr_contains(&list[i], addr))
			return true;
	return false;
}

static bool is_denied(const struct skt_server_options *options, const struct skt_addr *addr)
{
	if (addr->family == AF_UNSPEC)
		return false;
	if (is_listed(options->deny, options->deny_count, addr))
		return true;
	return options->allow_count && !is_listed(options->allow, options->allow_count, addr);
}

static void admit(struct skt_listener *listener, int fd, const struct sockaddr_storage *sa)
{
	struct skt_server *server = listener->server;
	struct skt_guest guest = {.listener = listener};
	int r = 0;

	(void)skt_addr_from_sockaddr((const struct sockaddr *)sa, &guest.addr, &guest.port);
	/* On a dual-stack socket IPv4 comes mapped; it is shown and counted as what it is. */
	skt_addr_unmap(&guest.addr);
	if (is_denied(&server->options, &guest.addr)) {
		refuse(server, fd, &guest, SKT_REFUSED_DENIED);
		return;
	}
	if (server->options.max_per_host && guest.addr.family != AF_UNSPEC)
		r = skt_hosts_enter(server, &guest.addr, server->options.max_per_host);
	if (r) {
		refuse(server, fd, &guest,
			r == -EDQUOT ? SKT_REFUSED_PER_HOST : SKT_REFUSED_MEMORY);
		return;
	}
	server->clients++;
	server->accepted_total++;
	if (server->options.max_clients && server->clients >= server->options.max_clients)
		set_paused(server, PAUSED_FULL, true);
	server->accepted(server, fd, &guest);
}

/* Errors of the connection that was to be accepted, not of the listener (accept(2)). */
static bool is_transient(int errnum)
{
	switch (errnum) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case EPERM:
	case ETIMEDOUT:
		return true;
	}
	return false;
}

void skt_listener_free(struct skt_listener *listener)
{
	skt_watch_remove(&listener->watch);
	skt_listener_remove_file(listener);
	if (listener->watch.fd >= 0)
		(void)close(listener->watch.fd);
	free(listener);
}

static void listener_broke(struct skt_listener *listener, int r)
{
	struct skt_server *server = listener->server;
	struct skt_endpoint endpoint = listener->endpoint;
	struct skt_listener **link = &server->listeners;

	while (*link != listener)
		link = &(*link)->next;
	*link = listener->next;
	skt_listener_free(listener);
	if (server->broken)
		server->broken(server, &endpoint, r);
}

static void listener_ready(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_listener *listener = SKT_CONTAINER(watch, struct skt_listener, watch);
	struct skt_server *server = listener->server;
	struct skt_loop *loop = watch->loop;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_storage sa = {0};
		socklen_t len = sizeof(sa);
		int fd = accept4(
			watch->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(listener, fd, &sa);
			/* A callback may have stopped, or freed, everything. */
			if (loop->current != watch || server->paused)
				return;
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (is_transient(errno))
			continue;
		if (errno == EMFILE || errno == ENFILE)
			refuse_one(server, listener);
		else if (errno == ENOBUFS || errno == ENOMEM)
			starve(server);
		else
			listener_broke(listener, -errno);
		return;
	}
}

int skt_listener_add(
	struct skt_server *server, struct skt_listener *listener, int fd, struct skt_err *err)
{
	struct skt_listener **link = &server->listeners;
	int r;

	listener->server = server;
	listener->watch.fd = fd;
	listener->watch.events = server->paused ? 0 : EPOLLIN;
	listener->watch.handler = listener_ready;
	r = skt_watch_add(server->loop, &listener->watch);
	if (r)
		return skt_fail(err, -r, "watch the listener");
	while (*link)
		link = &(*link)->next;
	*link = listener;
	return 0;
}

int skt_server_init(
	struct skt_server *server, struct skt_loop *loop, const struct skt_server_options *options)
{
	server->loop = loop;
	server->options = *options;
	server->pause.handler = pause_over;
	open_reserve(server);
	return server->reserve < 0 ? -errno : 0;
}

void skt_server_left(struct skt_server *server, const struct skt_guest *guest)
{
	server->clients--;
	if (server->options.max_per_host && guest->addr.family != AF_UNSPEC)
		skt_hosts_leave(server, &guest->addr);
	/* There is room for one more of everything. */
	skt_timer_remove(&server->pause);
	set_paused(server, PAUSED_FULL | PAUSED_STARVED, false);
}

void skt_server_hold(struct skt_server *server, bool hold)
{
	set_paused(server, PAUSED_HELD, hold);
}

void skt_server_stop(struct skt_server *server)
{
	struct skt_listener *listener;

	while ((listener = server->listeners)) {
		server->listeners = listener->next;
		skt_listener_free(listener);
	}
	skt_timer_remove(&server->pause);
}

void skt_server_fini(struct skt_server *server)
{
	skt_server_stop(server);
	skt_hosts_free(server);
	if (server->reserve >= 0)
		(void)close(server->reserve);
	server->reserve = -1;
}
