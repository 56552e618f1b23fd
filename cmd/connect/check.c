#include "cmd/connect/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/hint.h"
#include "cmd/connect/tls_row.h"

/* How long a connection is looked at for an end at once. */
#define GRACE_MIN_NS (30 * SKT_NS_PER_MS)
#define GRACE_MAX_NS (200 * SKT_NS_PER_MS)

/* RFC 8305's, for the other family of a name whose first one has been heard. */
#define RESOLUTION_DELAY_NS (50 * SKT_NS_PER_MS)

/* What done() is told stays; all else has been. */
static void finish(struct connect_check *check)
{
	struct skt_arena texts = check->texts;

	check->texts = (struct skt_arena){0};
	connect_check_fini(check);
	check->texts = texts;
	check->done(check);
}

static void finish_due(struct skt_timer *timer)
{
	finish(SKT_CONTAINER(timer, struct connect_check, timer));
}

/* Nothing is under way: the loop says so, as of all else. */
static void fail(struct connect_check *check, int r, bool no_name)
{
	connect_row_fail(&check->row, r, no_name, check->shared->arena);
	check->timer.handler = finish_due;
	skt_timer_set(check->shared->loop, &check->timer, 0);
}

void connect_check_fini(struct connect_check *check)
{
	connect_host_leave(&check->user);
	skt_timer_remove(&check->timer);
	skt_opening_cancel(&check->opening);
	skt_chain_fini(&check->chain);
	skt_connection_close(&check->connection);
	if (check->tls)
		skt_tls_steps_fini(check->tls);
	free(check->tls);
	check->tls = NULL;
	connect_udp_probe_stop(&check->udp);
	skt_dial_fini(&check->dial);
	free(check->said);
	check->said = NULL;
	skt_arena_fini(&check->texts);
}

/* ---- what is behind an open port ---- */

static bool expects(const struct connect_check *check)
{
	return check->shared->options->expect.given;
}

/* The connection is there, and REASON (NULL: the row's own) is what is known of its other end. */
static void conclude(struct connect_check *check, const char *reason, bool ready)
{
	if (reason)
		check->row.reason = reason;
	check->ready = ready;
	if (check->said)
		connect_said_line(check->said, check->row.banner, sizeof(check->row.banner));
	if (check->shared->options->timing)
		connect_row_of_socket(&check->row, check->connection.fd);
	finish(check);
}

static void take_time(struct connect_check *check)
{
	check->row.total_us = (skt_clock_ns() - check->dial.start_ns) / SKT_NS_PER_US;
}

/* There is nothing to wait for any more: what has been said decides. */
static void decide(struct connect_check *check)
{
	const struct connect_options *options = check->shared->options;
	bool silent = check->ended && !(check->said && check->said->len);

	if (expects(check))
		take_time(check);
	if (silent && (expects(check) || !check->tls))
		conclude(check, "closed-at-once", !expects(check) && !options->wait);
	else if (!expects(check))
		conclude(check, check->tls ? NULL : "connected", true);
	else if (connect_said_matches(check->said, &options->expect, true))
		conclude(check, "answer-matches", true);
	else
		conclude(check, check->said->len ? "answer-differs" : "no-answer", false);
}

static void time_is_up(struct skt_timer *timer)
{
	decide(SKT_CONTAINER(timer, struct connect_check, timer));
}

/* Takes what is there; whether that decides. */
static bool listen_to(struct connect_check *check)
{
	struct skt_stream *stream = &check->connection.stream;
	char bytes[CONNECT_SAID_MAX];
	ssize_t n = stream->ops->read(stream, bytes, sizeof(bytes));

	if (n == -EAGAIN)
		return false;
	if (n == -EMSGSIZE)
		n = (ssize_t)sizeof(bytes);
	check->ended = n <= 0;
	if (!expects(check) || check->ended)
		return true;
	connect_said_add(check->said, bytes, (size_t)n);
	return check->said->len == CONNECT_SAID_MAX ||
		connect_said_matches(check->said, &check->shared->options->expect, false);
}

static void peer_spoke(struct skt_stream_user *user)
{
	struct connect_check *check = SKT_CONTAINER(user, struct connect_check, listener);
	const struct skt_err *broken;

	if (!listen_to(check)) {
		if (skt_stream_update(&check->connection.stream) == 0)
			return;
		check->ended = true;
	}
	/* TLS 1.3 refuses what it does not like of us, such as no certificate, afterwards only. */
	broken = skt_tls_stream_failure(&check->connection.stream);
	if (!broken || !check->ended || broken->code == SKT_TLS_CUT) {
		decide(check);
		return;
	}
	connect_row_of_break(&check->row, broken, &check->texts);
	conclude(check, NULL, false);
}

