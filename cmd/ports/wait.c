/*
 * Until ports are listened on, or no longer are: by looking at the kernel's tables, never by
 * connecting, which servers would notice.
 */
#include "cmd/ports/wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cmd/ports/wanted.h"
#include "cmd/ports/within.h"
#include "cmd/waiting.h"
#include "diag/inet.h"
#include "proc/sockstat.h"

enum {
	LOOK_MS = 17,         /* between two glances for a listener */
	UNMOVED_MS = 150,     /* between two looks while the glances show no change */
	CLOSED_LOOK_MS = 100, /* while events tell of closed sockets, looks are for the rest */
	CLOSED_BLIND_MS = 8,  /* where there are no events */
	WHAT_MAX = 64,
	BATCH_MS = 2, /* lets events gather where they come in crowds */
};

struct wait {
	const struct ports_options *options;
	const struct skt_context *ctx;
	struct skt_dump_query query;
	struct skt_portset wanted;
	struct skt_portset seen[SKT_PROTO_COUNT]; /* of `wanted`, by the last look */
	struct skt_netlink *events;               /* NULL: none are to be had */
	struct skt_sockstat sockstat;             /* WAIT: what a glance sees */
	bool stirred;                             /* an event says to look */
	struct skt_progress progress;
	struct skt_waiting waiting;
	char what[WHAT_MAX]; /* is waited for */
	uint64_t deadline_ns;
};

/* ---- looking ---- */

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct wait *wait = ctx;

	if (ports_match(socket, &wait->wanted) && ports_match_address(wait->options, socket))
		skt_portset_add(&wait->seen[socket->proto], socket->local.port);
	return 0;
}

static int look(struct wait *wait)
{
	struct skt_dump_report report;
	struct skt_err err = {0};
	int rc;

	memset(wait->seen, 0, sizeof(wait->seen));
	rc = skt_dump_sockets(&wait->ctx->system, &wait->query, take_socket, wait, &report, &err);
	if (rc) {
		skt_waiting_end(&wait->waiting);
		skt_warn(wait->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	}
	return rc;
}

/* The first port that is not yet as it shall be: its protocol, or -1. */
static int unsettled(const struct wait *wait, uint16_t *ret_port)
{
	const bool closed = wait->options->mode == PORTS_WAIT_CLOSED;

	for (int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (!wait->query.protos[proto])
			continue;
		for (uint32_t i = 0; i < SKT_COUNT(wait->wanted.bits); i++) {
			uint64_t seen = wait->seen[proto].bits[i];
			uint64_t bits = closed ? seen : wait->wanted.bits[i] & ~seen;

			if (bits) {
				*ret_port = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(bits));
				return proto;
			}
		}
	}
	return -1;
}

/* ---- waiting ---- */

static void pause_ns(uint64_t ns)
{
	const struct timespec pause = skt_clock_timespec(ns);

	(void)nanosleep(&pause, NULL);
}

static int take_event(const void *payload, size_t len, void *ctx)
{
	struct wait *wait = ctx;
	struct skt_socket socket;

	/* Only the ports are looked at. A connection has two; what cannot be read may be ours. */
	if (skt_inet_parse(payload, len, SKT_PROTO_TCP, &socket) || !socket.local.port ||
		(ports_match(&socket, &wait->wanted) && !socket.remote.port))
		wait->stirred = true;
	return 0;
}

/* Until a listener at one of the ports is gone, or there is another reason to look, or END. */
static void await_closed(struct wait *wait, uint64_t end)
{
	bool lost = false;

	wait->stirred = false;
	while (!wait->stirred && !lost && !skt_interrupted(wait->ctx)) {
		uint64_t now;

		pause_ns(BATCH_MS * SKT_NS_PER_MS);
		now = skt_clock_ns();
		if (now >= end)
			return;
		if (!skt_netlink_events(wait->events, end - now, take_event, wait, &lost, NULL))
			continue;
		/* No events from now on. */
		skt_netlink_close(wait->events);
		wait->events = NULL;
		return;
	}
}

/*
 * Until there may be a new listener. A look walks the kernel's table of listeners, some 200 us with
 * cold caches, a glance only compares counters.
 */
