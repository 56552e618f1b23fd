/* --forward: each client gets a connection of its own to somewhere else, one of several perhaps. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/listen/backend.h"
#include "cmd/listen/bridge.h"
#include "cmd/listen/service.h"

/* A client should hear that there is nobody before it gives up itself. */
#define FORWARD_NS (30 * SKT_NS_PER_SEC)

/* How long one endpoint may take while others are left to be asked. */
#define SHARE_NS (5 * SKT_NS_PER_SEC)

struct forward_state {
	struct skt_resolver *resolver; /* NULL: there is no name */
	struct skt_dial_options options;
	struct skt_chain_plan plan;
	struct skt_balance balance;
	struct backend *backends; /* as many as there are endpoints */
};

struct forward_client {
	struct client client;
	struct bridge bridge;
	struct reach *reach; /* NULL: connected */
	uint64_t deadline_ns;
	uint64_t tried; /* a bit for each endpoint */
	size_t at;      /* the endpoint that is asked, or has it; the number of them: none */
	bool broken;
};

static void bridge_done(struct bridge *bridge, int r)
{
	struct forward_client *forward = SKT_CONTAINER(bridge, struct forward_client, bridge);

	forward->broken = r != 0;
	client_end(&forward->client, r);
}

static void end_reach(struct forward_client *forward)
{
	if (forward->reach)
		reach_stop(forward->reach);
	free(forward->reach);
	forward->reach = NULL;
}

/* The endpoint has the client no more. */
static void leave(struct forward_client *forward)
{
	struct skt_balance *balance =
		&((struct forward_state *)forward->client.run->state)->balance;

	if (forward->at < balance->count)
		balance->servers[forward->at].connections--;
	forward->at = balance->count;
}

static int try_next(struct forward_client *forward, int r, struct skt_err *err);

static void give_up(struct forward_client *forward, int r, const struct skt_err *err)
{
	struct client *client = &forward->client;
	size_t count = client->run->options->forwards.len;
	unsigned long long number = client->number;

	if (count > 1)
		skt_event_tell(&client->run->log, SKT_EVENT_ERROR, "not_forwarded",
			"client %llu: none of %zu endpoints has answered: %s", number, count,
			err->text);
	else
		skt_event_tell(&client->run->log, SKT_EVENT_ERROR, "not_forwarded",
			"client %llu: %s", number, err->text);
	client->explained = true;
	client_end(client, r);
}

static void reached(struct reach *reach, int r)
{
	struct forward_client *forward =
		SKT_CONTAINER(reach->far, struct forward_client, bridge.far);
	struct forward_state *state = forward->client.run->state;
	struct skt_err err = reach->err;

	backend_reached(&state->backends[forward->at], reach, r);
	end_reach(forward);
	if (r == 0) {
		r = bridge_start(&forward->bridge);
		if (r)
			client_end(&forward->client, r);
		return;
	}
	skt_connection_abort(&forward->bridge.far);
	leave(forward);
	r = try_next(forward, r, &err);
	if (r)
		give_up(forward, r, &err);
}

/* Until when the endpoint that is asked now may take its time: others may be left. */
static uint64_t share(const struct forward_client *forward)
{
	const struct listen_run *run = forward->client.run;
	size_t left = run->options->forwards.len - (size_t)__builtin_popcountll(forward->tried);
	uint64_t now = skt_loop_now(&run->loop), rest = 0;

	if (forward->deadline_ns > now)
		rest = forward->deadline_ns - now;
	return now + (left ? SKT_MIN(rest / (left + 1), SHARE_NS) : rest);
}

/* Each endpoint is asked once. Errors: those of the last one, which was R, as in ERR, until now. */
static int try_next(struct forward_client *forward, int r, struct skt_err *err)
{
	struct listen_run *run = forward->client.run;
	struct forward_state *state = run->state;
	size_t at;

	while ((at = skt_balance_choose(&state->balance, forward->tried)) < state->balance.count) {
		forward->tried |= UINT64_C(1) << at;
		forward->reach = calloc(1, sizeof(*forward->reach));
		if (!forward->reach)
			return skt_fail(err, ENOMEM, "forward");
		*forward->reach = (struct reach){
			.run = run,
			.client = &forward->client,
			.far = &forward->bridge.far,
			.deadline_ns = share(forward),
			.done = reached,
		};
		forward->at = at;
		state->balance.servers[at].connections++;
		r = backend_reach(&state->backends[at], forward->reach, err);
		if (r == 0)
			return 0;
		end_reach(forward);
		leave(forward);
	}
	return r;
}

