#include "cmd/stream/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/report.h"

/* How often the kernel is asked whether the peer has everything: nothing announces that. */
#define SETTLE_FIRST_NS (200 * SKT_NS_PER_US)
#define SETTLE_LAST_NS (50 * SKT_NS_PER_MS)

/* A peer that has ended its side and takes nothing for so long will not take it at all. */
#define SETTLE_STALL_NS (30 * SKT_NS_PER_SEC)

/* How long a SYN waits for bytes to take along. */
#define OPENING_NS (20 * SKT_NS_PER_MS)

#define REDRAW_NS (200 * SKT_NS_PER_MS)

uint64_t skt_session_sent(const struct skt_session *session)
{
	return session->up.flow.delivered;
}

uint64_t skt_session_received(const struct skt_session *session)
{
	return session->down.flow.taken;
}

static bool uses_stdin(const struct skt_session *session)
{
	return !session->options->recv_only;
}

void skt_session_stop(struct skt_session *session)
{
	struct skt_timer *timers[] = {&session->idle, &session->deadline, &session->linger,
		&session->settle, &session->redraw, &session->opening};

	if (!session->running)
		return;
	session->running = false;
	for (size_t i = 0; i < SKT_COUNT(timers); i++)
		skt_timer_remove(timers[i]);
	skt_pump_stop(&session->up);
	skt_pump_stop(&session->down);
	if (session->source.ops)
		skt_stream_close(&session->source);
	if (session->sink.ops)
		skt_stream_close(&session->sink);
	skt_stream_close(&session->net);
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

static void finish(struct skt_session *session, enum skt_exit status)
{
	session->status = status;
	skt_session_stop(session);
	session->done(session);
}

/* ---- what may be lost ---- */

/* Bytes from stdin that the peer's kernel has not acknowledged, as far as we can know. */
static uint64_t undelivered(const struct skt_session *session)
{
	uint64_t held = session->up.flow.held, unsent = skt_stream_unsent(&session->net);

	/* The end of a stream counts as one byte; and what was never sent cannot be lost. */
	if (session->up.flow.finished && unsent)
		unsent--;
	return held + SKT_MIN(unsent, session->up.flow.delivered);
}

/* The connection ended otherwise than by its end: -errno R. */
static void fail(struct skt_session *session, int r)
{
	uint64_t lost = undelivered(session);
	struct skt_event event;

	skt_event_begin(&event, session->log, SKT_EVENT_ERROR, "connection_broken");
	skt_event_add_text(&event, "error", strerror(-r));
	skt_event_add_number(&event, "sent", skt_session_sent(session));
	skt_event_add_number(&event, "received", skt_session_received(session));
	skt_event_add_number(&event, "undelivered", lost);
	if (r == -ECONNRESET || r == -EPIPE)
		skt_event_end(&event,
			"connection reset by the other side after %llu bytes sent and %llu "
			"received: %s",
			(unsigned long long)skt_session_sent(session),
			(unsigned long long)skt_session_received(session),
			lost ? "what was under way is lost" : "data may be lost");
	else
		skt_event_end(&event, "connection lost: %s", strerror(-r));
	finish(session, SKT_EXIT_NO);
}

static void time_out(struct skt_session *session, const char *name, const char *what)
{
	uint64_t lost = undelivered(session);
	struct skt_event event;

	skt_event_begin(&event, session->log, SKT_EVENT_ERROR, name);
	skt_event_add_number(&event, "undelivered", lost);
	if (lost)
		skt_event_end(&event, "%s: %llu bytes were not delivered", what,
			(unsigned long long)lost);
	else
		skt_event_end(&event, "%s", what);
	finish(session, SKT_EXIT_NO);
}

/* ---- the end in order ---- */

static bool stdin_is_ready(const struct skt_session *session)
{
	struct pollfd in = {.fd = session->source.fd, .events = POLLIN};

	return poll(&in, 1, 0) != 0;
}

/* Whether something is to be waited for before the connection may be closed. */
static bool is_settling(struct skt_session *session)
{
	/* What stdin has ready is sent: the other side may only have ended its own half. */
	if (!session->up_done && session->up.running &&
		(session->up.flow.held || !session->source.wants_read || stdin_is_ready(session)))
		return true;
	return skt_stream_unsent(&session->net) > 0;
}

static void settle(struct skt_session *session)
{
	uint64_t now = skt_loop_now(session->loop), sent = skt_session_sent(session);
	size_t unsent = skt_stream_unsent(&session->net);
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
		fail(session, -error);
		return;
	}
	if (!is_settling(session)) {
		finish(session, SKT_EXIT_YES);
		return;
	}
	if (unsent != session->settled_unsent || sent != session->settled_sent) {
		session->settled_unsent = unsent;
		session->settled_sent = sent;
		session->settled_ns = now;
	} else if (now - session->settled_ns > SETTLE_STALL_NS) {
		time_out(session, "stalled", "the other side takes nothing any more");
		return;
	}
	session->settle_ns = SKT_MIN(2 * session->settle_ns, SETTLE_LAST_NS);
	skt_timer_set(
		session->loop, &session->settle, skt_loop_after(session->loop, session->settle_ns));
}

