/* What `sockets --follow` makes of the kernel's news of TCP: which rows, in which order. */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "cmd/sockets/follow_tcp.h"

enum { ROWS_MAX = 16 };

struct told {
	struct follow_row rows[ROWS_MAX];
	char errors[ROWS_MAX][64];
	size_t count;
	int fails; /* -errno of whoever writes */
};

static int write_row(void *ctx, const struct follow_row *row)
{
	struct told *told = ctx;

	assert_true(told->count < ROWS_MAX);
	if (row->error)
		(void)strncpy(told->errors[told->count], row->error, sizeof(told->errors[0]) - 1);
	told->rows[told->count++] = *row;
	return told->fails;
}

struct bench {
	struct skt_rows_options options;
	struct skt_context ctx;
	struct skt_listing listing;
	struct known_set known;
	uint64_t look;
	struct follow_tcp tcp;
	struct told told;
};

static void begin(struct bench *bench)
{
	*bench = (struct bench){.ctx = {.system = {.proc_root = "/proc"}}, .look = 1};
	bench->listing = (struct skt_listing){.rows = &bench->options,
		.query = {.ipv4 = true, .ipv6 = true, .states = SKT_STATES_ALL}};
	bench->tcp = (struct follow_tcp){.listing = &bench->listing,
		.known = &bench->known,
		.look = &bench->look,
		.ask_ns = SKT_NEVER,
		.write = write_row,
		.ctx = &bench->told};
	assert_int_equal(known_make_room(&bench->known), 0);
	assert_int_equal(event_rows_open(&bench->tcp.rows, &bench->listing, &bench->ctx), 0);
}

static void end(struct bench *bench)
{
	event_rows_close(&bench->tcp.rows);
	known_fini(&bench->known);
}

/* An event of the socket COOKIE of 127.0.0.1, MS after the first. */
static struct skt_tcp_event event_of(uint8_t kind, uint64_t cookie, uint64_t ms)
{
	return (struct skt_tcp_event){
		.kind = kind,
		.cookie = cookie,
		.time_ns = SKT_NS_PER_SEC + ms * SKT_NS_PER_MS,
		.family = AF_INET,
		.local = {127, 0, 0, 1},
		.remote = {127, 0, 0, 1},
		.local_port = 4000,
		.remote_port = kind == SKT_TCP_LISTENING ? 0 : 80,
		.inode = 7,
		.min_rtt_us = UINT32_MAX,
	};
}

static int take(struct bench *bench, const struct skt_tcp_event event)
{
	return follow_tcp_take(&bench->tcp, &event);
}

static void see(struct bench *bench, uint8_t kind, uint64_t cookie, uint64_t ms)
{
	assert_int_equal(take(bench, event_of(kind, cookie, ms)), 0);
}

/* That these COUNT are the rows since the last time, and no other. */
static void expect(struct bench *bench, const int *kinds, size_t count)
{
	assert_int_equal(bench->told.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bench->told.rows[i].event, kinds[i]);
	bench->told.count = 0;
}

#define EXPECT(bench, ...) \
	expect(bench, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))
#define EXPECT_NONE(bench) expect(bench, NULL, 0)

static void a_connection_comes_and_goes(void **state)
{
	struct skt_tcp_event last = event_of(SKT_TCP_DESTROYED, 1, 30);
	struct bench bench;

	(void)state;
	begin(&bench);
	see(&bench, SKT_TCP_CONNECTING, 1, 0);
	see(&bench, SKT_TCP_CONNECTED, 1, 20);
	assert_int_equal(bench.told.rows[1].duration_us, 20000);
	assert_int_equal(bench.told.rows[1].row.direction, SKT_DIRECTION_OUT);
	assert_int_equal(bench.told.rows[1].row.s.state, SKT_STATE_ESTABLISHED);
	last.bytes_acked = 5;
	assert_int_equal(take(&bench, last), 0);
	assert_int_equal(bench.told.rows[2].bytes_acked, 5);
	assert_int_equal(bench.told.rows[2].duration_us, 10000);
	assert_true(bench.told.rows[2].time_ns - bench.told.rows[0].time_ns == 30 * SKT_NS_PER_MS);
	EXPECT(&bench, FOLLOW_CONNECTING, FOLLOW_ESTABLISHED, FOLLOW_CLOSED);
	assert_int_equal(bench.known.count, 0);
	/* The end of what is not known any more is not told twice. */
	assert_int_equal(take(&bench, last), 0);
	EXPECT_NONE(&bench);
	end(&bench);
}

