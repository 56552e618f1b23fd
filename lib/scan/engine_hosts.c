/*
 * The engine that asks for hosts, not ports: ICMP echo where that is allowed, and then what most
 * firewalls let pass and every host answers, open or closed: TCP to some ports, a datagram to one
 * that nobody has. Each is another engine's business; this one shares the shots out among them.
 * On the link the first packet is enough, whatever it is: the kernel has to find the host for it.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "scan/engine.h"
#include "scan/wait.h"

enum { ECHO, CONNECT, UDP, PARTS };

/* Neither registered nor in the ranges of ephemeral ports: traceroute(8) goes there too. */
enum { PORT_UDP = 33434 };

static const uint16_t tcp_ports[] = {443, 80, 22};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	struct skt_engine *parts[PARTS];
	int error; /* of the shot that is handed out; 0: none */
	bool sending;
};

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

/* What a part could not send another could: that is no word about the host. */
static void seen(void *ctx, const struct skt_evidence *evidence)
{
	struct engine *engine = ctx;

	if (evidence->kind != SKT_EVIDENCE_LOCAL)
		engine->config.seen(engine->config.ctx, evidence);
	else if (engine->sending)
		engine->error = evidence->error;
}

/* Whether PART has sent it. */
static bool send_by(struct engine *engine, size_t part, const struct skt_shot *shot, uint16_t port,
	uint64_t now_ns)
{
	struct skt_shot own = *shot;

	if (!engine->parts[part])
		return false;
	own.port = port;
	engine->error = 0;
	engine->sending = true;
	engine->parts[part]->ops->submit(engine->parts[part], &own, 1, now_ns);
	engine->sending = false;
	return !engine->error;
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);

	for (size_t i = 0; i < count; i++) {
		const struct skt_shot *shot = &shots[i];
		const uint16_t port = tcp_ports[(shot->try - 1u) % SKT_COUNT(tcp_ports)];
		struct skt_evidence refused = {.kind = SKT_EVIDENCE_LOCAL, .index = shot->index};
		bool sent = send_by(engine, ECHO, shot, 0, now_ns);

		/* Most hosts answer that; what else there is comes where they do not. */
		if (!sent || shot->try > 1) {
			sent = send_by(engine, UDP, shot, PORT_UDP, now_ns) || sent;
			sent = send_by(engine, CONNECT, shot, port, now_ns) || sent;
		}
		refused.error = engine->error;
		if (!sent)
			engine->config.seen(engine->config.ctx, &refused);
	}
}

static uint32_t room(struct skt_engine *base)
{
	const struct engine *engine = engine_of(base);
	uint32_t least = SKT_SHOTS_MAX;

	for (size_t i = 0; i < PARTS; i++)
		if (engine->parts[i])
			least = SKT_MIN(least, engine->parts[i]->ops->room(engine->parts[i]));
	return least;
}

static size_t polls(struct skt_engine *base, struct pollfd *ret)
{
	const struct engine *engine = engine_of(base);
	size_t count = 0;

	for (size_t i = 0; i < PARTS; i++)
		if (engine->parts[i])
			count += engine->parts[i]->ops->polls(engine->parts[i], ret + count);
	ret[count++] = (struct pollfd){.fd = engine->config.wake_fd, .events = POLLIN};
	return count;
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct pollfd fds[PARTS * SKT_ENGINE_POLLS_MAX + 1];
	int rc = skt_wait_poll(fds, polls(base, fds), until_ns);

	for (size_t i = 0; rc >= 0 && i < PARTS; i++)
		if (engine->parts[i])
			rc = engine->parts[i]->ops->collect(engine->parts[i], 0);
	return SKT_MIN(rc, 0);
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	for (size_t i = 0; i < PARTS; i++)
		if (engine->parts[i])
			engine->parts[i]->ops->free(engine->parts[i]);
	free(engine);
}

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .polls = polls, .free = engine_free};

int skt_engine_hosts_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err)
{
	static int (*const makers[PARTS])(
		const struct skt_engine_config *, struct skt_engine **, struct skt_err *) = {
		skt_engine_echo_new, skt_engine_connect_new, skt_engine_udp_new};
	struct engine *engine = calloc(1, sizeof(*engine));
	struct skt_engine_config own = *config;
	int rc = 0;

	if (!engine)
		return skt_fail(err, ENOMEM, "memory for packets");
	engine->base.ops = &ops;
	engine->base.capacity = config->in_flight;
	engine->config = *config;
	own.any_port = true;
	own.wake_fd = -1;
	own.seen = seen;
	own.ctx = engine;
	for (size_t i = 0; !rc && i < PARTS; i++)
		rc = makers[i](&own, &engine->parts[i], err);
	if (rc) {
		engine_free(&engine->base);
		return rc;
	}
	*ret = &engine->base;
	return 0;
}
