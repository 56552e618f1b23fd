#include "base/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "unit.h"

static int parse(const char *text, struct skt_port_list *list, struct skt_err *err)
{
	return skt_port_list_parse(guard_text(text), strlen(text), list, err);
}

static void assert_range(const struct skt_port_item *item, uint16_t low, uint16_t high)
{
	assert_null(item->name);
	assert_int_equal(item->low, low);
	assert_int_equal(item->high, high);
}

static void assert_name(const struct skt_port_item *item, const char *name)
{
	assert_non_null(item->name);
	assert_int_equal(item->name_len, strlen(name));
	assert_memory_equal(item->name, name, strlen(name));
}

static void test_every_form(void **state)
{
	struct skt_port_list list = {0};
	struct skt_err err = {.text = "untouched"};

	(void)state;
	assert_int_equal(parse("22,80,8000-8100,https,-1023,60000-", &list, &err), 0);
	assert_string_equal(err.text, "untouched");
	assert_int_equal(list.len, 6);
	assert_range(&list.data[0], 22, 22);
	assert_range(&list.data[1], 80, 80);
	assert_range(&list.data[2], 8000, 8100);
	assert_name(&list.data[3], "https");
	assert_range(&list.data[4], 1, 1023);
	assert_range(&list.data[5], 60000, 65535);
	skt_vec_free(&list);
}

static void test_edges(void **state)
{
	static const struct {
		const char *text;
		uint16_t low, high;
	} cases[] = {
		{"1", 1, 1},
		{"-1", 1, 1},
		{"2-", 2, 65535},
		{"-65534", 1, 65534},
		{"1-65535", 1, 65535},
		{"65535", 65535, 65535},
		{"65535-", 65535, 65535},
		{"65535-65535", 65535, 65535},
		{"7-7", 7, 7},
		{"0080", 80, 80},
		{"00000000000000000000000000080", 80, 80},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_port_list list = {0};

		assert_int_equal(parse(cases[i].text, &list, NULL), 0);
		assert_int_equal(list.len, 1);
		assert_range(&list.data[0], cases[i].low, cases[i].high);
		skt_vec_free(&list);
	}
}

static void test_names(void **state)
{
	static const char *const names[] = {"a", "ssh", "SSH", "iso-tp0s", "netbios-ns", "914c-g",
		"3com-tsmux", "ssh-http", "22-ssh", "x11", "gds_db", "edi_service", "z39.50",
		"whois++", "tcp/ip", "0x", "0xyz", "5afe-dir", "c"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(names); i++) {
		struct skt_port_list list = {0};

		assert_int_equal(parse(names[i], &list, NULL), 0);
		assert_int_equal(list.len, 1);
		assert_name(&list.data[0], names[i]);
		skt_vec_free(&list);
	}
}

/* The error quotes ITEM, which is within TEXT, and says WHY; the list is as it was. */
static void assert_bad(const char *text, int rc, const char *item, const char *why)
{
	struct skt_port_list list = {0};
	struct skt_err err = {0};
	char quoted[128];

	assert_int_equal(parse("1,2", &list, NULL), 0);
	assert_int_equal(parse(text, &list, &err), rc);
	assert_int_equal(list.len, 2);
	assert_range(&list.data[1], 2, 2);
	assert_int_equal(err.domain, SKT_ERR_SYS);
	assert_int_equal(err.code, -rc);
	(void)snprintf(quoted, sizeof(quoted), "'%s'", item);
	assert_non_null(strstr(err.text, quoted));
	assert_non_null(strstr(err.text, why));
	assert_int_equal(parse(text, &list, NULL), rc);
	skt_vec_free(&list);
}

