/* The way to the one connection: it is dialled, opened, confirmed, and tried again. */
#include "cmd/connect/pipe_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/hint.h"
#include "cmd/connect/tell.h"
#include "cmd/connect/tls_row.h"

#define CONNECT_TIMEOUT_NS (30 * SKT_NS_PER_SEC)

/* Between two tries of --wait, and of --reconnect. */
#define RETRY_FIRST_NS (50 * SKT_NS_PER_MS)
#define RETRY_LAST_NS (500 * SKT_NS_PER_MS)
#define RECONNECT_LAST_NS (5 * SKT_NS_PER_SEC)

static void fill_dial(struct pipe_run *run, int result)
{
	const struct skt_endpoint *endpoint = connect_pipe_endpoint(run);
	char text[SKT_ENDPOINT_TEXT_MAX];

	(void)skt_endpoint_text(endpoint, text);
	run->row.endpoint = skt_arena_text(&run->arena, text, strlen(text));
	run->row.proto = connect_proto(endpoint, false);
	if (endpoint->kind == SKT_ENDPOINT_INET) {
		run->row.port = run->port;
		run->row.present |= UINT64_C(1) << CONNECT_HAS_PORT;
	}
	connect_row_of_dial(&run->row, &run->dial, result, true, &run->arena);
	connect_row_of_chain(&run->row, &run->chain, endpoint);
}

static void tell_connected(const struct pipe_run *run)
{
	connect_tell_connected(
		&run->log, &run->dial, connect_pipe_endpoint(run), run->connection.fd);
	if (run->redial.losses)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "reconnected", "connected again");
}

void connect_pipe_disconnect(struct pipe_run *run, bool cut_off)
{
	skt_opening_cancel(&run->opening);
	skt_chain_fini(&run->chain);
	skt_session_fini(&run->session);
	skt_keepalive_stop(&run->keepalive);
	connect_confirm_stop(&run->confirm);
	if (cut_off)
		skt_connection_abort(&run->connection);
	else
		skt_connection_close(&run->connection);
	skt_tls_steps_fini(&run->tls_steps);
}

void connect_pipe_wait(struct pipe_run *run, uint64_t until_ns)
{
	char text[SKT_ENDPOINT_TEXT_MAX];

	if (run->log.json || !skt_event_wanted(&run->log, SKT_EVENT_NOTICE))
		return;
	(void)snprintf(run->what, sizeof(run->what), "connecting to %s",
		skt_endpoint_text(connect_pipe_endpoint(run), text));
	skt_waiting_begin(&run->waiting, &run->progress, run->what, until_ns);
	skt_waiting_run(&run->waiting, &run->loop);
}

bool connect_pipe_redial(struct pipe_run *run)
{
	uint64_t when_ns;

	if (!connect_redial_next(&run->redial, skt_clock_ns(), &when_ns))
		return false;
	skt_dial_fini(&run->dial);
	skt_timer_set(&run->loop, &run->retry, when_ns);
	return true;
}

/* Whether an attempt that failed with -errno R is repeated. What is no fault of the other side may
 * pass, too, where there was a connection once. */
static bool retry(struct pipe_run *run, int r)
{
	if (skt_dial_is_local(r) && !run->redial.losses)
		return false;
	skt_event_tell(&run->log, SKT_EVENT_DEBUG, "retry", "%s", run->dial.err.text);
	return connect_pipe_redial(run);
}

static uint64_t connect_timeout(const struct pipe_run *run)
{
	uint64_t ns = run->options->connect_timeout_ns;

	return ns ? ns : CONNECT_TIMEOUT_NS;
}

