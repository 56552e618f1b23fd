#include "net/opening.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

/* Bytes looked at at once: they are copied once more when they are taken. */
enum { PEEK_MAX = 1024 };

/* ---- the chain ---- */

void skt_opening_add(struct skt_opening *opening, struct skt_opening_step *step)
{
	struct skt_opening_step **link = &opening->steps;

	while (*link)
		link = &(*link)->next;
	step->next = NULL;
	*link = step;
}

/* The stream has no user any more. */
static void let_go(struct skt_opening *opening)
{
	struct skt_stream *stream = &opening->connection->stream;

	opening->running = false;
	skt_timer_remove(&opening->deadline);
	if (!stream->ops)
		return;
	stream->wants_read = stream->wants_write = false;
	stream->reader = stream->writer = NULL;
	(void)skt_stream_update(stream);
}

void skt_opening_cancel(struct skt_opening *opening)
{
	struct skt_opening_step *step = opening->step;

	if (!opening->running)
		return;
	let_go(opening);
	if (step && step->start_ns && step->ops->cancel)
		step->ops->cancel(step);
}

static void end(struct skt_opening *opening, int r)
{
	if (r)
		skt_opening_cancel(opening);
	else
		let_go(opening);
	opening->done(opening, r);
}

/* One try of the step that runs: 0, -EAGAIN, or why it has failed. */
static int try(struct skt_opening *opening)
{
	struct skt_opening_step *step = opening->step;
	struct skt_stream *stream = &opening->connection->stream;
	int r = 0;

	stream->wants_read = stream->wants_write = false;
	if (!step->start_ns) {
		step->start_ns = skt_clock_ns();
		r = step->ops->start(step, opening);
	} else {
		r = step->ops->ready(step, opening);
	}
	if (r == 0)
		step->end_ns = skt_clock_ns();
	return r;
}

static void run(struct skt_opening *opening)
{
	struct skt_stream *stream = &opening->connection->stream;
	int r = 0;

	while (opening->step) {
		r = try(opening);
		if (r)
			break;
		opening->step = opening->step->next;
	}
	if (r == -EAGAIN) {
		r = skt_stream_update(stream);
		if (r == 0)
			return;
		(void)skt_fail(&opening->err, -r, "%s", opening->step->ops->name);
	}
	end(opening, r);
}

static void stream_ready(struct skt_stream_user *user)
{
	run(SKT_CONTAINER(user, struct skt_opening, user));
}

void skt_opening_wake(struct skt_opening *opening)
{
	if (opening->running)
		run(opening);
}

static void deadline_passed(struct skt_timer *timer)
{
	struct skt_opening *opening = SKT_CONTAINER(timer, struct skt_opening, deadline);

	end(opening, skt_fail(&opening->err, ETIMEDOUT, "%s", opening->step->ops->name));
}

void skt_opening_start(struct skt_opening *opening, uint64_t deadline_ns)
{
	struct skt_stream *stream = &opening->connection->stream;
	int r = skt_connection_open(opening->connection, opening->loop);

	opening->step = opening->steps;
	opening->running = true;
	if (r) {
		end(opening, skt_fail(&opening->err, -r, "use the connection"));
		return;
	}
	opening->user.ready = stream_ready;
	stream->reader = stream->writer = &opening->user;
	opening->deadline.handler = deadline_passed;
	if (opening->step)
		skt_timer_set(opening->loop, &opening->deadline, deadline_ns);
	run(opening);
}

/* ---- for steps ---- */

/* What the header still needs and is there: its bytes, as many as there may be of it. */
static ssize_t look(const struct skt_header *header, struct skt_stream *stream)
{
	size_t room = SKT_MIN(header->size - header->len, (size_t)PEEK_MAX);
	ssize_t n;

	if (room == 0)
		return -EMSGSIZE;
	if (!stream->ops->peek)
		return -EOPNOTSUPP;
	n = stream->ops->peek(stream, header->bytes + header->len, room);
	if (n == -EAGAIN)
		stream->wants_read = true;
	return n == 0 ? -ENODATA : n;
}

/* Takes COUNT bytes that were looked at. */
static int take(struct skt_header *header, struct skt_stream *stream, size_t count)
{
	while (count) {
		ssize_t n = stream->ops->read(stream, header->bytes + header->len, count);

		if (n <= 0)
			return n ? (int)n : -ENODATA;
		header->len += (size_t)n;
		count -= (size_t)n;
	}
	return 0;
}

ssize_t skt_header_take(struct skt_header *header, struct skt_stream *stream,
	ssize_t (*measure)(const char *bytes, size_t len))
{
	for (;;) {
		ssize_t n = look(header, stream), whole;
		int r;

		if (n < 0)
			return n;
		whole = measure(header->bytes, header->len + (size_t)n);
		if (whole < 0)
			return whole;
		/* As long as it is not whole, all that is there is of it. */
		r = take(header, stream, whole ? (size_t)whole - header->len : (size_t)n);
		if (r || whole)
			return r ? r : whole;
	}
}

int skt_header_give(struct skt_header *header, struct skt_stream *stream)
{
	while (header->len) {
		ssize_t n = stream->ops->write(stream, header->bytes, header->len);

		if (n == -EAGAIN)
			stream->wants_write = true;
		if (n < 0)
			return (int)n;
		header->bytes += n;
		header->len -= (size_t)n;
	}
	return 0;
}

int skt_opening_fail(struct skt_opening *opening, int r)
{
	const char *name = opening->step->ops->name;

	switch (r) {
	case -ENODATA:
		return skt_fail_text(&opening->err, ENODATA, "%s: the other side ended", name);
	case -EMSGSIZE:
		return skt_fail_text(&opening->err, EMSGSIZE, "%s: too long", name);
	}
	return skt_fail(&opening->err, -r, "%s", name);
}
