/* The ways in which a pump moves bytes: thin calls that tell the flow what happened. */
#include "net/pump_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/macros.h"

enum {
	LARGE = 32 * 1024, /* a read from which on a pipe in between is worth its calls */
	SMALL = 4 * 1024,  /* and one that is not, if it comes often */
	SMALL_TIMES = 8,
	RECORD_MAX = 64 * 1024, /* the longest record made of a stream of bytes */
	SPLICE_MAX = 1024 * 1024,
	CONFUSED_TIMES = 16,
	USER_PIPE_SIZE = 1024 * 1024,
};

/* So long a pipe may hold bytes while others do without. */
#define HELD_LONG_NS (100 * SKT_NS_PER_MS)

/*
 * A shell's pipe holds 64 KiB, and two programs that keep it full and empty wake each other for
 * each of them. Refused (pipe(7): the user's share) it stays as it is.
 */
static void widen(const struct skt_stream *stream)
{
	if (stream->kind == SKT_STREAM_PIPE && fcntl(stream->fd, F_GETPIPE_SZ) < USER_PIPE_SIZE)
		(void)fcntl(stream->fd, F_SETPIPE_SZ, USER_PIPE_SIZE);
}

enum skt_pump_path skt_pump_choose(struct skt_pump *pump)
{
	const struct skt_stream *source = pump->source, *sink = pump->sink;

	pump->relayable = false;
	if (pump->opening)
		return SKT_PUMP_COPY;
	if (pump->taps || pump->given_taps || pump->transform || !source->raw || !sink->raw)
		return SKT_PUMP_COPY;
	if (source->kind == SKT_STREAM_RECORDS || sink->kind == SKT_STREAM_RECORDS ||
		source->kind == SKT_STREAM_TTY || sink->kind == SKT_STREAM_TTY ||
		source->kind == SKT_STREAM_DEVICE)
		return SKT_PUMP_COPY;
	/* splice() and sendfile() know of no per-call flag that keeps a socket from blocking. */
	if (sink->append || (sink->kind == SKT_STREAM_SOCKET && !sink->nonblock))
		return SKT_PUMP_COPY;
	if (source->kind == SKT_STREAM_PIPE || sink->kind == SKT_STREAM_PIPE) {
		widen(source);
		widen(sink);
		return SKT_PUMP_SPLICE;
	}
	if (source->kind == SKT_STREAM_FILE)
		return SKT_PUMP_SENDFILE;
	pump->relayable = true;
	return SKT_PUMP_COPY;
}

/* The kernel will not do this with such descriptors: bytes go through memory from here on. */
static bool refused(int errnum)
{
	return errnum == EINVAL || errnum == ENOSYS || errnum == EOPNOTSUPP || errnum == EPERM ||
		errnum == EBADF;
}

static void fall_back(struct skt_pump *pump)
{
	pump->path = SKT_PUMP_COPY;
	pump->relayable = false;
}

static enum skt_pump_turn take_broke(struct skt_pump *pump, int r)
{
	skt_flow_broke(&pump->flow, SKT_FLOW_SOURCE, r);
	return SKT_PUMP_ONWARD;
}

/*
 * The kernel tells an error to one call only, and it was told to one that writes: who reads from
 * the same stream must not take the silence after it for an end in order.
 */
static enum skt_pump_turn give_broke(struct skt_pump *pump, int r)
{
	if (!pump->sink->error)
		pump->sink->error = r;
	skt_flow_broke(&pump->flow, SKT_FLOW_SINK, r);
	return SKT_PUMP_ONWARD;
}

/* EPIPE is of the other way: it is what a reset is called after the end (tcp_reset()). */
static enum skt_pump_turn take_ended(struct skt_pump *pump)
{
	if (pump->source->error && pump->source->error != -EPIPE)
		return take_broke(pump, pump->source->error);
	skt_flow_ended(&pump->flow);
	return SKT_PUMP_ONWARD;
}

static void show(struct skt_tap *taps, const char *bytes, size_t len)
{
	for (struct skt_tap *tap = taps; tap; tap = tap->next)
		tap->see(tap, bytes, len);
}

static enum skt_pump_turn take_copy(struct skt_pump *pump, size_t limit)
{
	char *bytes = skt_pump_pool_scratch(pump->pool);
	size_t room = SKT_PUMP_CHUNK, held;
	ssize_t n;