static void confirmed(struct connect_confirm *confirm, bool is_there, uint64_t rtt_ns)
{
	struct pipe_run *run = SKT_CONTAINER(confirm, struct pipe_run, confirm);
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct skt_err err;

	if (is_there) {
		run->dial.winner->end_ns = run->dial.winner->start_ns + rtt_ns;
		fill_dial(run, run->connection.fd);
		tell_connected(run);
		if (connect_hands_over(run->options))
			skt_loop_stop(&run->loop);
		return;
	}
	connect_pipe_disconnect(run, true);
	if (run->redial.losses && connect_pipe_redial(run))
		return;
	(void)skt_fail(&err, ETIMEDOUT, "connect %.160s",
		skt_endpoint_text(connect_pipe_endpoint(run), text));
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s", err.text);
	connect_row_fail(&run->row, -ETIMEDOUT, false, &run->arena);
	run->status = SKT_EXIT_NO;
	skt_loop_stop(&run->loop);
}

/* No connection came about: the last word on it. */
static void give_up(struct pipe_run *run, int r, const struct skt_err *err, bool local)
{
	fill_dial(run, r);
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "connect_failed", "%s%s%s",
		run->redial.losses ? "connecting again was given up: " : "", err->text,
		connect_hint(connect_pipe_endpoint(run), r));
	run->status = local ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
	skt_loop_stop(&run->loop);
}

/* The handshake of --fastopen is waited for beside all else. */
static void await_confirmation(struct pipe_run *run)
{
	run->confirm = (struct connect_confirm){
		.done = confirmed, .loop = &run->loop, .fd = run->connection.fd};
	connect_confirm_start(&run->confirm,
		SKT_MIN(skt_clock_add(run->dial.start_ns, connect_timeout(run)), run->deadline_ns));
}

/* What came of TLS; to whoever did not want to know it, that nobody knows who is there. */
static void tell_tls(struct pipe_run *run)
{
	const struct skt_opening_step *step = &run->tls_steps.tls.step;
	const struct connect_row_tls *tls = &run->row.tls;

	(void)connect_row_of_tls(&run->row, skt_tls_step_session(&run->tls_steps.tls),
		&run->options->tls, step->end_ns - step->start_ns,
		(int64_t)(skt_clock_real_ns() / SKT_NS_PER_SEC), &run->arena);
	skt_event_tell(&run->log, SKT_EVENT_DETAIL, "tls", "%s, %s%s%s: %s is %s", tls->version,
		tls->cipher, tls->alpn ? ", " : "", tls->alpn ? tls->alpn : "", tls->subject,
		run->row.reason);
	if (!tls->verified)
		skt_event_tell(&run->log, SKT_EVENT_NOTICE, "insecure",
			"--insecure: anybody may be at the other side: its certificate %s",
			tls->why);
}

/* TLS did not come about: what there is to be done about it, where that is known. */
static void advise(struct pipe_run *run, struct skt_err *err)
{
	const struct skt_tls_session *session = skt_tls_step_session(&run->tls_steps.tls);
	size_t used = strlen(err->text);

	if (err->domain == SKT_ERR_TLS && err->code == SKT_TLS_UNVERIFIED)
		(void)snprintf(err->text + used, sizeof(err->text) - used, "%s",
			skt_tls_client_advice(skt_tls_session_verdict(session)));
}

