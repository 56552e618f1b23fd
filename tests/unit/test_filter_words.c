/* Words of a filter: as messages quote them, which are names of sockets, which ports compare. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "filter/family.h"
#include "filter/node.h"

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static void long_and_hostile_words_are_quoted(void **state)
{
	static const struct {
		const char *word, *wanted;
	} cases[] = {
		{"", "''"},
		{"a", "'a'"},
		{"a b~", "'a b~'"},
		{"\x1f\x7f\x01",
			"'?"
			"?"
			"?'"},
		{"\xc2\x80\xc2\x9f\xc2\xa0",
			"'?"
			"?\xc2\xa0'"},
		{"\xff\xc3",
			"'?"
			"?'"},
		{"\xc3\xa9z", "'\xc3\xa9z'"},
		{FIFTY "012345678", "'" FIFTY "012345678'"},
		{FIFTY TEN, "'" FIFTY TEN "'"},
		{FIFTY TEN "x", "'" FIFTY TEN "...'"},
		{FIFTY "012345678\xc3\xa9", "'" FIFTY "012345678...'"},
	};
	char quoted[SKT_FILTER_QUOTED_MAX];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		assert_string_equal(
			skt_filter_quote(guard_text(cases[i].word), strlen(cases[i].word), quoted),
			cases[i].wanted);
}

static void names_are_no_addresses(void **state)
{
	static const struct {
		const char *word;
		bool is_name;
	} cases[] = {
		{"/run/x", true},
		{"@x", true},
		{"unix:x", true},
		{"vsock:1", true},
		{"inet:1.2.3.4", false},
		{"inet6:*:80", false},
		{"inet:1.*", true},
		{"1.2.3.4", false},
		{"*", false},
		{"*:*", false},
		{"*:80", false},
		{"1.2.3.4:*", false},
		{":*", false},
		{"x*", true},
		{"x?", true},
		{"*x", true},
		{"a:b*", true},
		{"localhost", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		if (skt_filter_is_name(guard_text(cases[i].word), strlen(cases[i].word)) !=
			cases[i].is_name)
			fail_msg("%s", cases[i].word);
}

static void names_have_services(void **state)
{
	static const struct {
		uint8_t family;
		const char *word;
		size_t name;
		bool has_path;
		const char *service;
	} cases[] = {
		{0, "/a:b", 4, true, NULL},
		{AF_UNIX, "a:b", 3, true, NULL},
		{AF_VSOCK, "2:80", 1, true, "80"},
		{AF_VSOCK, "*:80", 1, false, "80"},
		{AF_VSOCK, "x:80", 1, true, "80"},
		{AF_VSOCK, "*x:80", 2, true, "80"},
		{AF_VSOCK, ":80", 0, false, "80"},
		{AF_VSOCK, "2:*", 1, true, NULL},
		{AF_VSOCK, "2:", 1, true, NULL},
		{AF_VSOCK, "2", 1, true, NULL},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_filter_place place = {.family = cases[i].family};
		const char *service = cases[i].service;

		skt_filter_name_parse(&place, guard_text(cases[i].word), strlen(cases[i].word));
		if (place.has_path != cases[i].has_path || place.path.len != cases[i].name ||
			place.has_service != !!service)
			fail_msg("%s", cases[i].word);
		if (service) {
			assert_int_equal(place.service.len, strlen(service));
			assert_memory_equal(place.service.data, service, strlen(service));
		}
	}
}

/* Port 0 is neither below nor above any port; a set without a port is met by none. */
static void ports_compare_by_their_ends(void **state)
{
	static const struct {
		enum skt_filter_op op;
		uint16_t first, last;
		uint32_t low, high;
		bool has_set;
	} cases[] = {
		{SKT_FILTER_EQ, 80, 80, 80, 80, false},
		{SKT_FILTER_NE, 80, 81, 80, 81, false},
		{SKT_FILTER_EQ, 80, 82, 80, 82, true},
		{SKT_FILTER_EQ, 0, 0, 0, 0, false},
		{SKT_FILTER_EQ, 65535, 65535, 65535, 65535, false},
		{SKT_FILTER_LT, 80, 82, 1, 81, false},
		{SKT_FILTER_LT, 0, 0, 1, 0, false},
		{SKT_FILTER_LE, 80, 82, 1, 82, false},
		{SKT_FILTER_GT, 80, 82, 81, 65535, false},
		{SKT_FILTER_GE, 80, 82, 80, 65535, false},
		{SKT_FILTER_GE, 0, 0, 1, 65535, false},
		{SKT_FILTER_GE, 2, 2, 2, 65535, false},
	};
	static const struct skt_portset none;
	struct skt_filter filter = {0};
	struct skt_filter_ports ports = {.op = SKT_FILTER_GE, .low = 7, .high = 9};

	(void)state;
	assert_int_equal(skt_filter_ports_set(&filter, &ports, &none), 0);
	assert_true(ports.low > ports.high);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_portset set = {0};

		ports = (struct skt_filter_ports){.op = cases[i].op};
		skt_portset_add(&set, cases[i].first);
		skt_portset_add(&set, cases[i].last);
		assert_int_equal(skt_filter_ports_set(&filter, &ports, &set), 0);
		if (ports.low != cases[i].low || ports.high != cases[i].high ||
			!!ports.set != cases[i].has_set)
			fail_msg("case %zu: %u to %u", i, ports.low, ports.high);
	}
	skt_arena_fini(&filter.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(long_and_hostile_words_are_quoted),
		unit_test(names_are_no_addresses),
		unit_test(names_have_services),
		unit_test(ports_compare_by_their_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