	if (!bytes)
		return take_broke(pump, -ENOMEM);
	if (pump->sink->kind == SKT_STREAM_RECORDS && pump->source->kind != SKT_STREAM_RECORDS)
		room = RECORD_MAX / (pump->transform ? pump->transform->growth : 1);
	/* A record is taken whole or not at all. */
	if (pump->source->kind != SKT_STREAM_RECORDS)
		room = SKT_MIN(room, limit);
	n = pump->source->ops->read(pump->source, bytes, room);
	if (n == -EAGAIN)
		return SKT_PUMP_WAIT_SOURCE;
	if (n < 0)
		return take_broke(pump, (int)n);
	if (n == 0)
		return take_ended(pump);
	show(pump->taps, bytes, (size_t)n);
	if (pump->opening) {
		pump->opening->see(pump->opening, bytes, (size_t)n);
		pump->opening = NULL;
		pump->path = skt_pump_choose(pump);
	}
	pump->data = bytes;
	held = (size_t)n;
	if (pump->transform) {
		char *to = skt_pump_pool_changed(pump->pool, held * pump->transform->growth);

		if (!to)
			return take_broke(pump, -ENOMEM);
		held = pump->transform->apply(pump->transform, bytes, held, to);
		pump->data = to;
	}
	skt_flow_took(&pump->flow, (size_t)n, held);
	/* Less than there was room for: the next read would find nothing. */
	pump->dry = (size_t)n < room;
	if (pump->relayable && n >= LARGE)
		pump->path = SKT_PUMP_RELAY;
	return SKT_PUMP_ONWARD;
}

void skt_pump_keep(struct skt_pump *pump)
{
	if (!pump->flow.held || pump->has_pipe || pump->kept)
		return;
	pump->kept = malloc(pump->flow.held);
	if (!pump->kept) {
		skt_flow_broke(&pump->flow, SKT_FLOW_SINK, -ENOMEM);
		return;
	}
	memcpy(pump->kept, pump->data, pump->flow.held);
	pump->data = pump->kept;
}

/* Of the pipe. */
static void let_go(struct skt_pump *pump, bool empty)
{
	skt_pump_pool_unhold(pump->pool, pump);
	skt_pump_pool_give_back(pump->pool, &pump->pipe, empty);
}

void skt_pump_drop(struct skt_pump *pump)
{
	if (pump->has_pipe)
		let_go(pump, pump->flow.held == 0);
	free(pump->kept);
	pump->kept = NULL;
	pump->data = NULL;
}

static enum skt_pump_turn give_copy(struct skt_pump *pump)
{
	size_t size = pump->flow.held;
	ssize_t n = pump->sink->ops->write(pump->sink, pump->data, size);

	if (n == -EAGAIN)
		return SKT_PUMP_WAIT_SINK;
	if (n < 0)
		return give_broke(pump, (int)n);
	show(pump->given_taps, pump->data, (size_t)n);
	skt_flow_gave(&pump->flow, (size_t)n);
	pump->data += n;
	if (!pump->flow.held) {
		free(pump->kept);
		pump->kept = NULL;
		pump->data = NULL;
	}
	return SKT_PUMP_ONWARD;
}

static ssize_t splice_some(int from, int to, size_t size)
{
	ssize_t n;

	do
		n = splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	while (n < 0 && errno == EINTR);
	return n;
}

/* What the pipe holds goes to memory, and the pipe to the pool. 0 or -errno. */
static int read_back(struct skt_pump *pump)
{
	char *kept = malloc(pump->flow.held);
	size_t got = 0;

	if (!kept)
		return -ENOMEM;
	while (got < pump->flow.held) {
		ssize_t n = read(pump->pipe.fd[0], kept + got, pump->flow.held - got);

		/* What a pipe of our own holds can be read. */
		SKT_ASSERT(n > 0 || (n < 0 && errno == EINTR));
		if (n > 0)
			got += (size_t)n;
	}
	pump->kept = kept;
	pump->data = kept;
	let_go(pump, true);
	return 0;
}

/* An empty pipe, be it one that was held for long; errors of skt_pump_pool_borrow(). */
static int borrow(struct skt_pump *pump)
{
	struct skt_pump *oldest = pump->pool->holders;
	int r = skt_pump_pool_borrow(pump->pool, &pump->pipe);

	if (r == 0 || !oldest || skt_loop_now(pump->loop) - oldest->held_ns < HELD_LONG_NS)
		return r;
	return read_back(oldest) ? r : skt_pump_pool_borrow(pump->pool, &pump->pipe);
}

static enum skt_pump_turn take_relay(struct skt_pump *pump, size_t limit)
{
	ssize_t n;
	int errnum, r;

	r = borrow(pump);
	if (r == -EBUSY)
		return take_copy(pump, limit);
	if (r) {
		fall_back(pump);
		return SKT_PUMP_ONWARD;
	}
	n = splice_some(pump->source->fd, pump->pipe.fd[1], SKT_MIN(pump->pipe.size, limit));
	errnum = errno;
	if (n > 0) {
		skt_pump_pool_hold(pump->pool, pump);
		skt_flow_took(&pump->flow, (size_t)n, (size_t)n);
		pump->small = n < SMALL ? pump->small + 1 : 0;
		pump->dry = n < LARGE;
		return SKT_PUMP_ONWARD;
	}
	skt_pump_pool_give_back(pump->pool, &pump->pipe, true);
	if (n == 0)
		return take_ended(pump);
	if (errnum == EAGAIN)
		return SKT_PUMP_WAIT_SOURCE;
	if (refused(errnum))
		fall_back(pump);
	else
		skt_flow_broke(&pump->flow, SKT_FLOW_SOURCE, -errnum);
	return SKT_PUMP_ONWARD;
}

