#include "net/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

/* Nothing but -errno R is to be had at LISTENER; it is told by the first one. */
static void stall(struct skt_listener *listener, int r)
{
	struct skt_server *server = listener->server;
	bool first = !listener->stalled && server->stalled_listeners++ == 0;

	listener->stalled = true;
	server->stalled_total++;
	set_paused(server, PAUSED_STARVED, true);
	skt_timer_set(server->loop, &server->pause, skt_loop_after(server->loop, PAUSE_NS));
	if (first && server->stalled)
		server->stalled(server, r);
}

/* All who waited at LISTENER have come in. */
static void unstall(struct skt_listener *listener)
{
	struct skt_server *server = listener->server;

	if (!listener->stalled)
		return;
	listener->stalled = false;
	if (--server->stalled_listeners == 0 && server->stalled)
		server->stalled(server, 0);
}

/* ---- what the next client needs ---- */

static void release_needs(struct skt_server *server)
{
	while (server->held_count)
		(void)close(server->held[--server->held_count]);
}

/* Holds it, by copies of the listener's descriptor. 0 or -errno. */
static int hold_needs(struct skt_server *server, const struct skt_listener *listener)
{
	while (server->held_count < server->options.needs) {
		int fd = fcntl(listener->watch.fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		server->held[server->held_count++] = fd;
	}
	return 0;
}

/* ---- who may come ---- */

static void refuse(
	struct skt_server *server, int fd, const struct skt_guest *guest, enum skt_refusal why)
{
	skt_socket_abort(fd);
	server->refused_total++;
	if (server->refused)
		server->refused(server, guest, why);
}

static bool is_full(const struct skt_server *server)
{
	return server->options.max_clients && server->clients >= server->options.max_clients;
}

/* What stands against the address of GUEST, which is counted where nothing does. */
static enum skt_refusal look_at(struct skt_server *server, struct skt_guest *guest)
{
	int r;

	if (skt_lists_deny(&server->options.lists, &guest->addr))
		return SKT_REFUSED_DENIED;
	if (!server->options.max_per_host || guest->addr.family == AF_UNSPEC)
		return SKT_ADMITTED;
	r = skt_hosts_enter(server, &guest->addr, server->options.max_per_host);
	guest->counted = r == 0;
	return r == 0 ? SKT_ADMITTED : r == -EDQUOT ? SKT_REFUSED_PER_HOST : SKT_REFUSED_MEMORY;
}

enum skt_refusal skt_server_admit(struct skt_server *server, struct skt_guest *guest)
{
	enum skt_refusal why = look_at(server, guest);

	server->refused_total += why != SKT_ADMITTED;
	return why;
}

/* Who may use a unix socket is said by its permissions. */
static bool may_send(const struct skt_server *server, const struct skt_guest *guest)
{
	return guest->addr.family == AF_UNSPEC ||
		!skt_lists_deny(&server->options.senders, &guest->addr);
}

static enum skt_refusal first_look(struct skt_server *server, struct skt_guest *guest)
{
	bool deferred = server->options.deferred;

	/* Who is denied hears it, also where the house is full. */
	if (deferred ? !may_send(server, guest)
		     : skt_lists_deny(&server->options.lists, &guest->addr))
		return SKT_REFUSED_DENIED;
	if (is_full(server))
		return SKT_REFUSED_FULL;
	return deferred ? SKT_ADMITTED : look_at(server, guest);
}

static void admit(struct skt_server *server, struct skt_listener *listener, int fd,
	const struct sockaddr_storage *sa)
{
	struct skt_guest guest = {.listener = listener};
	enum skt_refusal why;

	(void)skt_addr_from_sockaddr((const struct sockaddr *)sa, &guest.addr, &guest.port);
	/* On a dual-stack socket IPv4 comes mapped; it is shown and counted as what it is. */
	skt_addr_unmap(&guest.addr);
	why = first_look(server, &guest);
	if (why != SKT_ADMITTED) {
		refuse(server, fd, &guest, why);
		return;
	}
	server->clients++;
	server->accepted_total++;
	if (is_full(server) && !server->options.refuse_full)
		set_paused(server, PAUSED_FULL, true);
	release_needs(server);
	server->accepted(server, fd, &guest);
}

/* What accept(2) may say, and what of it is the listener's own. */
enum fault { FAULT_CONNECTION, FAULT_RESOURCE, FAULT_LISTENER };

static enum fault fault_of(int errnum)
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
		return FAULT_CONNECTION;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return FAULT_RESOURCE;
	}
	return FAULT_LISTENER;
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
	server->stalled_listeners -= listener->stalled;
	skt_listener_free(listener);
	if (server->broken)
		server->broken(server, &endpoint, r);
}

/* The next connection, once what it needs is at hand: its descriptor, or -errno. */
static int accept_next(struct skt_listener *listener, struct sockaddr_storage *sa)
{
	socklen_t len = sizeof(*sa);
	int r = hold_needs(listener->server, listener), fd;

	if (r)
		return r;
	memset(sa, 0, sizeof(*sa));
	fd = accept4(listener->watch.fd, (struct sockaddr *)sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void listener_ready(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_listener *listener = SKT_CONTAINER(watch, struct skt_listener, watch);
	struct skt_loop *loop = watch->loop;
	bool any = false;
	int fd = 0;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_storage sa;
		enum fault fault;

		fd = accept_next(listener, &sa);
		if (fd >= 0) {
			any = true;
			admit(listener->server, listener, fd, &sa);
			/* A callback may have stopped, or freed, everything. */
			if (loop->current != watch || listener->server->paused)
				return;
			continue;
		}
		if (fd == -EAGAIN) {
			unstall(listener);
			return;
		}
		fault = fault_of(-fd);
		if (fault == FAULT_CONNECTION)
			continue;
		if (fault == FAULT_RESOURCE)
			stall(listener, fd);
		else
			listener_broke(listener, fd);
		return;
	}
	/* Errors of connections come with connections; this many of them alone come without. */
	if (!any)
		stall(listener, fd);
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

void skt_server_init(
	struct skt_server *server, struct skt_loop *loop, const struct skt_server_options *options)
{
	server->loop = loop;
	server->options = *options;
	server->options.needs = SKT_MIN(options->needs, (size_t)SKT_SERVER_NEEDS);
	server->pause.handler = pause_over;
}

void skt_server_take(struct skt_server *server, int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	(void)getpeername(fd, (struct sockaddr *)&sa, &len);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	admit(server, NULL, fd, &sa);
}

bool skt_server_awaited(const struct skt_server *server)
{
	for (const struct skt_listener *at = server->listeners; at; at = at->next) {
		struct pollfd look = {.fd = at->watch.fd, .events = POLLIN};

		if (poll(&look, 1, 0) > 0)
			return true;
	}
	return false;
}

void skt_server_set_lists(struct skt_server *server, const struct skt_lists *lists)
{
	server->options.lists = *lists;
}

void skt_server_left(struct skt_server *server, const struct skt_guest *guest)
{
	server->clients--;
	if (guest->counted)
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
	server->stalled_listeners = 0;
	release_needs(server);
	skt_timer_remove(&server->pause);
}

void skt_server_fini(struct skt_server *server)
{
	skt_server_stop(server);
	skt_hosts_free(server);
}
