/* Rates: what was counted at two looks, and of which socket. */
#include "unit.h"

#include "base/clock.h"
#include "cmd/listing/meter.h"
#include "diag/socket_detail.h"

struct look {
	struct skt_socket socket;
	struct skt_socket_detail detail;
};

static struct look tcp(uint64_t cookie, uint64_t received, uint64_t sent, uint64_t retransmitted)
{
	return (struct look){
		.socket = {.present = UINT64_C(1) << SKT_SOCKET_COOKIE,
			.proto = SKT_PROTO_TCP,
			.family = AF_INET,
			.state = SKT_STATE_ESTABLISHED,
			.cookie = cookie},
		.detail = {.present = UINT64_C(1) << SKT_DETAIL_CONNECTION,
			.tcp_length = sizeof(struct skt_tcp_info),
			.tcp = {.bytes_received = received,
				.bytes_sent = sent,
				.bytes_acked = sent - retransmitted,
				.bytes_retrans = retransmitted}},
	};
}

static const struct skt_rates *see_at(struct skt_meter *meter, struct look look, uint64_t netns)
{
	static struct skt_rates untouched;
	struct skt_rates *rates = &untouched;

	look.socket.detail = &look.detail;
	assert_int_equal(skt_meter_see(meter, &look.socket, netns, &rates), 0);
	assert_ptr_not_equal(rates, &untouched);
	return rates;
}

static const struct skt_rates *see(struct skt_meter *meter, struct look look)
{
	return see_at(meter, look, 0);
}

static bool is_measured(const struct skt_rates *rates)
{
	return rates->present >> SKT_RATES_MEASURED & 1;
}

static void next(struct skt_meter *meter, uint64_t now_ns)
{
	if (meter->look)
		skt_meter_finish(meter);
	skt_meter_begin(meter, now_ns);
}

static void first_look_has_no_rate(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, 5 * SKT_NS_PER_SEC);
	assert_int_equal(skt_meter_elapsed_ns(&meter), 0);
	rates = see(&meter, tcp(1, 1000, 2000, 0));
	assert_int_equal(rates->present, 0);
	assert_false(rates->fresh);
	next(&meter, 7 * SKT_NS_PER_SEC);
	assert_int_equal(skt_meter_elapsed_ns(&meter), 2 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(1, 1600, 2900, 300));
	assert_true(is_measured(rates));
	assert_int_equal(rates->recv_rate, 300);
	assert_int_equal(rates->send_rate, 450);
	assert_int_equal(rates->total_rate, 750);
	assert_true(rates->present >> SKT_RATES_RETRANSMIT & 1);
	assert_int_equal(rates->retransmit_rate, 150);
	assert_false(rates->fresh);
	/* Nothing since is 0, and that is known. */
	next(&meter, 8 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(1, 1600, 2900, 300));
	assert_true(is_measured(rates));
	assert_int_equal(rates->total_rate, 0);
	skt_meter_fini(&meter);
}

/* For the verdict: what was counted at the look before, and when that was. */
static void earlier_counts_are_kept(void **state)
{
	struct skt_meter meter = {0};
	struct look look = tcp(1, 0, 0, 0);
	const struct skt_rates *rates;

	(void)state;
	look.detail.tcp.busy_time = 700;
	next(&meter, 5 * SKT_NS_PER_SEC);
	assert_int_equal(see(&meter, look)->before.elapsed_us, 0);
	look.detail.tcp.busy_time = 900;
	next(&meter, 7 * SKT_NS_PER_SEC);
	rates = see(&meter, look);
	assert_int_equal(rates->before.elapsed_us, 2000000);
	assert_int_equal(rates->before.counts.busy_us, 700);
	next(&meter, 8 * SKT_NS_PER_SEC);
	rates = see(&meter, look);
	assert_int_equal(rates->before.elapsed_us, 1000000);
	assert_int_equal(rates->before.counts.busy_us, 900);
	/* Of one that came since, its whole life counts. */
	look.socket.cookie = 2;
	assert_int_equal(see(&meter, look)->before.elapsed_us, 0);
	skt_meter_fini(&meter);
}

static void what_came_since_had_all_since(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	next(&meter, 3 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(7, 4000, 0, 0));
	assert_true(rates->fresh);
	assert_int_equal(rates->recv_rate, 2000);
	skt_meter_fini(&meter);
}

/* The same ends, another cookie: none of its predecessor's bytes. The same cookie elsewhere too. */
static void sockets_are_told_apart(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	(void)see(&meter, tcp(1, 1 << 30, 0, 0));
	next(&meter, 2 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(2, 500, 0, 0));
	assert_int_equal(rates->recv_rate, 500);
	rates = see_at(&meter, tcp(1, 70, 0, 0), 4026531840);
	assert_true(rates->fresh);
	assert_int_equal(rates->recv_rate, 70);
	rates = see(&meter, tcp(1, (1 << 30) + 9, 0, 0));
	assert_false(rates->fresh);
	assert_int_equal(rates->recv_rate, 9);
	skt_meter_fini(&meter);
}