/* The sink refused what is in the pipe already: it is read back, and nothing is lost. */
static enum skt_pump_turn recover(struct skt_pump *pump)
{
	int r = read_back(pump);

	fall_back(pump);
	return r ? give_broke(pump, r) : SKT_PUMP_ONWARD;
}

static enum skt_pump_turn give_relay(struct skt_pump *pump)
{
	ssize_t n = splice_some(pump->pipe.fd[0], pump->sink->fd, pump->flow.held);

	if (n < 0 && errno == EAGAIN)
		return SKT_PUMP_WAIT_SINK;
	if (n < 0 && refused(errno))
		return recover(pump);
	if (n <= 0)
		return give_broke(pump, n < 0 ? -errno : -EIO);
	skt_flow_gave(&pump->flow, (size_t)n);
	if (!pump->flow.held)
		skt_pump_drop(pump);
	/* A talk in small pieces is cheaper through memory; a large read brings the pipe back. */
	if (!pump->flow.held && pump->small >= SMALL_TIMES) {
		pump->small = 0;
		pump->path = SKT_PUMP_COPY;
	}
	return SKT_PUMP_ONWARD;
}

/* One call has two sides; which of them is not ready? */
static enum skt_pump_turn who_waits(struct skt_pump *pump)
{
	struct pollfd sides[2] = {{.fd = pump->source->fd, .events = POLLIN},
		{.fd = pump->sink->fd, .events = POLLOUT}};

	if (poll(sides, 2, 0) < 0)
		return SKT_PUMP_WAIT_SOURCE;
	if (!sides[0].revents)
		return SKT_PUMP_WAIT_SOURCE;
	if (!sides[1].revents)
		return SKT_PUMP_WAIT_SINK;
	/* Ready by now, or the two calls disagree for ever: read() and write() settle that. */
	if (++pump->confused >= CONFUSED_TIMES)
		fall_back(pump);
	return SKT_PUMP_ONWARD;
}

/*
 * Which side an error is of. The kernel does not say; EPIPE is the sink's, and so are a file
 * system's, and a socket is asked for its own by poll.
 */
static enum skt_flow_side who_broke(const struct skt_pump *pump, int errnum)
{
	struct pollfd sink = {.fd = pump->sink->fd, .events = POLLOUT};

	if (errnum == EIO && pump->source->kind == SKT_STREAM_FILE)
		return SKT_FLOW_SOURCE;
	if (errnum == EPIPE || errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG ||
		pump->source->kind != SKT_STREAM_SOCKET)
		return SKT_FLOW_SINK;
	if (poll(&sink, 1, 0) > 0 && sink.revents & (POLLERR | POLLHUP))
		return SKT_FLOW_SINK;
	return SKT_FLOW_SOURCE;
}

static enum skt_pump_turn move(struct skt_pump *pump, size_t limit)
{
	size_t size = SKT_MIN(limit, SPLICE_MAX);
	ssize_t n;

	if (pump->path == SKT_PUMP_SPLICE)
		n = splice_some(pump->source->fd, pump->sink->fd, size);
	else
		n = sendfile(pump->sink->fd, pump->source->fd, NULL, size);
	if (n > 0) {
		skt_flow_moved(&pump->flow, (size_t)n);
		pump->confused = 0;
		pump->dry = pump->source->kind != SKT_STREAM_FILE && n < LARGE;
	} else if (n == 0) {
		return take_ended(pump);
	} else if (errno == EAGAIN) {
		return who_waits(pump);
	} else if (refused(errno)) {
		fall_back(pump);
	} else if (errno != EINTR) {
		int r = -errno;

		if (who_broke(pump, -r) == SKT_FLOW_SINK)
			return give_broke(pump, r);
		return take_broke(pump, r);
	}
	return SKT_PUMP_ONWARD;
}

enum skt_pump_turn skt_pump_take(struct skt_pump *pump, size_t limit)
{
	switch (pump->path) {
	case SKT_PUMP_COPY:
		return take_copy(pump, limit);
	case SKT_PUMP_RELAY:
		return take_relay(pump, limit);
	case SKT_PUMP_SPLICE:
	case SKT_PUMP_SENDFILE:
		break;
	}
	return move(pump, limit);
}

enum skt_pump_turn skt_pump_give(struct skt_pump *pump)
{
	return pump->has_pipe ? give_relay(pump) : give_copy(pump);
}
