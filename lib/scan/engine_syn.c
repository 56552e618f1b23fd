/*
 * The SYN engine: raw sockets, with the kernel's own routes, neighbours and checksums, so that
 * loopback, networks near and far, tunnels and IPv6 are one. Nothing is kept of what was sent: the
 * source port tells which try an answer is for, and the sequence number is a keyed hash of both
 * ends, without which no answer counts. The kernel knows nothing of these connections and resets
 * them as soon as they are accepted.
 */
#include <errno.h>
#include <netinet/in.h>
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
#include "scan/syn_socket.h"
#include "scan/wait.h"

enum {
	CHUNK = 8,                     /* messages of one sendmmsg() */
	PACKET_SIZE = SKT_BATCH_BYTES, /* of an answer so much is looked at */
	DRAINS_MAX = 64,
};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	uint64_t key[2];
	uint16_t first_port; /* of SKT_SYN_PORTS */
	int fds[SKT_SYN_SOCKETS];

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

	if (reply->own_port <= engine->first_port ||
		reply->own_port >= engine->first_port + SKT_SYN_PORTS)
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

	if (s == SKT_SYN_TCP4 || s == SKT_SYN_ICMP4) {
		rc = skt_reply_read4(bytes, len, &reply);
	} else {
		if (skt_addr_from_sockaddr(msg->msg_name, &reply.from, &port))
			return;
		reply.target = reply.from;
		reply.ttl = skt_batch_hop_limit(msg);
		rc = s == SKT_SYN_TCP6 ? skt_reply_read_tcp(bytes, len, &reply)
				       : skt_reply_read_icmp6(bytes, len, &reply);
		if (!rc && s == SKT_SYN_ICMP6 && skt_addr_is_link_local(&reply.target))
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

	for (size_t s = SKT_SYN_TCP4; s <= SKT_SYN_ICMP6; s++) {
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

	for (size_t s = 0; s < SKT_SYN_SEND4; s++)
		ret[s] = (struct pollfd){.fd = engine->fds[s], .events = POLLIN};
	ret[SKT_SYN_SEND4] = (struct pollfd){.fd = engine->config.wake_fd, .events = POLLIN};
	return SKT_SYN_SEND4 + 1;
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct pollfd fds[SKT_ENGINE_POLLS_MAX];
	int rc = skt_wait_poll(fds, polls(base, fds), until_ns);

	for (size_t s = 0; s < SKT_SYN_SEND4; s++)
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

	engine->out_fd =
		engine->fds[shots[0].addr.family == AF_INET ? SKT_SYN_SEND4 : SKT_SYN_TCP6];
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

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	for (size_t s = 0; s < SKT_SYN_SOCKETS; s++)
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
	for (size_t s = 0; s < SKT_SYN_SOCKETS; s++)
		engine->fds[s] = -1;
	if (getrandom(engine->key, sizeof(engine->key), 0) != sizeof(engine->key))
		rc = -EIO;
	engine->first_port = skt_syn_ports_choose(engine->key[0]);
	for (size_t s = 0; !rc && s < SKT_SYN_SOCKETS; s++)
		rc = skt_syn_socket_open(&engine->config, s, engine->first_port, &engine->fds[s]);
	if (rc) {
		engine_free(&engine->base);
		return skt_fail(err, -rc, "raw sockets");
	}
	engine->crew = skt_crew_new(config->in_flight);
	*ret = &engine->base;
	return 0;
}
