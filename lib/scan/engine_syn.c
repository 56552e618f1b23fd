/*
 * The SYN engine: raw sockets, with the kernel's own routes, neighbours and checksums, so that
 * loopback, networks near and far, tunnels and IPv6 are one. Nothing is kept of what was sent: the
 * source port tells which try an answer is for, and the sequence number is a keyed hash of both
 * ends, without which no answer counts. The kernel knows nothing of these connections and resets
 * them as soon as they are accepted.
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "scan/batch.h"
#include "scan/crew.h"
#include "scan/engine.h"
#include "scan/packet.h"
#include "scan/wait.h"

enum {
	PORTS = 32,                    /* source ports, one for each try */
	CHUNK = 8,                     /* messages of one sendmmsg() */
	PACKET_SIZE = SKT_BATCH_BYTES, /* of an answer so much is looked at */
	RECEIVE_BUFFER = 16 * 1024 * 1024,
	DRAINS_MAX = 64,
};

enum { TCP4, TCP6, ICMP4, ICMP6, SEND4, SOCKETS };

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	uint64_t key[2];
	uint16_t first_port; /* of PORTS */
	int fds[SOCKETS];

	struct skt_batch in;

	/* A batch that goes out; its chunks are shared by a crew. */
	struct skt_crew *crew;
	int out_fd;
	size_t out_count;
	int out_errors[SKT_SHOTS_MAX];
	struct mmsghdr out[SKT_SHOTS_MAX];
	struct iovec out_iovs[SKT_SHOTS_MAX];
	struct sockaddr_storage out_names[SKT_SHOTS_MAX];
	uint8_t out_packets[SKT_SHOTS_MAX][SKT_SYN4_SIZE];
	_Alignas(struct cmsghdr) uint8_t
		out_controls[SKT_SHOTS_MAX][CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

/* The sequence number that a SYN to ADDR and PORT has. */
static uint32_t cookie(
	const struct engine *engine, const struct skt_addr *addr, uint16_t port, uint16_t own_port)
{
	uint8_t bytes[20];

	memcpy(bytes, addr->bytes, 16);
	memcpy(bytes + 16, &port, 2);
	memcpy(bytes + 18, &own_port, 2);
	return (uint32_t)skt_siphash(engine->key, bytes, sizeof(bytes));
}

/* ---- what comes back ---- */

static bool is_ours(const struct engine *engine, const struct skt_reply *reply)
{
	uint32_t sequence;

	if (reply->own_port <= engine->first_port || reply->own_port >= engine->first_port + PORTS)
		return false;
	sequence = cookie(engine, &reply->target, reply->target_port, reply->own_port);
	/* Some acknowledge the SYN's own number when they reset. */
	return reply->sequence == sequence ||
		(reply->kind == SKT_REPLY_RESET && reply->sequence + 1 == sequence);
}

static void tell(struct engine *engine, const struct skt_reply *reply)
{
	struct skt_evidence evidence = {.ttl = reply->ttl};

	if (!is_ours(engine, reply)) {
		engine->base.foreign += reply->kind != SKT_REPLY_ICMP;
		return;
	}
	evidence.index = skt_engine_find(&engine->config, &reply->target, reply->target_port);
	if (evidence.index == SKT_PLAN_NONE)
		return;
	evidence.try = (uint8_t)(reply->own_port - engine->first_port);
	switch (reply->kind) {
	case SKT_REPLY_SYN_ACK:
		evidence.kind = SKT_EVIDENCE_ACCEPTED;
		break;
	case SKT_REPLY_RESET:
		evidence.kind = SKT_EVIDENCE_RESET;
		break;
	case SKT_REPLY_ICMP:
		evidence.kind = SKT_EVIDENCE_ICMP;
		evidence.from = reply->from;
		evidence.from_self = skt_local_has(engine->config.local, &reply->from);
		evidence.icmp_type = reply->icmp_type;
		evidence.icmp_code = reply->icmp_code;
		break;
	}
	engine->config.seen(engine->config.ctx, &evidence);
}

static void read_packet(struct engine *engine, size_t s, struct msghdr *msg, size_t len)
{
	const uint8_t *bytes = msg->msg_iov->iov_base;
	struct skt_reply reply = {0};
	uint16_t port;
	int rc;

	if (s == TCP4 || s == ICMP4) {
		rc = skt_reply_read4(bytes, len, &reply);
	} else {
		if (skt_addr_from_sockaddr(msg->msg_name, &reply.from, &port))
			return;
		reply.target = reply.from;
		reply.ttl = skt_batch_hop_limit(msg);
		rc = s == TCP6 ? skt_reply_read_tcp(bytes, len, &reply)
			       : skt_reply_read_icmp6(bytes, len, &reply);
		if (!rc && s == ICMP6 && skt_addr_is_link_local(&reply.target))
			reply.target.scope_id = reply.from.scope_id;
	}
	if (!rc)
		tell(engine, &reply);
}

static void drain(struct engine *engine, size_t s)
{
	struct skt_batch *in = &engine->in;
	int n, rounds = 0;

	do {
		n = skt_batch_take(in, engine->fds[s], 0, PACKET_SIZE);
		for (int i = 0; i < n; i++)
			read_packet(engine, s, &in->messages[i].msg_hdr,
				SKT_MIN((size_t)in->messages[i].msg_len, (size_t)PACKET_SIZE));
	} while (n == SKT_BATCH_MAX && ++rounds < DRAINS_MAX);
}

/* Answers that the kernel had no room for (SO_MEMINFO, net/core/sock.c). */
static void count_drops(struct engine *engine)
{
	uint64_t dropped = 0;

	for (size_t s = TCP4; s <= ICMP6; s++) {
		uint32_t info[16] = {0};
		socklen_t len = sizeof(info);

		/* SK_MEMINFO_DROPS is the ninth (linux/sock_diag.h). */
		if (engine->fds[s] >= 0 &&
			!getsockopt(engine->fds[s], SOL_SOCKET, SO_MEMINFO, info, &len) &&
			len >= 9 * sizeof(info[0]))
			dropped += info[8];
	}
	engine->base.dropped = dropped;
}

static size_t polls(struct skt_engine *base, struct pollfd *ret)
{
	const struct engine *engine = engine_of(base);

	for (size_t s = 0; s < SEND4; s++)
		ret[s] = (struct pollfd){.fd = engine->fds[s], .events = POLLIN};
	ret[SEND4] = (struct pollfd){.fd = engine->config.wake_fd, .events = POLLIN};
	return SEND4 + 1;
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct pollfd fds[SKT_ENGINE_POLLS_MAX];
	int rc = skt_wait_poll(fds, polls(base, fds), until_ns);

	for (size_t s = 0; s < SEND4; s++)
		if (fds[s].revents)
			drain(engine, s);
	if (until_ns)
		count_drops(engine);
	return SKT_MIN(rc, 0);
}

/* ---- what goes out ---- */

static void tell_local(struct engine *engine, const struct skt_shot *shot, int error)
{
	const struct skt_evidence evidence = {
		.kind = SKT_EVIDENCE_LOCAL, .index = shot->index, .error = error};

	engine->config.seen(engine->config.ctx, &evidence);
}

/*
 * The packet leaves by the path that was found for a connection, whose rules and ports the kernel
 * does not see in it: ip(7), IP_PKTINFO.
 */
static void set_path(struct engine *engine, const struct skt_shot *shot, size_t i)
{
	struct cmsghdr *cmsg = (void *)engine->out_controls[i];
	struct in_pktinfo info = {.ipi_ifindex = (int)shot->ifindex};

	memcpy(&info.ipi_spec_dst, shot->source.bytes, sizeof(info.ipi_spec_dst));
	*cmsg = (struct cmsghdr){
		.cmsg_level = IPPROTO_IP,
		.cmsg_type = IP_PKTINFO,
		.cmsg_len = CMSG_LEN(sizeof(info)),
	};
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	engine->out[i].msg_hdr.msg_control = cmsg;
	engine->out[i].msg_hdr.msg_controllen = CMSG_SPACE(sizeof(info));
}

static int fill_message(struct engine *engine, const struct skt_shot *shot, size_t i)
{
	const bool v4 = shot->addr.family == AF_INET;
	struct skt_syn syn = {
		.source = shot->source,
		.destination = shot->addr,
		.destination_port = shot->port,
		.source_port = (uint16_t)(engine->first_port + shot->try),
	};
	/* Raw IPv6 sockets take no port, and fill in the source. */
	struct sockaddr_storage *name = &engine->out_names[i];
	socklen_t len = skt_addr_to_sockaddr(&shot->addr, 0, name);

	if (v4 && shot->source.family != AF_INET)
		return -EADDRNOTAVAIL;
	syn.sequence = cookie(engine, &shot->addr, shot->port, syn.source_port);
	engine->out_iovs[i] =
		(struct iovec){engine->out_packets[i], skt_syn_write(&syn, engine->out_packets[i])};
	engine->out[i].msg_hdr = (struct msghdr){
		.msg_name = name,
		.msg_namelen = len,
		.msg_iov = &engine->out_iovs[i],
		.msg_iovlen = 1,
	};
	if (v4)
		set_path(engine, shot, i);
	return 0;
}

/* Some of the messages that are ready; what was not sent has its errno. */
static void send_chunk(void *ctx, size_t number)
{
	struct engine *engine = ctx;
	size_t sent = number * CHUNK, end = SKT_MIN(sent + CHUNK, engine->out_count);

	while (sent < end) {
		int n = sendmmsg(engine->out_fd, engine->out + sent, (unsigned int)(end - sent),
			MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			engine->out_errors[sent++] = errno == EAGAIN ? ENOBUFS : errno;
		for (int i = 0; i < n; i++)
			engine->out_errors[sent++] = 0;
	}
}

static void send_run(struct engine *engine, const struct skt_shot *shots, size_t count)
{
	const struct skt_shot *sendable[SKT_SHOTS_MAX];
	size_t ready = 0;

	engine->out_fd = engine->fds[shots[0].addr.family == AF_INET ? SEND4 : TCP6];
	for (size_t i = 0; i < count; i++) {
		int rc =
			engine->out_fd < 0 ? -EAFNOSUPPORT : fill_message(engine, &shots[i], ready);

		if (rc)
			tell_local(engine, &shots[i], -rc);
		else
			sendable[ready++] = &shots[i];
	}
	engine->out_count = ready;
	skt_crew_run(engine->crew, (ready + CHUNK - 1) / CHUNK, send_chunk, engine);
	for (size_t i = 0; i < ready; i++)
		if (engine->out_errors[i])
			tell_local(engine, sendable[i], engine->out_errors[i]);
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);

	(void)now_ns;
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count && shots[end].addr.family == shots[i].addr.family; end++)
			;
		send_run(engine, shots + i, end - i);
	}
}