static void rest_open(struct wait *wait)
{
	const uint64_t now = skt_clock_ns();
	const uint64_t end = SKT_MIN(now + UNMOVED_MS * SKT_NS_PER_MS, wait->deadline_ns);

	for (uint64_t at = now; at < end && !skt_interrupted(wait->ctx); at = skt_clock_ns()) {
		pause_ns(SKT_MIN(LOOK_MS * SKT_NS_PER_MS, end - at));
		if (skt_sockstat_changed(&wait->sockstat))
			break;
	}
}

/* Until there may be a listener less. */
static void rest_closed(struct wait *wait)
{
	const uint64_t ms = wait->events ? CLOSED_LOOK_MS : CLOSED_BLIND_MS;
	const uint64_t now = skt_clock_ns();
	const uint64_t end = SKT_MIN(now + ms * SKT_NS_PER_MS, wait->deadline_ns);

	if (end <= now)
		return;
	if (wait->events)
		await_closed(wait, end);
	else
		pause_ns(end - now);
}

/* Says on a terminal that port PORT is what is waited for. */
static void say(struct wait *wait, int proto, uint16_t port)
{
	(void)snprintf(wait->what, sizeof(wait->what),
		wait->options->mode == PORTS_WAIT ? "waiting until port %u/%s is listened on"
						  : "waiting until port %u/%s is let go",
		port, skt_proto_names[proto]);
	skt_waiting_look(&wait->waiting);
}

/* One line for a wait that was in vain. */
static int report_timeout(struct wait *wait, int proto, uint16_t port)
{
	const double seconds = (double)wait->options->timeout_ns / (double)SKT_NS_PER_SEC;

	skt_waiting_end(&wait->waiting);
	skt_warn(wait->ctx,
		wait->options->mode == PORTS_WAIT ? "nothing listens on port %u/%s after %g s"
						  : "port %u/%s is still listened on after %g s",
		port, skt_proto_names[proto], seconds);
	return SKT_EXIT_NO;
}

static int wait_ports(struct wait *wait)
{
	const bool closed = wait->options->mode == PORTS_WAIT_CLOSED;
	unsigned int agreed = 0;
	uint16_t port = 0;
	int proto;

	for (;;) {
		const bool last = skt_clock_ns() >= wait->deadline_ns;

		if (look(wait))
			return SKT_EXIT_TROUBLE;
		proto = unsettled(wait, &port);
		agreed = proto < 0 ? agreed + 1 : 0;
		/* A dump may miss a socket while others come and go: absence is seen twice. */
		if (agreed > closed || skt_interrupted(wait->ctx))
			return SKT_EXIT_YES;
		if (last && proto >= 0)
			return report_timeout(wait, proto, port);
		if (proto >= 0)
			say(wait, proto, port);
		if (proto >= 0 && closed)
			rest_closed(wait);
		else if (proto >= 0)
			rest_open(wait);
	}
}

static int wait_inside(const struct ports_options *o, const struct skt_context *ctx, void *state)
{
	struct wait wait = {.options = o, .ctx = ctx};
	struct skt_services *services = NULL;
	int status = ports_resolve(o, ctx, &services, &wait.wanted);

	(void)state;
	skt_services_free(services);
	if (status != SKT_EXIT_YES)
		return status;
	wait.query = ports_query(o, &wait.wanted);
	wait.deadline_ns = skt_clock_add(skt_clock_ns(), o->timeout_ns);
	/* Before the first look, so that nothing falls in between. */
	if (o->mode == PORTS_WAIT_CLOSED && !ctx->system.netlink)
		(void)skt_inet_subscribe_destroyed(
			wait.query.protos, wait.query.ipv4, wait.query.ipv6, &wait.events, NULL);
	skt_sockstat_open(&wait.sockstat, ctx->system.proc_root);
	(void)skt_sockstat_changed(&wait.sockstat);
	skt_waiting_open(&wait.progress, ctx);
	skt_waiting_begin(&wait.waiting, &wait.progress, wait.what, wait.deadline_ns);
	status = wait_ports(&wait);
	skt_waiting_end(&wait.waiting);
	skt_sockstat_close(&wait.sockstat);
	skt_netlink_close(wait.events);
	return status;
}

int ports_wait(const struct ports_options *o, const struct skt_context *ctx)
{
	return ports_within(o, ctx, wait_inside, NULL);
}
