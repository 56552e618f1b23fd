#include "net/joint.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/macros.h"

/* How often the kernel is asked whether a peer has everything: nothing announces that. */
#define WAIT_FIRST_NS (200 * SKT_NS_PER_US)
#define WAIT_LAST_NS (50 * SKT_NS_PER_MS)

uint64_t skt_joint_last_ns(const struct skt_joint *joint)
{
	return SKT_MAX(joint->there.last_ns, joint->back.last_ns);
}

/* Bytes that the sink's kernel still has of what WAY delivered. */
static uint64_t unacknowledged(const struct skt_pump *way)
{
	uint64_t unsent = way->sink ? skt_stream_unsent_bytes(way->sink) : 0;

	/* What was never sent cannot be lost. */
	return SKT_MIN(unsent, way->flow.delivered);
}

uint64_t skt_joint_undelivered(const struct skt_joint *joint)
{
	return joint->there.flow.held + unacknowledged(&joint->there);
}

static int first_of(int r, int otherwise)
{
	return r ? r : otherwise;
}

int skt_joint_error(const struct skt_joint *joint)
{
	const struct skt_ends *ends = &joint->ends;
	int r = 0;

	if (joint->stalled)
		return -ETIMEDOUT;
	r = first_of(joint->back.flow.error, joint->there.flow.error);
	if (ends->b != SKT_END_HERE)
		r = first_of(r, first_of(joint->b.stream->error, -EPIPE));
	if (ends->a != SKT_END_HERE)
		r = first_of(r, first_of(joint->a.stream->error, -EPIPE));
	return r;
}

void skt_joint_stop(struct skt_joint *joint)
{
	if (!joint->running)
		return;
	joint->running = false;
	skt_timer_remove(&joint->timer);
	if (joint->a.stream)
		skt_stream_hears_break(joint->a.stream, NULL);
	if (joint->b.stream)
		skt_stream_hears_break(joint->b.stream, NULL);
	skt_pump_stop(&joint->there);
	skt_pump_stop(&joint->back);
}

static void finish(struct skt_joint *joint, enum skt_ends_step step)
{
	skt_joint_stop(joint);
	joint->done(joint, step);
}

/* ---- settling ---- */

/* What survives has still to get, in the kernel's hands. */
static uint64_t owed(const struct skt_joint *joint)
{
	const struct skt_ends *ends = &joint->ends;
	uint64_t bytes = 0;

	if (joint->b.stream && ends->there != SKT_WAY_REFUSED && ends->back != SKT_WAY_CUT &&
		ends->b == SKT_END_HERE)
		bytes += joint->b.stream->ops->unsent(joint->b.stream);
	if (joint->a.stream && ends->back != SKT_WAY_REFUSED && ends->there != SKT_WAY_CUT &&
		ends->a == SKT_END_HERE)
		bytes += joint->a.stream->ops->unsent(joint->a.stream);
	return bytes;
}

/* Whether what was taken is delivered, as far as STEP asks for it. */
static bool is_settled(const struct skt_joint *joint, enum skt_ends_step step)
{
	if (step == SKT_ENDS_ABORT || (step == SKT_ENDS_CLOSE && !joint->confirms))
		return true;
	/* What A has ready is sent: B may only have ended its own half. */
	if (joint->ends.there == SKT_WAY_OPEN && step == SKT_ENDS_CLOSE &&
		!skt_pump_is_idle(&joint->there))
		return false;
	return owed(joint) == 0;
}

/* Whether nothing has moved for too long. */
static bool has_stalled(struct skt_joint *joint)
{
	uint64_t now = skt_loop_now(joint->loop);
	uint64_t moved = joint->there.flow.delivered + joint->back.flow.delivered - owed(joint);

	if (moved != joint->moved || !joint->moved_ns) {
		joint->moved = moved;
		joint->moved_ns = now;
	}
	return joint->stall_ns && now - joint->moved_ns >= joint->stall_ns;
}

static bool somebody_is_gone(const struct skt_joint *joint)
{
	return joint->ends.a != SKT_END_HERE || joint->ends.b != SKT_END_HERE;
}

void skt_joint_decide(struct skt_joint *joint)
{
	enum skt_ends_step step = skt_ends_next(&joint->ends);

	if (!joint->running)
		return;
	if (step != SKT_ENDS_GO_ON && is_settled(joint, step)) {
		finish(joint, step);
		return;
	}
	if (step == SKT_ENDS_GO_ON && !(joint->stall_ns && somebody_is_gone(joint))) {
		skt_timer_remove(&joint->timer);
		return;
	}
	if (has_stalled(joint)) {
		joint->stalled = true;
		finish(joint, SKT_ENDS_RESET);
		return;
	}
	skt_timer_set(joint->loop, &joint->timer, skt_loop_after(joint->loop, joint->wait_ns));
	joint->wait_ns = SKT_MIN(2 * joint->wait_ns, WAIT_LAST_NS);
}

static void timer_due(struct skt_timer *timer)
{
	skt_joint_decide(SKT_CONTAINER(timer, struct skt_joint, timer));
}

