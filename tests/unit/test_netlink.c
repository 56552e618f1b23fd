#include "unit.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "base/macros.h"
#include "recording.h"

enum { TYPE = 20, PORTID = 7 };

struct taken {
	char text[65536];
	size_t len, count;
	int answer; /* what the callback returns at the STOP_AT-th message */
	size_t stop_at;
};

static int take(const void *payload, size_t len, void *ctx)
{
	struct taken *taken = ctx;

	taken->count++;
	assert_true(taken->len + len < sizeof(taken->text));
	memcpy(taken->text + taken->len, payload, len);
	taken->len += len;
	taken->text[taken->len] = '\0';
	return taken->count == taken->stop_at ? taken->answer : 0;
}

/* What one test plays with. */
struct play {
	struct tape tape;
	struct recording recording;
	struct skt_netlink *netlink;
	struct taken taken;
	unsigned int flags;
	struct skt_err err;
};

static void play_open(struct play *play)
{
	struct skt_netlink_source source = recording_source(&play->recording);

	play->recording = tape_play(&play->tape);
	assert_int_equal(skt_netlink_open_source(&source, &play->netlink, &play->err), 0);
}

static int play_dump(struct play *play)
{
	memset(&play->err, 0, sizeof(play->err));
	return skt_netlink_dump(
		play->netlink, TYPE, "request", 7, take, &play->taken, &play->flags, &play->err);
}

static int play_run(struct play *play)
{
	play_open(play);
	return play_dump(play);
}

static void play_close(struct play *play)
{
	skt_netlink_close(play->netlink);
	assert_true(play->recording.closed);
	free(play->tape.data);
	memset(play, 0, sizeof(*play));
}

static void row(struct play *play, uint16_t flags, uint32_t seq, uint32_t portid, const char *text)
{
	tape_message(&play->tape, TYPE, NLM_F_MULTI | flags, seq, portid, text, strlen(text));
}

static void datagram(struct play *play, const char *text)
{
	tape_begin(&play->tape);
	row(play, 0, 1, PORTID, text);
	tape_end(&play->tape);
}

static void test_dump(void **state)
{
	struct play play = {0};

	(void)state;
	tape_begin(&play.tape);
	row(&play, 0, 1, PORTID, "one ");
	row(&play, 0, 1, PORTID, "two ");
	tape_end(&play.tape);
	datagram(&play, "three");
	tape_done(&play.tape, 1, 0);
	datagram(&play, "behind the end");
	assert_int_equal(play_run(&play), 0);
	assert_string_equal(play.taken.text, "one two three");
	assert_int_equal(play.flags, SKT_DUMP_PIECES);
	assert_int_equal(play.err.code, 0);
	play_close(&play);
}

static void test_interrupted_keeps_the_message(void **state)
{
	struct play play = {0};

	(void)state;
	tape_begin(&play.tape);
	row(&play, NLM_F_DUMP_INTR, 1, PORTID, "one ");
	row(&play, 0, 1, PORTID, "two");
	tape_end(&play.tape);
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_string_equal(play.taken.text, "one two");
	assert_int_equal(play.flags, SKT_DUMP_INTERRUPTED);
	play_close(&play);

	/* On the end mark alone. */
	tape_begin(&play.tape);
	tape_message(&play.tape, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 1, PORTID,
		(int32_t[]){0}, 4);
	tape_end(&play.tape);
	assert_int_equal(play_run(&play), 0);
	assert_int_equal(play.flags, SKT_DUMP_INTERRUPTED);
	play_close(&play);
}

static void test_error_in_done(void **state)
{
	struct play play = {0};

	(void)state;
	datagram(&play, "one");
	tape_done(&play.tape, 1, -ENOMEM);
	assert_int_equal(play_run(&play), -ENOMEM);
	assert_string_equal(play.taken.text, "one");
	assert_int_equal(play.err.domain, SKT_ERR_NETLINK);
	assert_int_equal(play.err.code, ENOMEM);
	assert_non_null(strstr(play.err.text, "Cannot allocate memory"));
	play_close(&play);
}

