#include "cmd/connect/udp_probe.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/errqueue.h"
#include "net/socket.h"

/* Times that the datagram is sent: it, or the answer, may be lost. */
enum { SENDS = 3 };

static void close_try(struct connect_udp_try *try)
{
	skt_watch_remove(&try->watch);
	if (try->watch.fd >= 0)
		(void)close(try->watch.fd);
	try->watch.fd = -1;
}

void connect_udp_probe_stop(struct connect_udp_probe *probe)
{
	skt_timer_remove(&probe->timer);
	skt_timer_remove(&probe->ended);
	for (size_t i = 0; i < probe->count; i++)
		close_try(&probe->tries[i]);
}

static unsigned int telling(enum connect_state state)
{
	switch (state) {
	case CONNECT_OPEN:
		return 5;
	case CONNECT_OPEN_FILTERED:
		return 4;
	case CONNECT_CLOSED:
		return 3;
	case CONNECT_FILTERED:
		return 2;
	case CONNECT_UNREACHABLE:
		return 1;
	case CONNECT_ERROR:
		break;
	}
	return 0;
}

/* By the loop, so that whoever adds addresses need not think of a probe that ends meanwhile. */
static void probe_ended(struct skt_timer *timer)
{
	struct connect_udp_probe *probe = SKT_CONTAINER(timer, struct connect_udp_probe, ended);

	probe->result = &probe->tries[0];
	for (size_t i = 1; i < probe->count; i++)
		if (telling(probe->tries[i].state) > telling(probe->result->state))
			probe->result = &probe->tries[i];
	connect_udp_probe_stop(probe);
	probe->end_ns = skt_clock_ns();
	probe->done(probe);
}

static void look_whether_over(struct connect_udp_probe *probe)
{
	if (!probe->running && probe->complete)
		skt_timer_set(probe->loop, &probe->ended, 0);
}

static void end_try(struct connect_udp_try *try, enum connect_state state, const char *reason)
{
	struct connect_udp_probe *probe = try->probe;

	close_try(try);
	try->state = state;
	try->reason = reason;
	try->ended = true;
	probe->running--;
	/* More than an answer cannot be known. */
	if (state == CONNECT_OPEN)
		skt_timer_set(probe->loop, &probe->ended, 0);
	look_whether_over(probe);
}

static void end_of_icmp(struct connect_udp_try *try, int code)
{
	switch (code) {
	case ICMP_PORT_UNREACH:
		end_try(try, CONNECT_CLOSED, "port-unreachable");
		return;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		end_try(try, CONNECT_FILTERED, "admin-prohibited");
		return;
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
		end_try(try, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	case ICMP_PROT_UNREACH:
		end_try(try, CONNECT_CLOSED, "proto-unreachable");
		return;
	}
	end_try(try, CONNECT_UNREACHABLE, "host-unreachable");
}

static void end_of_icmp6(struct connect_udp_try *try, int code)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOPORT:
		end_try(try, CONNECT_CLOSED, "port-unreachable");
		return;
	case ICMP6_DST_UNREACH_ADMIN:
	case 5: /* source address failed policy (RFC 4443) */
	case 6: /* reject route */
		end_try(try, CONNECT_FILTERED, "admin-prohibited");
		return;
	case ICMP6_DST_UNREACH_NOROUTE:
		end_try(try, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	}
	end_try(try, CONNECT_UNREACHABLE, "host-unreachable");
}

/* What the queue says ends the probe; false where it says nothing that counts. */
static bool read_errors(struct connect_udp_try *try)
{
	struct skt_icmp_error error;

	if (skt_errqueue_read(try->watch.fd, &error) <= 0)
		return false;
	if (!error.local && !error.v6 && error.type == ICMP_DEST_UNREACH)
		end_of_icmp(try, error.code);
	else if (!error.local && error.v6 && error.type == ICMP6_DST_UNREACH)
		end_of_icmp6(try, error.code);
	else if (error.error == EHOSTUNREACH)
		end_try(try, CONNECT_UNREACHABLE, "host-unreachable");
	else
		return false;
	return true;
}

static void readable(struct skt_watch *watch, uint32_t events)
{
	struct connect_udp_try *try = SKT_CONTAINER(watch, struct connect_udp_try, watch);
	char byte;

	if (events & EPOLLERR && read_errors(try))
		return;
	if (recv(watch->fd, &byte, 1, MSG_DONTWAIT) >= 0)
		end_try(try, CONNECT_OPEN, "answer");
	else if (errno == ECONNREFUSED)
		end_try(try, CONNECT_CLOSED, "port-unreachable");
}

