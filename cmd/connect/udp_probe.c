#include "cmd/connect/udp_probe.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/socket.h"

/* Times that the datagram is sent: it, or the answer, may be lost. */
enum { SENDS = 3 };

void connect_udp_probe_stop(struct connect_udp_probe *probe)
{
	skt_timer_remove(&probe->timer);
	skt_watch_remove(&probe->watch);
	if (probe->watch.fd >= 0)
		(void)close(probe->watch.fd);
	probe->watch.fd = -1;
}

static void end(struct connect_udp_probe *probe, enum connect_state state, const char *reason)
{
	probe->state = state;
	probe->reason = reason;
	probe->end_ns = skt_clock_ns();
	connect_udp_probe_stop(probe);
	probe->done(probe);
}

static void end_of_icmp(struct connect_udp_probe *probe, int code)
{
	switch (code) {
	case ICMP_PORT_UNREACH:
		end(probe, CONNECT_CLOSED, "port-unreachable");
		return;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		end(probe, CONNECT_FILTERED, "admin-prohibited");
		return;
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
		end(probe, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	case ICMP_PROT_UNREACH:
		end(probe, CONNECT_CLOSED, "proto-unreachable");
		return;
	}
	end(probe, CONNECT_UNREACHABLE, "host-unreachable");
}

static void end_of_icmp6(struct connect_udp_probe *probe, int code)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOPORT:
		end(probe, CONNECT_CLOSED, "port-unreachable");
		return;
	case ICMP6_DST_UNREACH_ADMIN:
	case 5: /* source address failed policy (RFC 4443) */
	case 6: /* reject route */
		end(probe, CONNECT_FILTERED, "admin-prohibited");
		return;
	case ICMP6_DST_UNREACH_NOROUTE:
		end(probe, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	}
	end(probe, CONNECT_UNREACHABLE, "host-unreachable");
}

/* What the queue says ends the probe; false where it says nothing that counts. */
static bool read_errors(struct connect_udp_probe *probe)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control)};

	if (recvmsg(probe->watch.fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		const struct sock_extended_err *error = (const void *)CMSG_DATA(cmsg);
		bool v4 = cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR;
		bool v6 = cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR;

		if (!v4 && !v6)
			continue;
		if (v4 && error->ee_origin == SO_EE_ORIGIN_ICMP &&
			error->ee_type == ICMP_DEST_UNREACH)
			end_of_icmp(probe, error->ee_code);
		else if (v6 && error->ee_origin == SO_EE_ORIGIN_ICMP6 &&
			error->ee_type == ICMP6_DST_UNREACH)
			end_of_icmp6(probe, error->ee_code);
		else if (error->ee_errno == EHOSTUNREACH)
			end(probe, CONNECT_UNREACHABLE, "host-unreachable");
		else
			continue;
		return true;
	}
	return false;
}

static void readable(struct skt_watch *watch, uint32_t events)
{
	struct connect_udp_probe *probe = SKT_CONTAINER(watch, struct connect_udp_probe, watch);
	char byte;

	if (events & EPOLLERR && read_errors(probe))
		return;
	if (recv(watch->fd, &byte, 1, MSG_DONTWAIT) >= 0)
		end(probe, CONNECT_OPEN, "answer");
	else if (errno == ECONNREFUSED)
		end(probe, CONNECT_CLOSED, "port-unreachable");
}

/* No byte of ours goes into anybody's protocol: the datagram is empty. */
static void send_again(struct skt_timer *timer)
{
	struct connect_udp_probe *probe = SKT_CONTAINER(timer, struct connect_udp_probe, timer);
	uint64_t now = skt_clock_ns();

	if (probe->start_ns != probe->deadline_ns && now >= probe->deadline_ns) {
		end(probe, CONNECT_OPEN_FILTERED, "no-response");
		return;
	}
	if (send(probe->watch.fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		int r = -errno;

		if (read_errors(probe))
			return;
		/* An error that came for the one before was told by the queue. */
		if (r != -ECONNREFUSED && r != -EAGAIN && skt_dial_is_local(r)) {
			probe->error = r;
			end(probe, CONNECT_ERROR, NULL);
			return;
		}
	}
	skt_timer_set(probe->loop, timer, SKT_MIN(now + probe->again_ns, probe->deadline_ns));
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

int connect_udp_probe_start(struct connect_udp_probe *probe, const struct skt_addr *addr,
	uint16_t port, const struct connect_options *options, uint64_t timeout_ns)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(addr, port, &sa);
	bool v6 = addr->family == AF_INET6, mptcp = false;
	int fd = skt_socket_open(addr->family, SOCK_DGRAM, &mptcp), r;

	probe->watch = (struct skt_watch){.fd = fd, .events = EPOLLIN, .handler = readable};
	if (fd < 0)
		return fd;
	r = skt_socket_set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	if (r == 0 && options->socket.interface)
		r = skt_socket_bind_interface(fd, addr->family, options->socket.interface);
	if (r == 0)
		r = bind_source(fd, addr->family, options);
	if (r == 0 && connect(fd, (struct sockaddr *)&sa, len))
		r = -errno;
	if (r == 0)
		r = skt_watch_add(probe->loop, &probe->watch);
	if (r) {
		connect_udp_probe_stop(probe);
		return r;
	}
	probe->start_ns = skt_clock_ns();
	probe->deadline_ns = probe->start_ns + timeout_ns;
	probe->again_ns = timeout_ns / SENDS;
	probe->timer.handler = send_again;
	skt_timer_set(probe->loop, &probe->timer, 0);
	return 0;
}