static uint32_t room(struct skt_engine *base)
{
	(void)base;
	return SKT_SHOTS_MAX;
}

/* ---- sockets ---- */

/*
 * Only what goes to our source ports gets through. What the socket gives begins with the IP header
 * where that is IPv4, and with the segment where it is IPv6 (raw(7), ipv6(7)).
 */
static int filter_ports(const struct engine *engine, int fd, bool v6)
{
	const uint32_t low = engine->first_port, high = low + PORTS - 1;
	struct sock_filter code[] = {
		v6 ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0)
		   : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, PACKET_SIZE),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {.len = SKT_COUNT(code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

/* Rules that go by the source see it, and so does whoever has no such address. */
static int bind_source(int fd, const struct skt_addr *source)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);

	return len && bind(fd, (const struct sockaddr *)&sa, len) ? -errno : 0;
}

static int prepare_socket(const struct engine *engine, size_t s, int fd)
{
	const struct skt_engine_config *c = &engine->config;
	const int on = 1, size = RECEIVE_BUFFER, checksum = 16;
	struct icmp6_filter filter;
	int rc = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (c->interface &&
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->interface,
			(socklen_t)strlen(c->interface)))
		return -errno;
	if (s == TCP6 || s == ICMP6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
	if (s == TCP6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &checksum, sizeof(checksum)))
			return -errno;
		rc = bind_source(fd, &c->source6);
	}
	if (s == SEND4)
		rc = bind_source(fd, &c->source4);
	if (s == ICMP6) {
		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
		ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
		ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &filter);
		rc = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) ? -errno
											   : 0;
	}
	if (!rc && (s == TCP4 || s == TCP6))
		rc = filter_ports(engine, fd, s == TCP6);
	return rc;
}