static int begin_to_listen(struct connect_check *check)
{
	const struct connect_expect *expect = &check->shared->options->expect;
	struct skt_stream *stream = &check->connection.stream;
	const struct skt_attempt *winner = check->dial.winner;
	uint64_t grace_ns = 2 * (winner->end_ns - winner->start_ns);

	if (expect->given) {
		check->said = calloc(1, sizeof(*check->said));
		if (!check->said)
			return -ENOMEM;
	}
	/* A peer that is gone by now is noticed by what can be read. */
	if (expect->send)
		(void)!stream->ops->write(stream, expect->send, expect->send_len);
	grace_ns = SKT_MIN(SKT_MAX(grace_ns, GRACE_MIN_NS), GRACE_MAX_NS);
	check->timer.handler = time_is_up;
	skt_timer_set(check->shared->loop, &check->timer,
		expect->given ? check->deadline_ns
			      : SKT_MIN(skt_clock_ns() + grace_ns, check->deadline_ns));
	check->listener.ready = peer_spoke;
	stream->reader = &check->listener;
	stream->wants_read = true;
	return skt_stream_update(stream);
}

/* What proxies have to say of their own is told, and no word on the endpoint. */
static void fail_by_proxy(struct connect_check *check, const struct skt_err *err)
{
	skt_event_tell(check->shared->log, SKT_EVENT_ERROR, "proxy_failed", "%s", err->text);
	connect_row_fail_proxy(&check->row);
	check->timer.handler = finish_due;
	skt_timer_set(check->shared->loop, &check->timer, 0);
}

static void fail_to_open(struct connect_check *check, int r)
{
	if (check->tls && skt_tls_steps_have(check->tls, check->opening.step)) {
		connect_row_of_opening(&check->row, &check->opening, r, &check->texts);
		conclude(check, NULL, false);
	} else if (skt_chain_failed(&check->chain, &check->opening, r)) {
		fail_by_proxy(check, &check->opening.err);
	} else {
		/* Nobody else looks for a name here: net/tunnel does, for SOCKS 4. */
		fail(check, r, r == -ENOENT || r == -EREMOTEIO);
	}
}

/* TLS is there, if that was asked for. */
static void opened(struct skt_opening *opening, int r)
{
	struct connect_check *check = SKT_CONTAINER(opening, struct connect_check, opening);
	const struct skt_opening_step *step;
	bool ready = true;

	take_time(check);
	connect_row_of_chain(&check->row, &check->chain, check->endpoint);
	if (r) {
		fail_to_open(check, r);
		return;
	}
	skt_chain_tell(&check->chain, check->shared->log);
	if (check->tls) {
		step = &check->tls->tls.step;
		ready = connect_row_of_tls(&check->row, skt_tls_step_session(&check->tls->tls),
			&check->shared->options->tls, step->end_ns - step->start_ns,
			(int64_t)(skt_clock_real_ns() / SKT_NS_PER_SEC), &check->texts);
	}
	/* Nothing is said to who is not who he is to be. */
	r = ready ? begin_to_listen(check) : 0;
	if (!ready)
		conclude(check, NULL, false);
	else if (r)
		fail(check, r, false);
}

static void open_connection(struct connect_check *check)
{
	const struct connect_checks *shared = check->shared;
	const struct connect_tls_options *tls = &shared->options->tls;

	check->opening = (struct skt_opening){
		.done = opened, .loop = shared->loop, .connection = &check->connection};
	if (skt_chain_add(&check->chain, shared->plan, &check->opening, check->endpoint,
		    check->port, NULL)) {
		fail_by_proxy(check, &check->opening.err);
		return;
	}
	if (shared->tls) {
		check->tls = calloc(1, sizeof(*check->tls));
		if (!check->tls) {
			fail(check, -ENOMEM, false);
			return;
		}
		skt_tls_steps_add(check->tls, &check->opening, check->endpoint,
			&(struct skt_tls_wish){
				.client = &tls->client,
				.context = shared->tls,
				.starttls = tls->starttls,
				.lenient = tls->common.lenient,
				.report = true,
			});
	}
	skt_opening_start(&check->opening, check->deadline_ns);
}

static void dialled(struct skt_dial *dial, int fd)
{
	struct connect_check *check = SKT_CONTAINER(dial, struct connect_check, dial);
	const struct connect_checks *shared = check->shared;
	const struct skt_attempt *winner = dial->winner;

	connect_host_leave(&check->user);
	connect_row_of_dial(&check->row, dial, fd, shared->options->timing, shared->arena);
	if (fd < 0 && skt_chain_first(shared->plan, check->endpoint)) {
		skt_err_prefix(&dial->err, "proxy");
		check->row.address = check->endpoint->addr;
		fail_by_proxy(check, &dial->err);
		return;
	}
	if (fd < 0) {
		if (skt_dial_is_local(fd))
			skt_event_tell(shared->log, SKT_EVENT_ERROR, "failed", "%s%s",
				dial->err.text, connect_hint(check->endpoint, fd));
		if (connect_is_no_socket(check->endpoint, fd))
			check->row.reason = "no-socket";
		finish(check);
		return;
	}
	skt_connection_init(
		&check->connection, fd, &(struct skt_place){winner->addr, winner->port});
	open_connection(check);
}

