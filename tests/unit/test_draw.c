/* Which free port one gets: every one alike. */
#include "cmd/ports/draw.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "unit.h"

static struct ports_draw draw;

/*
 * The first port that is free, among those that TAKEN leaves, for very many seeds. The ports that
 * are left are in pieces of unlike sizes behind unlike gaps: who begins anywhere and goes on to the
 * next free port would give the first one of a piece as often as its gap is wide.
 */
static void test_every_free_port_is_equally_likely(void **state)
{
	enum { DRAWS = 200000, BUCKETS = 64 };
	const struct skt_local_ports local = {.ephemeral_low = 32768, .ephemeral_high = 60999};
	size_t hits[BUCKETS] = {0}, free_ports = 0;
	uint16_t bucket_of[UINT16_MAX + 1];
	bool taken[UINT16_MAX + 1];
	double chi = 0;

	(void)state;
	for (size_t port = 0; port <= UINT16_MAX; port++) {
		taken[port] = (port > 2000 && port < 20000) || port % 7 == 3;
		if (port < 1024 || skt_local_ports_ephemeral(&local, (uint16_t)port) || taken[port])
			continue;
		bucket_of[port] = (uint16_t)(free_ports++ % BUCKETS);
	}
	for (uint64_t seed = 1; seed <= DRAWS; seed++) {
		size_t at = 0;

		if (seed == 1)
			ports_draw_init(&draw, NULL, &local, NULL, seed);
		else
			skt_order_init(
				&draw.orders[0], draw.ends[0], seed * UINT64_C(0x9E3779B97F4A7C15));
		while (taken[ports_draw_at(&draw, at)])
			at++;
		hits[bucket_of[ports_draw_at(&draw, at)]]++;
	}
	for (size_t i = 0; i < BUCKETS; i++) {
		const size_t ports = free_ports / BUCKETS + (i < free_ports % BUCKETS);
		const double expected = (double)DRAWS * (double)ports / (double)free_ports;
		const double off = (double)hits[i] - expected;

		chi += off * off / expected;
	}
	/* 63 degrees of freedom: above 122 once in 100,000 series; these seeds never change. */
	if (chi > 122)
		fail_msg("chi square %g", chi);
}

/* No port is given by chance oftener than its share: 61000 was, in two of five draws. */
static void test_no_port_is_preferred(void **state)
{
	enum { DRAWS = 300000 };
	const struct skt_local_ports local = {.ephemeral_low = 32768, .ephemeral_high = 60999};
	static uint16_t hits[UINT16_MAX + 1];
	double expected;

	(void)state;
	ports_draw_init(&draw, NULL, &local, NULL, 1);
	expected = (double)DRAWS / (double)draw.ends[0];
	for (uint64_t seed = 1; seed <= DRAWS; seed++) {
		skt_order_init(&draw.orders[0], draw.ends[0], seed * UINT64_C(0x9E3779B97F4A7C15));
		hits[ports_draw_at(&draw, 0)]++;
	}
	/* 8.2 of each on the average; 33 of a port once in some 10^10. */
	for (size_t port = 0; port <= UINT16_MAX; port++)
		if (hits[port] > 4 * expected)
			fail_msg("%zu: %u times", port, hits[port]);
}

static void assert_order(const uint16_t *wanted, size_t count)
{
	assert_int_equal(ports_draw_count(&draw), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ports_draw_at(&draw, i), wanted[i]);
}

/* What was asked for is tried, whatever it is for; what is safest comes first. */
static void test_ports_that_are_asked_for(void **state)
{
	struct skt_local_ports local = {.ephemeral_low = 1024, .ephemeral_high = 65535};
	struct skt_portset wanted = {0};

	(void)state;
	skt_portset_add(&wanted, 0);
	skt_portset_add(&wanted, 80);
	skt_portset_add(&wanted, 3000);
	skt_portset_add(&wanted, 65535);
	skt_portset_add(&wanted, 2000);
	skt_portset_add(&local.reserved, 2000);
	ports_draw_init(&draw, &wanted, &local, NULL, 7);
	assert_order((const uint16_t[]){80, 3000, 65535, 2000}, 4);
}

/* Each port once: those outside of the range first, none that is reserved or privileged. */
static void test_ranks(void **state)
{
	struct skt_local_ports local = {.ephemeral_low = 2000, .ephemeral_high = 65000};
	static bool seen[UINT16_MAX + 1];

	(void)state;
	skt_portset_add(&local.reserved, 1500);
	skt_portset_add(&local.reserved, 3000);
	ports_draw_init(&draw, NULL, &local, NULL, 99);
	assert_int_equal(ports_draw_count(&draw), 65536 - 1024 - 2);
	for (size_t i = 0; i < ports_draw_count(&draw); i++) {
		const uint16_t port = ports_draw_at(&draw, i);

		assert_false(seen[port]);
		seen[port] = true;
		assert_true(port >= 1024 && port != 1500 && port != 3000);
		assert_int_equal(
			skt_local_ports_ephemeral(&local, port), i >= 65536 - 1024 - 63001 - 1);
	}
}

/* Where outgoing connections have all of them, there still is a port. */
static void test_the_range_has_all(void **state)
{
	const struct skt_local_ports local = {.ephemeral_low = 1024, .ephemeral_high = 65535};

	(void)state;
	ports_draw_init(&draw, NULL, &local, NULL, 3);
	assert_int_equal(ports_draw_count(&draw), 65536 - 1024);
	assert_int_equal(draw.ends[PORTS_RANK_REGISTERED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_every_free_port_is_equally_likely),
		unit_test(test_no_port_is_preferred),
		unit_test(test_ports_that_are_asked_for),
		unit_test(test_ranks),
		unit_test(test_the_range_has_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