static int open_socket(struct engine *engine, size_t s)
{
	static const int families[] = {AF_INET, AF_INET6, AF_INET, AF_INET6, AF_INET};
	static const int protocols[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW};
	int fd = socket(families[s], SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocols[s]), rc;

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	engine->fds[s] = fd;
	rc = prepare_socket(engine, s, fd);
	return rc;
}

/* Source ports that no socket of this host gets by itself. */
static uint16_t choose_ports(const struct engine *engine)
{
	unsigned long low = 32768, high = 60999, from, to;
	char text[64] = "", *end = text;
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	if (file) {
		if (fgets(text, sizeof(text), file) && strtoul(text, &end, 10)) {
			low = strtoul(text, &end, 10);
			high = strtoul(end, NULL, 10);
		}
		(void)fclose(file);
	}
	from = high + 1;
	to = 65535 - PORTS;
	if (high > 65000) {
		from = low > 12000 ? low - 10000 : 1024;
		to = low > 1024 + 2 * PORTS ? low - PORTS : 65535 - PORTS;
	}
	return (uint16_t)(from + engine->key[0] % (to > from ? to - from : 1));
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	for (size_t s = 0; s < SOCKETS; s++)
		if (engine->fds[s] >= 0)
			(void)close(engine->fds[s]);
	skt_crew_free(engine->crew);
	free(engine);
}

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .polls = polls, .free = engine_free};

int skt_engine_syn_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int rc = 0;

	if (!engine)
		return skt_fail(err, ENOMEM, "memory for packets");
	engine->base.ops = &ops;
	engine->base.capacity = config->in_flight;
	engine->config = *config;
	for (size_t s = 0; s < SOCKETS; s++)
		engine->fds[s] = -1;
	if (getrandom(engine->key, sizeof(engine->key), 0) != sizeof(engine->key))
		rc = -EIO;
	engine->first_port = choose_ports(engine);
	for (size_t s = 0; !rc && s < SOCKETS; s++)
		rc = open_socket(engine, s);
	if (rc) {
		engine_free(&engine->base);
		return skt_fail(err, -rc, "raw sockets");
	}
	engine->crew = skt_crew_new(config->in_flight);
	*ret = &engine->base;
	return 0;
}
