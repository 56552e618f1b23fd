/* --forward: each client gets a connection of its own to somewhere else. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/service.h"
#include "cmd/listen/bridge.h"
#include "cmd/listen/client.h"
#include "cmd/listen/reach.h"
#include "cmd/listen/service.h"
#include "net/dial.h"

/*
 * How long the addresses of a name are used before it is looked up anew. The lifetime that its
 * server gave is not to be had from getaddrinfo(3).
 */
#define KNOWN_NS (10 * SKT_NS_PER_SEC)

/* How long a lookup may take. */
#define LOOKUP_NS (30 * SKT_NS_PER_SEC)

struct forward_state {
	struct listen_run *run;
	struct skt_resolver *resolver; /* NULL: there is no name */
	/* What is known of the name goes on to be used while it is looked up anew. */
	struct skt_resolve known, refresh;
	uint64_t refresh_ns; /* when that is due */
	struct skt_dial_options options;
	struct skt_chain_plan plan;
	uint16_t port; /* of the endpoint */
	/* Who is dialled: the endpoint, or the first proxy on the way to it. */
	const struct skt_endpoint *near;
};

struct forward_client {
	struct client client;
	struct bridge bridge;
	struct reach *reach; /* NULL: connected */
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

static void reached(struct reach *reach, int r)
{
	struct forward_client *forward =
		SKT_CONTAINER(reach->bridge, struct forward_client, bridge);
	struct client *client = &forward->client;

	if (r)
		skt_event_tell(&client->run->log, SKT_EVENT_ERROR, "not_forwarded",
			"client %llu: %s", (unsigned long long)client->number, reach->err.text);
	end_reach(forward);
	if (r == 0)
		r = bridge_start(&forward->bridge);
	if (r)
		client_end(client, r);
}

static void refreshed(struct skt_resolve *resolve)
{
	struct forward_state *state = SKT_CONTAINER(resolve, struct forward_state, refresh);

	if (skt_resolve_pending(resolve))
		return;
	/* Old addresses are better than none. */
	if (resolve->v6.count || resolve->v4.count) {
		state->known.v6 = resolve->v6;
		state->known.v4 = resolve->v4;
	}
	state->refresh_ns = skt_loop_after(&state->run->loop, KNOWN_NS);
}

/* Looks the name up where that is due, for whoever comes later. */
static void refresh(struct forward_state *state)
{
	struct listen_run *run = state->run;

	if (!state->resolver || skt_resolve_pending(&state->refresh) ||
		skt_loop_now(&run->loop) < state->refresh_ns)
		return;
	state->refresh = (struct skt_resolve){.answered = refreshed};
	(void)skt_resolve_start(state->resolver, state->near->host, state->options.family,
		skt_loop_after(&run->loop, LOOKUP_NS), &state->refresh);
}

static int forward_start(struct client *client, struct skt_err *err)
{
	struct forward_client *forward = (struct forward_client *)client;
	struct forward_state *state = client->run->state;
	struct skt_dial_options options = state->options;

	forward->bridge = (struct bridge){.client = client, .far.fd = -1, .done = bridge_done};
	/* Asleep until then, but not deaf. */
	if (skt_stream_update(&client->connection.stream))
		return skt_fail(err, ENOMEM, "forward");
	forward->reach = calloc(1, sizeof(*forward->reach));
	if (!forward->reach)
		return skt_fail(err, ENOMEM, "forward");
	*forward->reach = (struct reach){
		.client = client,
		.bridge = &forward->bridge,
		.plan = &state->plan,
		.target = &client->run->options->forward,
		.port = state->port,
		.done = reached,
	};
	refresh(state);
	if (state->known.v6.count || state->known.v4.count)
		options.known = &state->known;
	return reach_start(forward->reach, state->resolver, &options, err);
}

static void forward_stop(struct client *client)
{
	struct forward_client *forward = (struct forward_client *)client;

	end_reach(forward);
	bridge_stop(&forward->bridge, forward->broken);
}

static void forward_look(const struct client *client, struct listen_traffic *ret)
{
	bridge_look(&((const struct forward_client *)client)->bridge, ret);
}

/* The port of the endpoint, and who is dialled to get there. */
static int find_near(struct forward_state *state, struct skt_err *err)
{
	const struct listen_run *run = state->run;
	const struct skt_endpoint *endpoint = &run->options->forward;
	const struct skt_proxy *first = skt_chain_first(&state->plan, endpoint);
	struct skt_services *services;
	int r = skt_services_open(run->ctx->services_path, &services);

	if (r)
		return skt_fail(err, -r, "service names");
	r = skt_resolve_port(endpoint, services, SKT_SERVICE_TCP, &state->port, err);
	skt_services_free(services);
	if (first)
		state->near = &first->endpoint;
	return r;
}

static int forward_open(struct listen_run *run, struct skt_err *err)
{
	struct forward_state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return skt_fail(err, ENOMEM, "--forward");
	run->state = state;
	state->run = run;
	state->near = &run->options->forward;
	state->options.mptcp = run->options->socket.mptcp;
	state->options.keepalive_s = run->options->socket.keepalive_s;
	r = skt_chain_plan(&run->options->chain, run->ctx, &state->plan, err);
	if (r == 0 && state->near->kind == SKT_ENDPOINT_INET)
		r = find_near(state, err);
	if (r || !state->near->host[0])
		return r;
	r = skt_resolver_open(&run->loop, NULL, NULL, &state->resolver);
	if (r)
		return skt_fail(err, -r, "--forward");
	return 0;
}

/* The name is known when the first one comes. */
static void forward_begin(struct listen_run *run)
{
	refresh(run->state);
}

static void forward_close(struct listen_run *run)
{
	struct forward_state *state = run->state;

	if (!state)
		return;
	skt_resolve_cancel(&state->refresh);
	skt_resolver_free(state->resolver);
	free(state);
	run->state = NULL;
}

const struct listen_service listen_forward = {
	.name = "forward",
	.client_size = sizeof(struct forward_client),
	.needs = 1, /* the far connection */
	.open = forward_open,
	.begin = forward_begin,
	.start = forward_start,
	.stop = forward_stop,
	.look = forward_look,
	.close = forward_close,
};
