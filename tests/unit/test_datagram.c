/* Receiver, sender, error queue and socket options, over loopback. */
#include "unit.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/errqueue.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/udp.h"

struct pair {
	int rx, tx;
	struct skt_udp_address at;
	struct skt_receiver *receiver;
	struct skt_sender sender;
};

static struct skt_udp_address address(const char *text, uint16_t port)
{
	struct skt_udp_address ret = {0};
	struct skt_addr addr;

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	ret.len = skt_addr_to_sockaddr(&addr, port, &ret.storage);
	return ret;
}

static int open_or_fail(const struct skt_udp_config *config)
{
	struct skt_err err = {0};
	int fd = skt_udp_open(config, &err);

	if (fd < 0)
		print_error("%s\n", err.text);
	assert_true(fd >= 0);
	return fd;
}

/* Both ends at ADDRESS: a receiver as CONFIG says and a sender that is connected to it. */
static void pair_open(struct pair *pair, const char *text, const struct skt_receiver_config *config)
{
	struct skt_udp_address local = address(text, 0);
	struct skt_udp_config rx = {.family = local.sa.sa_family,
		.local = &local,
		.receive_buffer = 4 << 20,
		.ttl = -1,
		.tos = -1,
		.loop = -1};
	struct skt_udp_config tx = {.family = local.sa.sa_family,
		.remote = &pair->at,
		.errors = true,
		.ttl = 33,
		.tos = 0xb9,
		.loop = -1};
	struct skt_err err;

	pair->rx = open_or_fail(&rx);
	assert_int_equal(skt_udp_local(pair->rx, &pair->at), 0);
	pair->tx = open_or_fail(&tx);
	assert_int_equal(skt_receiver_new(pair->rx, rx.family, config, &pair->receiver, &err), 0);
	pair->sender = (struct skt_sender){.fd = pair->tx};
}

static void pair_close(struct pair *pair)
{
	skt_receiver_free(pair->receiver);
	(void)close(pair->rx);
	(void)close(pair->tx);
}

static void fill(struct pair *pair)
{
	assert_int_equal(skt_datagram_wait(pair->rx, skt_clock_ns() + SKT_NS_PER_SEC, NULL), 1);
	assert_true(skt_receiver_fill(pair->receiver) > 0);
}

static void next(struct pair *pair, struct skt_datagram *d)
{
	if (!skt_receiver_next(pair->receiver, d)) {
		fill(pair);
		assert_true(skt_receiver_next(pair->receiver, d));
	}
}

static void send_one(struct pair *pair, const void *bytes, size_t len)
{
	static uint8_t copy[SKT_DATAGRAM_MAX];
	struct iovec iov = {.iov_base = copy, .iov_len = len};

	memcpy(copy, bytes, len);
	assert_int_equal(skt_sender_many(&pair->sender, &iov, 1), 1);
}

static void test_all_that_is_known(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	const struct skt_receiver_config config = {.wanted = SKT_RECEIVE_ALL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = skt_clock_real_ns();
		char text[SKT_ADDR_TEXT_MAX];
		struct skt_datagram d;
		struct pair pair = {0};

		pair_open(&pair, addresses[i], &config);
		send_one(&pair, "a\0b", 3);
		next(&pair, &d);
		assert_int_equal(d.length, 3);
		assert_int_equal(d.captured, 3);
		assert_memory_equal(d.data, "a\0b", 3);
		assert_false(d.truncated);
		assert_in_range(d.time_ns, before, skt_clock_real_ns());
		assert_string_equal(skt_addr_text(&d.destination, text), addresses[i]);
		assert_int_equal(d.ifindex, if_nametoindex("lo"));
		assert_int_equal(d.ttl, 33);
		assert_int_equal(d.tos & ~3, 0xb8);
		assert_false(skt_receiver_next(pair.receiver, &d));
		assert_int_equal(skt_receiver_fill(pair.receiver), 0);
		pair_close(&pair);
	}
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 16385, SKT_SEND_MAX};
	static uint8_t bytes[SKT_SEND_MAX + 1];
	const struct skt_receiver_config config = {0};
	struct iovec too_long = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct skt_datagram d;
	struct pair pair = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	pair_open(&pair, "127.0.0.1", &config);
	for (size_t i = 0; i < SKT_COUNT(sizes); i++) {
		send_one(&pair, bytes, sizes[i]);
		next(&pair, &d);
		assert_int_equal(d.length, sizes[i]);
		assert_memory_equal(d.data, bytes, sizes[i]);
	}
	assert_int_equal(skt_sender_many(&pair.sender, &too_long, 1), -EMSGSIZE);
	pair_close(&pair);
}

