/*
 * A kernel that sends its table in pieces and comes back to it by position, while sockets come and
 * go: what was there all the time is listed, once, or the report says that it may be missing.
 */
#include "unit.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/dump.h"
#include "diag/looks.h"
#include "recording.h"

enum { BUCKETS = 8, STAYING = 25, PASSING = 3, BUCKET_MAX = 64, PASSING_FROM = 100000 };

/* What happens to the bucket at hand between two pieces. */
enum change { NOTHING, ONE_LEAVES, ONE_COMES, BOTH };

struct table {
	uint32_t cookies[BUCKETS][BUCKET_MAX];
	size_t counts[BUCKETS];
	size_t piece; /* rows in a datagram */
	enum change change;
	uint32_t seq, next; /* of the request; cookie of the next that comes */
	size_t bucket, passed;
	size_t requests;
	uint32_t random; /* never the same twice, always the same in this test */
};

static void fill(struct table *table, size_t piece, enum change change)
{
	*table =
		(struct table){.piece = piece, .change = change, .next = PASSING_FROM, .random = 1};
	for (size_t b = 0; b < BUCKETS; b++) {
		for (size_t i = 0; i < PASSING; i++)
			table->cookies[b][table->counts[b]++] = table->next++;
		for (size_t i = 0; i < STAYING; i++)
			table->cookies[b][table->counts[b]++] = (uint32_t)(1 + b * STAYING + i);
	}
}

static ssize_t table_send(void *ctx, const void *bytes, size_t len)
{
	struct table *table = ctx;

	table->seq = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	table->bucket = table->passed = 0;
	table->requests++;
	return (ssize_t)len;
}

/* The first of those that do not stay leaves the bucket; nobody is left: nothing. */
static void leave(struct table *table)
{
	uint32_t *cookies = table->cookies[table->bucket];
	size_t *count = &table->counts[table->bucket], i = 0;

	while (i < *count && cookies[i] < PASSING_FROM)
		i++;
	if (i == *count)
		return;
	memmove(cookies + i, cookies + i + 1, (*count - i - 1) * sizeof(*cookies));
	--*count;
}

static void come(struct table *table)
{
	uint32_t *cookies = table->cookies[table->bucket];
	size_t *count = &table->counts[table->bucket];

	if (*count == BUCKET_MAX)
		return;
	memmove(cookies + 1, cookies, *count * sizeof(*cookies));
	cookies[0] = table->next++;
	++*count;
}

static bool toss(struct table *table)
{
	table->random = table->random * UINT32_C(1664525) + UINT32_C(1013904223);
	return table->random >> 31;
}

static void exchange(struct table *table)
{
	if (table->bucket == BUCKETS || table->change == NOTHING)
		return;
	if (table->change != ONE_COMES && (table->change == ONE_LEAVES || toss(table)))
		leave(table);
	if (table->change != ONE_LEAVES && (table->change == ONE_COMES || toss(table)))
		come(table);
}

static ssize_t table_recv(void *ctx, void *buffer, size_t size)
{
	struct table *table = ctx;
	struct tape tape = {0};
	ssize_t len;

	for (size_t rows = 0; table->bucket < BUCKETS && rows < table->piece;) {
		struct inet_diag_msg msg = {
			.idiag_family = AF_INET, .idiag_state = 7, .idiag_inode = 1};

		if (table->passed >= table->counts[table->bucket]) {
			table->bucket++;
			table->passed = 0;
			continue;
		}
		msg.id.idiag_cookie[0] = table->cookies[table->bucket][table->passed++];
		tape_message(
			&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, table->seq, 7, &msg, sizeof(msg));
		rows++;
	}
	if (!tape.len)
		tape_message(&tape, NLMSG_DONE, NLM_F_MULTI, table->seq, 7, &(int){0}, sizeof(int));
	exchange(table);
	assert_true(tape.len <= size);
	memcpy(buffer, tape.data, tape.len);
	len = (ssize_t)tape.len;
	free(tape.data);
	return len;
}

struct seen {
	size_t times[1 + BUCKETS * STAYING];
};

static int take(const struct skt_socket *socket, void *ctx)
{
	struct seen *seen = ctx;

	if (socket->cookie < PASSING_FROM)
		seen->times[socket->cookie]++;
	return 0;
}

/* The sockets that were there all the time and are not in the rows; none is there twice. */
static size_t dump(struct table *table, struct skt_dump_report *ret_report)
{
	static const struct skt_dump_query query = {.protos = {[SKT_PROTO_UDP] = true},
		.ipv4 = true,
		.states = SKT_STATES_ALL,
		.source = SKT_SOURCE_NETLINK};
	const struct skt_netlink_source source = {
		.send = table_send, .recv = table_recv, .ctx = table, .live = true};
	const struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct seen seen = {0};
	size_t missing = 0;

	assert_int_equal(skt_dump_sockets(&system, &query, take, &seen, ret_report, NULL), 0);
	for (size_t i = 1; i < SKT_COUNT(seen.times); i++) {
		assert_true(seen.times[i] <= 1);
		missing += !seen.times[i];
	}
	return missing;
}

