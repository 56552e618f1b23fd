/* --socks and --http-proxy: each client is connected to where it asks to be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/listen/bridge.h"
#include "cmd/listen/client.h"
#include "cmd/listen/proxy_users.h"
#include "cmd/listen/reach.h"
#include "cmd/listen/service.h"
#include "cmd/listen/targets.h"
#include "net/hearing.h"

/* Who connects to a proxy knows what it wants. */
#define HEARING_NS (10 * SKT_NS_PER_SEC)

/* How long a few bytes that are to be said may take to be taken. */
#define SAYING_NS (30 * SKT_NS_PER_SEC)

struct proxy_state {
	struct skt_resolver *resolver;
	struct skt_chain_plan plan;
	struct proxy_users users;
};

/* What is needed until a client is joined to its target, or has been told why not. */
struct request {
	struct proxy_client *proxy;
	struct skt_hearing hearing;
	struct skt_saying saying;
	struct skt_opening opening; /* of whatever connection is heard, or told something */
	struct reach reach;
	struct skt_timer timer; /* what was heard at once waits for the loop */
	struct skt_str passed;  /* the head that the target gets */
	char answer[SKT_HTTP_ANSWER_MAX];
	int heard; /* what came of the hearing */
	bool starting, forbidden;
};

struct proxy_client {
	struct client client;
	struct bridge bridge;
	struct request *request; /* NULL: joined, or told all that it will hear */
	bool broken;
};

static void end_request(struct proxy_client *proxy)
{
	struct request *request = proxy->request;

	if (!request)
		return;
	skt_timer_remove(&request->timer);
	skt_opening_cancel(&request->opening);
	if (request->reach.done)
		reach_stop(&request->reach);
	skt_str_fini(&request->passed);
	/* It may hold passwords. */
	explicit_bzero(&request->hearing, sizeof(request->hearing));
	free(request);
	proxy->request = NULL;
}

static void bridge_done(struct bridge *bridge, int r)
{
	struct proxy_client *proxy = SKT_CONTAINER(bridge, struct proxy_client, bridge);

	proxy->broken = r != 0;
	client_end(&proxy->client, r);
}

/* Says LEN BYTES, of the request, over CONNECTION, one of the two; then DONE. */
static void say(struct request *request, struct skt_connection *connection, char *bytes, size_t len,
	void (*done)(struct skt_opening *opening, int r))
{
	struct skt_loop *loop = &request->proxy->client.run->loop;

	request->saying = (struct skt_saying){
		.step.ops = &skt_saying_ops, .left = {.bytes = bytes, .len = len}};
	request->opening =
		(struct skt_opening){.done = done, .loop = loop, .connection = connection};
	skt_opening_add(&request->opening, &request->saying.step);
	skt_opening_start(&request->opening, skt_loop_after(loop, SAYING_NS));
}

/* ---- no ---- */

/* Begins an event about the target, where there is one. */
static void begin_event(const struct request *request, struct skt_event *event,
	enum skt_event_level level, const char *name)
{
	const struct skt_proxy_request *asked = &request->hearing.request;
	char target[SKT_ENDPOINT_TEXT_MAX];

	client_begin_event(event, &request->proxy->client, level, name);
	skt_event_add_text(event, "protocol",
		asked->language ? skt_proxy_language_names[asked->language] : NULL);
	skt_event_add_text(event, "endpoint",
		asked->target.port ? skt_endpoint_text(&asked->target, target) : NULL);
	skt_event_add_text(event, "user", asked->has_user ? asked->user : NULL);
}

/* The client has been told, and hears that nothing more will come. */
static void told_no(struct skt_opening *opening, int r)
{
	struct request *request = SKT_CONTAINER(opening, struct request, opening);
	struct client *client = &request->proxy->client;

	end_request(request->proxy);
	if (r == 0)
		r = client->connection.stream.ops->finish(&client->connection.stream);
	if (r == 0 || r == -EAGAIN)
		client_farewell(client);
	else
		client_end(client, r);
}