/* Only the beginning is copied; the length is the true one, and that is no truncation. */
static void test_capture(void **state)
{
	const struct skt_receiver_config config = {.capture = 4};
	struct skt_datagram d;
	struct pair pair = {0};

	(void)state;
	pair_open(&pair, "127.0.0.1", &config);
	send_one(&pair, "0123456789", 10);
	next(&pair, &d);
	assert_int_equal(d.length, 10);
	assert_int_equal(d.captured, 4);
	assert_false(d.truncated);
	pair_close(&pair);
}

/* What was cut out of one send comes apart again, the same with and without GRO. */
static void test_segments(void **state)
{
	enum { SIZE = 100, COUNT = 60 };
	uint8_t bytes[SIZE * COUNT];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / SIZE);
	for (int gro = 0; gro < 2; gro++) {
		const struct skt_receiver_config config = {.gro = gro != 0};
		struct skt_datagram d;
		struct pair pair = {0};

		pair_open(&pair, "127.0.0.1", &config);
		assert_int_equal(skt_sender_equal(&pair.sender, bytes, SIZE, COUNT), COUNT);
		assert_int_equal(pair.sender.gso_calls + pair.sender.no_gso, 1);
		for (size_t i = 0; i < COUNT; i++) {
			next(&pair, &d);
			assert_int_equal(d.length, SIZE);
			assert_int_equal(d.data[0], i);
			assert_int_equal(d.data[SIZE - 1], i);
		}
		assert_int_equal(skt_receiver_fill(pair.receiver), 0);
		pair_close(&pair);
	}
}