static void test_quiet(void **state)
{
	struct skt_dump_report report;
	struct table table;

	(void)state;
	fill(&table, 10, NOTHING);
	assert_int_equal(dump(&table, &report), 0);
	assert_int_equal(table.requests, 2);
	assert_false(report.interrupted);
	/* One piece is one moment. */
	fill(&table, BUCKETS * BUCKET_MAX, NOTHING);
	assert_int_equal(dump(&table, &report), 0);
	assert_int_equal(table.requests, 1);
	assert_false(report.interrupted);
}

static void test_leaving(void **state)
{
	struct skt_dump_report report;
	struct table table;

	(void)state;
	for (size_t piece = 5; piece < 60; piece++) {
		fill(&table, piece, ONE_LEAVES);
		assert_int_equal(dump(&table, &report), 0);
		assert_in_range(table.requests, 2, SKT_LOOKS_MAX);
		assert_false(report.interrupted);
	}
}

static void test_coming(void **state)
{
	struct skt_dump_report report;
	struct table table;

	(void)state;
	for (size_t piece = 5; piece < 60; piece++) {
		fill(&table, piece, ONE_COMES);
		assert_int_equal(dump(&table, &report), 0);
		assert_true(report.duplicates > 0);
	}
}

/* Sockets come and go between all pieces, for ever: what cannot be told is said. */
static void test_hopeless(void **state)
{
	struct skt_dump_report report;
	struct table table;
	size_t missing, silent = 0, told = 0;

	(void)state;
	for (size_t piece = 1; piece < 30; piece++) {
		fill(&table, piece, BOTH);
		missing = dump(&table, &report);
		silent += missing && !report.interrupted;
		told += report.interrupted;
	}
	assert_int_equal(silent, 0);
	assert_true(told > 0);
}

static void see(struct skt_looks *looks, uint64_t from, uint64_t until)
{
	for (uint64_t cookie = from; cookie < until; cookie++)
		assert_int_not_equal(
			skt_looks_see(looks,
				&(struct skt_socket){.proto = SKT_PROTO_TCP, .cookie = cookie}),
			SKT_SIGHT_REPEAT);
}

static void test_odds(void **state)
{
	struct skt_looks looks = {.key = {1, 2}};

	(void)state;
	skt_looks_begin(&looks);
	see(&looks, 1, 100001);
	/* Nobody left, by the kernel's count; one in a bucket of many; one of very few. */
	assert_true(skt_looks_suffice(&looks, 0));
	assert_true(skt_looks_suffice(&looks, 1e-6));
	assert_false(skt_looks_suffice(&looks, 1e-2));
	assert_false(skt_looks_suffice(&looks, SKT_LOOKS_UNKNOWN));
	skt_looks_begin(&looks);
	see(&looks, 100, 100010);
	assert_true(skt_looks_suffice(&looks, 1e-2));
	assert_false(skt_looks_suffice(&looks, 1e4));
	assert_false(skt_looks_suffice(&looks, SKT_LOOKS_UNKNOWN));
	/* Twenty that were there were not seen: of 100,000 that is none in three looks. */
	skt_looks_begin(&looks);
	see(&looks, 80, 100020);
	assert_true(skt_looks_suffice(&looks, SKT_LOOKS_UNKNOWN));
	/* But half of them may be missed together. */
	skt_looks_reset(&looks);
	skt_looks_begin(&looks);
	see(&looks, 1, 1001);
	skt_looks_begin(&looks);
	see(&looks, 1, 501);
	skt_looks_begin(&looks);
	see(&looks, 1, 1001);
	assert_false(skt_looks_suffice(&looks, 0));
	skt_looks_fini(&looks);
}

static void test_repeats(void **state)
{
	const struct skt_socket tcp = {.proto = SKT_PROTO_TCP, .cookie = 77};
	struct skt_looks looks = {.key = {1, 2}};

	(void)state;
	skt_looks_begin(&looks);
	assert_int_equal(skt_looks_see(&looks, &tcp), SKT_SIGHT_NEW);
	see(&looks, 1000, 200000);
	assert_int_equal(skt_looks_see(&looks, &tcp), SKT_SIGHT_REPEAT);
	skt_looks_begin(&looks);
	assert_int_equal(skt_looks_see(&looks, &tcp), SKT_SIGHT_KNOWN);
	assert_int_equal(skt_looks_see(&looks, &tcp), SKT_SIGHT_REPEAT);
	/* What has no identity is always new. */
	assert_int_equal(skt_looks_see(&looks, &(struct skt_socket){.proto = SKT_PROTO_UNIX}),
		SKT_SIGHT_NEW);
	assert_int_equal(skt_looks_see(&looks, &(struct skt_socket){.proto = SKT_PROTO_UNIX}),
		SKT_SIGHT_NEW);
	skt_looks_fini(&looks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_quiet),
		unit_test(test_leaving),
		unit_test(test_coming),
		unit_test(test_hopeless),
		unit_test(test_odds),
		unit_test(test_repeats),
	};

	return cmocka_run_group_tests_name("looks", tests, NULL, NULL);
}
