/* Who is answered, and what no forged datagram may bring about. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/guard.h"

static struct skt_udp_address address(const char *text, uint16_t port)
{
	struct skt_udp_address ret = {0};
	struct skt_addr addr;

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	ret.len = skt_addr_to_sockaddr(&addr, port, &ret.storage);
	return ret;
}

static struct skt_guard *guard_of(const char *local, uint16_t port, uint64_t rate)
{
	const struct skt_udp_address at = address(local, port);
	struct skt_guard *guard;

	assert_int_equal(skt_guard_new(&at, rate, &guard), 0);
	return guard;
}

/* A datagram FROM somebody, sent TO one of our addresses, in by interface IFINDEX. */
static struct skt_datagram datagram(
	struct skt_udp_address *from, const char *to, uint32_t ifindex, const char *payload)
{
	struct skt_datagram d = {.captured = strlen(payload),
		.source = &from->sa,
		.source_len = from->len,
		.ifindex = ifindex};

	memcpy(&d.data, &payload, sizeof(payload)); /* nobody writes to it here */
	assert_int_equal(skt_addr_parse(to, strlen(to), &d.destination), 0);
	return d;
}

static void test_own_and_services(void **state)
{
	static const struct {
		const char *local, *from;
		uint16_t port;
		const char *to;
		uint32_t ifindex;
		enum skt_guard_verdict verdict;
	} cases[] = {
		{"0.0.0.0", "192.0.2.1", 5000, "192.0.2.1", 2, SKT_GUARD_OWN},
		{"::", "::ffff:192.0.2.1", 5000, "192.0.2.1", 2, SKT_GUARD_OWN},
		{"::", "2001:db8::1", 5000, "2001:db8::1", 3, SKT_GUARD_OWN},
		{"0.0.0.0", "192.0.2.1", 5000, "127.0.0.1", 1, SKT_GUARD_OWN},
		{"0.0.0.0", "192.0.2.9", 5000, "192.0.2.1", 2, SKT_GUARD_ANSWER},
		{"192.0.2.1", "192.0.2.1", 5000, "192.0.2.1", 1, SKT_GUARD_OWN},
		{"127.0.0.1", "127.0.0.2", 5000, "127.0.0.1", 1, SKT_GUARD_ANSWER},
		{"127.0.0.1", "127.0.0.1", 5001, "127.0.0.1", 1, SKT_GUARD_ANSWER},
		{"127.0.0.1", "127.0.0.1", 7, "127.0.0.1", 1, SKT_GUARD_SERVICE},
		{"::1", "2001:db8::2", 13, "2001:db8::1", 2, SKT_GUARD_SERVICE},
		{"0.0.0.0", "192.0.2.9", 17, "192.0.2.1", 2, SKT_GUARD_SERVICE},
		{"0.0.0.0", "192.0.2.9", 19, "192.0.2.1", 2, SKT_GUARD_SERVICE},
		{"0.0.0.0", "192.0.2.9", 37, "192.0.2.1", 2, SKT_GUARD_SERVICE},
		{"0.0.0.0", "192.0.2.9", 53, "192.0.2.1", 2, SKT_GUARD_ANSWER},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_guard *guard = guard_of(cases[i].local, 5000, 1000);
		struct skt_udp_address from = address(cases[i].from, cases[i].port);
		struct skt_datagram d = datagram(&from, cases[i].to, cases[i].ifindex, "x");

		if (skt_guard_ask(guard, &d, 1) != cases[i].verdict)
			fail_msg("case %zu", i);
		skt_guard_free(guard);
	}
}

static void test_rate(void **state)
{
	struct skt_guard *guard = guard_of("0.0.0.0", 5000, 100);
	struct skt_udp_address one = address("192.0.2.1", 1), two = address("192.0.2.1", 2);
	struct skt_datagram a = datagram(&one, "192.0.2.9", 2, "a");
	struct skt_datagram b = datagram(&two, "192.0.2.9", 2, "b");
	unsigned int answered = 0;

	(void)state;
	for (uint64_t ms = 0; ms < 10000; ms++)
		answered += skt_guard_ask(guard, &a, SKT_NS_PER_SEC + ms * SKT_NS_PER_MS) ==
			SKT_GUARD_ANSWER;
	assert_in_range(answered, 990, 1010);
	assert_int_equal(skt_guard_ask(guard, &b, 10 * SKT_NS_PER_SEC), SKT_GUARD_ANSWER);
	skt_guard_free(guard);
}

/* Two that answer each other lose what goes around between them; whoever says new things does not.
 */
static void test_loop_ends(void **state)
{
	struct skt_guard *guard = guard_of("0.0.0.0", 5000, 1000000);
	struct skt_udp_address peer = address("192.0.2.1", 6000);
	struct skt_datagram d = datagram(&peer, "192.0.2.9", 2, "x");
	uint64_t now = 1;
	unsigned int rounds = 0;
	char text[16];

	(void)state;
	while (skt_guard_ask(guard, &d, now) == SKT_GUARD_ANSWER) {
		now += SKT_NS_PER_MS;
		assert_true(++rounds <= SKT_GUARD_RALLY);
	}
	for (unsigned int i = 0; i < 3 * SKT_GUARD_RALLY; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		d = datagram(&peer, "192.0.2.9", 2, text);
		now += SKT_NS_PER_MS;
		assert_int_equal(skt_guard_ask(guard, &d, now), SKT_GUARD_ANSWER);
	}
	skt_guard_free(guard);
}

/* More senders than there is room for are all answered, and nobody is answered without bound. */
static void test_many(void **state)
{
	struct skt_guard *guard = guard_of("0.0.0.0", 5000, 100);
	unsigned int answered = 0;

	(void)state;
	for (uint32_t i = 0; i < 60000; i++) {
		struct skt_udp_address from = address("192.0.2.1", (uint16_t)(i + 1000));
		struct skt_datagram d = datagram(&from, "192.0.2.9", 2, "x");

		answered += skt_guard_ask(guard, &d, SKT_NS_PER_SEC + i) == SKT_GUARD_ANSWER;
	}
	assert_int_equal(answered, 60000);
	skt_guard_free(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_own_and_services),
		unit_test(test_rate),
		unit_test(test_loop_ends),
		unit_test(test_many),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