/* ---- UDP ---- */

static void udp_done(struct connect_udp_probe *udp)
{
	struct connect_check *check = SKT_CONTAINER(udp, struct connect_check, udp);
	struct connect_row *row = &check->row;

	if (udp->result->error)
		connect_row_fail(row, udp->result->error, false, check->shared->arena);
	row->state = (uint8_t)udp->result->state;
	if (udp->result->reason)
		row->reason = udp->result->reason;
	row->address = udp->result->addr;
	row->total_us = (udp->end_ns - check->dial.start_ns) / SKT_NS_PER_US;
	check->ready = row->state == CONNECT_OPEN || row->state == CONNECT_OPEN_FILTERED;
	finish(check);
}

/* The other family has had its time. */
static void udp_complete(struct skt_timer *timer)
{
	connect_udp_probe_complete(&SKT_CONTAINER(timer, struct connect_check, timer)->udp);
}

static void udp_late(struct skt_timer *timer)
{
	fail(SKT_CONTAINER(timer, struct connect_check, timer), -ETIMEDOUT, true);
}

static void udp_learn(struct connect_check *check)
{
	const struct skt_resolve *known = &check->host->resolve;
	struct skt_loop *loop = check->shared->loop;

	while (check->udp_v6 < known->v6.count)
		connect_udp_probe_add(&check->udp, &known->v6.addrs[check->udp_v6++]);
	while (check->udp_v4 < known->v4.count)
		connect_udp_probe_add(&check->udp, &known->v4.addrs[check->udp_v4++]);
	if (!skt_resolve_pending(known)) {
		skt_timer_remove(&check->timer);
		if (check->udp.count)
			connect_udp_probe_complete(&check->udp);
		else
			fail(check, skt_resolve_error(known, check->host->name, NULL), true);
	} else if (check->udp.count) {
		check->timer.handler = udp_complete;
		skt_timer_set(loop, &check->timer, skt_clock_ns() + RESOLUTION_DELAY_NS);
	} else {
		check->timer.handler = udp_late;
		skt_timer_set(loop, &check->timer, check->deadline_ns);
	}
}

static void start_udp(struct connect_check *check)
{
	struct skt_addr addr;
	int r;

	check->udp.done = udp_done;
	check->udp.loop = check->shared->loop;
	check->udp.options = check->shared->options;
	check->udp.port = check->port;
	check->dial.start_ns = check->start_ns;
	connect_udp_probe_start(&check->udp, check->deadline_ns);
	if (check->host) {
		udp_learn(check);
		return;
	}
	r = skt_resolve_numeric(check->endpoint, &addr, NULL);
	if (r) {
		fail(check, r, false);
		return;
	}
	connect_udp_probe_add(&check->udp, &addr);
	connect_udp_probe_complete(&check->udp);
}

/* ---- the beginning ---- */

static void start_dial(struct connect_check *check)
{
	const struct connect_checks *shared = check->shared;
	const struct skt_proxy *first = skt_chain_first(shared->plan, check->endpoint);
	struct skt_dial_options options = connect_dial_options(shared->options);
	struct skt_err err;
	int r;

	options.known = check->host ? &check->host->resolve : NULL;
	check->dial.done = dialled;
	r = skt_dial_start(&check->dial, shared->loop, shared->resolver,
		first ? &first->endpoint : check->endpoint,
		first ? first->endpoint.port : check->port, &options, check->deadline_ns, &err);
	/* The lookup, which may be over by now, is part of it. */
	check->dial.start_ns = check->start_ns;
	if (r == 0)
		return;
	skt_event_tell(shared->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	fail(check, r, false);
}

static void answered(struct connect_host_user *user)
{
	struct connect_check *check = SKT_CONTAINER(user, struct connect_check, user);

	if (check->shared->options->udp)
		udp_learn(check);
	else
		skt_dial_learn(&check->dial, &check->host->resolve);
}

void connect_check_start(struct connect_check *check, uint64_t deadline_ns, bool again)
{
	check->connection.fd = -1;
	check->start_ns = skt_clock_ns();
	check->deadline_ns = deadline_ns;
	check->user.answered = answered;
	if (check->host) {
		int r = connect_host_join(
			check->host, &check->user, check->shared->resolver, deadline_ns, again);

		if (r) {
			fail(check, r, true);
			return;
		}
	}
	if (check->shared->options->udp)
		start_udp(check);
	else
		start_dial(check);
}