/* Without checksums the kernel cuts nothing (udp_send_skb()): refused once, then sent otherwise. */
static void test_gso_is_given_up(void **state)
{
	static uint8_t bytes[10 * 100];
	const struct skt_receiver_config config = {0};
	const int on = 1;
	struct skt_datagram d;
	struct pair pair = {0};

	(void)state;
	pair_open(&pair, "127.0.0.1", &config);
	assert_int_equal(setsockopt(pair.tx, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
	for (int round = 0; round < 2; round++)
		assert_int_equal(skt_sender_equal(&pair.sender, bytes, 100, 10), 10);
	assert_true(pair.sender.no_gso);
	assert_true(pair.sender.gso_refused > 0);
	assert_int_equal(pair.sender.gso_calls, 1);
	for (int i = 0; i < 20; i++) {
		next(&pair, &d);
		assert_int_equal(d.length, 100);
	}
	pair_close(&pair);
}

static void test_mixed_sizes_and_many(void **state)
{
	const struct skt_receiver_config config = {0};
	uint8_t bytes[SKT_SENDER_BATCH] = {0};
	struct iovec iov[SKT_SENDER_BATCH];
	struct skt_datagram d;
	struct pair pair = {0};

	(void)state;
	pair_open(&pair, "::1", &config);
	for (size_t i = 0; i < SKT_SENDER_BATCH; i++)
		iov[i] = (struct iovec){.iov_base = bytes, .iov_len = i};
	for (int round = 0; round < 3; round++)
		assert_int_equal(
			skt_sender_many(&pair.sender, iov, SKT_SENDER_BATCH), SKT_SENDER_BATCH);
	for (size_t i = 0; i < 3 * SKT_SENDER_BATCH; i++) {
		next(&pair, &d);
		assert_int_equal(d.length, i % SKT_SENDER_BATCH);
	}
	pair_close(&pair);
}

static void test_room(void **state)
{
	(void)state;
	assert_int_equal(skt_sender_room(0), SKT_SENDER_BATCH);
	assert_int_equal(skt_sender_room(1), SKT_SENDER_BATCH);
	assert_int_equal(skt_sender_room(1400), 46);
	assert_int_equal(skt_sender_room(SKT_SEND_MAX), 1);
	assert_int_equal(skt_sender_room(SIZE_MAX), 1);
}

static void test_drops_are_known_at_once(void **state)
{
	const struct skt_receiver_config config = {0};
	struct skt_udp_address local = address("127.0.0.1", 0), at = {0};
	struct skt_udp_config rx = {.family = AF_INET,
		.local = &local,
		.receive_buffer = 1,
		.ttl = -1,
		.tos = -1,
		.loop = -1};
	struct skt_udp_config tx = {
		.family = AF_INET, .remote = &at, .ttl = -1, .tos = -1, .loop = -1};
	struct skt_receiver *receiver = NULL;
	struct skt_datagram d;
	uint32_t drops = 1, got = 0;
	int fd = open_or_fail(&rx), from;

	(void)state;
	assert_int_equal(skt_udp_local(fd, &at), 0);
	assert_int_equal(skt_datagram_drops(fd, &drops), 0);
	assert_int_equal(drops, 0);
	from = open_or_fail(&tx);
	for (int i = 0; i < 50; i++)
		assert_int_equal(send(from, "0123456789", 10, 0), 10);
	assert_int_equal(skt_receiver_new(fd, AF_INET, &config, &receiver, NULL), 0);
	while (skt_receiver_fill(receiver) > 0)
		while (skt_receiver_next(receiver, &d))
			got++;
	assert_int_equal(skt_datagram_drops(fd, &drops), 0);
	assert_true(drops > 0);
	assert_int_equal(got + drops, 50);
	skt_receiver_free(receiver);
	(void)close(fd);
	(void)close(from);
}

static void test_icmp_is_read(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct skt_receiver_config config = {0};
		char text[SKT_ADDR_TEXT_MAX];
		struct skt_icmp_error error;
		struct pair pair = {0};

		pair_open(&pair, addresses[i], &config);
		assert_int_equal(skt_errqueue_read(pair.tx, &error), 0);
		(void)close(pair.rx); /* nobody is there any more */
		send_one(&pair, "x", 1);
		assert_int_equal(
			skt_datagram_wait(pair.tx, skt_clock_ns() + SKT_NS_PER_SEC, NULL), 1);
		assert_int_equal(skt_errqueue_read(pair.tx, &error), 1);
		assert_int_equal(error.error, ECONNREFUSED);
		assert_false(error.local);
		assert_string_equal(
			skt_icmp_name(error.v6, error.type, error.code), "port unreachable");
		assert_string_equal(skt_addr_text(&error.sender, text), addresses[i]);
		assert_string_equal(skt_addr_text(&error.to, text), addresses[i]);
		assert_int_equal(skt_errqueue_read(pair.tx, &error), 0);
		pair.rx = dup(pair.tx);
		pair_close(&pair);
	}
	assert_null(skt_icmp_name(false, 3, 255));
	assert_null(skt_icmp_name(true, 200, 0));
}

static void expect_text(const void *sa, socklen_t len, const char *wanted)
{
	char text[SKT_UDP_TEXT_MAX];

	/* Addresses are aligned, so that a copy before a guard page cannot be made of any length.
	 */
	assert_string_equal(skt_udp_text(sa, len, text), wanted);
}

static void test_text(void **state)
{
	const struct skt_udp_address v4 = address("192.0.2.1", 53), v6 = address("2001:db8::1", 53);
	const struct skt_udp_address mapped = address("::ffff:192.0.2.1", 9);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const socklen_t head = offsetof(struct sockaddr_un, sun_path);

	(void)state;
	expect_text(&v4.sa, v4.len, "192.0.2.1:53");
	expect_text(&v6.sa, v6.len, "[2001:db8::1]:53");
	expect_text(&mapped.sa, mapped.len, "192.0.2.1:9");
	expect_text(&un, head, "unix:");
	expect_text(&un, 0, "unix:");
	memcpy(un.sun_path, "/tmp/x", 7);
	expect_text(&un, head + 7, "unix:/tmp/x");
	expect_text(&un, head + 6, "unix:/tmp/x");
	memcpy(un.sun_path, "\0name", 5);
	expect_text(&un, head + 5, "unix:@name");
	memset(un.sun_path, 'p', sizeof(un.sun_path)); /* no NUL at all: unix(7) */
	{
		char wanted[128];

		(void)snprintf(
			wanted, sizeof(wanted), "unix:%.*s", (int)sizeof(un.sun_path), un.sun_path);
		expect_text(&un, sizeof(un), wanted);
	}
}

static void test_join_errors_name_the_group(void **state)
{
	const struct skt_udp_config config = {.family = AF_INET, .ttl = -1, .tos = -1, .loop = -1};
	struct skt_udp_group group = {0};
	struct skt_err err;
	int fd = open_or_fail(&config);

	(void)state;
	assert_int_equal(skt_addr_parse("ff15::1", 7, &group.group), 0);
	assert_int_equal(skt_udp_join(fd, AF_INET, &group, 0, &err), -EAFNOSUPPORT);
	assert_non_null(strstr(err.text, "ff15::1"));
	assert_int_equal(skt_addr_parse("239.1.1.1", 9, &group.group), 0);
	assert_int_equal(skt_udp_join(fd, AF_INET, &group, 0x7ffffff, &err), -ENODEV);
	assert_non_null(strstr(err.text, "239.1.1.1"));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_all_that_is_known),
		unit_test(test_sizes),
		unit_test(test_capture),
		unit_test(test_segments),
		unit_test(test_gso_is_given_up),
		unit_test(test_mixed_sizes_and_many),
		unit_test(test_room),
		unit_test(test_drops_are_known_at_once),
		unit_test(test_icmp_is_read),
		unit_test(test_text),
		unit_test(test_join_errors_name_the_group),
	};

	return cmocka_run_group_tests_name("datagram", tests, NULL, NULL);
}
