#include "cmd/listen/backend.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/report.h"

/*
 * How long the addresses of a name are used before it is looked up anew. The lifetime that its
 * server gave is not to be had from getaddrinfo(3).
 */
#define KNOWN_NS (10 * SKT_NS_PER_SEC)

/* How long a lookup may take. */
#define LOOKUP_NS (30 * SKT_NS_PER_SEC)

/* How long a check may take; what is slower than this serves nobody. */
#define CHECK_NS (5 * SKT_NS_PER_SEC)

/* ---- its name ---- */

static void refreshed(struct skt_resolve *resolve)
{
	struct backend *backend = SKT_CONTAINER(resolve, struct backend, refresh);

	if (skt_resolve_pending(resolve))
		return;
	/* Old addresses are better than none. */
	if (resolve->v6.count || resolve->v4.count) {
		backend->known.v6 = resolve->v6;
		backend->known.v4 = resolve->v4;
	}
	backend->refresh_ns = skt_loop_after(&backend->run->loop, KNOWN_NS);
}

/* Looks the name up where that is due, for whoever comes later. */
static void refresh(struct backend *backend)
{
	struct listen_run *run = backend->run;

	if (!backend->resolver || skt_resolve_pending(&backend->refresh) ||
		skt_loop_now(&run->loop) < backend->refresh_ns)
		return;
	backend->refresh = (struct skt_resolve){.answered = refreshed};
	(void)skt_resolve_start(backend->resolver, backend->near->host, backend->options->family,
		skt_loop_after(&run->loop, LOOKUP_NS), &backend->refresh);
}

/* ---- whether it answers ---- */

static void check_later(struct backend *backend)
{
	struct listen_run *run = backend->run;
	uint64_t every_ns = run->options->check_ns, pause_ns = every_ns;

	if (backend->server->down_ns)
		pause_ns = skt_balance_pause(backend->server, every_ns);
	if (pause_ns && !run->stopping)
		skt_timer_set(&run->loop, &backend->timer, skt_loop_after(&run->loop, pause_ns));
}

static void tell_down(const struct backend *backend, const struct skt_err *err)
{
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct skt_event event;

	skt_event_begin(&event, &backend->run->log, SKT_EVENT_NOTICE, "endpoint_down");
	skt_event_add_text(&event, "endpoint", skt_endpoint_text(backend->endpoint, text));
	skt_event_add_text(&event, "reason", err->text);
	skt_event_end(&event, "%s is down%s: %s", text,
		backend->spared ? ", and left out until it answers" : "", err->text);
}

static void tell_up(const struct backend *backend, uint64_t down_ns)
{
	char text[SKT_ENDPOINT_TEXT_MAX], time[SKT_SHORT_MAX];
	struct skt_event event;

	skt_event_begin(&event, &backend->run->log, SKT_EVENT_NOTICE, "endpoint_up");
	skt_event_add_text(&event, "endpoint", skt_endpoint_text(backend->endpoint, text));
	skt_event_add_number(&event, "down_us", down_ns / 1000);
	skt_event_end(&event, "%s is up again, after %s", text, skt_short_time(down_ns, time));
}

/* What fails before there is a connection may be for want of something here, and say nothing of
 * the other side. Whether it has changed. */
static bool judge(struct backend *backend, const struct reach *reach, int r)
{
	bool is_local = reach->far->fd < 0 && skt_dial_is_local(r);
	/* Whoever may choose a name could choose one for which everybody is down. */
	bool is_clients = reach->far->fd >= 0 && reach->tls.is_clients_choice;
	uint64_t now = skt_loop_now(&backend->run->loop), down_ns = 0;
	bool fell = false;

	if (r == 0)
		down_ns = skt_balance_answered(backend->server, now);
	else if (!is_local && !is_clients)
		fell = skt_balance_failed(backend->server, now);
	if (fell)
		tell_down(backend, &reach->err);
	if (down_ns)
		tell_up(backend, down_ns);
	return fell || down_ns;
}

static void end_check(struct backend *backend)
{
	if (backend->check)
		reach_stop(backend->check);
	free(backend->check);
	backend->check = NULL;
	skt_connection_close(&backend->checked);
}

static void checked(struct reach *reach, int r)
{
	struct backend *backend = SKT_CONTAINER(reach->far, struct backend, checked);

	(void)judge(backend, reach, r);
	end_check(backend);
	check_later(backend);
}

static void check_due(struct skt_timer *timer)
{
	struct backend *backend = SKT_CONTAINER(timer, struct backend, timer);
	struct listen_run *run = backend->run;
	struct skt_err err;

	backend->check = calloc(1, sizeof(*backend->check));
	if (!backend->check) {
		check_later(backend);
		return;
	}
	*backend->check = (struct reach){
		.run = run,
		.far = &backend->checked,
		.deadline_ns = skt_loop_after(&run->loop, CHECK_NS),
		.done = checked,
	};
	if (backend_reach(backend, backend->check, &err)) {
		end_check(backend);
		check_later(backend);
	}
}

/* ---- for clients ---- */

int backend_reach(struct backend *backend, struct reach *reach, struct skt_err *err)
{
	struct skt_dial_options options = *backend->options;

	reach->plan = backend->plan;
	reach->target = backend->endpoint;
	reach->port = backend->port;
	refresh(backend);
	if (backend->known.v6.count || backend->known.v4.count)
		options.known = &backend->known;
	return reach_start(reach, backend->resolver, &options, err);
}

void backend_reached(struct backend *backend, const struct reach *reach, int r)
{
	if (!backend->spared && !backend->run->options->check_ns)
		return;
	/* A check that is under way will see for itself when the next one is due. */
	if (judge(backend, reach, r) && !backend->check)
		check_later(backend);
}

/* ---- the run ---- */

/* Its port, and who is dialled to get there. */
static int find_near(
	struct backend *backend, const struct skt_services *services, struct skt_err *err)
{
	const struct skt_proxy *first = skt_chain_first(backend->plan, backend->endpoint);

	backend->near = first ? &first->endpoint : backend->endpoint;
	return skt_resolve_port(backend->endpoint, services, SKT_SERVICE_TCP, &backend->port, err);
}

int backend_open(struct backend *backend, const struct skt_services *services,
	struct skt_resolver **resolver, struct skt_err *err)
{
	int r = 0;

	backend->near = backend->endpoint;
	backend->checked.fd = -1;
	backend->timer.handler = check_due;
	if (backend->endpoint->kind == SKT_ENDPOINT_INET)
		r = find_near(backend, services, err);
	if (r)
		return r;
	if (!backend->near->host[0])
		return 0;
	if (!*resolver)
		r = skt_resolver_open(&backend->run->loop, NULL, NULL, resolver);
	if (r)
		return skt_fail(err, -r, "--forward");
	backend->resolver = *resolver;
	return 0;
}

void backend_begin(struct backend *backend)
{
	struct skt_loop *loop = &backend->run->loop;

	refresh(backend);
	if (backend->run->options->check_ns)
		skt_timer_set(loop, &backend->timer, skt_loop_now(loop));
}

void backend_close(struct backend *backend)
{
	if (!backend->near)
		return;
	skt_timer_remove(&backend->timer);
	end_check(backend);
	skt_resolve_cancel(&backend->refresh);
}
