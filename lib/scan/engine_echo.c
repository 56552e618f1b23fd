/*
 * ICMP echo (RFC 792, RFC 4443 4): by ping sockets, which net.ipv4.ping_group_range allows to many,
 * or by raw ones. A keyed hash of the address is what comes back, so that nobody answers who was
 * not asked; the sequence number tells which try an answer is for.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "net/errqueue.h"
#include "net/socket.h"
#include "scan/batch.h"
#include "scan/engine.h"
#include "scan/wait.h"

enum { V4, V6, SOCKETS, PACKET_SIZE = 8 + 8, REPLY_SIZE = 128, RECEIVE_BUFFER = 4 * 1024 * 1024 };

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	uint64_t key[2];
	uint16_t id; /* of raw sockets; the kernel numbers the others */
	int fds[SOCKETS];
	bool raw[SOCKETS];
	struct skt_batch in;
};

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

static uint64_t cookie(const struct engine *engine, const struct skt_addr *addr)
{
	return skt_siphash(engine->key, addr->bytes, sizeof(addr->bytes));
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* ---- what comes back ---- */

static void tell(struct engine *engine, struct skt_evidence *evidence, const struct skt_addr *addr)
{
	evidence->index = skt_engine_find(&engine->config, addr, 0);
	if (evidence->index == SKT_PLAN_NONE)
		engine->base.foreign++;
	else
		engine->config.seen(engine->config.ctx, evidence);
}

static void read_reply(struct engine *engine, size_t s, struct msghdr *msg, size_t len)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_ECHO};
	const uint8_t *bytes = msg->msg_iov->iov_base;
	const uint8_t type = s == V4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	struct skt_addr addr;
	uint64_t said;
	uint16_t port;

	len = SKT_MIN(len, (size_t)REPLY_SIZE);
	evidence.ttl = skt_batch_hop_limit(msg);
	if (s == V4 && engine->raw[s]) {
		const size_t header = len ? (size_t)(bytes[0] & 15) * 4 : 0;

		if (header < 20 || len < header)
			return;
		evidence.ttl = bytes[8];
		bytes += header;
		len -= header;
	}
	if (len < PACKET_SIZE || bytes[0] != type || bytes[1] != 0 ||
		skt_addr_from_sockaddr(msg->msg_name, &addr, &port))
		return;
	memcpy(&said, bytes + 8, sizeof(said));
	if (said != cookie(engine, &addr)) {
		engine->base.foreign++;
		return;
	}
	evidence.try = bytes[7];
	tell(engine, &evidence, &addr);
}

static void read_error(struct engine *engine, struct msghdr *msg)
{
	struct skt_icmp_error error;
	struct skt_evidence evidence;

	if (skt_errqueue_parse(msg, &error) || error.to.family == AF_UNSPEC || error.local)
		return;
	evidence = skt_evidence_of(engine->config.local, &error, 0);
	tell(engine, &evidence, &error.to);
}

static void drain(struct engine *engine, size_t s, int flags)
{
	int n;

	do {
		n = skt_batch_take(&engine->in, engine->fds[s], flags, REPLY_SIZE);
		/* Another's error: it is in the queue, and read there. */
		if (n < 0 && !flags && n != -EAGAIN)
			n = skt_batch_take(&engine->in, engine->fds[s], 0, REPLY_SIZE);
		for (int i = 0; i < n; i++) {
			struct mmsghdr *message = &engine->in.messages[i];

			if (flags)
				read_error(engine, &message->msg_hdr);
			else
				read_reply(engine, s, &message->msg_hdr, message->msg_len);
		}
	} while (n == SKT_BATCH_MAX);
}

static size_t polls(struct skt_engine *base, struct pollfd *ret)
{
	const struct engine *engine = engine_of(base);

	for (size_t s = 0; s < SOCKETS; s++)
		ret[s] = (struct pollfd){.fd = engine->fds[s], .events = POLLIN};
	return SOCKETS;
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct pollfd fds[SKT_ENGINE_POLLS_MAX];
	int rc = skt_wait_poll(fds, polls(base, fds), until_ns);

	for (size_t s = 0; s < SOCKETS; s++) {
		if (fds[s].revents & POLLERR)
			drain(engine, s, MSG_ERRQUEUE);
		if (fds[s].revents & POLLIN)
			drain(engine, s, 0);
	}
	return SKT_MIN(rc, 0);
}