static void fail_try(struct connect_udp_try *try, int r)
{
	try->error = r;
	switch (-r) {
	case ENETUNREACH:
		end_try(try, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	case EHOSTUNREACH:
		end_try(try, CONNECT_UNREACHABLE, "host-unreachable");
		return;
	}
	end_try(try, CONNECT_ERROR, NULL);
}

/* No byte of ours goes into anybody's protocol: the datagram is empty. */
static void send_one(struct connect_udp_try *try)
{
	int r;

	if (send(try->watch.fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0)
		return;
	r = -errno;
	if (read_errors(try))
		return;
	/* An error that came for the one before was told by the queue. */
	if (r == -ENETUNREACH || r == -EHOSTUNREACH ||
		(r != -ECONNREFUSED && r != -EAGAIN && skt_dial_is_local(r)))
		fail_try(try, r);
}

static void send_again(struct skt_timer *timer)
{
	struct connect_udp_probe *probe = SKT_CONTAINER(timer, struct connect_udp_probe, timer);
	bool late = skt_loop_now(probe->loop) >= probe->deadline_ns;

	for (size_t i = 0; i < probe->count; i++) {
		if (probe->tries[i].ended)
			continue;
		if (late)
			end_try(&probe->tries[i], CONNECT_OPEN_FILTERED, "no-response");
		else
			send_one(&probe->tries[i]);
	}
	if (!late)
		skt_timer_set(probe->loop, timer,
			SKT_MIN(skt_loop_after(probe->loop, probe->again_ns), probe->deadline_ns));
}

static int bind_source(int fd, int family, const struct connect_options *o)
{
	struct sockaddr_storage sa;
	struct skt_addr addr;
	socklen_t len;
	int r;

	if (!o->has_source || o->source.kind != SKT_ENDPOINT_INET)
		return 0;
	addr = o->source.addr;
	if (addr.family != AF_UNSPEC) {
		r = skt_resolve_numeric(&o->source, &addr, NULL);
		if (r)
			return r;
	}
	if (addr.family != AF_UNSPEC && addr.family != family)
		return -EAFNOSUPPORT;
	addr.family = (uint8_t)family;
	len = skt_addr_to_sockaddr(&addr, o->source.port, &sa);
	return bind(fd, (struct sockaddr *)&sa, len) ? -errno : 0;
}

static int open_try(struct connect_udp_try *try)
{
	struct connect_udp_probe *probe = try->probe;
	const struct connect_options *options = probe->options;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(&try->addr, probe->port, &sa);
	bool v6 = try->addr.family == AF_INET6, mptcp = false;
	int fd = skt_socket_open(try->addr.family, SOCK_DGRAM, &mptcp), r;

	try->watch = (struct skt_watch){.fd = fd, .events = EPOLLIN, .handler = readable};
	if (fd < 0)
		return fd;
	r = skt_socket_set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	if (r == 0 && options->socket.way.interface)
		r = skt_socket_bind_interface(fd, try->addr.family, options->socket.way.interface);
	if (r == 0)
		r = bind_source(fd, try->addr.family, options);
	if (r == 0 && connect(fd, (struct sockaddr *)&sa, len))
		r = -errno;
	return r ? r : skt_watch_add(probe->loop, &try->watch);
}

void connect_udp_probe_add(struct connect_udp_probe *probe, const struct skt_addr *addr)
{
	struct connect_udp_try *try = &probe->tries[probe->count];
	int r;

	if (probe->count == SKT_COUNT(probe->tries))
		return;
	*try = (struct connect_udp_try){.probe = probe, .addr = *addr, .watch.fd = -1};
	probe->count++;
	probe->running++;
	r = open_try(try);
	if (r)
		fail_try(try, r);
	else
		send_one(try);
}

void connect_udp_probe_complete(struct connect_udp_probe *probe)
{
	probe->complete = true;
	look_whether_over(probe);
}

void connect_udp_probe_start(struct connect_udp_probe *probe, uint64_t deadline_ns)
{
	uint64_t now = skt_clock_ns();

	probe->timer.handler = send_again;
	probe->ended.handler = probe_ended;
	probe->deadline_ns = deadline_ns;
	probe->again_ns = deadline_ns > now ? (deadline_ns - now) / SENDS : 0;
	skt_timer_set(probe->loop, &probe->timer, skt_clock_add(now, probe->again_ns));
}