static void what_fails_is_told_once_with_its_reason(void **state)
{
	struct skt_tcp_event refused = event_of(SKT_TCP_UNCONNECTED, 1, 5), portless;
	struct bench bench;

	(void)state;
	begin(&bench);
	see(&bench, SKT_TCP_CONNECTING, 1, 0);
	refused.error = ECONNREFUSED;
	assert_int_equal(take(&bench, refused), 0);
	assert_string_equal(bench.told.errors[1], strerror(ECONNREFUSED));
	assert_int_equal(bench.told.rows[1].duration_us, 5000);
	assert_int_equal(take(&bench, refused), 0);
	see(&bench, SKT_TCP_DESTROYED, 1, 6);
	EXPECT(&bench, FOLLOW_CONNECTING, FOLLOW_FAILED);
	/* Closed before an answer: the kernel has no reason, and one without a port no address. */
	see(&bench, SKT_TCP_CONNECTING, 2, 0);
	see(&bench, SKT_TCP_UNCONNECTED, 2, 1);
	assert_string_equal(bench.told.errors[1], "closed before it was established");
	see(&bench, SKT_TCP_CONNECTING, 3, 0);
	portless = event_of(SKT_TCP_UNCONNECTED, 3, 1);
	portless.local_port = 0;
	assert_int_equal(take(&bench, portless), 0);
	assert_string_equal(bench.told.errors[3], strerror(EADDRNOTAVAIL));
	assert_int_equal(bench.told.rows[3].row.s.local.port, 4000);
	EXPECT(&bench, FOLLOW_CONNECTING, FOLLOW_FAILED, FOLLOW_CONNECTING, FOLLOW_FAILED);
	/* The same socket tries again, and comes through. */
	see(&bench, SKT_TCP_CONNECTING, 2, 9);
	see(&bench, SKT_TCP_CONNECTED, 2, 10);
	see(&bench, SKT_TCP_DESTROYED, 2, 11);
	EXPECT(&bench, FOLLOW_CONNECTING, FOLLOW_ESTABLISHED, FOLLOW_CLOSED);
	end(&bench);
}

static void what_breaks_keeps_its_figures_and_reason_to_the_end(void **state)
{
	struct skt_tcp_event broken = event_of(SKT_TCP_BROKEN, 1, 5);
	struct bench bench;

	(void)state;
	begin(&bench);
	/* Of what nobody has told of nothing is kept. */
	assert_int_equal(take(&bench, broken), 0);
	assert_int_equal(bench.known.count, 0);
	see(&bench, SKT_TCP_CONNECTING, 1, 0);
	see(&bench, SKT_TCP_CONNECTED, 1, 1);
	broken.error = ECONNRESET;
	broken.bytes_received = 9;
	assert_int_equal(take(&bench, broken), 0);
	see(&bench, SKT_TCP_DESTROYED, 1, 6); /* whose figures a reset has cleared */
	assert_int_equal(bench.told.rows[2].bytes_received, 9);
	assert_string_equal(bench.told.errors[2], strerror(ECONNRESET));
	EXPECT(&bench, FOLLOW_CONNECTING, FOLLOW_ESTABLISHED, FOLLOW_CLOSED);
	end(&bench);
}

static void what_arrives_is_asked_of_until_somebody_has_it(void **state)
{
	const struct skt_socket socket = {.proto = SKT_PROTO_TCP, .cookie = 1};
	struct bench bench;
	uint64_t now = skt_clock_ns(), ask;
	struct skt_tcp_event arrived = event_of(SKT_TCP_ARRIVED, 1, 0);

	(void)state;
	begin(&bench);
	assert_true(follow_tcp_ask(&bench.tcp, now) == SKT_NEVER);
	arrived.time_ns = now;
	assert_int_equal(take(&bench, arrived), 0);
	assert_int_equal(bench.told.rows[0].row.direction, SKT_DIRECTION_IN);
	ask = follow_tcp_ask(&bench.tcp, now);
	assert_true(ask > now && ask != SKT_NEVER);
	/* Past its time it is asked at once; afterwards only when it has waited twice as long. */
	assert_true(follow_tcp_ask(&bench.tcp, ask + 1) == ask + 1);
	(*known_find(&bench.known, &socket))->since_ns = now - SKT_NS_PER_SEC;
	(*known_find(&bench.known, &socket))->ask_ns = now;
	follow_tcp_asked(&bench.tcp);
	assert_true(follow_tcp_ask(&bench.tcp, now) >= now + SKT_NS_PER_SEC);
	assert_int_equal(follow_tcp_accept(&bench.tcp, *known_find(&bench.known, &socket)), 0);
	assert_true(follow_tcp_ask(&bench.tcp, now) == SKT_NEVER);
	/* An event that comes late says nothing new. */
	see(&bench, SKT_TCP_ACCEPTED, 1, 2);
	see(&bench, SKT_TCP_DESTROYED, 1, 3);
	EXPECT(&bench, FOLLOW_ESTABLISHED, FOLLOW_ACCEPTED, FOLLOW_CLOSED);
	/* One that is gone before anybody has it is asked of no more. */
	see(&bench, SKT_TCP_ARRIVED, 2, 0);
	see(&bench, SKT_TCP_DESTROYED, 2, 1);
	assert_int_equal(bench.tcp.arrived, 0);
	assert_true(follow_tcp_ask(&bench.tcp, now) == SKT_NEVER);
	EXPECT(&bench, FOLLOW_ESTABLISHED, FOLLOW_CLOSED);
	end(&bench);
}

