/* Filters of ends by what columns show of them: names of any length, families, zones, patterns. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/filter_columns.h"

/* A text up to an unmapped page, with no NUL behind: what is read beyond its length is seen. */
#define SIZED(text) .host = guard_copy(text, sizeof(text) - 1), .host_len = sizeof(text) - 1

enum { ROWS = 12 };

static void make_rows(struct skt_socket_row rows[ROWS])
{
	static const struct skt_addr v4 = {.bytes = {127, 0, 0, 53}, .family = AF_INET};
	static const struct skt_addr v6 = {
		.bytes = {0xfe, 0x80, [15] = 1}, .scope_id = 2, .family = AF_INET6};

	memset(rows, 0, ROWS * sizeof(*rows));
	rows[0].s = (struct skt_socket){.family = AF_UNIX, .local = {SIZED("/dev/log")}};
	rows[1].s = (struct skt_socket){.family = AF_UNIX, .local = {SIZED("@ab")}};
	rows[2].s = (struct skt_socket){.family = AF_UNIX, .local = {SIZED("@a\0b")}};
	rows[3].s = (struct skt_socket){.family = AF_UNIX, .local = {SIZED("/run/a/socket.sock")}};
	rows[4].s = (struct skt_socket){
		.family = AF_NETLINK, .local = {.host = "rtnetlink", .service = "kernel"}};
	rows[5].s = (struct skt_socket){
		.family = AF_NETLINK, .local = {.host = "rtnetlink", .service = "1234"}};
	rows[6].s =
		(struct skt_socket){.family = AF_PACKET, .local = {.host = "ip", .service = "lo"}};
	rows[7].s = (struct skt_socket){.family = AF_VSOCK, .local = {.host = "2", .port = 80}};
	rows[8].s = (struct skt_socket){
		.family = AF_INET, .local = {.addr = v4, .port = 5353, .host = "127.0.0.53%lo"}};
	rows[9].s = (struct skt_socket){.family = AF_INET6,
		.local = {.addr = v6, .port = 22, .host = "fe80::1%eth0"},
		.remote = {.addr = v6, .port = 9}};
	rows[10].s =
		(struct skt_socket){.family = AF_XDP, .local = {.host = "lo", .service = "q0"}};
	rows[11].s = (struct skt_socket){
		.family = AF_UNIX, .local = {SIZED("socket:[7]")}, .remote = {SIZED("socket:[8]")}};
}

static const struct {
	const char *text;
	const char *matches; /* letters: rows from `a` */
} cases[] = {
	/* Length is part of a name. */
	{"src /dev/log", "a"},
	{"src @ab", "b"},
	{"not src @ab", "acdefghijkl"},
	{"src @a", ""},
	{"src @a?b", "c"},
	{"src @*b", "bc"},
	{"src unix:*", "abcdl"},
	{"local ~ @a?b", "c"},
	{"local ~ /dev/log", "a"},
	{"local ~ '/dev/log?*'", ""},
	{"local like /dev/*", "a"},
	{"not local like /dev/*", "bcdefghijkl"},
	/* What the column shows. */
	{"local = rtnetlink:kernel", "e"},
	{"local != rtnetlink:kernel", "abcdfghijkl"},
	{"local = rtnetlink:kernel,ip:lo", "eg"},
	{"local ~ rtnetlink:*", "ef"},
	{"local ~ ip:lo", "g"},
	{"local = ip:lo", "g"},
	{"local = rtnetlink", ""},
	{"local = lo:q0", "k"},
	{"local = 2:80", "h"},
	{"local ~ 2:80", "h"},
	{"local ~ '127.0.0.53%lo:5353'", "i"},
	{"local = '127.0.0.53%lo:5353'", "i"},
	{"local = 127.0.0.53:5353", "i"},
	{"local ~ '[[]fe80::1%eth0]:22'", "j"},
	{"local_address ~ fe80::1", "j"},
	{"local = socket:[7]", "l"},
	{"remote = socket:[8]", "l"},
	{"remote ~ socket:*", "l"},
	/* Families as ss calls them. */
	{"src inet:*", "i"},
	{"src inet:127/8", "i"},
	{"src inet6:*", "j"},
	{"src inet6:[fe80::1]:22", "j"},
	{"src inet6:", "j"},
	{"src inet:*:22", ""},
	{"src inet6:*:22", "j"},
	{"not src inet:127/8", "abcdefghjkl"},
	{"src link:ip", "g"},
	{"src link:*:lo", "g"},
	{"src link:*", "g"},
	{"src packet:ip:lo", "g"},
	{"src netlink:rtnetlink", "ef"},
	{"src netlink:rtnetlink:kernel", "e"},
	{"src netlink:*:1234", "f"},
	{"src vsock:2", "h"},
	{"src vsock:*:80", "h"},
	{"src vsock:2:*", "h"},
	{"src vsock:3", ""},
	{"src xdp:lo:q0", "k"},
	{"src inet:*,inet6:*", "ij"},
	/* Alone. */
	{":22", "j"},
	{"22", "j"},
	{":22,5353", "ij"},
	{"not 22", "abcdefghikl"},
	{"tcp", "abcdefghijkl"},
	{"UDP", ""},
	{"LISTEN", ""},
	{"ESTAB or 22", "j"},
	{"( tcp 22 )", "j"},
	/* Patterns. */
	{"src '*sock*'", "dl"},
	{"src *.sock", "d"},
	{"src 127.*", "i"},
	{"src *:22", "j"},
	{"src *", "abcdefghijkl"},
	{"src fe80*", "j"},
};

