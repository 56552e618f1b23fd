/*
 * The UDP engine, for any user: a few sockets that are never connected. IP_RECVERR gives each of
 * them the ICMP errors of everything it sent, with the destination and the sender; each try has a
 * socket of its own, so that an answer tells which try it answers: the first three; the later ones
 * share a socket.
 *
 * An error that waits in a queue makes the next call on its socket fail once with its errno, which
 * says nothing about that call: the queue is drained, and the call made again.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "net/errqueue.h"
#include "net/socket.h"
#include "scan/batch.h"
#include "scan/engine.h"
#include "scan/payload.h"
#include "scan/wait.h"

enum {
	SOCKETS_PER_FAMILY = 4,
	SOCKETS = 2 * SOCKETS_PER_FAMILY,
	RECEIVE_BUFFER = 4 * 1024 * 1024,
	REPLY_SIZE = 64, /* of an answer so much is looked at */
};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	int fds[SOCKETS]; /* IPv4, then IPv6, the first for late tries; -1: not needed yet */
	uint16_t ports[SOCKETS];
	struct skt_batch in;
	struct mmsghdr out[SKT_SHOTS_MAX];
	struct iovec out_iovs[SKT_SHOTS_MAX];
	struct sockaddr_storage out_names[SKT_SHOTS_MAX];
	uint8_t payloads[SKT_SHOTS_MAX][SKT_PAYLOAD_MAX];
};

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

static size_t socket_for(const struct skt_shot *shot)
{
	return (shot->addr.family == AF_INET ? 0 : SOCKETS_PER_FAMILY) +
		(shot->try < SOCKETS_PER_FAMILY ? shot->try : 0u);
}

/* ---- sockets ---- */

static int prepare_socket(const struct engine *engine, int fd, uint8_t family)
{
	const struct skt_engine_config *c = &engine->config;
	const struct skt_addr *source = family == AF_INET ? &c->source4 : &c->source6;
	const struct skt_addr any = {.family = family};
	const int on = 1;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source->family == AF_UNSPEC ? &any : source, 0, &sa);
	int rc = skt_errqueue_enable(fd, family);

	if (rc)
		return rc;
	if (family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
	}
	skt_socket_set_receive_buffer(fd, RECEIVE_BUFFER);
	if (c->interface)
		rc = skt_socket_bind_device(fd, c->interface);
	if (rc)
		return rc;
	return bind(fd, (const struct sockaddr *)&sa, len) ? -errno : 0;
}

static void close_socket(struct engine *engine, size_t i)
{
	if (engine->fds[i] >= 0)
		(void)close(engine->fds[i]);
	engine->fds[i] = -1;
}

static int open_socket(struct engine *engine, size_t i)
{
	uint8_t family = i < SOCKETS_PER_FAMILY ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP), rc;
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct skt_addr addr;

	if (fd < 0)
		return -errno;
	rc = prepare_socket(engine, fd, family);
	if (!rc &&
		(getsockname(fd, (struct sockaddr *)&sa, &len) ||
			skt_addr_from_sockaddr(
				(const struct sockaddr *)&sa, &addr, &engine->ports[i])))
		rc = -EIO;
	if (rc) {
		(void)close(fd);
		return rc;
	}
	engine->fds[i] = fd;
	return 0;
}

/* Whether one of our own sockets has PORT of this host, so that a question came and no answer. */
static bool is_own(const struct engine *engine, const struct skt_addr *addr, uint16_t port)
{
	for (size_t i = 0; i < SOCKETS; i++)
		if (engine->fds[i] >= 0 && engine->ports[i] == port)
			return skt_local_has(engine->config.local, addr);
	return false;
}

/* ---- what comes back ---- */

/* Which try the answers of a socket are for; 0: one of the later ones. */
static uint8_t try_of(size_t i)
{
	return (uint8_t)(i % SOCKETS_PER_FAMILY);
}

static void tell_answer(struct engine *engine, size_t i, struct msghdr *msg, size_t len)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_DATAGRAM, .try = try_of(i)};
	const uint16_t asked = skt_payload_answered(msg->msg_iov->iov_base, len);
	struct skt_addr addr;
	uint16_t port;

	evidence.index = SKT_PLAN_NONE;
	if (!skt_addr_from_sockaddr(msg->msg_name, &addr, &port) && !is_own(engine, &addr, port)) {
		if (asked && asked != port)
			evidence.index = skt_plan_find(engine->config.plan, &addr, asked);
		if (evidence.index != SKT_PLAN_NONE)
			evidence.from_port = port;
		else
			evidence.index = skt_engine_find(&engine->config, &addr, port);
	}
	if (evidence.index == SKT_PLAN_NONE) {
		engine->base.foreign++;
		return;
	}
	evidence.ttl = skt_batch_hop_limit(msg);
	engine->config.seen(engine->config.ctx, &evidence);
}

static void tell_error(struct engine *engine, size_t i, struct msghdr *msg)
{
	struct skt_icmp_error error;
	struct skt_evidence evidence;
	uint64_t index;

	if (skt_errqueue_parse(msg, &error) || error.to.family == AF_UNSPEC)
		return;
	index = skt_engine_find(&engine->config, &error.to, error.to_port);
	if (index == SKT_PLAN_NONE) {
		engine->base.foreign++;
		return;
	}
	evidence = skt_evidence_of(engine->config.local, &error, index);
	evidence.try = try_of(i);
	engine->config.seen(engine->config.ctx, &evidence);
}