static void what_is_not_asked_for_is_kept_but_not_told(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	bench.listing.query.states = SKT_STATE_BIT(SKT_STATE_ESTABLISHED);
	see(&bench, SKT_TCP_CONNECTING, 1, 0);
	EXPECT_NONE(&bench);
	see(&bench, SKT_TCP_CONNECTED, 1, 5);
	assert_int_equal(bench.told.rows[0].duration_us, 5000);
	/* Once it is followed it is followed to its end. */
	see(&bench, SKT_TCP_DESTROYED, 1, 6);
	EXPECT(&bench, FOLLOW_ESTABLISHED, FOLLOW_CLOSED);
	see(&bench, SKT_TCP_CONNECTING, 2, 0);
	see(&bench, SKT_TCP_UNCONNECTED, 2, 1);
	see(&bench, SKT_TCP_LISTENING, 3, 1);
	see(&bench, SKT_TCP_DESTROYED, 3, 2);
	EXPECT_NONE(&bench);
	bench.listing.query = (struct skt_dump_query){.ipv6 = true, .states = SKT_STATES_ALL};
	see(&bench, SKT_TCP_CONNECTING, 4, 0);
	see(&bench, SKT_TCP_DESTROYED, 4, 1);
	EXPECT_NONE(&bench);
	end(&bench);
}

static void where_events_were_lost_an_unknown_end_is_one(void **state)
{
	struct skt_tcp_event portless = event_of(SKT_TCP_DESTROYED, 2, 0);
	struct bench bench;

	(void)state;
	begin(&bench);
	see(&bench, SKT_TCP_DESTROYED, 1, 0);
	EXPECT_NONE(&bench);
	bench.tcp.lossy = true;
	bench.listing.query.states = SKT_STATE_BIT(SKT_STATE_LISTEN);
	see(&bench, SKT_TCP_DESTROYED, 1, 0);
	EXPECT_NONE(&bench);
	bench.listing.query.states = SKT_STATE_BIT(SKT_STATE_ESTABLISHED);
	see(&bench, SKT_TCP_DESTROYED, 1, 0);
	portless.remote_port = 0;
	assert_int_equal(take(&bench, portless), 0);
	EXPECT(&bench, FOLLOW_CLOSED);
	assert_int_equal(bench.known.count, 0);
	end(&bench);
}

static void a_listener_has_no_figures(void **state)
{
	struct skt_tcp_event last = event_of(SKT_TCP_DESTROYED, 1, 9);
	struct bench bench;

	(void)state;
	begin(&bench);
	see(&bench, SKT_TCP_LISTENING, 1, 0);
	last.remote_port = 0;
	last.bytes_acked = 5;
	assert_int_equal(take(&bench, last), 0);
	assert_int_equal(bench.told.rows[1].bytes_acked, 0);
	EXPECT(&bench, FOLLOW_LISTENING, FOLLOW_CLOSED);
	end(&bench);
}

static void whoever_cannot_write_hears_it(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	bench.told.fails = -EIO;
	assert_int_equal(take(&bench, event_of(SKT_TCP_CONNECTING, 1, 0)), -EIO);
	assert_int_equal(take(&bench, event_of(SKT_TCP_UNCONNECTED, 1, 1)), -EIO);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(a_connection_comes_and_goes),
		unit_test(what_fails_is_told_once_with_its_reason),
		unit_test(what_breaks_keeps_its_figures_and_reason_to_the_end),
		unit_test(what_arrives_is_asked_of_until_somebody_has_it),
		unit_test(what_is_not_asked_for_is_kept_but_not_told),
		unit_test(where_events_were_lost_an_unknown_end_is_one),
		unit_test(a_listener_has_no_figures),
		unit_test(whoever_cannot_write_hears_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