/* Whoever only looks whether somebody is there, or does not say at first who it is, is no news. */
static enum skt_event_level level_of(const struct request *request, int r)
{
	const struct skt_hearing *hearing = &request->hearing;
	bool looks = r == -ENODATA && hearing->in.len == 0 && !hearing->request.language;

	return looks || (r == -EKEYREJECTED && !hearing->request.has_user) ? SKT_EVENT_DETAIL
									   : SKT_EVENT_NOTICE;
}

static void refuse(struct request *request, int r, const char *why)
{
	struct client *client = &request->proxy->client;
	struct skt_event event;
	size_t len;

	begin_event(request, &event, level_of(request, r), "not_forwarded");
	skt_event_add_text(&event, "error", strerrorname_np(-r));
	skt_event_end(
		&event, "client %llu: not forwarded: %s", (unsigned long long)client->number, why);
	client->explained = true;
	len = skt_hearing_answer(&request->hearing, r, NULL, why, request->answer);
	if (len)
		say(request, &client->connection, request->answer, len, told_no);
	else
		client_end(client, r);
}

/* ---- yes ---- */

static void answered(struct skt_opening *opening, int r)
{
	struct request *request = SKT_CONTAINER(opening, struct request, opening);
	struct proxy_client *proxy = request->proxy;

	end_request(proxy);
	if (r == 0)
		r = bridge_start(&proxy->bridge);
	if (r)
		client_end(&proxy->client, r);
}

static void grant(struct request *request)
{
	struct skt_hearing *hearing = &request->hearing;
	struct proxy_client *proxy = request->proxy;
	struct skt_connection far = proxy->bridge.far;
	size_t len;

	if (hearing->request.language == SKT_PROXY_SPEAKS_HTTP) {
		skt_http_pass_request(
			hearing->heard, hearing->head_len, &hearing->request, &request->passed);
		if (request->passed.failed)
			refuse(request, -ENOMEM, strerror(ENOMEM));
		else
			say(request, &proxy->bridge.far, request->passed.data, request->passed.len,
				answered);
		return;
	}
	if (hearing->request.language == SKT_PROXY_SPEAKS_SOCKS5)
		skt_connection_ask(&far);
	len = skt_hearing_answer(hearing, 0, &far.local, "", request->answer);
	say(request, &proxy->client.connection, request->answer, len, answered);
}

static void reached(struct reach *reach, int r)
{
	struct request *request = SKT_CONTAINER(reach, struct request, reach);
	char target[SKT_ENDPOINT_TEXT_MAX];

	if (r == -EPERM && request->forbidden)
		(void)skt_fail_text(&reach->err, EPERM, "%.128s is not allowed: see --allow-target",
			skt_endpoint_text(&request->hearing.request.target, target));
	if (r)
		refuse(request, r, reach->err.text);
	else
		grant(request);
}

/* ---- the request ---- */

static bool may_try(void *arg, const struct skt_addr *addr)
{
	struct request *request = arg;
	bool may = targets_permit(&request->proxy->client.run->options->targets,
		&request->hearing.request.target, addr);

	request->forbidden |= !may;
	return may;
}

static void reach_target(struct request *request)
{
	struct client *client = &request->proxy->client;
	const struct listen_options *o = client->run->options;
	struct proxy_state *state = client->run->state;
	const struct skt_endpoint *target = &request->hearing.request.target;
	bool direct = !skt_chain_first(&state->plan, target);
	const struct skt_dial_options options = {
		.mptcp = o->socket.mptcp,
		.keepalive_s = o->socket.keepalive_s,
		.permits = direct ? may_try : NULL,
		.permits_arg = request,
	};
	struct skt_err err = {0};
	int r = 0;

	request->reach = (struct reach){
		.run = client->run,
		.client = client,
		.far = &request->proxy->bridge.far,
		.plan = &state->plan,
		.target = target,
		.port = target->port,
		.spare = -1,
		.done = reached,
	};
	if (!targets_may(&o->targets, target, direct)) {
		request->forbidden = true;
		reached(&request->reach, -EPERM);
		return;
	}
	r = reach_start(&request->reach, state->resolver, &options, &err);
	if (r)
		refuse(request, r, err.text);
}

