/*
 * Two ends joined: the rule about ends as a table, then real sockets that half-close, close, reset
 * and stall. One loop, one thread; nothing here waits for a clock but where a stall is meant.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/joint.h"

/* ---- the rule ---- */

enum { NONE = SKT_WAY_NONE, OPEN, ENDED, REFUSED, FAILED, CUT };
enum { HERE = SKT_END_HERE, LEFT, BROKEN };
enum { GO_ON = SKT_ENDS_GO_ON, CLOSE, RESET, ABORT };

/* Rules, as letters: a with_a, b with_b, s strict_a, l lenient_b, e enough. */
static const struct story {
	int there, back, a, b;
	const char *rules;
	int next;
} stories[] = {
	/* Each way ends by itself. */
	{OPEN, OPEN, HERE, HERE, "", GO_ON},
	{ENDED, OPEN, HERE, HERE, "", GO_ON},
	{OPEN, ENDED, HERE, HERE, "", GO_ON},
	{ENDED, ENDED, HERE, HERE, "", CLOSE},
	{ENDED, ENDED, HERE, HERE, "s", CLOSE},
	/* Hang-ups of connections whose ways have ended are the usual thing. */
	{ENDED, ENDED, LEFT, LEFT, "", CLOSE},
	{ENDED, ENDED, BROKEN, BROKEN, "", CLOSE},
	/* No side at all. */
	{NONE, OPEN, HERE, HERE, "s", GO_ON},
	{NONE, ENDED, HERE, HERE, "s", CLOSE},
	{NONE, CUT, HERE, HERE, "s", RESET},
	{NONE, OPEN, HERE, HERE, "sa", CLOSE},
	/* Only one end counts. */
	{ENDED, OPEN, HERE, HERE, "a", CLOSE},
	{OPEN, ENDED, HERE, HERE, "a", GO_ON},
	{REFUSED, OPEN, HERE, HERE, "a", RESET},
	{OPEN, ENDED, HERE, HERE, "b", CLOSE},
	{ENDED, OPEN, HERE, HERE, "b", GO_ON},
	{REFUSED, ENDED, HERE, HERE, "b", RESET},
	{ENDED, OPEN, HERE, HERE, "e", CLOSE},
	{OPEN, OPEN, HERE, HERE, "e", GO_ON},
	/* Who takes no more may still speak. */
	{REFUSED, OPEN, HERE, HERE, "", GO_ON},
	{REFUSED, OPEN, HERE, BROKEN, "", GO_ON},
	{OPEN, REFUSED, HERE, HERE, "", GO_ON},
	{REFUSED, ENDED, HERE, HERE, "", RESET},
	{ENDED, REFUSED, HERE, HERE, "", RESET},
	{REFUSED, CUT, HERE, HERE, "", RESET},
	/* Who is there and will never hear the end would wait for it. */
	{FAILED, OPEN, HERE, HERE, "", RESET},
	{FAILED, OPEN, HERE, HERE, "s", RESET},
	{OPEN, FAILED, HERE, HERE, "", RESET},
	{FAILED, ENDED, HERE, HERE, "l", RESET},
	/* Who broke off takes no more. */
	{CUT, OPEN, HERE, HERE, "", RESET},
	{OPEN, CUT, HERE, HERE, "", RESET},
	{CUT, ENDED, HERE, HERE, "", RESET},
	{ENDED, CUT, HERE, HERE, "", RESET},
	/* An end is gone: what it has said is still read, then there is nobody. */
	{OPEN, OPEN, BROKEN, HERE, "", GO_ON},
	{OPEN, OPEN, HERE, BROKEN, "", GO_ON},
	{ENDED, OPEN, BROKEN, HERE, "", RESET},
	{ENDED, OPEN, LEFT, HERE, "", CLOSE},
	{REFUSED, OPEN, LEFT, HERE, "", RESET},
	{OPEN, ENDED, HERE, BROKEN, "", RESET},
	{OPEN, ENDED, HERE, LEFT, "", CLOSE},
	{OPEN, ENDED, HERE, LEFT, "s", RESET},
	{ENDED, OPEN, HERE, BROKEN, "", GO_ON},
	{OPEN, ENDED, BROKEN, HERE, "", GO_ON},
	/* stdin and stdout. */
	{CUT, OPEN, HERE, HERE, "s", ABORT},
	{CUT, ENDED, HERE, HERE, "s", ABORT},
	{OPEN, REFUSED, HERE, HERE, "s", ABORT},
	{ENDED, REFUSED, HERE, HERE, "s", ABORT},
	{OPEN, CUT, HERE, HERE, "s", RESET},
	{OPEN, ENDED, HERE, HERE, "s", GO_ON},
	{OPEN, ENDED, HERE, HERE, "sb", CLOSE},
	{OPEN, ENDED, HERE, LEFT, "sb", CLOSE},
	{REFUSED, OPEN, HERE, HERE, "s", GO_ON},
	{REFUSED, ENDED, HERE, HERE, "sb", RESET},
	/* A program need not hear all. */
	{REFUSED, OPEN, HERE, HERE, "l", GO_ON},
	{REFUSED, ENDED, HERE, HERE, "l", CLOSE},
	{OPEN, CUT, HERE, HERE, "l", GO_ON},
	{OPEN, CUT, HERE, LEFT, "l", CLOSE},
	{OPEN, ENDED, HERE, BROKEN, "l", CLOSE},
	{OPEN, ENDED, HERE, HERE, "lb", CLOSE},
	{ENDED, CUT, HERE, HERE, "l", CLOSE},
	{CUT, OPEN, HERE, HERE, "l", RESET},
	{ENDED, REFUSED, HERE, HERE, "l", RESET},
};