/* Takes all that waits at a socket, of one kind: FLAGS is MSG_ERRQUEUE or 0. */
static void drain(struct engine *engine, size_t i, int flags)
{
	struct skt_batch *in = &engine->in;
	int n;

	do {
		if (engine->fds[i] < 0)
			return;
		n = skt_batch_take(in, engine->fds[i], flags, REPLY_SIZE);
		/* Another's error: it is in the queue, and read there. */
		if (n < 0 && !flags && n != -EAGAIN && n != -EBADF)
			n = skt_batch_take(in, engine->fds[i], 0, REPLY_SIZE);
		for (int k = 0; k < n; k++) {
			if (flags)
				tell_error(engine, i, &in->messages[k].msg_hdr);
			else
				tell_answer(engine, i, &in->messages[k].msg_hdr,
					SKT_MIN((size_t)in->messages[k].msg_len,
						(size_t)REPLY_SIZE));
		}
	} while (n == SKT_BATCH_MAX);
}

/* ---- what goes out ---- */

static void tell_local(struct engine *engine, const struct skt_shot *shot, int error)
{
	const struct skt_evidence evidence = {
		.kind = SKT_EVIDENCE_LOCAL, .index = shot->index, .error = error};

	engine->config.seen(engine->config.ctx, &evidence);
}

static void fill_message(struct engine *engine, const struct skt_shot *shot, size_t i)
{
	size_t size = skt_payload_for(shot->port, engine->payloads[i]);

	engine->out_iovs[i] = (struct iovec){engine->payloads[i], size};
	engine->out[i].msg_hdr = (struct msghdr){
		.msg_name = &engine->out_names[i],
		.msg_namelen = skt_addr_to_sockaddr(&shot->addr, shot->port, &engine->out_names[i]),
		.msg_iov = &engine->out_iovs[i],
		.msg_iovlen = 1,
	};
}

/* Sends the shots that share socket S. */
static void send_run(struct engine *engine, size_t s, const struct skt_shot *shots, size_t count)
{
	size_t sent = 0;
	int refusals = 0;

	for (size_t i = 0; i < count; i++)
		fill_message(engine, &shots[i], i);
	while (sent < count) {
		int n = sendmmsg(engine->fds[s], engine->out + sent, (unsigned int)(count - sent),
			MSG_DONTWAIT);

		if (n > 0) {
			sent += (size_t)n;
			refusals = 0;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* The first time it may be another's error, which draining takes away. */
		if (refusals++ < 2) {
			int error = errno;

			drain(engine, s, MSG_ERRQUEUE);
			errno = error;
			continue;
		}
		tell_local(engine, &shots[sent], errno == EAGAIN ? ENOBUFS : errno);
		sent++;
		refusals = 0;
	}
}

/*
 * A port of this host that one of our own sockets has taken would answer with our own question, or
 * not at all: the socket moves, behind what was said to it, which would be lost with it.
 */
static void leave_port(struct engine *engine, const struct skt_shot *shot)
{
	if (!is_own(engine, &shot->addr, shot->port))
		return;
	for (size_t i = 0; i < SOCKETS; i++) {
		if (engine->fds[i] < 0 || engine->ports[i] != shot->port)
			continue;
		drain(engine, i, MSG_ERRQUEUE);
		drain(engine, i, 0);
		close_socket(engine, i);
	}
}

/* Opens socket S, if it is not, at another port than the one that SHOT goes to. */
static int open_for(struct engine *engine, size_t s, const struct skt_shot *shot)
{
	int rc = engine->fds[s] < 0 ? open_socket(engine, s) : 0, taken;

	if (rc || !is_own(engine, &shot->addr, shot->port))
		return rc;
	/* While the one is held, the kernel gives the next another. */
	taken = engine->fds[s];
	engine->fds[s] = -1;
	rc = open_socket(engine, s);
	(void)close(taken);
	return rc;
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);

	(void)now_ns;
	for (size_t i = 0, end; i < count; i = end) {
		size_t s = socket_for(&shots[i]);
		int rc;

		leave_port(engine, &shots[i]);
		rc = open_for(engine, s, &shots[i]);
		/* One that goes to a port of ours begins the next run. */
		for (end = i + 1; end < count && socket_for(&shots[end]) == s &&
			!is_own(engine, &shots[end].addr, shots[end].port);
			end++)
			;
		if (!rc)
			send_run(engine, s, shots + i, end - i);
		for (size_t k = i; rc && k < end; k++)
			tell_local(engine, &shots[k], -rc);
	}
}

static uint32_t room(struct skt_engine *base)
{
	(void)base;
	return SKT_SHOTS_MAX;
}

static size_t polls(struct skt_engine *base, struct pollfd *ret)
{
	const struct engine *engine = engine_of(base);

	for (size_t i = 0; i < SOCKETS; i++)
		ret[i] = (struct pollfd){.fd = engine->fds[i], .events = POLLIN};
	ret[SOCKETS] = (struct pollfd){.fd = engine->config.wake_fd, .events = POLLIN};
	return SOCKETS + 1;
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct pollfd fds[SKT_ENGINE_POLLS_MAX];
	int rc = skt_wait_poll(fds, polls(base, fds), until_ns);

	for (size_t i = 0; i < SOCKETS; i++) {
		if (fds[i].revents & POLLERR)
			drain(engine, i, MSG_ERRQUEUE);
		if (fds[i].revents & POLLIN)
			drain(engine, i, 0);
	}
	return SKT_MIN(rc, 0);
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	for (size_t i = 0; i < SOCKETS; i++)
		close_socket(engine, i);
	free(engine);
}

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .polls = polls, .free = engine_free};

int skt_engine_udp_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return skt_fail(err, ENOMEM, "memory for sockets");
	engine->base.ops = &ops;
	engine->base.capacity = config->in_flight;
	engine->config = *config;
	for (size_t i = 0; i < SOCKETS; i++)
		engine->fds[i] = -1;
	*ret = &engine->base;
	return 0;
}