/* connect(2) again: the kernel begins at 0. */
static void counters_begin_anew(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	(void)see(&meter, tcp(1, 5000, 9000, 9000));
	next(&meter, 2 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(1, 10, 20, 5));
	assert_int_equal(rates->recv_rate, 10);
	assert_int_equal(rates->send_rate, 20);
	assert_int_equal(rates->retransmit_rate, 5);
	skt_meter_fini(&meter);
}

/* A look that takes long: each socket has its own time, and the whole that of its beginning. */
static void looks_take_time(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	(void)see(&meter, tcp(1, 0, 0, 0));
	skt_meter_go_on(&meter, 2 * SKT_NS_PER_SEC);
	(void)see(&meter, tcp(2, 0, 0, 0));
	next(&meter, 5 * SKT_NS_PER_SEC);
	assert_int_equal(skt_meter_elapsed_ns(&meter), 4 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(1, 1200, 0, 0));
	assert_int_equal(rates->recv_rate, 300);
	rates = see(&meter, tcp(2, 1200, 0, 0));
	assert_int_equal(rates->recv_rate, 400);
	skt_meter_go_on(&meter, 8 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(3, 1200, 0, 0));
	assert_int_equal(rates->recv_rate, 300);
	next(&meter, 9 * SKT_NS_PER_SEC);
	assert_int_equal(skt_meter_elapsed_ns(&meter), 4 * SKT_NS_PER_SEC);
	skt_meter_fini(&meter);
}

/* One that a look missed is no new one, and its rate is over the time since it was seen. */
static void absence_is_seen_twice(void **state)
{
	struct skt_meter meter = {0};
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	(void)see(&meter, tcp(1, 1000, 0, 0));
	(void)see(&meter, tcp(2, 0, 0, 0));
	next(&meter, 2 * SKT_NS_PER_SEC);
	(void)see(&meter, tcp(2, 0, 0, 0));
	next(&meter, 3 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(1, 1400, 0, 0));
	assert_false(rates->fresh);
	assert_int_equal(rates->recv_rate, 200);
	next(&meter, 4 * SKT_NS_PER_SEC);
	next(&meter, 5 * SKT_NS_PER_SEC);
	next(&meter, 6 * SKT_NS_PER_SEC);
	assert_int_equal(meter.sockets.len, 0);
	skt_meter_fini(&meter);
}

static void what_is_not_counted_has_no_rate(void **state)
{
	struct skt_meter meter = {0};
	struct look look = tcp(1, 5, 5, 0);
	const struct skt_rates *rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	look.socket.proto = SKT_PROTO_UDP;
	assert_null(see(&meter, look));
	/* Its subflows are counted, and with these it would be counted twice. */
	look.socket.proto = SKT_PROTO_MPTCP;
	assert_null(see(&meter, look));
	look = tcp(1, 5, 5, 0);
	look.detail.present = 0;
	assert_null(see(&meter, look));
	look = tcp(1, 5, 5, 0);
	look.detail.tcp_length = 0;
	assert_null(see(&meter, look));
	look.detail.tcp_length = SKT_TCP_INFO_UP_TO(bytes_acked);
	assert_null(see(&meter, look));
	/* Linux 4.2 to 4.18. */
	look = tcp(1, 5, 500, 100);
	look.detail.tcp_length = SKT_TCP_INFO_UP_TO(delivered_ce);
	assert_non_null(see(&meter, look));
	next(&meter, 2 * SKT_NS_PER_SEC);
	look.detail.tcp.bytes_acked += 50;
	rates = see(&meter, look);
	assert_true(is_measured(rates));
	assert_int_equal(rates->send_rate, 50);
	assert_false(rates->present >> SKT_RATES_RETRANSMIT & 1);
	skt_meter_fini(&meter);
}

static void ends_are_counted_once(void **state)
{
	const struct skt_counters end = {.received = 1500, .sent = 10};
	struct skt_meter meter = {0};
	struct look look = tcp(1, 1000, 0, 0), unseen = tcp(9, 0, 0, 0);
	struct skt_rates rates;

	(void)state;
	next(&meter, SKT_NS_PER_SEC);
	((struct skt_rates *)see(&meter, look))->tag = 77;
	next(&meter, 2 * SKT_NS_PER_SEC);
	skt_meter_end(&meter, &look.socket, 0, &end, &rates);
	assert_false(rates.fresh);
	assert_int_equal(rates.tag, 77);
	assert_int_equal(rates.recv_rate, 500);
	assert_int_equal(rates.send_rate, 10);
	skt_meter_end(&meter, &look.socket, 0, &end, &rates);
	assert_false(is_measured(&rates));
	/* One that was never looked at. */
	skt_meter_end(&meter, &unseen.socket, 0, &end, &rates);
	assert_true(rates.fresh);
	assert_int_equal(rates.tag, 0);
	assert_int_equal(rates.total_rate, 1510);
	next(&meter, 3 * SKT_NS_PER_SEC);
	assert_int_equal(meter.sockets.len, 0);
	skt_meter_fini(&meter);
}

