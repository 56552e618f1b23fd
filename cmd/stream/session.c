#include "cmd/stream/session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/stream/gauge.h"
#include "cmd/stream/loss.h"
#include "cmd/stream/stdio.h"
#include "net/tls_stream.h"

/* How long a SYN waits for bytes to take along. */
#define OPENING_NS (20 * SKT_NS_PER_MS)

/* How long a peer that has ended may still acknowledge, where another is to take its place. */
#define STALL_NS (10 * SKT_NS_PER_SEC)

#define REDRAW_NS (200 * SKT_NS_PER_MS)

uint64_t skt_session_sent(const struct skt_session *session)
{
	return session->joint.there.flow.delivered;
}

uint64_t skt_session_received(const struct skt_session *session)
{
	return session->joint.back.flow.taken;
}

void skt_session_stop(struct skt_session *session)
{
	struct skt_timer *timers[] = {&session->idle, &session->deadline, &session->linger,
		&session->redraw, &session->opening};

	if (!session->running)
		return;
	session->running = false;
	for (size_t i = 0; i < SKT_COUNT(timers); i++)
		skt_timer_remove(timers[i]);
	skt_joint_stop(&session->joint);
	if (session->source.ops)
		skt_stream_close(&session->source);
	if (session->sink.ops)
		skt_stream_close(&session->sink);
	if (session->progress)
		skt_progress_erase(session->progress);
}

void skt_session_fini(struct skt_session *session)
{
	skt_session_stop(session);
	skt_pump_pool_fini(&session->pool);
	if (session->null_fd >= 0)
		(void)close(session->null_fd);
	session->null_fd = -1;
}

/* Whatever is not in order is a reset for the peer. */
static void finish(struct skt_session *session, enum skt_exit status)
{
	session->status = status;
	session->abort = status != SKT_EXIT_YES;
	session->lost = skt_joint_undelivered(&session->joint);
	skt_session_stop(session);
	session->done(session);
}

/* ---- in words ---- */

static bool has_rest(const struct skt_session *session)
{
	return session->has_stdin && !session->joint.there.flow.ended;
}

static void add_counts(struct skt_event *event, const struct skt_session *session)
{
	skt_event_add_number(event, "sent", skt_session_sent(session));
	skt_event_add_number(event, "received", skt_session_received(session));
	skt_event_add_number(event, "undelivered", skt_joint_undelivered(&session->joint));
}

/* The connection ended otherwise than in order: -errno R. */
static void fail(struct skt_session *session, int r)
{
	const struct skt_err *tls = skt_tls_stream_failure(&session->connection->stream);
	struct skt_event event;
	char loss[SKT_LOSS_MAX];

	(void)skt_loss_text(&session->joint, has_rest(session), "data may be lost", loss);
	skt_event_begin(&event, session->log, SKT_EVENT_ERROR, "connection_broken");
	skt_event_add_text(&event, "error", tls ? tls->text : strerror(-r));
	add_counts(&event, session);
	if (r == -ECONNRESET || r == -EPIPE)
		skt_event_end(&event,
			"connection reset by the other side after %llu byte%s sent and %llu "
			"received%s",
			(unsigned long long)skt_session_sent(session),
			skt_plural(skt_session_sent(session), "", "s"),
			(unsigned long long)skt_session_received(session), loss);
	else if (r == SKT_STREAM_CUT)
		skt_event_end(&event,
			"the other side ended after %llu byte%s without the close_notify of TLS%s",
			(unsigned long long)skt_session_received(session),
			skt_plural(skt_session_received(session), "", "s"), loss);
	else
		skt_event_end(
			&event, "connection lost: %s%s", tls ? tls->text : strerror(-r), loss);
	finish(session, skt_loss_status(r));
}