static int forward_start(struct client *client, struct skt_err *err)
{
	struct forward_client *forward = (struct forward_client *)client;

	forward->bridge = (struct bridge){.client = client, .far.fd = -1, .done = bridge_done};
	forward->at = client->run->options->forwards.len;
	forward->deadline_ns = skt_loop_after(&client->run->loop, FORWARD_NS);
	/* Asleep until then, but not deaf. */
	if (skt_stream_update(&client->connection.stream))
		return skt_fail(err, ENOMEM, "forward");
	return try_next(forward, 0, err);
}

static void forward_stop(struct client *client)
{
	struct forward_client *forward = (struct forward_client *)client;
	/* Whoever is reached for one who is gone would take it for one with nothing to say. */
	bool is_early = forward->reach != NULL;

	end_reach(forward);
	leave(forward);
	bridge_stop(&forward->bridge, forward->broken || is_early);
}

static void forward_look(const struct client *client, struct listen_traffic *ret)
{
	bridge_look(&((const struct forward_client *)client)->bridge, ret);
}

static int open_backends(struct listen_run *run, struct skt_err *err)
{
	struct forward_state *state = run->state;
	struct skt_services *services;
	int r = skt_services_open(run->ctx->services_path, &services);

	if (r)
		return skt_fail(err, -r, "service names");
	for (size_t i = 0; r == 0 && i < state->balance.count; i++) {
		state->backends[i] = (struct backend){
			.run = run,
			.endpoint = &run->options->forwards.data[i],
			.plan = &state->plan,
			.options = &state->options,
			.server = &state->balance.servers[i],
			.spared = state->balance.count > 1,
		};
		r = backend_open(&state->backends[i], services, &state->resolver, err);
	}
	skt_services_free(services);
	return r;
}

static int forward_open(struct listen_run *run, struct skt_err *err)
{
	const struct listen_options *o = run->options;
	struct forward_state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return skt_fail(err, ENOMEM, "--forward");
	run->state = state;
	state->backends = calloc(o->forwards.len, sizeof(*state->backends));
	if (!state->backends)
		return skt_fail(err, ENOMEM, "--forward");
	state->balance = (struct skt_balance){.policy = o->balance, .count = o->forwards.len};
	state->options.mptcp = o->socket.mptcp;
	state->options.keepalive_s = o->socket.keepalive_s;
	r = skt_chain_plan(&o->chain, run->ctx, &state->plan, err);
	if (r == 0 && state->plan.count) {
		r = skt_resolver_open(&run->loop, NULL, NULL, &state->resolver);
		if (r)
			return skt_fail(err, -r, "--forward");
		state->plan.resolver = state->resolver;
	}
	return r ? r : open_backends(run, err);
}

/* Names are known when the first one comes. */
static void forward_begin(struct listen_run *run)
{
	struct forward_state *state = run->state;

	for (size_t i = 0; i < state->balance.count; i++)
		backend_begin(&state->backends[i]);
}

static void forward_close(struct listen_run *run)
{
	struct forward_state *state = run->state;

	if (!state)
		return;
	for (size_t i = 0; i < state->balance.count && state->backends; i++)
		backend_close(&state->backends[i]);
	skt_resolver_free(state->resolver);
	skt_chain_plan_fini(&state->plan);
	free(state->backends);
	free(state);
	run->state = NULL;
}

const struct listen_service listen_forward = {
	.name = "forward",
	.client_size = sizeof(struct forward_client),
	.needs = 1, /* the far connection */
	.dials = true,
	.open = forward_open,
	.begin = forward_begin,
	.start = forward_start,
	.stop = forward_stop,
	.look = forward_look,
	.close = forward_close,
};