/* An NLMSG_ERROR as the kernel makes it, with the request quoted unless CAPPED. */
static void error_message(struct tape *tape, int error, bool capped, const char *text)
{
	char bytes[512] = {0};
	const struct nlmsgerr head = {.error = error, .msg.nlmsg_len = sizeof(struct nlmsghdr) + 9};
	struct nlattr attr = {.nla_type = NLMSGERR_ATTR_MSG};
	size_t len = sizeof(head);

	memcpy(bytes, &head, sizeof(head));
	len += capped ? 0 : 12;
	if (text) {
		/* An attribute that is not text stands before it. */
		memcpy(bytes + len, &(struct nlattr){8, NLMSGERR_ATTR_OFFS}, sizeof(attr));
		len += 8;
		attr.nla_len = (uint16_t)(sizeof(attr) + strlen(text) + 1);
		memcpy(bytes + len, &attr, sizeof(attr));
		memcpy(bytes + len + sizeof(attr), text, strlen(text) + 1);
		len += attr.nla_len;
	}
	tape_begin(tape);
	tape_message(tape, NLMSG_ERROR,
		(uint16_t)((capped ? NLM_F_CAPPED : 0) | (text ? NLM_F_ACK_TLVS : 0)), 1, PORTID,
		bytes, len);
	tape_end(tape);
}

static void test_error_with_words(void **state)
{
	struct play play = {0};

	(void)state;
	for (int capped = 0; capped < 2; capped++) {
		error_message(&play.tape, -EINVAL, capped, "no such thing");
		assert_int_equal(play_run(&play), -EINVAL);
		assert_int_equal(play.err.domain, SKT_ERR_NETLINK);
		assert_int_equal(play.err.code, EINVAL);
		assert_non_null(strstr(play.err.text, "no such thing"));
		assert_non_null(strstr(play.err.text, "Invalid argument"));
		play_close(&play);
	}
	error_message(&play.tape, -ENOENT, true, NULL);
	assert_int_equal(play_run(&play), -ENOENT);
	assert_string_equal(play.err.text, "sock_diag: No such file or directory");
	play_close(&play);
	/* No error is an acknowledgement: nothing more comes. */
	error_message(&play.tape, 0, true, NULL);
	assert_int_equal(play_run(&play), 0);
	play_close(&play);
}

static void test_errors_that_lie(void **state)
{
	static const int nonsense[] = {1, INT32_MIN, INT32_MAX, -4096};
	struct play play = {0};
	uint32_t lie;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(nonsense); i++) {
		error_message(&play.tape, nonsense[i], true, "text");
		assert_int_equal(play_run(&play), -EPROTO);
		play_close(&play);
	}
	for (size_t len = 0; len < sizeof(struct nlmsgerr); len++) {
		tape_begin(&play.tape);
		tape_message(&play.tape, NLMSG_ERROR, 0, 1, PORTID,
			&(struct nlmsgerr){.error = -ENOENT}, len);
		tape_end(&play.tape);
		assert_int_equal(play_run(&play), -EBADMSG);
		assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
		play_close(&play);
	}
	/* The quoted request says that it is longer than everything. */
	for (lie = 0xfffffff0; lie; lie = lie > 64 ? lie + 1 : 0) {
		error_message(&play.tape, -EINVAL, false, "text");
		memcpy(play.tape.data + sizeof(int32_t) + sizeof(struct nlmsghdr) + sizeof(int),
			&lie, sizeof(lie));
		assert_int_equal(play_run(&play), -EINVAL);
		play_close(&play);
	}
}

static void test_foreign_messages(void **state)
{
	struct play play = {0};

	(void)state;
	tape_begin(&play.tape);
	row(&play, 0, 99, PORTID, "foreign seq ");
	row(&play, 0, 1, PORTID, "ours ");
	row(&play, NLM_F_DUMP_INTR, 1, PORTID + 1, "foreign port ");
	tape_message(&play.tape, NLMSG_DONE, 0, 2, PORTID, (int32_t[]){-EIO}, 4);
	tape_message(&play.tape, NLMSG_DONE, 0, 1, PORTID + 1, (int32_t[]){-EIO}, 4);
	tape_message(&play.tape, NLMSG_NOOP, 0, 1, PORTID, "", 0);
	row(&play, 0, 1, PORTID, "too");
	tape_end(&play.tape);
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_string_equal(play.taken.text, "ours too");
	assert_int_equal(play.flags, 0);
	play_close(&play);
}