/* ---- what goes out ---- */

static int send_one(struct engine *engine, size_t s, const struct skt_shot *shot)
{
	uint8_t packet[PACKET_SIZE] = {s == V4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST};
	const uint64_t what = cookie(engine, &shot->addr);
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(&shot->addr, 0, &sa);

	put16(packet + 4, engine->id);
	put16(packet + 6, shot->try);
	memcpy(packet + 8, &what, sizeof(what));
	/* Of IPv6 the kernel makes it, and of ping sockets too. */
	if (s == V4)
		put16(packet + 2, checksum(packet, sizeof(packet)));
	if (sendto(engine->fds[s], packet, sizeof(packet), MSG_DONTWAIT,
		    (const struct sockaddr *)&sa, len) < 0)
		return errno == EAGAIN ? -ENOBUFS : -errno;
	return 0;
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);

	(void)now_ns;
	for (size_t i = 0; i < count; i++) {
		const size_t s = shots[i].addr.family == AF_INET ? V4 : V6;
		struct skt_evidence evidence = {
			.kind = SKT_EVIDENCE_LOCAL, .index = shots[i].index};
		int rc = engine->fds[s] < 0 ? -EAFNOSUPPORT : send_one(engine, s, &shots[i]);

		/* It may have been the error of another, which the first call takes away. */
		if (rc && engine->fds[s] >= 0)
			rc = send_one(engine, s, &shots[i]);
		evidence.error = -rc;
		if (rc)
			engine->config.seen(engine->config.ctx, &evidence);
	}
}

static uint32_t room(struct skt_engine *base)
{
	(void)base;
	return SKT_SHOTS_MAX;
}

/* ---- sockets ---- */

static int prepare_socket(const struct engine *engine, size_t s, int fd)
{
	const struct skt_engine_config *c = &engine->config;
	const struct skt_addr *source = s == V4 ? &c->source4 : &c->source6;
	const int on = 1;
	struct icmp6_filter filter;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);
	int rc = skt_errqueue_enable(fd, s == V4 ? AF_INET : AF_INET6);

	if (rc)
		return rc;
	skt_socket_set_receive_buffer(fd, RECEIVE_BUFFER);
	if (s == V4) {
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
		if (engine->raw[s])
			(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
	}
	if (c->interface)
		rc = skt_socket_bind_device(fd, c->interface);
	if (rc)
		return rc;
	return len && bind(fd, (const struct sockaddr *)&sa, len) ? -errno : 0;
}

/* Neither a ping socket nor a raw one may be allowed: then it is left at that. */
static void open_socket(struct engine *engine, size_t s)
{
	const int family = s == V4 ? AF_INET : AF_INET6;
	const int protocol = s == V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(family, SOCK_DGRAM | flags, protocol);

	engine->raw[s] = fd < 0;
	if (fd < 0)
		fd = socket(family, SOCK_RAW | flags, protocol);
	if (fd >= 0 && prepare_socket(engine, s, fd)) {
		(void)close(fd);
		fd = -1;
	}
	engine->fds[s] = fd;
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	for (size_t s = 0; s < SOCKETS; s++)
		if (engine->fds[s] >= 0)
			(void)close(engine->fds[s]);
	free(engine);
}

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .polls = polls, .free = engine_free};

int skt_engine_echo_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return skt_fail(err, ENOMEM, "memory for packets");
	engine->base.ops = &ops;
	engine->base.capacity = config->in_flight;
	engine->config = *config;
	if (getrandom(engine->key, sizeof(engine->key), 0) != sizeof(engine->key)) {
		free(engine);
		return skt_fail(err, EIO, "random bytes");
	}
	engine->id = (uint16_t)engine->key[0];
	for (size_t s = 0; s < SOCKETS; s++)
		open_socket(engine, s);
	*ret = &engine->base;
	return 0;
}
