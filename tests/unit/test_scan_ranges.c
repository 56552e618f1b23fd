/* Hosts that are alike, in one row. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/scan/ranges.h"

struct given {
	const char *addr;
	uint16_t port;
	uint8_t state;
	const char *from; /* NULL: nobody; "": the host itself */
	uint64_t count;
	bool own_name;
};

enum { LINES_MAX = 64 };

static struct skt_scan_result results[LINES_MAX];
static struct scan_line lines[LINES_MAX];

static struct skt_addr addr_of(const char *text)
{
	struct skt_addr addr = {0};

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

/* Hosts are numbered as they come. */
static size_t collapse(const struct given *given, size_t count, struct skt_arena *arena)
{
	uint64_t host = 0;
	ssize_t left;

	assert_true(count <= LINES_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct given *g = &given[i];

		host += i && strcmp(g->addr, given[i - 1].addr) != 0;
		results[i] = (struct skt_scan_result){
			.host = host, .addr = addr_of(g->addr), .port = g->port, .state = g->state};
		if (g->from)
			results[i].from = addr_of(*g->from ? g->from : g->addr);
		lines[i] = (struct scan_line){
			.result = &results[i], .count = g->count, .own_name = g->own_name};
	}
	left = scan_ranges_collapse(lines, count, arena);
	assert_true(left >= 0);
	return (size_t)left;
}

static void hosts_alike_are_one_row(void **state)
{
	static const struct given given[] = {
		{"10.0.0.1", 22, SKT_SCAN_OPEN, "", 0, false},
		{"10.0.0.1", 80, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.0.2", 22, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.0.2", 80, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.0.3", 22, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.0.3", 80, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.0.4", 22, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.0.4", 80, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.0.5", 80, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.1.6", 22, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.1.6", 80, SKT_SCAN_UNREACHABLE, "10.0.0.9", 0, false},
		{"10.0.1.7", 22, SKT_SCAN_UNREACHABLE, "10.0.0.8", 0, false},
	};
	struct skt_arena arena = {0};

	(void)state;
	assert_int_equal(collapse(given, SKT_COUNT(given), &arena), 5);
	assert_int_equal(lines[0].result->state, SKT_SCAN_OPEN);
	assert_int_equal(lines[1].result->port, 80);
	assert_int_equal(lines[1].hosts, 3);
	assert_string_equal(lines[1].addresses, "10.0.0.1-2,5");
	assert_int_equal(lines[1].count, 0);
	assert_int_equal(lines[2].hosts, 0);
	assert_int_equal(lines[3].hosts, 3);
	assert_int_equal(lines[3].count, 2);
	assert_string_equal(lines[3].addresses, "10.0.0.3-4,10.0.1.6");
	assert_int_equal(lines[4].hosts, 0);
	skt_arena_fini(&arena);
}

static void what_differs_stays_apart(void **state)
{
	static const struct given given[] = {
		{"10.0.0.1", 22, SKT_SCAN_OPEN, "", 0, false},
		{"10.0.0.2", 22, SKT_SCAN_OPEN, "", 0, false},
		{"10.0.0.3", 22, SKT_SCAN_OPEN, "", 0, false},
		{"10.0.0.4", 22, SKT_SCAN_CLOSED, "", 0, true},
		{"10.0.0.5", 22, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.0.6", 22, SKT_SCAN_CLOSED, "", 0, false},
		{"10.0.0.7", 22, SKT_SCAN_CLOSED, "", 9, false},
		{"10.0.0.8", 22, SKT_SCAN_CLOSED, "10.0.0.1", 0, false},
		{"fd00::1", 22, SKT_SCAN_CLOSED, "", 0, false},
		{"fd00::2", 22, SKT_SCAN_CLOSED, "", 0, false},
	};
	struct skt_arena arena = {0};

	(void)state;
	assert_int_equal(collapse(given, SKT_COUNT(given), &arena), SKT_COUNT(given));
	assert_int_equal(collapse(given, 0, &arena), 0);
	skt_arena_fini(&arena);
}

static void long_lists_are_cut(void **state)
{
	struct given given[LINES_MAX];
	char texts[LINES_MAX][32];
	struct skt_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < LINES_MAX; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "2001:db8::%zx", 1 + 2 * (i / 2));
		given[i] = (struct given){
			texts[i], (uint16_t)(1 + i % 2), SKT_SCAN_FILTERED, NULL, 0, false};
	}
	assert_int_equal(collapse(given, LINES_MAX, &arena), 1);
	assert_int_equal(lines[0].hosts, LINES_MAX / 2);
	assert_int_equal(lines[0].count, 2);
	assert_true(strlen(lines[0].addresses) <= SCAN_ADDRESSES_TEXT_MAX + 4);
	assert_non_null(strstr(lines[0].addresses, ",..."));
	/* The same beginning, but not the same hosts. */
	given[LINES_MAX - 1].state = SKT_SCAN_UNREACHABLE;
	assert_int_equal(collapse(given, LINES_MAX, &arena), 3);
	skt_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(hosts_alike_are_one_row),
		unit_test(what_differs_stays_apart),
		unit_test(long_lists_are_cut),
	};

	return cmocka_run_group_tests_name("scan ranges", tests, NULL, NULL);
}