static void settle_due(struct skt_timer *timer)
{
	settle(SKT_CONTAINER(timer, struct skt_session, settle));
}

static void begin_to_settle(struct skt_session *session)
{
	session->settle_ns = SETTLE_FIRST_NS;
	session->settled_ns = skt_loop_now(session->loop);
	settle(session);
}

/* ---- the ends of the two pumps ---- */

static void up_done(struct skt_pump *pump)
{
	struct skt_session *session = SKT_CONTAINER(pump, struct skt_session, up);
	const struct skt_flow *flow = &pump->flow;

	session->up_done = true;
	session->up_end_ns = skt_loop_now(session->loop);
	if (flow->broken == SKT_FLOW_SOURCE) {
		skt_event_tell(session->log, SKT_EVENT_ERROR, "stdin_broken",
			"cannot read standard input: %s", strerror(-flow->error));
		/* A half that ends in order would pass for the whole. */
		session->abort = true;
		finish(session, SKT_EXIT_TROUBLE);
		return;
	}
	if (flow->broken == SKT_FLOW_SINK) {
		/* What the peer sent before it went may still be read; then it is told. */
		if (session->down_done || session->options->send_only)
			fail(session, flow->error);
		return;
	}
	skt_event_tell(session->log, SKT_EVENT_DETAIL, "stdin_ended",
		session->options->no_half_close ? "stdin ended after %llu bytes"
						: "stdin ended after %llu bytes: half-closed",
		(unsigned long long)flow->taken);
	if (session->down_done || session->options->send_only)
		begin_to_settle(session);
	else if (session->options->lingers)
		skt_timer_set(session->loop, &session->linger,
			skt_loop_after(session->loop, session->options->linger_ns));
}

static void down_done(struct skt_pump *pump)
{
	struct skt_session *session = SKT_CONTAINER(pump, struct skt_session, down);
	const struct skt_flow *flow = &pump->flow;

	session->down_done = true;
	if (flow->broken == SKT_FLOW_SINK) {
		session->out_gone = flow->error == -EPIPE;
		session->abort = true;
		if (!session->out_gone)
			skt_event_tell(session->log, SKT_EVENT_ERROR, "stdout_broken",
				"cannot write to standard output: %s", strerror(-flow->error));
		finish(session, SKT_EXIT_TROUBLE);
		return;
	}
	if (flow->broken == SKT_FLOW_SOURCE) {
		fail(session, flow->error);
		return;
	}
	skt_event_tell(session->log, SKT_EVENT_DETAIL, "peer_ended",
		"the other side ended after %llu bytes", (unsigned long long)flow->taken);
	if (session->up.flow.broken == SKT_FLOW_SINK)
		fail(session, session->up.flow.error);
	else if (session->opening_error)
		fail(session, session->opening_error);
	/* With --send-only what is received is of no interest, nor is its end. */
	else if (!session->options->send_only || session->up_done)
		begin_to_settle(session);
}

/* ---- time ---- */

static uint64_t last_move(const struct skt_session *session)
{
	return SKT_MAX(SKT_MAX(session->up.last_ns, session->down.last_ns), session->start_ns);
}

static void idle_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, idle);
	uint64_t due = last_move(session) + session->limits->idle_timeout_ns;

	if (due > skt_loop_now(session->loop))
		skt_timer_set(session->loop, timer, due);
	else
		time_out(session, "idle_timeout", "nothing moved: closed by --idle-timeout");
}

static void deadline_due(struct skt_timer *timer)
{
	time_out(SKT_CONTAINER(timer, struct skt_session, deadline), "timeout",
		"ended by --timeout");
}

static void linger_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, linger);
	uint64_t since = SKT_MAX(session->down.last_ns, session->up_end_ns);
	uint64_t due = since + session->options->linger_ns;

	if (due > skt_loop_now(session->loop))
		skt_timer_set(session->loop, timer, due);
	else
		begin_to_settle(session);
}

/* TCP_FASTOPEN_CONNECT sends no SYN before the first write, be it of nothing. */
static void opening_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, opening);

	if (session->up.flow.taken || session->up.flow.ended ||
		send(session->fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0)
		return;
	/* What has arrived before the error can still be read, and is. */
	if (errno != EINPROGRESS && errno != EAGAIN && errno != EALREADY)
		session->opening_error = -errno;
}