/* Ended from here, before its time. */
static void cut_off(struct skt_session *session, const char *name, const char *what)
{
	struct skt_event event;
	char loss[SKT_LOSS_MAX];

	(void)skt_loss_text(&session->joint, has_rest(session), "", loss);
	skt_event_begin(&event, session->log, SKT_EVENT_ERROR, name);
	add_counts(&event, session);
	skt_event_end(&event, "%s%s", what, loss);
	finish(session, SKT_EXIT_NO);
}

/*
 * The peer is gone, and another may take its place; the owner says what comes of that. A peer that
 * ended in order had read all that was acknowledged: else its kernel had sent a reset (RFC 1122
 * 4.2.2.13). R: -errno; 0: in order.
 */
static void lose(struct skt_session *session, int r)
{
	const bool moved = skt_session_sent(session) || skt_session_received(session);
	uint64_t lost = skt_joint_undelivered(&session->joint);
	struct skt_event event;
	char loss[SKT_LOSS_MAX];

	session->gone = true;
	session->unsure = r && moved;
	(void)skt_loss_text(
		&session->joint, false, session->unsure ? "data may be lost" : "", loss);
	skt_event_begin(&event, session->log, SKT_EVENT_NOTICE, "connection_lost");
	if (r)
		skt_event_add_text(&event, "error", strerror(-r));
	add_counts(&event, session);
	skt_event_end(&event, "the connection is lost: %s%s",
		r ? strerror(-r) : "the other side ended", loss);
	finish(session, lost || r ? SKT_EXIT_NO : SKT_EXIT_YES);
}

/* ---- the ends ---- */

/* Whether something is left for another connection to do. */
static bool goes_on(const struct skt_session *session)
{
	return session->resumes && !session->joint.ends.enough &&
		(has_rest(session) || !session->has_stdin);
}

static void close_in_order(struct skt_session *session)
{
	const struct skt_ends *ends = &session->joint.ends;

	if (goes_on(session)) {
		lose(session, skt_joint_error(&session->joint));
		return;
	}
	/* Who sits at a terminal sees the end, and has not lost what was not typed. */
	if (ends->there == SKT_WAY_OPEN && has_rest(session) &&
		session->source.kind != SKT_STREAM_TTY)
		cut_off(session, "ended_with_peer", "the other side ended");
	else
		finish(session, SKT_EXIT_YES);
}

static void joint_done(struct skt_joint *joint, enum skt_ends_step step)
{
	struct skt_session *session = SKT_CONTAINER(joint, struct skt_session, joint);
	const struct skt_flow *up = &joint->there.flow, *down = &joint->back.flow;

	if (step == SKT_ENDS_CLOSE) {
		close_in_order(session);
	} else if (step == SKT_ENDS_RESET && goes_on(session)) {
		lose(session, skt_joint_error(joint));
	} else if (step == SKT_ENDS_RESET) {
		fail(session, skt_joint_error(joint));
	} else if (joint->ends.there == SKT_WAY_CUT) {
		skt_event_tell(session->log, SKT_EVENT_ERROR, "stdin_broken",
			"cannot read standard input: %s", strerror(-up->error));
		finish(session, SKT_EXIT_TROUBLE);
	} else {
		session->out_gone = down->error == -EPIPE;
		if (!session->out_gone)
			skt_stdout_tell_broken(session->log, down->error);
		finish(session, SKT_EXIT_TROUBLE);
	}
}

static void start_linger(struct skt_session *session)
{
	session->up_end_ns = skt_loop_now(session->loop);
	if (session->options->lingers)
		skt_timer_set(session->loop, &session->linger,
			skt_loop_after(session->loop, session->options->linger_ns));
}

static void up_ended(struct skt_session *session)
{
	const struct skt_flow *flow = &session->joint.there.flow;

	session->half_closed =
		!session->joint.there.keep_open && session->joint.ends.back == SKT_WAY_OPEN;
	skt_event_tell(session->log, SKT_EVENT_DETAIL, "stdin_ended",
		session->joint.there.keep_open ? "stdin ended after %llu byte%s"
					       : "stdin ended after %llu byte%s: half-closed",
		(unsigned long long)flow->taken, skt_plural(flow->taken, "", "s"));
	start_linger(session);
}

