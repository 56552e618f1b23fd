/* Resets that a host holds back, told from those that get lost. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/macros.h"
#include "scan/limit.h"

enum { PORTS = 400 };

/* A host that lets so many resets a second out, BURST at once, and loses one in LOST of them. */
struct host {
	double per_sec, burst, tokens;
	uint64_t last_ns;
	unsigned int lost, turn;
};

static bool answers(struct host *host, uint64_t now_ns)
{
	if (host->lost && host->turn++ % host->lost == 0)
		return false;
	host->tokens += (double)(now_ns - host->last_ns) / 1e9 * host->per_sec;
	host->tokens = SKT_MIN(host->tokens, host->burst);
	host->last_ns = now_ns;
	if (host->per_sec > 0 && host->tokens < 1)
		return false;
	host->tokens -= 1;
	return true;
}

struct port {
	uint32_t order;
	unsigned int tries;
	uint64_t next_ns;
	bool done;
};

/* Asks each port again and again, behind 100, 200, 400... ms, or by the limit's turns. Whether the
 * limit has ever been found and believed; *RET_MS: when all had answered. */
static bool scan(struct host *host, struct skt_limit *limit, uint64_t *ret_ms)
{
	struct port ports[PORTS] = {0};
	uint64_t turn_ns = 0;
	unsigned int left = PORTS;

	*limit = (struct skt_limit){0};
	for (*ret_ms = 1; left && *ret_ms < 120000; ++*ret_ms)
		for (size_t i = 0; i < PORTS; i++) {
			const uint64_t now_ns = *ret_ms * SKT_NS_PER_MS;
			struct port *port = &ports[i];
			uint32_t order;

			if (port->done || port->next_ns > now_ns)
				continue;
			if (skt_limit_gap(limit)) {
				if (turn_ns > now_ns)
					continue;
				turn_ns = SKT_MAX(turn_ns, now_ns - SKT_NS_PER_MS) +
					skt_limit_gap(limit);
			}
			order = skt_limit_sent(limit, !port->order, now_ns);
			port->order = port->order ? port->order : order;
			port->tries++;
			port->next_ns = now_ns + (SKT_NS_PER_MS * 50 << SKT_MIN(port->tries, 4U));
			(void)skt_limit_adapt(limit, now_ns);
			if (!answers(host, now_ns))
				continue;
			(void)skt_limit_reset(limit, port->order, port->tries, now_ns);
			port->done = true;
			left--;
		}
	return limit->per_sec > 0;
}

static void a_limit_is_found_and_followed(void **state)
{
	static const double rates[] = {20, 50, 100, 200};
	struct skt_limit limit;
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(rates); i++) {
		struct host host = {.per_sec = rates[i], .burst = 5};

		assert_true(scan(&host, &limit, &ms));
		/* No slower than half as fast as it could be told; some of that to find it out. */
		if ((double)ms > 2000 + 1.5 * 1000 * PORTS / rates[i])
			fail_msg("%.0f/s took %lu ms", rates[i], (unsigned long)ms);
	}
}

/* So many at once and then none for a long time: fewer are late than prompt, but all behind them.
 */
static void a_bucket_that_is_empty_is_a_limit(void **state)
{
	struct host host = {.per_sec = 100, .burst = 300, .tokens = 300};
	struct skt_limit limit;
	uint64_t ms;

	(void)state;
	assert_true(scan(&host, &limit, &ms));
	assert_true(limit.prompt > limit.late);
}

static void losses_are_no_limit(void **state)
{
	static const unsigned int lost[] = {0, 20, 5, 3};
	struct skt_limit limit;
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(lost); i++) {
		struct host host = {.lost = lost[i]};

		if (scan(&host, &limit, &ms))
			fail_msg("one lost in %u: limit of %.0f/s", lost[i], limit.per_sec);
		assert_true(ms < 5000);
	}
}

/* What looked like a limit and does not go away with being slow is none. */
static void being_slow_is_the_proof(void **state)
{
	struct skt_limit limit = {0};
	uint64_t now_ns = SKT_NS_PER_SEC;
	bool refuted = false;

	(void)state;
	for (uint32_t i = 1; i <= 40; i++) {
		(void)skt_limit_sent(&limit, true, now_ns);
		(void)skt_limit_reset(&limit, i, 2, now_ns + i * SKT_NS_PER_MS);
	}
	assert_true(limit.per_sec > 0);
	for (int i = 0; i < 100000 && !refuted; i++) {
		now_ns += SKT_MAX(skt_limit_gap(&limit), SKT_NS_PER_MS);
		(void)skt_limit_sent(&limit, true, now_ns);
		if (i % 2)
			(void)skt_limit_reset(&limit, 1, 2, now_ns);
		refuted = skt_limit_adapt(&limit, now_ns);
	}
	assert_true(refuted);
	assert_true(skt_limit_gap(&limit) == 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_false(skt_limit_reset(&limit, 1, 2, now_ns));
}

/* Ports that never answer are all that is left: that is no lower limit. */
static void silence_alone_teaches_nothing(void **state)
{
	struct skt_limit limit = {0};
	uint64_t now_ns = SKT_NS_PER_SEC;
	double before;

	(void)state;
	for (uint32_t i = 1; i <= 40; i++) {
		(void)skt_limit_sent(&limit, true, now_ns);
		(void)skt_limit_reset(&limit, i, 2, now_ns + i * SKT_NS_PER_MS);
	}
	before = limit.per_sec;
	assert_true(before > 0);
	for (int i = 0; i < 1000; i++) {
		now_ns += SKT_MAX(skt_limit_gap(&limit), SKT_NS_PER_MS);
		(void)skt_limit_sent(&limit, false, now_ns);
		assert_false(skt_limit_adapt(&limit, now_ns + 2 * SKT_NS_PER_SEC));
	}
	assert_true(limit.per_sec == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(a_limit_is_found_and_followed),
		unit_test(a_bucket_that_is_empty_is_a_limit),
		unit_test(losses_are_no_limit),
		unit_test(being_slow_is_the_proof),
		unit_test(silence_alone_teaches_nothing),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
