/* Events of sock_diag: from recordings, and those of this kernel where it has them. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "diag/inet.h"
#include "recording.h"
#include "tests/patience/patience.h"

enum { TYPE = 20, PORTID = 7, DATAGRAMS_MAX = 1024 };

struct taken {
	char text[256];
	size_t count;
	int answer; /* of the first call */
};

static int take(const void *payload, size_t len, void *ctx)
{
	struct taken *taken = ctx;

	if (!taken->count++)
		(void)snprintf(
			taken->text, sizeof(taken->text), "%.*s", (int)len, (const char *)payload);
	return taken->answer;
}

struct play {
	struct tape tape;
	struct recording recording;
	struct skt_netlink *netlink;
	struct taken taken;
	struct skt_err err;
	bool lost;
};

static void event(struct play *play, uint32_t seq, uint32_t portid, const char *text)
{
	tape_begin(&play->tape);
	tape_message(&play->tape, TYPE, 0, seq, portid, text, strlen(text));
	tape_end(&play->tape);
}

static int play_run(struct play *play)
{
	struct skt_netlink_source source = recording_source(&play->recording);

	play->recording = tape_play(&play->tape);
	assert_int_equal(skt_netlink_open_source(&source, &play->netlink, &play->err), 0);
	return skt_netlink_events(play->netlink, 0, take, &play->taken, &play->lost, &play->err);
}

static void play_close(struct play *play)
{
	skt_netlink_close(play->netlink);
	assert_true(play->recording.closed);
	free(play->tape.data);
	memset(play, 0, sizeof(*play));
}

/* Nobody asked for events: their sequence numbers and senders say nothing. */
static void test_whoever_sent_them(void **state)
{
	struct play play = {0};

	(void)state;
	event(&play, 0, 0, "one");
	event(&play, 5, 0, "two");
	event(&play, 0, PORTID, "three");
	assert_int_equal(play_run(&play), 0);
	assert_int_equal(play.taken.count, 3);
	assert_string_equal(play.taken.text, "one");
	assert_false(play.lost);
	assert_int_equal(play.recording.requests, 0);
	play_close(&play);
}

static void test_none(void **state)
{
	struct play play = {0};

	(void)state;
	assert_int_equal(play_run(&play), 0);
	assert_int_equal(play.taken.count, 0);
	assert_false(play.lost);
	play_close(&play);
}

static void test_lost(void **state)
{
	struct play play = {0};
	char big[40 * 1024];

	(void)state;
	tape_error(&play.tape, -ENOBUFS);
	event(&play, 0, 0, "behind the gap");
	assert_int_equal(play_run(&play), 0);
	assert_true(play.lost);
	assert_int_equal(play.taken.count, 1);
	play_close(&play);

	/* A datagram that does not fit, and one that is cut short. */
	memset(big, 'x', sizeof(big));
	tape_begin(&play.tape);
	tape_bytes(&play.tape, big, sizeof(big));
	tape_end(&play.tape);
	assert_int_equal(play_run(&play), 0);
	assert_true(play.lost);
	play_close(&play);

	tape_begin(&play.tape);
	tape_message(&play.tape, TYPE, 0, 0, 0, "whole", 5);
	tape_bytes(&play.tape, "half", 4);
	tape_end(&play.tape);
	assert_int_equal(play_run(&play), 0);
	assert_true(play.lost);
	assert_int_equal(play.taken.count, 1);
	play_close(&play);
}

static void test_interrupted_is_no_loss(void **state)
{
	struct play play = {0};

	(void)state;
	tape_error(&play.tape, -EINTR);
	event(&play, 0, 0, "after the signal");
	assert_int_equal(play_run(&play), 0);
	assert_false(play.lost);
	assert_int_equal(play.taken.count, 1);
	play_close(&play);
}

static void test_failures(void **state)
{
	struct play play = {0};

	(void)state;
	tape_error(&play.tape, -EBADF);
	event(&play, 0, 0, "never");
	assert_int_equal(play_run(&play), -EBADF);
	assert_true(play.err.text[0]);
	assert_int_equal(play.taken.count, 0);
	play_close(&play);

	/* What the caller says ends it, and is handed back as it is. */
	play.taken.answer = -ECANCELED;
	event(&play, 0, 0, "one");
	event(&play, 0, 0, "two");
	assert_int_equal(play_run(&play), -ECANCELED);
	assert_int_equal(play.taken.count, 1);
	assert_false(play.err.text[0]);
	play_close(&play);
}

/* A crowd that never ends must not keep the caller from what else it has to do. */
static void test_a_crowd(void **state)
{
	struct play play = {0};

	(void)state;
	for (size_t i = 0; i < 4 * DATAGRAMS_MAX; i++)
		event(&play, 0, 0, "x");
	assert_int_equal(play_run(&play), 0);
	assert_true(play.taken.count > 0 && play.taken.count < 4 * DATAGRAMS_MAX);
	/* The rest is still there. */
	while (play.taken.count < 4 * DATAGRAMS_MAX) {
		size_t before = play.taken.count;

		assert_int_equal(skt_netlink_events(
					 play.netlink, 0, take, &play.taken, &play.lost, &play.err),
			0);
		assert_true(play.taken.count > before);
	}
	assert_false(play.lost);
	play_close(&play);
}

/* ---- this kernel ---- */

struct wanted {
	uint16_t port;
	bool seen;
};

static int take_socket(const void *payload, size_t len, void *ctx)
{
	struct wanted *wanted = ctx;
	struct skt_socket socket;

	if (!skt_inet_parse(payload, len, SKT_PROTO_TCP, &socket) &&
		socket.local.port == wanted->port)
		wanted->seen = true;
	return 0;
}

static void test_destroyed(void **state)
{
	static const bool protos[SKT_PROTO_COUNT] = {[SKT_PROTO_TCP] = true};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	struct skt_netlink *events = NULL;
	struct wanted wanted = {0};
	uint64_t end;
	bool lost;
	int fd;

	(void)state;
	if (skt_inet_subscribe_destroyed(protos, true, true, &events, NULL))
		skip_because("the kernel does not tell of sockets that end");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	wanted.port = ntohs(at.sin_port);
	/* It lives: nothing is said of it. */
	assert_int_equal(skt_netlink_events(events, 0, take_socket, &wanted, &lost, NULL), 0);
	assert_false(wanted.seen);
	assert_int_equal(close(fd), 0);
	end = skt_clock_ns() + (uint64_t)patience_ms() * SKT_NS_PER_MS;
	while (!wanted.seen && skt_clock_ns() < end)
		assert_int_equal(skt_netlink_events(
					 events, SKT_NS_PER_SEC, take_socket, &wanted, &lost, NULL),
			0);
	assert_true(wanted.seen);
	skt_netlink_close(events);
}

static void test_no_such_group(void **state)
{
	static const unsigned int groups[] = {31};
	struct skt_netlink *events = NULL;
	struct skt_err err = {0};

	(void)state;
	/* Either it is refused, or a group that nobody sends to: never a crash or a leak. */
	if (skt_netlink_subscribe(groups, SKT_COUNT(groups), &events, &err)) {
		assert_true(err.text[0]);
		assert_null(events);
	}
	skt_netlink_close(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_whoever_sent_them),
		unit_test(test_none),
		unit_test(test_lost),
		unit_test(test_interrupted_is_no_loss),
		unit_test(test_failures),
		unit_test(test_a_crowd),
		unit_test(test_destroyed),
		unit_test(test_no_such_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