static void tell_no_answer(const struct skt_session *session)
{
	if (!session->half_closed || skt_session_received(session) ||
		!(session->request.is_http || session->proxied) || session->options->send_only)
		return;
	skt_event_tell(session->log, SKT_EVENT_NOTICE, "no_answer",
		"the other side ended without an answer after the half-close, as proxies do: try "
		"--no-half-close");
}

static void down_ended(struct skt_session *session)
{
	skt_event_tell(session->log, SKT_EVENT_DETAIL, "peer_ended",
		"the other side ended after %llu byte%s",
		(unsigned long long)session->joint.back.flow.taken,
		skt_plural(session->joint.back.flow.taken, "", "s"));
	tell_no_answer(session);
	/* What comes from stdin from now on is for the next connection. */
	if (session->resumes)
		skt_pump_stop(&session->joint.there);
	else if (session->joint.ends.there == SKT_WAY_OPEN)
		skt_stdout_end(&session->sink);
}

static void way_ended(struct skt_joint *joint, struct skt_pump *way)
{
	struct skt_session *session = SKT_CONTAINER(joint, struct skt_session, joint);

	if (way->flow.broken != SKT_FLOW_NEITHER)
		return;
	if (way == &joint->there)
		up_ended(session);
	else
		down_ended(session);
}

/* ---- time ---- */

static uint64_t last_move(const struct skt_session *session)
{
	return SKT_MAX(skt_joint_last_ns(&session->joint), session->start_ns);
}

static void idle_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, idle);
	uint64_t due = skt_clock_add(last_move(session), session->limits->idle_timeout_ns);

	if (due > skt_loop_now(session->loop))
		skt_timer_set(session->loop, timer, due);
	else
		cut_off(session, "idle_timeout", "nothing moved: closed by --idle-timeout");
}

static void deadline_due(struct skt_timer *timer)
{
	cut_off(SKT_CONTAINER(timer, struct skt_session, deadline), "timeout",
		"ended by --timeout");
}

static void linger_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, linger);
	uint64_t since = SKT_MAX(session->joint.back.last_ns, session->up_end_ns);
	uint64_t due = skt_clock_add(since, session->options->linger_ns);

	if (due > skt_loop_now(session->loop)) {
		skt_timer_set(session->loop, timer, due);
		return;
	}
	session->joint.ends.enough = true;
	skt_joint_decide(&session->joint);
}

/* TCP_FASTOPEN_CONNECT sends no SYN before the first write, be it of nothing. */
static void opening_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, opening);

	if (session->joint.there.flow.taken || session->joint.there.flow.ended ||
		send(session->connection->fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0)
		return;
	/* What has arrived before the error can still be read, and is. */
	if (errno != EINPROGRESS && errno != EAGAIN && errno != EALREADY)
		session->connection->stream.error = -errno;
}

static void redraw_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, redraw);

	skt_gauge_draw(session->progress, &session->joint, session->in_size, session->start_ns,
		skt_loop_now(session->loop));
	skt_timer_set(session->loop, timer, skt_loop_after(session->loop, REDRAW_NS));
}

static void start_timers(struct skt_session *session)
{
	uint64_t idle_ns = session->limits->idle_timeout_ns;

	session->idle.handler = idle_due;
	session->deadline.handler = deadline_due;
	session->linger.handler = linger_due;
	session->redraw.handler = redraw_due;
	session->opening.handler = opening_due;
	if (idle_ns)
		skt_timer_set(
			session->loop, &session->idle, skt_clock_add(session->start_ns, idle_ns));
	skt_timer_set(session->loop, &session->deadline, session->deadline_ns);
	if (session->progress && session->progress->enabled)
		skt_timer_set(session->loop, &session->redraw, session->start_ns + REDRAW_NS);
	if (session->fastopen)
		skt_timer_set(session->loop, &session->opening,
			session->start_ns + (session->has_stdin ? OPENING_NS : 0));
}