static void consider(struct request *request)
{
	const struct skt_proxy_request *asked = &request->hearing.request;
	struct client *client = &request->proxy->client;
	char target[SKT_ENDPOINT_TEXT_MAX];
	struct skt_event event;

	if (request->heard) {
		refuse(request, request->heard, request->opening.err.text);
		return;
	}
	begin_event(request, &event, SKT_EVENT_DETAIL, "requested");
	skt_event_end(&event, "client %llu: asks for %s in %s%s%s",
		(unsigned long long)client->number, skt_endpoint_text(&asked->target, target),
		skt_proxy_language_names[asked->language], asked->has_user ? " as " : "",
		asked->user);
	reach_target(request);
}

static void consider_due(struct skt_timer *timer)
{
	consider(SKT_CONTAINER(timer, struct request, timer));
}

static void heard(struct skt_opening *opening, int r)
{
	struct request *request = SKT_CONTAINER(opening, struct request, opening);

	request->heard = r;
	/* A client does not end before its service has begun. */
	if (request->starting)
		skt_timer_set(opening->loop, &request->timer, 0);
	else
		consider(request);
}

/* ---- the service ---- */

static int proxy_start(struct client *client, struct skt_err *err)
{
	struct proxy_client *proxy = (struct proxy_client *)client;
	const struct listen_options *o = client->run->options;
	struct proxy_state *state = client->run->state;
	struct request *request = calloc(1, sizeof(*request));

	proxy->bridge = (struct bridge){.client = client, .far.fd = -1, .done = bridge_done};
	if (!request)
		return skt_fail(err, ENOMEM, "a request");
	proxy->request = request;
	request->proxy = proxy;
	request->timer.handler = consider_due;
	request->hearing.step.ops = &skt_hearing_ops;
	request->hearing.socks = o->socks;
	request->hearing.http = o->http_proxy;
	request->hearing.knows = o->proxy_users ? proxy_users_know : NULL;
	request->hearing.arg = &state->users;
	request->opening = (struct skt_opening){
		.done = heard, .loop = &client->run->loop, .connection = &client->connection};
	skt_opening_add(&request->opening, &request->hearing.step);
	request->starting = true;
	skt_opening_start(&request->opening, skt_loop_after(&client->run->loop, HEARING_NS));
	request->starting = false;
	return 0;
}

static void proxy_stop(struct client *client)
{
	struct proxy_client *proxy = (struct proxy_client *)client;

	end_request(proxy);
	bridge_stop(&proxy->bridge, proxy->broken);
}

static void proxy_look(const struct client *client, struct listen_traffic *ret)
{
	bridge_look(&((const struct proxy_client *)client)->bridge, ret);
}

static int proxy_open(struct listen_run *run, struct skt_err *err)
{
	struct proxy_state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return skt_fail(err, ENOMEM, "the proxy");
	run->state = state;
	r = skt_chain_plan(&run->options->chain, run->ctx, &state->plan, err);
	if (r == 0 && run->options->proxy_users)
		r = proxy_users_load(&state->users, run->options->proxy_users, err);
	/* What is wrong in a file is no wrong usage. */
	if (r)
		return r == -EINVAL ? -EBADMSG : r;
	r = skt_resolver_open(&run->loop, NULL, NULL, &state->resolver);
	state->plan.resolver = state->resolver;
	return r ? skt_fail(err, -r, "the proxy") : 0;
}

static void proxy_close(struct listen_run *run)
{
	struct proxy_state *state = run->state;

	if (!state)
		return;
	skt_resolver_free(state->resolver);
	proxy_users_free(&state->users);
	skt_chain_plan_fini(&state->plan);
	free(state);
	run->state = NULL;
}

const struct listen_service listen_proxy = {
	.name = "proxy",
	.client_size = sizeof(struct proxy_client),
	.dials = true,
	.needs = 2, /* the far connection, and what asks whether it would be one to here */
	.open = proxy_open,
	.start = proxy_start,
	.stop = proxy_stop,
	.look = proxy_look,
	.close = proxy_close,
};