static void test_the_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(stories); i++) {
		const struct story *s = &stories[i];
		const struct skt_ends ends = {
			.there = (enum skt_way)s->there,
			.back = (enum skt_way)s->back,
			.a = (enum skt_presence)s->a,
			.b = (enum skt_presence)s->b,
			.with_a = strchr(s->rules, 'a'),
			.with_b = strchr(s->rules, 'b'),
			.strict_a = strchr(s->rules, 's'),
			.lenient_b = strchr(s->rules, 'l'),
			.enough = strchr(s->rules, 'e'),
		};

		if (skt_ends_next(&ends) != (enum skt_ends_step)s->next)
			fail_msg("story %zu: %d, not %d", i, (int)skt_ends_next(&ends), s->next);
	}
}

/* Whatever happens: once nothing is open it is over, and a loss is never an end in order. */
static void test_the_rule_everywhere(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6 * 6 * 3 * 3 * 32; i++) {
		const unsigned int rules = i / 324;
		const struct skt_ends ends = {
			.there = (enum skt_way)(i % 6),
			.back = (enum skt_way)(i / 6 % 6),
			.a = (enum skt_presence)(i / 36 % 3),
			.b = (enum skt_presence)(i / 108 % 3),
			.with_a = rules & 1,
			.with_b = rules & 2,
			.strict_a = rules & 4,
			.lenient_b = rules & 8,
			.enough = rules & 16,
		};
		enum skt_ends_step next = skt_ends_next(&ends);
		bool open = ends.there == SKT_WAY_OPEN || ends.back == SKT_WAY_OPEN;

		if (!open)
			assert_int_not_equal(next, SKT_ENDS_GO_ON);
		if (ends.there == SKT_WAY_CUT || ends.back == SKT_WAY_REFUSED)
			assert_int_not_equal(next, SKT_ENDS_CLOSE);
		if (ends.there == SKT_WAY_FAILED || ends.back == SKT_WAY_FAILED)
			assert_true(next == SKT_ENDS_RESET || next == SKT_ENDS_ABORT);
		if (next == SKT_ENDS_ABORT)
			assert_true(ends.strict_a);
		if (ends.there == SKT_WAY_OPEN && ends.back == SKT_WAY_OPEN)
			assert_int_equal(next, SKT_ENDS_GO_ON);
	}
}

/* ---- real ends ---- */

enum { MORE = 4 * 1024 * 1024, BOUND_S = 20 };

static char bytes[256 * 1024];