/* ---- the start ---- */

static int open_source(struct skt_session *session)
{
	struct stat st;
	int r;

	session->has_stdin = !session->options->recv_only && skt_stdin_is_side(session->in);
	if (!session->has_stdin)
		return 0;
	if (fstat(session->in, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		session->in_size = (uint64_t)st.st_size;
	r = skt_stream_open(&session->source, session->loop, session->in);
	session->joint.ends.with_b = session->options->end_with_peer || session->resumes ||
		session->source.kind == SKT_STREAM_TTY;
	return r;
}

static int open_sink(struct skt_session *session)
{
	if (session->options->send_only) {
		session->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (session->null_fd < 0)
			return -errno;
		session->out = session->null_fd;
	}
	return skt_stream_open(&session->sink, session->loop, session->out);
}

static void prepare_up(struct skt_session *session)
{
	struct skt_pump *up = &session->joint.there;

	if (!session->has_stdin)
		return;
	up->source = &session->source;
	up->sink = &session->connection->stream;
	up->pool = &session->pool;
	skt_request_init(&session->request);
	up->opening = &session->request.tap;
	up->given_taps = session->record ? &session->record->sent : NULL;
	up->keep_open = session->options->no_half_close;
	if (session->options->crlf) {
		skt_crlf_init(&session->crlf);
		up->transform = &session->crlf.transform;
	}
	if (session->options->rate) {
		skt_bucket_init(&session->up_bucket, session->options->rate);
		up->bucket = &session->up_bucket;
	}
}

static void prepare_down(struct skt_session *session)
{
	struct skt_pump *down = &session->joint.back;

	down->source = &session->connection->stream;
	down->sink = &session->sink;
	down->pool = &session->pool;
	down->taps = session->record ? &session->record->received : NULL;
	down->keep_open = true;
	if (session->options->hex) {
		skt_hex_init(&session->hex);
		down->transform = &session->hex.transform;
	}
	if (session->options->rate) {
		skt_bucket_init(&session->down_bucket, session->options->rate);
		down->bucket = &session->down_bucket;
	}
}

static int join(struct skt_session *session)
{
	struct skt_joint *joint = &session->joint;
	int r;

	joint->loop = session->loop;
	joint->ends.strict_a = joint->confirms = true;
	/* TLS servers speak unasked (RFC 8446, 4.6.1): who closes before that is read resets, and
	 * destroys what is on its way there. The peer's end is waited for. */
	joint->ends.with_a = session->options->send_only && session->connection->stream.raw;
	if (session->resumes)
		joint->stall_ns = STALL_NS;
	joint->ended = way_ended;
	joint->done = joint_done;
	prepare_up(session);
	prepare_down(session);
	r = skt_joint_start(joint);
	if (r == 0 && !session->has_stdin)
		start_linger(session);
	return r;
}

int skt_session_start(struct skt_session *session, struct skt_err *err)
{
	int r;

	session->null_fd = -1;
	session->status = SKT_EXIT_TROUBLE;
	session->start_ns = skt_clock_ns();
	r = skt_connection_open(session->connection, session->loop);
	if (r)
		return skt_fail(err, -r, "use the connection");
	session->running = true;
	r = open_source(session);
	if (r) {
		(void)skt_fail(err, -r, "use standard input");
		goto out;
	}
	r = open_sink(session);
	if (r) {
		(void)skt_fail(err, -r, "use standard output");
		goto out;
	}
	start_timers(session);
	r = join(session);
	if (r) {
		(void)skt_fail(err, -r, "join the connection to standard input and output");
		goto out;
	}
	return 0;
out:
	skt_session_fini(session);
	return r;
}