static void test_ranges_cut_short(void **state)
{
	static const char *const texts[] = {"1-", "0-", "-65535", "-", "00-", "01-", "-065535"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		assert_bad(texts[i], -EINVAL, texts[i], "range cut short");
}

static void test_past_the_end(void **state)
{
	static const char *const texts[] = {"65536", "99999", "100000", "4294967296", "4294967376",
		"18446744073709551616", "18446744073709551638", "1-65536", "65536-", "-65536",
		"65536-1", "99999999999999999999-99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		assert_bad(texts[i], -ERANGE, texts[i], "65535");
}

/* Nobody has port 0, but sockets without a port do. */
static void test_zero(void **state)
{
	static const char *const texts[] = {"0", "00", "0-0", "0-10", "0-65535"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_port_list list = {0};

		assert_bad(texts[i], -ERANGE, texts[i], "ports begin at 1");
		assert_int_equal(
			skt_port_list_parse_any(texts[i], strlen(texts[i]), &list, NULL), 0);
		assert_int_equal(list.data[0].low, 0);
		skt_vec_free(&list);
	}
}

static void test_empty_items(void **state)
{
	static const char *const texts[] = {",", "http,", ",http", "22,,80", ",,", "22,80,"};
	struct skt_err err = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		assert_bad(texts[i], -EINVAL, texts[i], "empty item");
	assert_int_equal(parse("", &(struct skt_port_list){0}, &err), -EINVAL);
	assert_string_equal(err.text, "empty port list");
}

static void test_reversed(void **state)
{
	(void)state;
	assert_bad("90-80", -EINVAL, "90-80", "reversed");
	assert_bad("1-0", -EINVAL, "1-0", "reversed");
	assert_bad("-0", -EINVAL, "-0", "reversed");
	assert_bad("ssh,65535-65534", -EINVAL, "65535-65534", "reversed");
}

static void test_malformed(void **state)
{
	static const char *const texts[] = {" 22", "22 ", "+5", "--", "1--2", "1-2-3", "-1-2",
		"1-2-", "-1-", "-ssh", "ssh-", "-ssh-", "80/", "1.5", "_", "...", "ss h", "http*",
		"80;90", "\xc3\xa9", "ssh\n", "22\t", "80:90", "*", "a\x7f", "\x1b[31m"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		assert_bad(texts[i], -EINVAL, texts[i], "not a number, range or name");
	assert_bad("0x16", -EINVAL, "0x16", "decimal");
	assert_bad("0XFf", -EINVAL, "0XFf", "decimal");
}

static void test_names_the_bad_item_only(void **state)
{
	(void)state;
	assert_bad("22,80,+5,http", -EINVAL, "+5", "not a number");
	assert_bad("22,99999", -ERANGE, "99999", "65535");
	assert_bad("1-,22", -EINVAL, "1-", "cut short");
}

static void test_nul_inside(void **state)
{
	struct skt_port_list list = {0};

	(void)state;
	assert_int_equal(skt_port_list_parse(guard_copy("ssh\0x", 5), 5, &list, NULL), -EINVAL);
	assert_int_equal(skt_port_list_parse(guard_copy("2\0002", 3), 3, &list, NULL), -EINVAL);
	assert_int_equal(list.len, 0);
	skt_vec_free(&list);
}

static void test_long(void **state)
{
	enum { ITEMS = 100000 };
	char *text = malloc(ITEMS * 2), *name = malloc(1000);
	struct skt_port_list list = {0};
	struct skt_err err = {0};

	(void)state;
	for (size_t i = 0; i < ITEMS; i++)
		memcpy(text + i * 2, "7,", 2);
	assert_int_equal(skt_port_list_parse(text, ITEMS * 2 - 1, &list, &err), 0);
	assert_int_equal(list.len, ITEMS);
	assert_range(&list.data[ITEMS - 1], 7, 7);
	assert_int_equal(skt_port_list_parse(text, ITEMS * 2, &list, &err), -EINVAL);
	assert_int_equal(list.len, ITEMS);
	memset(name, '9', 1000);
	assert_int_equal(skt_port_list_parse(name, 1000, &list, &err), -ERANGE);
	assert_non_null(strstr(err.text, "65535"));
	skt_vec_free(&list);
	free(name);
	free(text);
}

static void test_set(void **state)
{
	static const uint16_t ports[] = {0, 1, 63, 64, 65, 32767, 65534, 65535};
	struct skt_portset set = {0};
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(ports); i++) {
		assert_false(skt_portset_has(&set, ports[i]));
		skt_portset_add(&set, ports[i]);
		skt_portset_add(&set, ports[i]);
	}
	for (uint32_t port = 0; port < 65536; port++)
		count += skt_portset_has(&set, (uint16_t)port);
	assert_int_equal(count, SKT_COUNT(ports));
}

static void test_ranges(void **state)
{
	static const uint16_t ends[] = {
		0, 1, 62, 63, 64, 65, 127, 128, 1000, 65471, 65472, 65534, 65535};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(ends); i++)
		for (size_t j = i; j < SKT_COUNT(ends); j++) {
			struct skt_portset set = {0};

			skt_portset_add_range(&set, ends[i], ends[j]);
			for (uint32_t port = 0; port <= UINT16_MAX; port++)
				if (skt_portset_has(&set, (uint16_t)port) !=
					(port >= ends[i] && port <= ends[j]))
					fail_msg("%u-%u: %u", ends[i], ends[j], port);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_every_form),
		unit_test(test_edges),
		unit_test(test_names),
		unit_test(test_ranges_cut_short),
		unit_test(test_past_the_end),
		unit_test(test_zero),
		unit_test(test_empty_items),
		unit_test(test_reversed),
		unit_test(test_malformed),
		unit_test(test_names_the_bad_item_only),
		unit_test(test_nul_inside),
		unit_test(test_long),
		unit_test(test_set),
		unit_test(test_ranges),
	};

	return cmocka_run_group_tests_name("base/port", tests, NULL, NULL);
}