static void test_overrun_and_truncation(void **state)
{
	static char big[40000];
	struct play play = {0};

	(void)state;
	tape_begin(&play.tape);
	tape_message(&play.tape, NLMSG_OVERRUN, 0, 1, PORTID, "", 0);
	row(&play, 0, 1, PORTID, "one");
	tape_end(&play.tape);
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
	assert_string_equal(play.taken.text, "one");
	play_close(&play);

	/* A datagram longer than the buffer: what fits is taken, the rest is missed. */
	tape_begin(&play.tape);
	row(&play, 0, 1, PORTID, "one");
	tape_message(&play.tape, TYPE, 0, 1, PORTID, big, sizeof(big));
	tape_end(&play.tape);
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
	assert_int_equal(play.taken.count, 1);
	play_close(&play);
}

/* Every cut of a datagram, and every lie of a message about its length. */
static void test_every_prefix(void **state)
{
	struct play play = {0};
	size_t full = 2 * (sizeof(struct nlmsghdr) + 8);

	(void)state;
	for (size_t len = 0; len <= full; len++) {
		int32_t n = (int32_t)len;

		tape_begin(&play.tape);
		row(&play, 0, 1, PORTID, "12345678");
		row(&play, 0, 1, PORTID, "abcdefgh");
		tape_end(&play.tape);
		memcpy(play.tape.data, &n, sizeof(n));
		play.tape.len = sizeof(n) + len;
		tape_done(&play.tape, 1, 0);
		if (len == 0) {
			assert_int_equal(play_run(&play), -ENODATA);
		} else {
			assert_int_equal(play_run(&play), 0);
			assert_int_equal(play.taken.count, len / 24);
		}
		assert_int_equal(play.flags, len % 24 || !len ? SKT_DUMP_TRUNCATED : 0);
		play_close(&play);
	}
	for (uint32_t lie = 0; lie < 16 + 48; lie++) {
		/* Too short, too long, and so long that an int would be negative. */
		uint32_t length = lie < 16 ? lie
			: lie < 32         ? lie + 9
			: lie < 48         ? 0u - lie
					   : lie << 26;

		datagram(&play, "12345678");
		memcpy(play.tape.data + sizeof(int32_t), &length, sizeof(length));
		tape_done(&play.tape, 1, 0);
		assert_int_equal(play_run(&play), 0);
		assert_int_equal(play.taken.count, 0);
		assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
		play_close(&play);
	}
}

static void test_broken_off(void **state)
{
	struct play play = {0};

	(void)state;
	datagram(&play, "one");
	assert_int_equal(play_run(&play), -ENODATA);
	assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
	assert_string_equal(play.taken.text, "one");
	play_close(&play);

	datagram(&play, "one");
	tape_error(&play.tape, -ENOBUFS);
	assert_int_equal(play_run(&play), -ENOBUFS);
	assert_int_equal(play.flags, SKT_DUMP_TRUNCATED);
	play_close(&play);
}

static void test_receive_errors(void **state)
{
	struct play play = {0};

	(void)state;
	tape_error(&play.tape, -EINTR);
	datagram(&play, "one ");
	tape_error(&play.tape, -EINTR);
	tape_error(&play.tape, -EINTR);
	datagram(&play, "two");
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_string_equal(play.taken.text, "one two");
	assert_int_equal(play.flags, SKT_DUMP_PIECES);
	play_close(&play);

	datagram(&play, "one ");
	tape_error(&play.tape, -ENOBUFS);
	datagram(&play, "two");
	tape_done(&play.tape, 1, 0);
	assert_int_equal(play_run(&play), 0);
	assert_string_equal(play.taken.text, "one two");
	assert_int_equal(play.flags, SKT_DUMP_TRUNCATED | SKT_DUMP_PIECES);
	play_close(&play);

	tape_error(&play.tape, -ECONNREFUSED);
	assert_int_equal(play_run(&play), -ECONNREFUSED);
	assert_int_equal(play.err.domain, SKT_ERR_SYS);
	assert_int_equal(play.err.code, ECONNREFUSED);
	play_close(&play);
}

