/* --forward: each client gets a connection of its own to somewhere else. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/service.h"
#include "cmd/listen/bridge.h"
#include "cmd/listen/client.h"
#include "cmd/listen/service.h"
#include "net/dial.h"

/* A client should hear that there is nobody before it gives up itself. */
#define DIAL_NS (30 * SKT_NS_PER_SEC)

/*
 * How long the addresses of a name are used before it is looked up anew. The lifetime that its
 * server gave is not to be had from getaddrinfo(3).
 */
#define KNOWN_NS (10 * SKT_NS_PER_SEC)

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
	uint16_t near_port;
};

/* Dialling needs room that an open connection does not. */
struct forward_dial {
	struct skt_dial dial;
	int spare;                  /* for the connection's socket */
	struct skt_opening opening; /* of the bridge's far connection */
	struct skt_chain chain;
	struct forward_client *forward;
};

struct forward_client {
	struct client client;
	struct bridge bridge;
	struct forward_dial *dialling; /* NULL: connected */
	bool broken;
};

static void bridge_done(struct bridge *bridge, int r)
{
	struct forward_client *forward = SKT_CONTAINER(bridge, struct forward_client, bridge);

	forward->broken = r != 0;
	client_end(&forward->client, r);
}

static void end_dial(struct forward_client *forward)
{
	if (!forward->dialling)
		return;
	skt_opening_cancel(&forward->dialling->opening);
	skt_chain_fini(&forward->dialling->chain);
	skt_dial_fini(&forward->dialling->dial);
	if (forward->dialling->spare >= 0)
		(void)close(forward->dialling->spare);
	free(forward->dialling);
	forward->dialling = NULL;
}

static void tell_connected(const struct forward_client *forward)
{
	const struct skt_attempt *winner = forward->dialling->dial.winner;
	char text[SKT_ADDR_TEXT_MAX];
	struct skt_event event;

	skt_event_begin(&event, &forward->client.run->log, SKT_EVENT_DETAIL, "forwarded");
	skt_event_add_number(&event, "client", forward->client.number);
	if (winner)
		skt_event_add_end(&event, "target", &winner->addr, winner->port);
	if (winner && winner->addr.family != AF_UNSPEC)
		skt_event_end(&event, "client %llu: connected to %s port %u",
			(unsigned long long)forward->client.number,
			skt_addr_text(&winner->addr, text), winner->port);
	else
		skt_event_end(&event, "client %llu: connected",
			(unsigned long long)forward->client.number);
}

/* Nobody is there at the other end: R is why, in the words of ERR. */
static void give_up(struct forward_client *forward, int r, const struct skt_err *err)
{
	struct client *client = &forward->client;

	skt_event_tell(&client->run->log, SKT_EVENT_ERROR, "not_forwarded", "client %llu: %s",
		(unsigned long long)client->number, err->text);
	end_dial(forward);
	client_end(client, r);
}

static void opened(struct skt_opening *opening, int r)
{
	struct forward_dial *dialling = SKT_CONTAINER(opening, struct forward_dial, opening);
	struct forward_client *forward = dialling->forward;
	struct listen_run *run = forward->client.run;
	unsigned int seconds = run->options->socket.keepalive_s;

	if (r) {
		give_up(forward, r, &opening->err);
		return;
	}
	skt_chain_tell(&dialling->chain, &run->log);
	tell_connected(forward);
	if (seconds && dialling->dial.winner->addr.family != AF_UNSPEC)
		skt_keepalive_start(
			&forward->bridge.keepalive, &run->loop, forward->bridge.far.fd, seconds);
	end_dial(forward);
	r = bridge_start(&forward->bridge);
	if (r)
		client_end(&forward->client, r);
}

static void dial_done(struct skt_dial *dial, int fd)
{
	struct forward_dial *dialling = SKT_CONTAINER(dial, struct forward_dial, dial);
	struct forward_client *forward = dialling->forward;
	struct client *client = &forward->client;
	struct listen_run *run = client->run;
	const struct forward_state *state = run->state;
	struct bridge *bridge = &forward->bridge;
	const struct skt_attempt *winner = dial->winner;

	if (fd < 0) {
		give_up(forward, fd, &dial->err);
		return;
	}
	*bridge = (struct bridge){.client = client, .done = bridge_done};
	skt_connection_init(&bridge->far, fd, &(struct skt_place){winner->addr, winner->port});
	dialling->opening = (struct skt_opening){
		.done = opened, .loop = &run->loop, .connection = &bridge->far};
	if (skt_chain_add(&dialling->chain, &state->plan, &dialling->opening,
		    &run->options->forward, state->port, &client->connection))
		give_up(forward, -ENOMEM, &dialling->opening.err);
	else
		skt_opening_start(&dialling->opening, skt_clock_add(dial->start_ns, DIAL_NS));
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
		skt_loop_after(&run->loop, DIAL_NS), &state->refresh);
}

static int forward_start(struct client *client, struct skt_err *err)
{
	struct forward_client *forward = (struct forward_client *)client;
	struct forward_state *state = client->run->state;
	struct skt_dial_options options = state->options;

	forward->bridge.far.fd = -1;
	forward->dialling = calloc(1, sizeof(*forward->dialling));
	if (!forward->dialling)
		return skt_fail(err, ENOMEM, "forward");
	forward->dialling->forward = forward;
	forward->dialling->spare = fcntl(client->connection.fd, F_DUPFD_CLOEXEC, 0);
	options.spare = &forward->dialling->spare;
	/* Asleep until then, but not deaf. */
	if (skt_stream_update(&client->connection.stream))
		return skt_fail(err, ENOMEM, "forward");
	refresh(state);
	if (state->known.v6.count || state->known.v4.count)
		options.known = &state->known;
	forward->dialling->dial.done = dial_done;
	return skt_dial_start(&forward->dialling->dial, &client->run->loop, state->resolver,
		state->near, state->near_port, &options,
		skt_loop_after(&client->run->loop, DIAL_NS), err);
}

static void forward_stop(struct client *client)
{
	struct forward_client *forward = (struct forward_client *)client;

	end_dial(forward);
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
	state->near_port = state->port;
	if (first) {
		state->near = &first->endpoint;
		state->near_port = first->endpoint.port;
	}
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
	refresh(state);
	return 0;
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
	.start = forward_start,
	.stop = forward_stop,
	.look = forward_look,
	.close = forward_close,
};
