/* What the kernel counts of a network namespace, and the names of its enumerations. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "diag/net_counters.h"
#include "proc/btf_enum.h"

static void take(const char *name, size_t len, uint64_t value, void *ctx)
{
	struct skt_str *out = ctx;

	skt_str_add(out, name, len);
	skt_str_add_format(out, "=%llu ", (unsigned long long)value);
}

typedef void read_fn(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);

static void check(read_fn *read, const char *text, const char *wanted)
{
	struct skt_str out = {0};

	read(guard_text(text), strlen(text), take, &out);
	skt_str_add_char(&out, '\0');
	assert_string_equal(out.data, wanted);
	skt_str_fini(&out);
}

static void test_pairs(void **state)
{
	(void)state;
	check(skt_net_counters_pairs,
		"Tcp: MaxConn InSegs\nTcp: -1 7\nTcpExt: ListenOverflows\nTcpExt: 3\n",
		"TcpInSegs=7 TcpExtListenOverflows=3 ");
	/* More names than values, values of another protocol, no values, no line feed, garbage. */
	check(skt_net_counters_pairs, "Udp: A B\nUdp: 1\n", "UdpA=1 ");
	check(skt_net_counters_pairs, "Udp: A\nTcp: 1\n", "");
	check(skt_net_counters_pairs, "Udp: A", "");
	check(skt_net_counters_pairs, "Udp: A\nUdp: 1", "UdpA=1 ");
	check(skt_net_counters_pairs, "Udp: A\nUdp: 99999999999999999999\n", "");
	check(skt_net_counters_pairs, "\n\n:\n:\nA B\nA 1\n", "");
	check(skt_net_counters_pairs, "", "");
}

static void test_lines(void **state)
{
	(void)state;
	check(skt_net_counters_lines,
		"Ip6InReceives                   \t12\nUdp6NoPorts 3\nX\nY z\n\n",
		"Ip6InReceives=12 Udp6NoPorts=3 ");
	check(skt_net_counters_softnet,
		"0000fa5e 00000010 00000000\n00000001 0000000f 00000000\nxyz\n",
		"SoftnetDropped=31 ");
	check(skt_net_counters_softnet, "", "");
}

static void test_files(void **state)
{
	struct skt_str out = {0};
	struct skt_err err = {0};

	(void)state;
	assert_int_equal(skt_net_counters_read("/nonexistent", take, &out, &err), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(skt_net_counters_read("/proc", take, &out, &err), 0);
	skt_str_add_char(&out, '\0');
	assert_non_null(strstr(out.data, "TcpExtListenOverflows="));
	assert_non_null(strstr(out.data, "UdpNoPorts="));
	skt_str_fini(&out);
}

/* Two types, an int and an enumeration of two values. */
static const struct {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_len, type_off, type_len, str_off, str_len;
	uint32_t types[4 + 3 + 4];
	char names[16];
} btf = {0xeb9f, 1, 0, 24, 0, 44, 44, 16, {1, 1 << 24, 4, 0, 5, 6 << 24 | 2, 4, 7, 3, 9, 70000},
	"\0int\0e\0A\0BB"};

static int take_value(const char *name, uint32_t value, void *ctx)
{
	skt_str_add_format(ctx, "%s=%u ", name, value);
	return 0;
}

static void test_enum(void **state)
{
	struct skt_str out = {0};

	(void)state;
	for (size_t len = 0; len < sizeof(btf); len++)
		assert_int_equal(
			skt_btf_enum_each(guard_copy(&btf, len), len, "e", take_value, &out),
			-EBADMSG);
	assert_int_equal(out.len, 0);
	assert_int_equal(skt_btf_enum_each(
				 guard_copy(&btf, sizeof(btf)), sizeof(btf), "e", take_value, &out),
		0);
	skt_str_add_char(&out, '\0');
	assert_string_equal(out.data, "A=3 BB=70000 ");
	assert_int_equal(skt_btf_enum_each(&btf, sizeof(btf), "int", take_value, &out), -ENOENT);
	assert_int_equal(skt_btf_enum_each(&btf, sizeof(btf), "f", take_value, &out), -ENOENT);
	skt_str_fini(&out);
	guard_free_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_pairs), unit_test(test_lines),
		unit_test(test_files), unit_test(test_enum)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