static void test_send_errors(void **state)
{
	static const char big[16 * 1024];
	struct play play = {0};

	(void)state;
	play_open(&play);
	play.recording.send_error = -EPERM;
	assert_int_equal(play_dump(&play), -EPERM);
	assert_int_equal(play.err.code, EPERM);
	assert_int_equal(play.taken.count, 0);
	assert_int_equal(skt_netlink_dump(play.netlink, TYPE, big, sizeof(big), take, &play.taken,
				 &play.flags, &play.err),
		-EMSGSIZE);
	play_close(&play);
}

/* What FN returns comes back, and the socket is good for another dump. */
static void test_stop_and_go_on(void **state)
{
	struct play play = {.taken = {.stop_at = 2, .answer = -ECANCELED}};

	(void)state;
	datagram(&play, "one ");
	datagram(&play, "two ");
	datagram(&play, "three ");
	tape_done(&play.tape, 1, 0);
	tape_begin(&play.tape);
	row(&play, 0, 2, PORTID, "second dump");
	tape_end(&play.tape);
	tape_done(&play.tape, 2, 0);
	assert_int_equal(play_run(&play), -ECANCELED);
	assert_int_equal(play.err.code, 0);
	assert_string_equal(play.taken.text, "one two ");
	assert_int_equal(play_dump(&play), 0);
	assert_string_equal(play.taken.text, "one two second dump");
	play_close(&play);
}

/* Answers of the kernel to a request that is no dump; rows of others are passed over. */
static void test_request(void **state)
{
	static const struct {
		int32_t error;
		int rc;
	} answers[] = {{0, 0}, {-ENOENT, -ENOENT}, {-EPERM, -EPERM}, {5, -EPROTO}};
	static const char request[56];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		struct nlmsgerr answer = {.error = answers[i].error};
		struct play play = {0};

		tape_begin(&play.tape);
		row(&play, 0, 9, PORTID, "of another request");
		tape_end(&play.tape);
		tape_begin(&play.tape);
		tape_message(
			&play.tape, NLMSG_ERROR, NLM_F_CAPPED, 1, PORTID, &answer, sizeof(answer));
		tape_end(&play.tape);
		play_open(&play);
		assert_int_equal(skt_netlink_request(
					 play.netlink, TYPE, request, sizeof(request), &play.err),
			answers[i].rc);
		assert_int_equal(play.recording.request[6] | play.recording.request[7] << 8,
			NLM_F_REQUEST | NLM_F_ACK);
		play_close(&play);
	}
}

static int nothing(const void *payload, size_t len, void *ctx)
{
	(void)payload;
	(void)len;
	(void)ctx;
	return 0;
}

/* The live kernel: a request that it refuses, with a socket that stays good. */
static void test_kernel(void **state)
{
	char request[56] = {77, 6};
	struct skt_netlink *netlink;
	struct skt_err err = {0};
	unsigned int flags;

	(void)state;
	assert_int_equal(skt_netlink_open(&netlink, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(skt_netlink_dump(netlink, TYPE, request, sizeof(request), nothing,
					 NULL, &flags, &err),
			-EINVAL);
		assert_int_equal(err.domain, SKT_ERR_NETLINK);
	}
	skt_netlink_close(netlink);
	skt_netlink_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_dump),
		unit_test(test_interrupted_keeps_the_message),
		unit_test(test_error_in_done),
		unit_test(test_error_with_words),
		unit_test(test_errors_that_lie),
		unit_test(test_foreign_messages),
		unit_test(test_overrun_and_truncation),
		unit_test(test_every_prefix),
		unit_test(test_broken_off),
		unit_test(test_receive_errors),
		unit_test(test_send_errors),
		unit_test(test_stop_and_go_on),
		unit_test(test_request),
		unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