static void redraw_due(struct skt_timer *timer)
{
	struct skt_session *session = SKT_CONTAINER(timer, struct skt_session, redraw);
	uint64_t now = skt_loop_now(session->loop), sent = skt_session_sent(session);
	uint64_t received = skt_session_received(session);
	uint64_t elapsed = now - session->start_ns;
	char texts[4][SKT_SHORT_MAX], rest[64] = "";

	if (session->in_size && sent && sent <= session->in_size) {
		uint64_t left = (uint64_t)((double)(session->in_size - sent) / (double)sent *
			(double)elapsed);

		(void)snprintf(rest, sizeof(rest), ", %.0f%%, %s left",
			skt_percent(sent, session->in_size), skt_short_time(left, texts[3]));
	}
	skt_progress_draw(session->progress, now, "sent %sB, received %sB, %sB/s%s",
		skt_short_number((double)sent, texts[0]),
		skt_short_number((double)received, texts[1]),
		skt_short_number(skt_per_second(sent + received, elapsed), texts[2]), rest);
	skt_timer_set(session->loop, timer, skt_loop_after(session->loop, REDRAW_NS));
}

static void start_timers(struct skt_session *session)
{
	uint64_t idle_ns = session->limits->idle_timeout_ns;

	session->idle.handler = idle_due;
	session->deadline.handler = deadline_due;
	session->linger.handler = linger_due;
	session->settle.handler = settle_due;
	session->redraw.handler = redraw_due;
	session->opening.handler = opening_due;
	if (idle_ns)
		skt_timer_set(session->loop, &session->idle, session->start_ns + idle_ns);
	skt_timer_set(session->loop, &session->deadline, session->deadline_ns);
	if (session->progress && session->progress->enabled)
		skt_timer_set(session->loop, &session->redraw, session->start_ns + REDRAW_NS);
	if (session->fastopen)
		skt_timer_set(session->loop, &session->opening,
			session->start_ns + (uses_stdin(session) ? OPENING_NS : 0));
}

/* ---- the start ---- */

/* A stdin that is closed has nothing to say: it has ended. */
static int open_source(struct skt_session *session)
{
	int flags = fcntl(session->in, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
		session->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (session->null_fd < 0)
			return -errno;
		session->in = session->null_fd;
	}
	if (fstat(session->in, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		session->in_size = (uint64_t)st.st_size;
	return skt_stream_open(&session->source, session->loop, session->in);
}

static int open_sink(struct skt_session *session)
{
	if (session->options->send_only && session->null_fd < 0) {
		session->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (session->null_fd < 0)
			return -errno;
	}
	if (session->options->send_only)
		session->out = session->null_fd;
	return skt_stream_open(&session->sink, session->loop, session->out);
}

static int start_up(struct skt_session *session)
{
	session->up = (struct skt_pump){
		.loop = session->loop,
		.source = &session->source,
		.sink = &session->net,
		.pool = &session->pool,
		.taps = session->record ? &session->record->sent : NULL,
		.keep_open = session->options->no_half_close,
		.done = up_done,
	};
	if (session->options->crlf) {
		skt_crlf_init(&session->crlf);
		session->up.transform = &session->crlf.transform;
	}
	if (session->options->rate) {
		skt_bucket_init(&session->up_bucket, session->options->rate);
		session->up.bucket = &session->up_bucket;
	}
	return skt_pump_start(&session->up);
}

static int start_down(struct skt_session *session)
{
	session->down = (struct skt_pump){
		.loop = session->loop,
		.source = &session->net,
		.sink = &session->sink,
		.pool = &session->pool,
		.taps = session->record ? &session->record->received : NULL,
		.keep_open = true,
		.done = down_done,
	};
	if (session->options->hex) {
		skt_hex_init(&session->hex);
		session->down.transform = &session->hex.transform;
	}
	if (session->options->rate) {
		skt_bucket_init(&session->down_bucket, session->options->rate);
		session->down.bucket = &session->down_bucket;
	}
	return skt_pump_start(&session->down);
}

int skt_session_start(struct skt_session *session, struct skt_err *err)
{
	int r;

	session->null_fd = -1;
	session->status = SKT_EXIT_TROUBLE;
	session->start_ns = skt_clock_ns();
	r = skt_stream_open(&session->net, session->loop, session->fd);
	if (r)
		return skt_fail(err, -r, "use the connection");
	session->running = true;
	r = uses_stdin(session) ? open_source(session) : 0;
	if (r) {
		(void)skt_fail(err, -r, "use standard input");
		goto out;
	}
	r = open_sink(session);
	if (r) {
		(void)skt_fail(err, -r, "use standard output");
		goto out;
	}
	r = uses_stdin(session) ? start_up(session) : 0;
	if (r == 0)
		r = start_down(session);
	if (r) {
		(void)skt_fail(err, -r, "join the connection to standard input and output");
		goto out;
	}
	session->up_done = !uses_stdin(session);
	start_timers(session);
	return 0;
out:
	skt_session_fini(session);
	return r;
}