static void opened(struct skt_opening *opening, int r)
{
	struct pipe_run *run = SKT_CONTAINER(opening, struct pipe_run, opening);
	int fd = run->connection.fd;

	if (r) {
		/* Of what is behind a proxy that fails, nothing has become known. */
		bool unasked = r == -ENOMEM || skt_chain_failed(&run->chain, opening, r);

		if (skt_tls_steps_have(&run->tls_steps, opening->step))
			advise(run, &opening->err);
		connect_pipe_disconnect(run, true);
		/* Who is not the right one will not become so. */
		if (r == -EACCES || !connect_pipe_redial(run))
			give_up(run, r, &opening->err, unasked);
		return;
	}
	skt_waiting_end(&run->waiting);
	skt_chain_tell(&run->chain, &run->log);
	fill_dial(run, fd);
	if (run->tls)
		tell_tls(run);
	if (connect_is_confirmed(fd))
		tell_connected(run);
	else
		await_confirmation(run);
	if (run->options->exec && run->connection.stream.layer)
		connect_pipe_relay(run);
	else if (!connect_hands_over(run->options))
		connect_pipe_join(run);
	else if (!connect_is_confirmed(fd))
		/* The program gets a connection: the SYN goes without data, and is waited for. */
		(void)!send(fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		skt_loop_stop(&run->loop);
}

static void dialled(struct skt_dial *done, int fd)
{
	struct pipe_run *run = SKT_CONTAINER(done, struct pipe_run, dial);
	const struct skt_attempt *winner = done->winner;
	const struct connect_tls_options *tls = &run->options->tls;

	connect_tell_attempts(&run->log, done);
	if (fd < 0) {
		bool proxied = skt_chain_first(&run->plan, connect_pipe_endpoint(run));

		if (proxied)
			skt_err_prefix(&done->err, "proxy");
		if (!retry(run, fd))
			give_up(run, fd, &done->err, proxied || skt_dial_is_local(fd));
		return;
	}
	skt_connection_init(&run->connection, fd, &(struct skt_place){winner->addr, winner->port});
	run->opening = (struct skt_opening){
		.done = opened, .loop = &run->loop, .connection = &run->connection};
	if (skt_chain_add(&run->chain, &run->plan, &run->opening, connect_pipe_endpoint(run),
		    run->port, NULL)) {
		give_up(run, -ENOMEM, &run->opening.err, true);
		return;
	}
	if (run->tls)
		skt_tls_steps_add(&run->tls_steps, &run->opening, connect_pipe_endpoint(run),
			&(struct skt_tls_wish){
				.client = &tls->client,
				.context = run->tls,
				.starttls = tls->starttls,
				.lenient = tls->common.lenient,
			});
	skt_opening_start(&run->opening,
		SKT_MIN(skt_clock_add(done->start_ns, connect_timeout(run)), run->deadline_ns));
}

static void dial(struct pipe_run *run)
{
	const struct connect_options *o = run->options;
	const struct skt_dial_options options = connect_dial_options(o);
	const struct skt_proxy *first = skt_chain_first(&run->plan, connect_pipe_endpoint(run));
	uint64_t now = skt_clock_ns(), deadline_ns;
	struct skt_err err;
	int r;

	deadline_ns = SKT_MIN(run->deadline_ns, skt_clock_add(now, connect_timeout(run)));
	deadline_ns = SKT_MIN(deadline_ns, SKT_MAX(run->redial.until_ns, now + 1));
	run->dial = (struct skt_dial){.done = dialled};
	r = skt_dial_start(&run->dial, &run->loop, run->resolver,
		first ? &first->endpoint : connect_pipe_endpoint(run),
		first ? first->endpoint.port : run->port, &options, deadline_ns, &err);
	if (r == 0)
		return;
	run->dial.err = err;
	if (run->redial.losses && retry(run, r))
		return;
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err.text);
	skt_loop_stop(&run->loop);
}

static void retry_due(struct skt_timer *timer)
{
	dial(SKT_CONTAINER(timer, struct pipe_run, retry));
}

static void begin_redial(struct pipe_run *run)
{
	const struct connect_options *o = run->options;

	run->redial.first_ns = RETRY_FIRST_NS;
	run->redial.last_ns = o->reconnect_ns ? RECONNECT_LAST_NS : RETRY_LAST_NS;
	connect_redial_begin(&run->redial,
		o->wait ? SKT_MIN(skt_clock_add(run->start_ns, o->wait_ns), run->deadline_ns)
			: SKT_NEVER,
		RETRY_FIRST_NS);
}

void connect_pipe_begin(struct pipe_run *run)
{
	const struct connect_options *o = run->options;

	run->retry.handler = retry_due;
	begin_redial(run);
	connect_pipe_wait(run,
		SKT_MIN(run->deadline_ns,
			o->wait ? run->redial.until_ns
				: skt_clock_add(run->start_ns, connect_timeout(run))));
	dial(run);
}
