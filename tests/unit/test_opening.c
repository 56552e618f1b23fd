/*
 * The opening of a connection: steps one after the other under one deadline, and headers of which
 * no byte too much is taken. Socket pairs, one loop, one thread.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/opening.h"

static struct skt_loop loop;
static int peer;
static struct skt_connection connection;
static struct skt_opening opening;
static int result;
static size_t ended;

/* A step that waits for a line and then says its own name. */
struct line_step {
	struct skt_opening_step step;
	char bytes[16], said[4];
	struct skt_header in, out;
	bool cancelled;
};

static struct line_step steps[2];

static ssize_t measure_line(const char *bytes, size_t len)
{
	const char *lf = memchr(bytes, '\n', len);

	if (len && bytes[0] == '!')
		return -EPROTO;
	return lf ? lf - bytes + 1 : 0;
}

static int line_ready(struct skt_opening_step *step, struct skt_opening *from)
{
	struct line_step *line = SKT_CONTAINER(step, struct line_step, step);
	struct skt_stream *stream = &from->connection->stream;
	ssize_t n;
	int r;

	if (line->out.len == 0) {
		n = skt_header_take(&line->in, stream, measure_line);
		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0)
			return skt_opening_fail(from, (int)n);
		line->out = (struct skt_header){.bytes = line->said, .len = sizeof(line->said)};
	}
	r = skt_header_give(&line->out, stream);
	return r == 0 || r == -EAGAIN ? r : skt_opening_fail(from, r);
}

static int line_start(struct skt_opening_step *step, struct skt_opening *from)
{
	struct line_step *line = SKT_CONTAINER(step, struct line_step, step);

	line->in = (struct skt_header){.bytes = line->bytes, .size = sizeof(line->bytes)};
	return line_ready(step, from);
}

static void line_cancel(struct skt_opening_step *step)
{
	SKT_CONTAINER(step, struct line_step, step)->cancelled = true;
}

static const struct skt_opening_ops line_ops = {"a line", line_start, line_ready, line_cancel};

static void on_done(struct skt_opening *from, int r)
{
	assert_ptr_equal(from, &opening);
	result = r;
	ended++;
}

static int setup(void **state)
{
	int pair[2];

	(void)unit_setup(state);
	memset(steps, 0, sizeof(steps));
	result = 1;
	ended = 0;
	assert_int_equal(skt_loop_init(&loop), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	peer = pair[1];
	skt_connection_init(&connection, pair[0], NULL);
	opening = (struct skt_opening){.done = on_done, .loop = &loop, .connection = &connection};
	for (size_t i = 0; i < SKT_COUNT(steps); i++) {
		steps[i].step.ops = &line_ops;
		memcpy(steps[i].said, i ? "two\n" : "one\n", 4);
	}
	return 0;
}

static int teardown(void **state)
{
	skt_opening_cancel(&opening);
	skt_connection_close(&connection);
	if (peer >= 0)
		(void)close(peer);
	skt_loop_fini(&loop);
	return unit_teardown(state);
}

static void say(const char *text)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
}

static void turn(void)
{
	assert_int_equal(skt_loop_step(&loop, 0), 0);
}