/* What BPF tells of before any look: its tag is there at the end, or at the next look. */
static void what_is_announced_is_fresh(void **state)
{
	const struct skt_counters end = {.received = 400};
	struct skt_meter meter = {0};
	struct look early = tcp(1, 100, 0, 0), seen = tcp(2, 0, 0, 0), unseen = tcp(3, 0, 0, 0);
	const struct skt_rates *rates;
	struct skt_rates ended;

	(void)state;
	assert_int_equal(skt_meter_announce(&meter, &early.socket, 0, 5), 0);
	next(&meter, 100 * SKT_NS_PER_SEC);
	rates = see(&meter, early);
	assert_false(rates->fresh);
	assert_int_equal(rates->tag, 0);
	assert_int_equal(skt_meter_announce(&meter, &early.socket, 0, 5), 0);
	assert_int_equal(skt_meter_announce(&meter, &seen.socket, 0, 6), 0);
	assert_int_equal(skt_meter_announce(&meter, &unseen.socket, 0, 7), 0);
	next(&meter, 102 * SKT_NS_PER_SEC);
	skt_meter_end(&meter, &unseen.socket, 0, &end, &ended);
	assert_true(ended.fresh);
	assert_int_equal(ended.tag, 7);
	assert_int_equal(ended.recv_rate, 200);
	rates = see(&meter, tcp(2, 1000, 0, 0));
	assert_true(rates->fresh);
	assert_int_equal(rates->tag, 6);
	assert_int_equal(rates->recv_rate, 500);
	rates = see(&meter, tcp(1, 300, 0, 0));
	assert_false(rates->fresh);
	assert_int_equal(rates->tag, 5);
	assert_int_equal(rates->recv_rate, 100);
	next(&meter, 103 * SKT_NS_PER_SEC);
	rates = see(&meter, tcp(2, 1100, 0, 0));
	assert_false(rates->fresh);
	assert_int_equal(rates->recv_rate, 100);
	skt_meter_fini(&meter);
}

static void many_are_found_again(void **state)
{
	enum { MANY = 5000 };
	struct skt_meter meter = {.key = {1, 2}};

	(void)state;
	for (uint64_t look = 0; look < 6; look++) {
		next(&meter, (look + 1) * SKT_NS_PER_SEC);
		/* A tenth of them goes each time, and as many come. */
		for (uint64_t i = look * MANY / 10; i < MANY + look * MANY / 10; i++) {
			const struct skt_rates *rates = see(&meter, tcp(i + 1, look * i, 0, 0));

			assert_int_equal(rates->fresh, look && i >= MANY + (look - 1) * MANY / 10);
			assert_int_equal(is_measured(rates), look > 0);
			if (look && !rates->fresh)
				assert_int_equal(rates->recv_rate, i);
		}
	}
	skt_meter_finish(&meter);
	/* Those of the last look, and those that only it has missed. */
	assert_int_equal(meter.sockets.len, MANY + MANY / 10);
	skt_meter_fini(&meter);
}

static void rates_are_rounded_but_never_away(void **state)
{
	(void)state;
	assert_int_equal(skt_meter_rate(0, SKT_NS_PER_SEC), 0);
	assert_int_equal(skt_meter_rate(1, 100 * SKT_NS_PER_SEC), 1);
	assert_int_equal(skt_meter_rate(3, 2 * SKT_NS_PER_SEC), 2);
	assert_int_equal(skt_meter_rate(5, 0), 0);
	assert_int_equal(skt_meter_rate(UINT64_MAX, 1), UINT64_MAX);
	assert_int_equal(skt_meter_rate(UINT64_C(123456789012345), SKT_NS_PER_SEC),
		UINT64_C(123456789012345));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(first_look_has_no_rate),
		unit_test(earlier_counts_are_kept),
		unit_test(what_came_since_had_all_since),
		unit_test(sockets_are_told_apart),
		unit_test(counters_begin_anew),
		unit_test(looks_take_time),
		unit_test(absence_is_seen_twice),
		unit_test(what_is_not_counted_has_no_rate),
		unit_test(ends_are_counted_once),
		unit_test(what_is_announced_is_fresh),
		unit_test(many_are_found_again),
		unit_test(rates_are_rounded_but_never_away),
	};

	return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}