static void what_matches(void **state)
{
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_socket_row rows[ROWS];
		struct skt_filter *filter = NULL;
		struct skt_err err = {0};
		char found[ROWS + 1] = "", *p = found;

		if (skt_filter_parse(cases[i].text, &fields.fields, &filter, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		/* Nobody is asked for a name: there is no resolver. */
		assert_int_equal(skt_filter_resolve(filter, NULL, &err), 0);
		make_rows(rows);
		for (size_t r = 0; r < ROWS; r++) {
			struct skt_socket bare = rows[r].s;
			bool early;

			/* Names of interfaces are joined to it later. */
			if (bare.family == AF_PACKET)
				bare.local.service = NULL;
			if (bare.family == AF_XDP)
				bare.local.host = NULL;
			early = skt_filter_match(filter, &bare);
			if (skt_filter_match_row(filter, &bare, &rows[r])) {
				*p++ = (char)('a' + r);
				if (!early)
					fail_msg("%s: row %zu is lost early", cases[i].text, r);
			}
		}
		if (strcmp(found, cases[i].matches) != 0)
			fail_msg("%s: '%s', not '%s'", cases[i].text, found, cases[i].matches);
		skt_filter_free(filter);
		guard_free_all();
	}
	skt_filter_columns_fini(&fields);
}

static void what_is_refused(void **state)
{
	static const char *const refused[] = {"local = 123", "local = 10.0.0.300:22",
		"remote = [1.2.3.4]", "src 10.0.0.300", "nginx", "22-", "tpc", "local like",
		"src inet:/x"};
	struct skt_filter_columns fields;

	(void)state;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	for (size_t i = 0; i < SKT_COUNT(refused); i++) {
		struct skt_filter *filter = NULL;
		struct skt_err err = {0};

		if (skt_filter_parse(refused[i], &fields.fields, &filter, &err) != -EINVAL)
			fail_msg("%s", refused[i]);
	}
	skt_filter_columns_fini(&fields);
}

static int by_number(void *ctx, const char *name, uint32_t *ret, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*ret = (uint32_t)strtoul(name, NULL, 10);
	return 0;
}

/* In another namespace a name is one there, and a number is that number. */
static void interfaces_elsewhere(void **state)
{
	static const struct {
		const char *text;
		bool matches;
	} asked[] = {
		{"dev = 2", true}, {"dev 3", false}, {"dev = eth0", true}, {"dev = lo", false}};
	struct skt_filter_columns fields;
	struct skt_socket_row row = {.interface = "eth0"};

	(void)state;
	row.s.ifindex = 2;
	row.s.present = UINT64_C(1) << SKT_SOCKET_INTERFACE;
	assert_int_equal(skt_filter_columns_init(&fields, skt_socket_columns), 0);
	fields.fields.foreign = true;
	for (size_t i = 0; i < SKT_COUNT(asked); i++) {
		const struct skt_filter_resolver resolver = {.interface = by_number};
		struct skt_filter *filter = NULL;
		struct skt_err err;

		assert_int_equal(skt_filter_parse(asked[i].text, &fields.fields, &filter, &err), 0);
		assert_int_equal(skt_filter_resolve(filter, &resolver, &err), 0);
		if (skt_filter_match_row(filter, &row.s, &row) != asked[i].matches)
			fail_msg("%s", asked[i].text);
		skt_filter_free(filter);
	}
	skt_filter_columns_fini(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(what_matches),
		unit_test(what_is_refused),
		unit_test(interfaces_elsewhere),
	};

	return cmocka_run_group_tests_name("filter_names", tests, NULL, NULL);
}