static void assert_heard(const char *text)
{
	char bytes[64] = "";
	ssize_t n = recv(peer, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

	assert_int_equal(n, *text ? (ssize_t)strlen(text) : -1);
	assert_string_equal(bytes, text);
}

static void add_steps(size_t count)
{
	for (size_t i = 0; i < count; i++)
		skt_opening_add(&opening, &steps[i].step);
}

static void test_without_steps(void **state)
{
	(void)state;
	skt_opening_start(&opening, SKT_NEVER);
	assert_int_equal(ended, 1);
	assert_int_equal(result, 0);
	assert_non_null(connection.stream.ops);
	assert_false(connection.stream.wants_read);
}

/* Byte by byte, and the loop rests in between: what is there is no reason to wake. */
static void test_slow_header(void **state)
{
	static const char bytes[] = "hello\n";

	(void)state;
	add_steps(1);
	skt_opening_start(&opening, SKT_NEVER);
	for (size_t i = 0; bytes[i]; i++) {
		uint64_t wakeups;

		assert_int_equal(ended, 0);
		assert_int_equal(write(peer, &bytes[i], 1), 1);
		turn();
		wakeups = loop.wakeups;
		assert_int_equal(skt_loop_step(&loop, skt_clock_ns() + SKT_NS_PER_MS), 0);
		assert_int_equal(loop.wakeups, wakeups + 1);
		assert_true(bytes[i + 1] == '\0' ||
			recv(connection.fd, (char[1]){0}, 1, MSG_PEEK | MSG_DONTWAIT) < 0);
	}
	assert_int_equal(result, 0);
	assert_heard("one\n");
	assert_memory_equal(steps[0].bytes, "hello\n", 6);
	assert_int_equal(steps[0].in.len, 6);
	assert_true(steps[0].step.end_ns >= steps[0].step.start_ns && steps[0].step.start_ns);
}

/* What comes behind the last header is the user's, and the chain keeps its order. */
static void test_glued(void **state)
{
	char rest[16];

	(void)state;
	add_steps(2);
	say("first\nsecond\nfor the user");
	skt_opening_start(&opening, SKT_NEVER);
	assert_int_equal(ended, 1);
	assert_int_equal(result, 0);
	assert_null(opening.step);
	assert_heard("one\ntwo\n");
	assert_int_equal(recv(connection.fd, rest, sizeof(rest), MSG_DONTWAIT), 12);
	assert_memory_equal(rest, "for the user", 12);
	assert_false(connection.stream.wants_read || connection.stream.wants_write);
}

static void test_too_long(void **state)
{
	(void)state;
	add_steps(2);
	skt_opening_start(&opening, SKT_NEVER);
	say("0123456789abcdefg\n");
	turn();
	assert_int_equal(result, -EMSGSIZE);
	assert_string_equal(opening.err.text, "a line: too long");
	assert_true(steps[0].cancelled);
	assert_false(steps[1].cancelled);
	assert_ptr_equal(opening.step, &steps[0].step);
}

static void test_ended_in_the_midst(void **state)
{
	(void)state;
	add_steps(1);
	say("hel");
	skt_opening_start(&opening, SKT_NEVER);
	(void)close(peer);
	peer = -1;
	turn();
	assert_int_equal(result, -ENODATA);
	assert_string_equal(opening.err.text, "a line: the other side ended");
}

static void test_refused_by_the_measure(void **state)
{
	(void)state;
	add_steps(1);
	say("!x");
	skt_opening_start(&opening, SKT_NEVER);
	assert_int_equal(result, -EPROTO);
	/* It is not known whose they are: they stay. */
	assert_int_equal(recv(connection.fd, (char[4]){0}, 4, MSG_DONTWAIT), 2);
}

/* One deadline over all steps, also where something comes all the time. */
static void test_deadline(void **state)
{
	(void)state;
	add_steps(2);
	skt_opening_start(&opening, skt_clock_ns() + 5 * SKT_NS_PER_MS);
	say("a\nb");
	turn();
	assert_int_equal(ended, 0);
	assert_heard("one\n");
	while (!ended)
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(result, -ETIMEDOUT);
	assert_ptr_equal(opening.step, &steps[1].step);
	assert_true(steps[1].cancelled);
	assert_false(steps[0].cancelled);
}

static void test_cancelled(void **state)
{
	(void)state;
	add_steps(1);
	skt_opening_start(&opening, skt_clock_ns());
	skt_opening_cancel(&opening);
	assert_true(steps[0].cancelled);
	say("late\n");
	turn();
	assert_int_equal(ended, 0);
}

/* The peer takes nothing: the step goes on when it does. */
static void test_slow_reader(void **state)
{
	char full[4096] = "";
	size_t filled = 0;
	ssize_t n;

	(void)state;
	while ((n = send(connection.fd, full, sizeof(full), MSG_DONTWAIT)) > 0)
		filled += (size_t)n;
	add_steps(1);
	say("go\n");
	skt_opening_start(&opening, SKT_NEVER);
	turn();
	assert_int_equal(ended, 0);
	while (filled && (n = recv(peer, full, SKT_MIN(sizeof(full), filled), 0)) > 0)
		filled -= (size_t)n;
	turn();
	assert_int_equal(result, 0);
	assert_heard("one\n");
}

/* What was written and not heard of yet, without and with the end. */
static void test_unsent(void **state)
{
	struct skt_stream *stream = &connection.stream;

	(void)state;
	skt_opening_start(&opening, SKT_NEVER);
	assert_int_equal(stream->ops->unsent(stream), 0);
	assert_int_equal(stream->ops->write(stream, "12345", 5), 5);
	assert_true(stream->ops->unsent(stream) >= 5);
	assert_int_equal(skt_stream_status(stream), 0);
	(void)close(peer);
	peer = -1;
	assert_int_equal(skt_stream_status(stream), -ECONNRESET);
	assert_int_equal(skt_stream_status(stream), -ECONNRESET);
}

#define opening_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		opening_test(test_without_steps),
		opening_test(test_slow_header),
		opening_test(test_glued),
		opening_test(test_too_long),
		opening_test(test_ended_in_the_midst),
		opening_test(test_refused_by_the_measure),
		opening_test(test_deadline),
		opening_test(test_cancelled),
		opening_test(test_slow_reader),
		opening_test(test_unsent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