/* ---- what happens ---- */

/*
 * Whether what broke is on this side of a connection that stands: memory that the kernel lacks, a
 * layer that cannot write. EPIPE is the other side's, which may have ended only its hearing (unix).
 */
static bool failed_here(const struct skt_pump *pump)
{
	struct pollfd sink = {.fd = pump->sink->fd, .events = POLLOUT};

	if ((pump->sink->kind != SKT_STREAM_SOCKET && pump->sink->kind != SKT_STREAM_RECORDS) ||
		pump->flow.error == -EPIPE)
		return false;
	return poll(&sink, 1, 0) >= 0 && !(sink.revents & (POLLERR | POLLHUP));
}

static void way_done(struct skt_joint *joint, struct skt_pump *pump, enum skt_way *way)
{
	switch (pump->flow.broken) {
	case SKT_FLOW_NEITHER:
		*way = SKT_WAY_ENDED;
		break;
	case SKT_FLOW_SOURCE:
		*way = SKT_WAY_CUT;
		break;
	case SKT_FLOW_SINK:
		*way = failed_here(pump) ? SKT_WAY_FAILED : SKT_WAY_REFUSED;
		break;
	}
	if (joint->ended)
		joint->ended(joint, pump);
	skt_joint_decide(joint);
}

static void there_done(struct skt_pump *pump)
{
	struct skt_joint *joint = SKT_CONTAINER(pump, struct skt_joint, there);

	way_done(joint, pump, &joint->ends.there);
}

/*
 * A program that is gone with something unread ends what it said by a reset
 * (net/unix/af_unix.c, unix_release_sock()).
 */
static void back_done(struct skt_pump *pump)
{
	struct skt_joint *joint = SKT_CONTAINER(pump, struct skt_joint, back);

	if (joint->ends.lenient_b && pump->flow.broken == SKT_FLOW_SOURCE && !pump->keep_open)
		(void)pump->sink->ops->finish(pump->sink);
	way_done(joint, pump, &joint->ends.back);
}

/*
 * STREAM has an error or a hang-up. A hang-up is also what there is once both ways have ended; and
 * an error after the last byte and the end were delivered takes nothing away.
 */
static void broke(struct skt_joint *joint, const struct skt_stream *stream,
	const struct skt_pump *into, enum skt_way *way, enum skt_presence *presence)
{
	if (stream->error)
		*presence = SKT_END_BROKEN;
	else if (*way == SKT_WAY_OPEN)
		*presence = SKT_END_LEFT;
	if (*way == SKT_WAY_ENDED && stream->error && unacknowledged(into))
		*way = SKT_WAY_REFUSED;
	skt_joint_decide(joint);
}

static void a_broke(struct skt_stream_user *user)
{
	struct skt_joint *joint = SKT_CONTAINER(user, struct skt_joint, a.user);

	broke(joint, joint->a.stream, &joint->back, &joint->ends.back, &joint->ends.a);
}

static void b_broke(struct skt_stream_user *user)
{
	struct skt_joint *joint = SKT_CONTAINER(user, struct skt_joint, b.user);

	broke(joint, joint->b.stream, &joint->there, &joint->ends.there, &joint->ends.b);
}

/* ---- the start ---- */

static void watch_end(
	struct skt_joint_end *end, const struct skt_pump *from, const struct skt_pump *into)
{
	struct skt_stream *stream = from->source;

	/* stdin and stdout are two, and say nothing of each other. */
	if (!stream || (into->sink && into->sink != stream))
		return;
	if (stream->kind != SKT_STREAM_SOCKET && stream->kind != SKT_STREAM_RECORDS)
		return;
	end->stream = stream;
	skt_stream_hears_break(stream, &end->user);
}

static int start_way(struct skt_joint *joint, struct skt_pump *pump, enum skt_way *way,
	void (*done)(struct skt_pump *pump))
{
	if (!pump->source)
		return 0;
	pump->loop = joint->loop;
	pump->done = done;
	*way = SKT_WAY_OPEN;
	return skt_pump_start(pump);
}

int skt_joint_start(struct skt_joint *joint)
{
	int r;

	joint->timer.handler = timer_due;
	joint->wait_ns = WAIT_FIRST_NS;
	joint->a.user.ready = a_broke;
	joint->b.user.ready = b_broke;
	watch_end(&joint->a, &joint->there, &joint->back);
	watch_end(&joint->b, &joint->back, &joint->there);
	joint->running = true;
	r = start_way(joint, &joint->there, &joint->ends.there, there_done);
	if (r == 0)
		r = start_way(joint, &joint->back, &joint->ends.back, back_done);
	if (r) {
		skt_joint_stop(joint);
		return r;
	}
	/* A rule may hold from the start; not told before the loop runs. */
	if (skt_ends_next(&joint->ends) != SKT_ENDS_GO_ON)
		skt_timer_set(joint->loop, &joint->timer, skt_loop_now(joint->loop));
	return 0;
}