struct couple {
	struct skt_loop loop;
	struct skt_pump_pool pool;
	struct skt_stream a, b;
	struct skt_joint joint;
	int fd[2]; /* the far ends of A and of B, -1: closed */
	int done;
	enum skt_ends_step step;
};

static void couple_done(struct skt_joint *joint, enum skt_ends_step step)
{
	struct couple *couple = SKT_CONTAINER(joint, struct couple, joint);

	couple->done++;
	couple->step = step;
}

/* pair[0]: the test's; small buffers, so that nothing hides in the kernel. */
static void connect_pair(int family, int pair[2])
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int listener, size = 64 * 1024;

	if (family == AF_UNIX) {
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
			0);
		return;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(bind(listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(connect(pair[0], (struct sockaddr *)&sin, len), 0);
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(pair[1] >= 0);
	(void)close(listener);
}

static void couple_open(struct couple *couple, int family)
{
	int a[2], b[2];

	memset(couple, 0, sizeof(*couple));
	assert_int_equal(skt_loop_init(&couple->loop), 0);
	connect_pair(family, a);
	connect_pair(family, b);
	couple->fd[0] = a[0];
	couple->fd[1] = b[0];
	assert_int_equal(skt_stream_open(&couple->a, &couple->loop, a[1]), 0);
	assert_int_equal(skt_stream_open(&couple->b, &couple->loop, b[1]), 0);
	couple->a.owns = couple->b.owns = true;
	couple->joint = (struct skt_joint){
		.loop = &couple->loop,
		.there = {.source = &couple->a, .sink = &couple->b, .pool = &couple->pool},
		.back = {.source = &couple->b, .sink = &couple->a, .pool = &couple->pool},
		.done = couple_done,
	};
}

static void couple_start(struct couple *couple)
{
	assert_int_equal(skt_joint_start(&couple->joint), 0);
}

static void couple_close(struct couple *couple)
{
	skt_joint_stop(&couple->joint);
	skt_stream_close(&couple->a);
	skt_stream_close(&couple->b);
	for (int i = 0; i < 2; i++)
		if (couple->fd[i] >= 0)
			(void)close(couple->fd[i]);
	skt_pump_pool_fini(&couple->pool);
	skt_loop_fini(&couple->loop);
}

/* Until nothing happens any more; a loop that spins does not get here. */
static void rest(struct couple *couple)
{
	uint64_t before;

	for (int i = 0; i < 200; i++)
		assert_int_equal(skt_loop_step(&couple->loop, 0), 0);
	before = couple->loop.wakeups;
	if (couple->loop.timers)
		return;
	assert_int_equal(skt_loop_step(&couple->loop, skt_clock_ns() + 2 * SKT_NS_PER_MS), 0);
	assert_int_equal(couple->loop.wakeups, before + 1);
}

static void run_until_done(struct couple *couple)
{
	uint64_t bound = skt_clock_ns() + BOUND_S * SKT_NS_PER_SEC;

	while (!couple->done) {
		assert_int_equal(skt_loop_step(&couple->loop, bound), 0);
		assert_true(skt_clock_ns() < bound);
	}
	assert_int_equal(couple->done, 1);
}

static void reset(int *fd)
{
	struct linger hard = {.l_onoff = 1};

	(void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	(void)close(*fd);
	*fd = -1;
}

/* Sends as much as goes, while the loop runs. Returns how much went. */
static size_t fill(struct couple *couple, int fd)
{
	size_t sent = 0;

	for (int misses = 0; misses < 20 && sent < MORE;) {
		ssize_t n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);

		misses = n > 0 ? 0 : misses + 1;
		sent += n > 0 ? (size_t)n : 0;
		for (int i = 0; i < 5; i++)
			assert_int_equal(skt_loop_step(&couple->loop, 0), 0);
	}
	return sent;
}

/* Reads to the end, or to the error, which is returned; the loop runs meanwhile. */
static int drain(struct couple *couple, int fd, size_t *got)
{
	uint64_t bound = skt_clock_ns() + BOUND_S * SKT_NS_PER_SEC;
	ssize_t n;

	for (*got = 0; (n = recv(fd, bytes, 4096, 0)) != 0; *got += n > 0 ? (size_t)n : 0) {
		if (n < 0 && errno != EAGAIN)
			return errno;
		assert_int_equal(skt_loop_step(&couple->loop, 0), 0);
		assert_true(skt_clock_ns() < bound);
		if (couple->done && couple->b.fd >= 0) {
			/* As its owner does. */
			if (couple->step == SKT_ENDS_RESET) {
				struct linger hard = {.l_onoff = 1};

				(void)setsockopt(
					couple->b.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
			}
			skt_stream_close(&couple->b);
		}
	}
	return 0;
}

static const int families[] = {AF_INET, AF_UNIX};

static void test_each_way_ends_by_itself(void **state)
{
	(void)state;
	for (size_t f = 0; f < SKT_COUNT(families); f++) {
		for (int confirms = 0; confirms < 2; confirms++) {
			struct couple c;

			couple_open(&c, families[f]);
			c.joint.confirms = confirms;
			couple_start(&c);
			(void)send(c.fd[0], "ask", 3, 0);
			(void)shutdown(c.fd[0], SHUT_WR);
			rest(&c);
			assert_int_equal(c.done, 0);
			assert_int_equal(recv(c.fd[1], bytes, 9, 0), 3);
			assert_int_equal(recv(c.fd[1], bytes, 9, 0), 0);
			(void)send(c.fd[1], "reply", 5, 0);
			rest(&c);
			assert_int_equal(recv(c.fd[0], bytes, 9, 0), 5);
			(void)shutdown(c.fd[1], SHUT_WR);
			run_until_done(&c);
			assert_int_equal(c.step, SKT_ENDS_CLOSE);
			assert_int_equal(skt_joint_error(&c.joint), 0);
			assert_int_equal(skt_joint_undelivered(&c.joint), 0);
			assert_int_equal(recv(c.fd[0], bytes, 9, 0), 0);
			couple_close(&c);
		}
	}
}

/* An end that half-closed sleeps; that it was reset then is heard all the same. */
static void test_a_sleeper_is_not_deaf(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		struct couple c;

		couple_open(&c, AF_INET);
		couple_start(&c);
		(void)shutdown(c.fd[side], SHUT_WR);
		rest(&c);
		assert_int_equal(c.done, 0);
		reset(&c.fd[side]);
		run_until_done(&c);
		assert_int_equal(c.step, SKT_ENDS_RESET);
		/* So it is called where an end came before (net/ipv4/tcp_input.c, tcp_reset()). */
		assert_int_equal(skt_joint_error(&c.joint), -EPIPE);
		couple_close(&c);
	}
}

/* A unix client that is gone after its last word has broken nothing. */
static void test_who_left_has_broken_nothing(void **state)
{
	struct couple c;

	(void)state;
	couple_open(&c, AF_UNIX);
	couple_start(&c);
	(void)send(c.fd[0], "last", 4, 0);
	(void)close(c.fd[0]);
	c.fd[0] = -1;
	run_until_done(&c);
	assert_int_equal(c.step, SKT_ENDS_CLOSE);
	assert_int_equal(recv(c.fd[1], bytes, 9, 0), 4);
	assert_int_equal(recv(c.fd[1], bytes, 9, 0), 0);
	couple_close(&c);
}

/* What had come before a reset reaches a reader that is slow, and then the reset does. */
static void test_a_reset_drops_nothing_that_was_taken(void **state)
{
	struct couple c;
	size_t sent, got, taken;

	(void)state;
	couple_open(&c, AF_INET);
	c.joint.stall_ns = BOUND_S * SKT_NS_PER_SEC;
	couple_start(&c);
	sent = fill(&c, c.fd[0]);
	taken = c.joint.there.flow.taken;
	assert_true(sent > 0 && c.joint.there.flow.held > 0);
	reset(&c.fd[0]);
	rest(&c);
	assert_int_equal(c.done, 0);
	assert_int_equal(drain(&c, c.fd[1], &got), ECONNRESET);
	assert_true(got >= taken);
	assert_int_equal(c.step, SKT_ENDS_RESET);
	couple_close(&c);
}

/* The same where the one who is reset was being spoken to: what it said before arrives. */
static void test_what_was_said_before_a_refusal_arrives(void **state)
{
	struct couple c;

	(void)state;
	couple_open(&c, AF_INET);
	couple_start(&c);
	(void)send(c.fd[1], "answer", 6, 0);
	(void)send(c.fd[0], "unread", 6, 0);
	/* Unread bytes make it a reset; what was on its way back is in our queue by then. */
	(void)close(c.fd[1]);
	c.fd[1] = -1;
	(void)send(c.fd[0], "more", 4, 0);
	run_until_done(&c);
	assert_int_equal(recv(c.fd[0], bytes, 9, 0), 6);
	couple_close(&c);
}

static void test_a_survivor_that_stalls_is_given_up(void **state)
{
	struct couple c;

	(void)state;
	couple_open(&c, AF_INET);
	c.joint.stall_ns = 20 * SKT_NS_PER_MS;
	couple_start(&c);
	(void)fill(&c, c.fd[0]);
	reset(&c.fd[0]);
	run_until_done(&c);
	assert_int_equal(c.step, SKT_ENDS_RESET);
	assert_int_equal(skt_joint_error(&c.joint), -ETIMEDOUT);
	couple_close(&c);
}

/* Bytes that the peer's kernel did not take before it broke are counted, to the byte. */
static void test_losses_are_counted(void **state)
{
	struct couple c;
	size_t sent;

	(void)state;
	couple_open(&c, AF_INET);
	c.joint.confirms = true;
	couple_start(&c);
	sent = fill(&c, c.fd[0]);
	(void)shutdown(c.fd[0], SHUT_WR);
	rest(&c);
	assert_true(skt_joint_undelivered(&c.joint) > 0);
	assert_true(c.joint.there.flow.taken <= sent);
	reset(&c.fd[1]);
	run_until_done(&c);
	assert_int_equal(c.step, SKT_ENDS_RESET);
	assert_true(skt_joint_undelivered(&c.joint) > 0);
	assert_true(skt_joint_undelivered(&c.joint) <= sent);
	couple_close(&c);
}

/* One side only: nothing is half-closed, and the end of the other is the end. */
static void test_no_side(void **state)
{
	struct couple c;

	(void)state;
	couple_open(&c, AF_INET);
	c.joint.there.source = NULL;
	couple_start(&c);
	(void)send(c.fd[1], "x", 1, 0);
	rest(&c);
	assert_int_equal(recv(c.fd[0], bytes, 9, 0), 1);
	assert_int_equal(recv(c.fd[1], bytes, 9, 0), -1);
	assert_int_equal(errno, EAGAIN);
	(void)shutdown(c.fd[1], SHUT_WR);
	run_until_done(&c);
	assert_int_equal(c.step, SKT_ENDS_CLOSE);
	couple_close(&c);
}

/* Rules that change meanwhile. */
static void test_a_rule_may_change(void **state)
{
	struct couple c;

	(void)state;
	couple_open(&c, AF_INET);
	couple_start(&c);
	(void)shutdown(c.fd[1], SHUT_WR);
	rest(&c);
	assert_int_equal(c.done, 0);
	c.joint.ends.with_b = true;
	skt_joint_decide(&c.joint);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.step, SKT_ENDS_CLOSE);
	couple_close(&c);
}

static int group_setup(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_the_rule),
		unit_test(test_the_rule_everywhere),
		unit_test(test_each_way_ends_by_itself),
		unit_test(test_a_sleeper_is_not_deaf),
		unit_test(test_who_left_has_broken_nothing),
		unit_test(test_a_reset_drops_nothing_that_was_taken),
		unit_test(test_what_was_said_before_a_refusal_arrives),
		unit_test(test_a_survivor_that_stalls_is_given_up),
		unit_test(test_losses_are_counted),
		unit_test(test_no_side),
		unit_test(test_a_rule_may_change),
	};

	return cmocka_run_group_tests_name("joint", tests, group_setup, NULL);
}
