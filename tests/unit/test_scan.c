/* What a scan is reckoned with: order, targets, plans, verdicts, packets, pace, losses. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/siphash.h"
#include "cmd/scan/expect_hosts.h"
#include "scan/flight.h"
#include "scan/group.h"
#include "scan/headroom.h"
#include "scan/host.h"
#include "scan/local.h"
#include "scan/narrow.h"
#include "scan/order.h"
#include "scan/pacer.h"
#include "scan/packet.h"
#include "scan/payload.h"
#include "scan/plan.h"
#include "scan/ports.h"
#include "scan/refusal.h"
#include "scan/target.h"
#include "scan/verdict.h"

/* ---- order ---- */

static void check_bijection(uint64_t count, uint64_t seed)
{
	uint8_t *seen = calloc(count, 1);
	struct skt_order order;

	skt_order_init(&order, count, seed);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = skt_order_at(&order, i);

		assert_true(at < count);
		assert_int_equal(seen[at]++, 0);
	}
	free(seen);
}

static void order_is_a_bijection(void **state)
{
	(void)state;
	for (uint64_t count = 1; count <= 1100; count++)
		check_bijection(count, count * 7);
	for (uint64_t bits = 10; bits <= 17; bits++)
		for (int64_t off = -2; off <= 2; off++)
			check_bijection((UINT64_C(1) << bits) + (uint64_t)off, bits);
	check_bijection(65535, 0);
	check_bijection(70000, UINT64_MAX);
}

static void order_depends_on_the_seed(void **state)
{
	struct skt_order a, b, again;
	unsigned int same = 0, in_place = 0;

	(void)state;
	skt_order_init(&a, 65535, 1);
	skt_order_init(&b, 65535, 2);
	skt_order_init(&again, 65535, 1);
	for (uint64_t i = 0; i < 65535; i++) {
		same += skt_order_at(&a, i) == skt_order_at(&b, i);
		in_place += skt_order_at(&a, i) == i;
		assert_true(skt_order_at(&a, i) == skt_order_at(&again, i));
	}
	/* One of each is what chance gives. */
	assert_true(same < 16);
	assert_true(in_place < 16);
}

static void order_of_huge_counts_stays_inside(void **state)
{
	static const uint64_t counts[] = {UINT64_C(1) << 40, (UINT64_C(1) << 40) - 1,
		(UINT64_C(1) << 34) + 1, UINT64_C(1) << 62};
	struct skt_order order;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(counts); i++) {
		skt_order_init(&order, counts[i], 5);
		for (uint64_t k = 0; k < 2000; k++) {
			assert_true(skt_order_at(&order, k) < counts[i]);
			assert_true(skt_order_at(&order, counts[i] - 1 - k) < counts[i]);
			assert_true(
				skt_order_at(&order, k) != skt_order_at(&order, counts[i] - 1 - k));
		}
	}
}

/* ---- targets ---- */

static void check_target(const char *text, const char *first, const char *last, const char *ports)
{
	char *guarded = guard_text(text);
	struct skt_addr addr;
	struct skt_target t;
	struct skt_err err = {0};

	if (skt_target_parse(guarded, strlen(text), &t, &err))
		fail_msg("'%s': %s", text, err.text);
	if (first) {
		assert_null(t.name);
		assert_int_equal(skt_addr_parse(first, strlen(first), &addr), 0);
		assert_true(skt_addr_equal(&addr, &t.first));
		assert_int_equal(skt_addr_parse(last, strlen(last), &addr), 0);
		assert_true(skt_addr_equal(&addr, &t.last));
		assert_int_equal(t.wide, t.first.family == AF_INET6 && t.prefix < 88);
	} else {
		assert_int_equal(t.name_len, strlen(last));
		assert_memory_equal(t.name, last, strlen(last));
	}
	assert_int_equal(t.ports_len, ports ? strlen(ports) : 0);
	if (ports)
		assert_memory_equal(t.ports, ports, strlen(ports));
}

static void targets_are_read(void **state)
{
	(void)state;
	check_target("192.0.2.1", "192.0.2.1", "192.0.2.1", NULL);
	check_target("192.0.2.77/24", "192.0.2.0", "192.0.2.255", NULL);
	check_target("0.0.0.0/0", "0.0.0.0", "255.255.255.255", NULL);
	check_target("192.0.2.1-20", "192.0.2.1", "192.0.2.20", NULL);
	check_target("192.0.2.1-192.0.3.2", "192.0.2.1", "192.0.3.2", NULL);
	check_target("192.0.2.1:80,443", "192.0.2.1", "192.0.2.1", "80,443");
	check_target("192.0.2.0/30:http", "192.0.2.0", "192.0.2.3", "http");
	check_target("2001:db8::1", "2001:db8::1", "2001:db8::1", NULL);
	check_target("[2001:db8::1]:22", "2001:db8::1", "2001:db8::1", "22");
	check_target("2001:db8::/120", "2001:db8::", "2001:db8::ff", NULL);
	check_target("2001:db8::/88", "2001:db8::", "2001:db8::ff:ffff:ffff", NULL);
	check_target("fe80::%7/64", "fe80::%7", "fe80::ffff:ffff:ffff:ffff%7", NULL);
	check_target("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL);
	check_target("2001:db8::1-2001:db8::a", "2001:db8::1", "2001:db8::a", NULL);
	check_target("www.example.org", NULL, "www.example.org", NULL);
	check_target("a-b:1-2", NULL, "a-b", "1-2");
	check_target("1a", NULL, "1a", NULL);
	guard_free_all();
}

static void bad_targets_are_named(void **state)
{
	static const char *const bad[] = {"", ":80", "192.0.2.1:", "192.0.2.1/33", "192.0.2/24",
		"192.0.2.256", "192.0.2.9-3", "192.0.2.9-", "192.0.2.9-2001:db8::1",
		"192.0.2.1-256", "[2001:db8::1", "[2001:db8::1]80", "[2001:db8::]/64",
		"[192.0.2.1]:80", "2001:db8::-2001:db9::", "www.example.org/24", "-x", ".x", "a b",
		"a/b", "1.2.3", "x\n"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct skt_target t = {.prefix = 99};
		struct skt_err err = {0};

		if (!skt_target_parse(guard_text(bad[i]), strlen(bad[i]), &t, &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(strstr(err.text, "target '"));
		assert_int_equal(t.prefix, 99);
	}
	guard_free_all();
}

static void forbidden_targets_are_known(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {{"224.0.0.1", "multicast"}, {"223.255.255.255", NULL}, {"223.0.0.0/8", NULL},
		{"0.0.0.0", "reserved"}, {"240.0.0.1", "reserved"},
		{"255.255.255.255", "broadcast"}, {"192.0.2.0/24", NULL},
		{"192.0.0.0-225.0.0.0", "multicast"}, {"ff02::1", "multicast"}, {"::", "reserved"},
		{"::1", NULL}, {"fe80::1", NULL}, {"127.0.0.1", NULL}, {"10.0.0.0/8", NULL}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_target t;
		const char *reason;

		assert_int_equal(
			skt_target_parse(cases[i].text, strlen(cases[i].text), &t, NULL), 0);
		reason = skt_target_refusal(&t.first, &t.last);
		if (!reason != !cases[i].reason || (reason && strcmp(reason, cases[i].reason) != 0))
			fail_msg("%s: %s", cases[i].text, reason ? reason : "fine");
	}
}

/* ---- plans ---- */

static struct skt_portset *ports_of(const char *text)
{
	struct skt_portset *set = calloc(1, sizeof(*set));
	struct skt_port_list list = {0};

	assert_int_equal(skt_port_list_parse(text, strlen(text), &list, NULL), 0);
	for (size_t i = 0; i < list.len; i++)
		for (uint32_t port = list.data[i].low; port <= list.data[i].high; port++)
			skt_portset_add(set, (uint16_t)port);
	skt_vec_free(&list);
	return set;
}

static void add(struct skt_plan *plan, const char *text, const char *ports)
{
	struct skt_target t;
	struct skt_portset *set;

	assert_int_equal(skt_target_parse(text, strlen(text), &t, NULL), 0);
	if (!ports) {
		assert_int_equal(skt_plan_exclude(plan, &t.first, &t.last), 0);
		return;
	}
	set = ports_of(ports);
	assert_int_equal(skt_plan_add(plan, &t.first, &t.last, NULL, 0, set), 0);
	free(set);
}

/* Every index has a pair, every pair its index, in order and once. */
static void check_plan(struct skt_plan *plan, uint64_t count, uint64_t hosts)
{
	struct skt_plan_pair before = {0}, pair;

	assert_int_equal(skt_plan_finish(plan), 0);
	assert_int_equal(plan->count, count);
	assert_int_equal(plan->hosts, hosts);
	for (uint64_t i = 0; i < count; i++) {
		skt_plan_at(plan, i, &pair);
		assert_int_equal(skt_plan_find(plan, &pair.addr, pair.port), i);
		assert_true(pair.host < hosts);
		if (i)
			assert_true(pair.host > before.host ||
				(pair.host == before.host && pair.port > before.port));
		before = pair;
	}
}

static void overlaps_are_scanned_once(void **state)
{
	struct skt_plan plan = {0};
	struct skt_addr addr;

	(void)state;
	add(&plan, "192.0.2.0/28", "80");
	add(&plan, "192.0.2.4-20", "80,443");
	add(&plan, "192.0.2.8", "22,80");
	add(&plan, "2001:db8::/126", "1-3");
	add(&plan, "2001:db8::2", "3-5");
	add(&plan, "192.0.2.8", "22,80");
	/* 0-3: 1; 4-15 but 8: 2; 8: 3; 16-20: 2; v6: 3 of 3, 1 of 5 */
	check_plan(&plan, 4 + 11 * 2 + 3 + 5 * 2 + 3 * 3 + 5, 21 + 4);
	assert_int_equal(skt_addr_parse("192.0.2.8", 9, &addr), 0);
	assert_true(skt_plan_find(&plan, &addr, 22) != SKT_PLAN_NONE);
	assert_true(skt_plan_find(&plan, &addr, 23) == SKT_PLAN_NONE);
	assert_int_equal(skt_addr_parse("192.0.2.21", 10, &addr), 0);
	assert_true(skt_plan_find(&plan, &addr, 80) == SKT_PLAN_NONE);
	skt_plan_fini(&plan);
}

static void excluded_hosts_are_left_out(void **state)
{
	struct skt_plan plan = {0};

	(void)state;
	add(&plan, "192.0.2.0/24", "1-10");
	add(&plan, "192.0.2.0", NULL);
	add(&plan, "192.0.2.255", NULL);
	add(&plan, "192.0.2.100-110", NULL);
	add(&plan, "192.0.2.105-120", NULL);
	add(&plan, "198.51.100.0/24", NULL);
	add(&plan, "2001:db8::/120", NULL);
	check_plan(&plan, (256 - 2 - 21) * 10, 256 - 2 - 21);
	skt_plan_fini(&plan);
	add(&plan, "192.0.2.1-3", "1");
	add(&plan, "192.0.2.0/24", NULL);
	check_plan(&plan, 0, 0);
	skt_plan_fini(&plan);
}

static void big_plans_cost_nothing(void **state)
{
	struct skt_plan plan = {0};
	struct skt_plan_pair pair;

	(void)state;
	add(&plan, "10.0.0.0/8", "1-1000");
	assert_int_equal(skt_plan_finish(&plan), 0);
	assert_true(plan.count == UINT64_C(16777216) * 1000);
	assert_true(plan.arena.used < 16 * 1024);
	skt_plan_at(&plan, plan.count - 1, &pair);
	assert_int_equal(pair.port, 1000);
	assert_int_equal(pair.addr.bytes[3], 255);
	skt_plan_fini(&plan);
	add(&plan, "10.0.0.0/8", "1-65535");
	assert_int_equal(skt_plan_finish(&plan), -ERANGE);
	skt_plan_fini(&plan);
}

/* Four thousand hosts with ports of their own, all of them: the list is there once, and so is that
 * of what two of them have together. */
static void ports_are_listed_once(void **state)
{
	struct skt_plan plan = {0};

	(void)state;
	for (unsigned int i = 0; i < 4000; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "10.1.%u.%u", i / 250, i % 250);
		add(&plan, text, i % 2 ? "1-65535" : "1-65534");
	}
	add(&plan, "10.1.0.0/20", "22,80");
	add(&plan, "10.1.0.0/20", "80,22");
	assert_int_equal(plan.port_lists.lists.len, 3);
	assert_int_equal(skt_plan_finish(&plan), 0);
	assert_int_equal(plan.port_lists.lists.len, 3);
	assert_true(plan.port_lists.arena.used < 1024 * 1024);
	assert_true(plan.count == UINT64_C(2000) * 65535 + UINT64_C(2000) * 65534 + 96 * 2);
	skt_plan_fini(&plan);
}

static void plans_are_narrowed(void **state)
{
	struct skt_plan plan = {0}, hosts = {0}, rest = {0};
	uint64_t left_out[1] = {0};
	struct skt_plan_pair pair;

	(void)state;
	add(&plan, "192.0.2.0-192.0.2.9", "22,80");
	add(&plan, "2001:db8::/126", "443");
	assert_int_equal(skt_plan_finish(&plan), 0);
	assert_int_equal(skt_plan_hosts(&plan, &hosts), 0);
	assert_int_equal(hosts.count, 14);
	for (uint64_t i = 0; i < hosts.count; i++) {
		skt_plan_at(&hosts, i, &pair);
		assert_int_equal(pair.host, i);
		assert_int_equal(pair.port, SKT_PLAN_ANY_PORT);
		/* Its number is the same there. */
		if (i != 2 && i != 13)
			left_out[0] |= UINT64_C(1) << i;
	}
	assert_int_equal(skt_plan_without(&plan, left_out, &rest), 0);
	assert_int_equal(rest.hosts, 2);
	assert_int_equal(rest.count, 3);
	skt_plan_at(&rest, 1, &pair);
	assert_int_equal(pair.addr.bytes[3], 2);
	assert_int_equal(pair.port, 80);
	skt_plan_at(&rest, 2, &pair);
	assert_int_equal(pair.addr.bytes[15], 3);
	assert_int_equal(pair.port, 443);
	skt_plan_fini(&plan);
	skt_plan_fini(&hosts);
	skt_plan_fini(&rest);
}

static void networks_have_their_reserved_addresses(void **state)
{
	static const struct {
		const char *own, *set, *network, *broadcast, *other;
	} cases[] = {
		{"10.77.1.2/24", NULL, "10.77.1.0", "10.77.1.255", NULL},
		/* As getifaddrs(3) says it where there is none, and as it is where there is. */
		{"10.77.1.2/24", "10.77.1.2", "10.77.1.0", "10.77.1.255", NULL},
		{"10.77.1.2/24", "10.77.1.255", "10.77.1.0", "10.77.1.255", NULL},
		{"10.77.1.2/24", "10.77.255.255", "10.77.1.0", "10.77.1.255", "10.77.255.255"},
		{"10.0.0.5/30", NULL, "10.0.0.4", "10.0.0.7", NULL},
		{"10.0.0.5/9", NULL, "10.0.0.0", "10.127.255.255", NULL},
		/* RFC 3021, and hosts. */
		{"10.0.0.4/31", NULL, NULL, NULL, NULL},
		{"10.0.0.4/32", NULL, NULL, NULL, NULL},
		{"127.0.0.1/8", NULL, NULL, "127.255.255.255", NULL},
		{"fd00::1/64", NULL, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		const char *const wanted[] = {cases[i].network, cases[i].broadcast, cases[i].other};
		struct skt_local_address entry = {0};
		struct skt_addr set = {0}, addr;

		assert_int_equal(
			skt_cidr_parse(cases[i].own, strlen(cases[i].own), &entry.network), 0);
		if (cases[i].set)
			assert_int_equal(
				skt_addr_parse(cases[i].set, strlen(cases[i].set), &set), 0);
		skt_local_reserve(&entry, &set);
		for (size_t k = 0; k < SKT_LOCAL_RESERVED; k++) {
			addr = (struct skt_addr){0};
			if (wanted[k])
				assert_int_equal(
					skt_addr_parse(wanted[k], strlen(wanted[k]), &addr), 0);
			if (!skt_addr_equal(&entry.reserved[k], &addr))
				fail_msg("%s: reserved %zu is wrong", cases[i].own, k);
		}
	}
}

/* ---- verdicts ---- */

static void verdicts_follow_the_table(void **state)
{
	static const struct {
		const char *target, *from;
		uint8_t type, code;
		bool udp, self;
		enum skt_scan_state state;
		enum skt_scan_reason reason;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", 3, 3, false, false, SKT_SCAN_FILTERED,
			SKT_REASON_PORT_UNREACHABLE},
		{"192.0.2.1", "192.0.2.1", 3, 3, true, false, SKT_SCAN_CLOSED,
			SKT_REASON_PORT_UNREACHABLE},
		{"192.0.2.1", "192.0.2.9", 3, 3, true, false, SKT_SCAN_FILTERED,
			SKT_REASON_PORT_UNREACHABLE},
		{"192.0.2.1", "192.0.2.1", 3, 2, true, false, SKT_SCAN_FILTERED,
			SKT_REASON_PROTO_UNREACHABLE},
		{"192.0.2.1", "192.0.2.9", 3, 9, false, false, SKT_SCAN_FILTERED,
			SKT_REASON_NET_PROHIBITED},
		{"192.0.2.1", "192.0.2.9", 3, 10, false, false, SKT_SCAN_FILTERED,
			SKT_REASON_HOST_PROHIBITED},
		{"192.0.2.1", "192.0.2.9", 3, 13, false, false, SKT_SCAN_FILTERED,
			SKT_REASON_ADMIN_PROHIBITED},
		{"192.0.2.1", "192.0.2.9", 3, 0, false, false, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NET_UNREACHABLE},
		{"192.0.2.1", "192.0.2.9", 3, 1, false, false, SKT_SCAN_UNREACHABLE,
			SKT_REASON_HOST_UNREACHABLE},
		{"192.0.2.1", "192.0.2.7", 3, 1, false, true, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_NEIGHBOR},
		{"192.0.2.1", "192.0.2.1", 3, 3, true, true, SKT_SCAN_CLOSED,
			SKT_REASON_PORT_UNREACHABLE},
		{"192.0.2.1", "192.0.2.9", 11, 0, false, false, SKT_SCAN_UNREACHABLE,
			SKT_REASON_TTL_EXCEEDED},
		{"192.0.2.1", "192.0.2.9", 12, 0, false, false, SKT_SCAN_FILTERED,
			SKT_REASON_PARAM_PROBLEM},
		{"::2", "::2", 1, 4, false, false, SKT_SCAN_FILTERED, SKT_REASON_PORT_UNREACHABLE},
		{"::2", "::2", 1, 4, true, false, SKT_SCAN_CLOSED, SKT_REASON_PORT_UNREACHABLE},
		{"::2", "::9", 1, 0, false, false, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NET_UNREACHABLE},
		{"::2", "::9", 1, 1, false, false, SKT_SCAN_FILTERED, SKT_REASON_ADMIN_PROHIBITED},
		{"::2", "::9", 1, 3, false, false, SKT_SCAN_UNREACHABLE,
			SKT_REASON_HOST_UNREACHABLE},
		{"::2", "::9", 1, 5, false, false, SKT_SCAN_FILTERED, SKT_REASON_POLICY},
		{"::2", "::9", 1, 6, false, false, SKT_SCAN_UNREACHABLE, SKT_REASON_REJECT_ROUTE},
		{"::2", "::9", 3, 0, false, false, SKT_SCAN_UNREACHABLE, SKT_REASON_TTL_EXCEEDED},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_evidence e = {.kind = SKT_EVIDENCE_ICMP,
			.icmp_type = cases[i].type,
			.icmp_code = cases[i].code,
			.from_self = cases[i].self};
		struct skt_addr target;
		struct skt_verdict v;

		assert_int_equal(
			skt_addr_parse(cases[i].target, strlen(cases[i].target), &target), 0);
		assert_int_equal(skt_addr_parse(cases[i].from, strlen(cases[i].from), &e.from), 0);
		v = skt_verdict_of(cases[i].udp, &target, &e);
		if (v.state != cases[i].state || v.reason != cases[i].reason)
			fail_msg("case %zu: %s (%s)", i, skt_scan_state_names[v.state],
				skt_scan_reason_names[v.reason]);
		assert_int_equal(v.host, v.reason == SKT_REASON_NO_NEIGHBOR);
	}
}

static void what_can_pass_is_waited_for(void **state)
{
	const struct skt_path local = {.kind = SKT_PATH_LOCAL},
			      none = {.kind = SKT_PATH_NONE, .error = ENETUNREACH},
			      many = {.kind = SKT_PATH_MANY},
			      sourceless = {.kind = SKT_PATH_NONE, .error = EADDRNOTAVAIL},
			      good = {.kind = SKT_PATH_ON_LINK, .source.family = AF_INET6};
	const struct {
		int error;
		const struct skt_path *path;
		bool changed;
		enum skt_scan_wait wait;
		enum skt_scan_state state;
		enum skt_scan_reason reason;
	} cases[] = {
		{EMFILE, &good, false, SKT_SCAN_WAIT_DESCRIPTORS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{ENFILE, NULL, false, SKT_SCAN_WAIT_DESCRIPTORS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{ENOBUFS, &good, false, SKT_SCAN_WAIT_MEMORY, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{ENOMEM, &good, false, SKT_SCAN_WAIT_MEMORY, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{EAGAIN, &good, false, SKT_SCAN_WAIT_MEMORY, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{EADDRINUSE, &good, false, SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{EADDRNOTAVAIL, &good, false, SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{EADDRNOTAVAIL, &local, false, SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		{EADDRNOTAVAIL, NULL, false, SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_RESOURCE},
		/* An address of this host may still be looked for in the network (RFC 4862 5.4);
		 * where the family is turned off none ever comes. */
		{EADDRNOTAVAIL, &sourceless, false, SKT_SCAN_WAIT_SOURCE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{EADDRNOTAVAIL, &none, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{EAFNOSUPPORT, NULL, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{ENETUNREACH, &none, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{ENETUNREACH, &many, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{ENETUNREACH, &none, true, SKT_SCAN_WAIT_ROUTE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{ENETDOWN, &good, false, SKT_SCAN_WAIT_ROUTE, SKT_SCAN_UNREACHABLE,
			SKT_REASON_NO_ROUTE},
		{EPERM, &good, false, SKT_SCAN_WAIT_FIREWALL, SKT_SCAN_ERROR,
			SKT_REASON_LOCAL_DENIED},
		{EACCES, &good, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_ERROR, SKT_REASON_LOCAL_DENIED},
		{EINVAL, &good, false, SKT_SCAN_WAIT_NONE, SKT_SCAN_ERROR, SKT_REASON_LOCAL_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_refusal r =
			skt_refusal_of(cases[i].error, cases[i].path, cases[i].changed);
		uint64_t all_ns = 0, rest_ns;

		if (r.wait != cases[i].wait || r.verdict.state != cases[i].state ||
			r.verdict.reason != cases[i].reason)
			fail_msg("case %zu: waits for '%s', %s (%s)", i,
				skt_scan_wait_words[r.wait], skt_scan_state_names[r.verdict.state],
				skt_scan_reason_names[r.verdict.reason]);
		for (unsigned int k = 0;
			(rest_ns = skt_refusal_rest((enum skt_scan_wait)r.wait, k)); k++)
			all_ns += rest_ns;
		/* Waiting has an end, and is worth beginning. */
		assert_int_equal(all_ns > 0, cases[i].wait != SKT_SCAN_WAIT_NONE);
		assert_true(all_ns < 20 * SKT_NS_PER_SEC);
		assert_int_equal(strlen(skt_scan_wait_words[r.wait]) > 0, r.wait > 0);
	}
}

static void the_weightier_word_counts(void **state)
{
	static const struct skt_addr target = {.family = AF_INET, .bytes = {192, 0, 2, 1}};
	static const struct skt_addr router = {.family = AF_INET, .bytes = {192, 0, 2, 9}};
	const struct skt_evidence heard[] = {
		{.kind = SKT_EVIDENCE_LOCAL, .error = ENETUNREACH},
		{.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .icmp_code = 13, .from = router},
		{.kind = SKT_EVIDENCE_ICMP, .icmp_type = 3, .icmp_code = 1, .from = router},
		{.kind = SKT_EVIDENCE_RESET, .ttl = 64},
		{.kind = SKT_EVIDENCE_ACCEPTED},
	};
	static const size_t worth[] = {0, 1, 1, 2, 2};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(heard); i++)
		for (size_t k = 0; k < SKT_COUNT(heard); k++) {
			struct skt_finding known = {0};
			struct skt_finding first = skt_finding_of(false, &target, &heard[i]);
			struct skt_finding second = skt_finding_of(false, &target, &heard[k]);
			struct skt_finding wanted = worth[k] > worth[i] ? second : first;

			skt_finding_merge(&known, &first);
			skt_finding_merge(&known, &second);
			assert_int_equal(known.verdict.reason, wanted.verdict.reason);
			assert_true(skt_addr_equal(&known.from, &wanted.from));
			assert_int_equal(known.ttl, wanted.ttl);
		}
}

/* ---- packets ---- */

static void siphash_is_the_papers(void **state)
{
	/* Appendix A of the paper: key 00..0f, message 00..0e. */
	static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	uint8_t message[15];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	assert_true(skt_siphash(key, message, sizeof(message)) == UINT64_C(0xa129ca6149be45e5));
}

static uint16_t checksum(const uint8_t *pseudo, size_t pseudo_len, const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < pseudo_len; i += 2)
		sum += (uint32_t)(pseudo[i] << 8 | pseudo[i + 1]);
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void syn_has_a_right_checksum(void **state)
{
	struct skt_syn syn = {
		.source_port = 61001, .destination_port = 443, .sequence = 0xdeadbeef};
	uint8_t bytes[SKT_SYN4_SIZE], pseudo[12];

	(void)state;
	assert_int_equal(skt_addr_parse("192.0.2.1", 9, &syn.source), 0);
	assert_int_equal(skt_addr_parse("198.51.100.2", 12, &syn.destination), 0);
	assert_int_equal(skt_syn_write(&syn, bytes), SKT_SYN4_SIZE);
	memcpy(pseudo, bytes + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = 6;
	pseudo[10] = 0;
	pseudo[11] = SKT_SYN_SIZE;
	assert_int_equal(checksum(pseudo, sizeof(pseudo), bytes + 20, SKT_SYN_SIZE), 0xffff);
	assert_int_equal(bytes[20 + 13], 2);
}

static void answers_are_read(void **state)
{
	/* 198.51.100.2:443 to 192.0.2.1:61001, SYN and ACK of 0xdeadbef0 */
	uint8_t packet[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 57, 6, 0, 0, 198, 51, 100, 2, 192, 0, 2,
		1, 443 >> 8, 443 & 255, 61001 >> 8, 61001 & 255, 1, 2, 3, 4, 0xde, 0xad, 0xbe, 0xf0,
		0x50, 0x12};
	struct skt_reply reply = {0};

	(void)state;
	assert_int_equal(skt_reply_read4(guard_copy(packet, 40), 40, &reply), 0);
	assert_int_equal(reply.kind, SKT_REPLY_SYN_ACK);
	assert_int_equal(reply.target_port, 443);
	assert_int_equal(reply.own_port, 61001);
	assert_true(reply.sequence == 0xdeadbeef);
	assert_int_equal(reply.ttl, 57);
	packet[33] = 0x14;
	assert_int_equal(skt_reply_read4(packet, 40, &reply), 0);
	assert_int_equal(reply.kind, SKT_REPLY_RESET);
	packet[33] = 0x04; /* a reset without ACK proves nothing */
	assert_int_equal(skt_reply_read4(packet, 40, &reply), -EINVAL);
	packet[33] = 0x10;
	assert_int_equal(skt_reply_read4(packet, 40, &reply), -EINVAL);
	packet[33] = 0x12;
	packet[7] = 1; /* a later fragment */
	assert_int_equal(skt_reply_read4(packet, 40, &reply), -EINVAL);
	packet[7] = 0;
	for (size_t len = 0; len < 40; len++)
		assert_int_equal(skt_reply_read4(guard_copy(packet, len), len, &reply), -EINVAL);
	guard_free_all();
}

static void icmp_errors_are_read(void **state)
{
	struct skt_syn syn = {.source_port = 61002, .destination_port = 25, .sequence = 0x01020304};
	uint8_t packet[20 + 8 + SKT_SYN4_SIZE] = {
		0x45, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 203, 0, 113, 9, 192, 0, 2, 1, 3, 13};
	uint8_t v6[8 + 40 + SKT_SYN4_SIZE] = {1, 1, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 32, 6};
	struct skt_reply reply = {0};

	(void)state;
	assert_int_equal(skt_addr_parse("192.0.2.1", 9, &syn.source), 0);
	assert_int_equal(skt_addr_parse("198.51.100.2", 12, &syn.destination), 0);
	assert_int_equal(skt_syn_write(&syn, packet + 28), SKT_SYN4_SIZE);
	/* The header and eight bytes are enough. */
	assert_int_equal(skt_reply_read4(guard_copy(packet, 56), 56, &reply), 0);
	assert_int_equal(reply.kind, SKT_REPLY_ICMP);
	assert_int_equal(reply.icmp_code, 13);
	assert_true(reply.sequence == 0x01020304);
	assert_int_equal(reply.own_port, 61002);
	assert_int_equal(reply.target_port, 25);
	assert_true(skt_addr_equal(&reply.target, &syn.destination));
	assert_int_equal(reply.from.bytes[0], 203);
	for (size_t len = 0; len < 56; len++)
		assert_int_equal(skt_reply_read4(guard_copy(packet, len), len, &reply), -EINVAL);
	packet[28] = 0x44; /* the quoted header is shorter than one may be */
	assert_int_equal(skt_reply_read4(packet, sizeof(packet), &reply), -EINVAL);
	packet[28] = 0x45;
	packet[20] = 11; /* time exceeded, then a parameter problem, then an echo */
	assert_int_equal(skt_reply_read4(packet, sizeof(packet), &reply), 0);
	packet[20] = 12;
	assert_int_equal(skt_reply_read4(packet, sizeof(packet), &reply), 0);
	packet[20] = 8;
	assert_int_equal(skt_reply_read4(packet, sizeof(packet), &reply), -EINVAL);
	packet[20] = 3;
	packet[21] = 4; /* path MTU discovery */
	assert_int_equal(skt_reply_read4(packet, sizeof(packet), &reply), -EINVAL);

	syn.destination = (struct skt_addr){.family = AF_INET6, .bytes = {0x20, 1}};
	memcpy(v6 + 8 + 24, syn.destination.bytes, 16);
	assert_int_equal(skt_syn_write(&syn, v6 + 48), SKT_SYN_SIZE);
	assert_int_equal(skt_reply_read_icmp6(guard_copy(v6, 56), 56, &reply), 0);
	assert_true(skt_addr_equal(&reply.target, &syn.destination));
	assert_int_equal(reply.target_port, 25);
	for (unsigned int type = 0; type < 256; type++) {
		v6[0] = (uint8_t)type;
		assert_int_equal(skt_reply_read_icmp6(v6, 56, &reply),
			type == 1 || type == 3 || type == 4 ? 0 : -EINVAL);
	}
	v6[0] = 1;
	v6[8] = 0x40;
	assert_int_equal(skt_reply_read_icmp6(v6, 56, &reply), -EINVAL);
	v6[8] = 0x60;
	v6[14] = 17;
	assert_int_equal(skt_reply_read_icmp6(v6, 56, &reply), -EINVAL);
	v6[14] = 6;
	for (size_t len = 0; len < 56; len++)
		assert_int_equal(skt_reply_read_icmp6(guard_copy(v6, len), len, &reply), -EINVAL);
	guard_free_all();
}

static void payloads_fit(void **state)
{
	uint8_t bytes[SKT_PAYLOAD_MAX];
	unsigned int count = 0;
	size_t size;

	(void)state;
	for (uint32_t port = 0; port <= 65535; port++) {
		size = skt_payload_for((uint16_t)port, bytes);

		assert_true(size <= SKT_PAYLOAD_MAX);
		count += size > 0;
	}
	assert_true(count >= 45);
	assert_int_equal(skt_payload_for(53, bytes), 17);
	assert_int_equal(skt_payload_for(123, bytes), 48);
	assert_int_equal(skt_payload_for(443, bytes), 1200);
	/* The lengths inside of BER are those of what follows. */
	size = skt_payload_for(161, bytes);
	assert_int_equal(size, bytes[1] + 2u);
	size = skt_payload_for(389, bytes);
	assert_int_equal(size, bytes[1] + 2u);
	assert_int_equal(skt_payload_for(137, bytes), 50);
	size = skt_payload_for(1812, bytes);
	assert_int_equal(size, bytes[3]);
	size = skt_payload_for(500, bytes);
	assert_int_equal(size, bytes[27]);
	size = skt_payload_for(47808, bytes);
	assert_int_equal(size, bytes[3]);
}

/* ---- pace ---- */

/* Never more in any second than the rate and one burst, never much less where there is work. */
static void check_pace(uint64_t rate, uint64_t step_ns)
{
	enum { SECONDS = 3 };
	uint64_t sent = 0, second = 0, in_second = 0;
	struct skt_pacer pacer;

	skt_pacer_init(&pacer, rate, 1000);
	for (uint64_t now = 1000; now < 1000 + SECONDS * SKT_NS_PER_SEC; now += step_ns) {
		uint64_t n = skt_pacer_allow(&pacer, 64, now);

		skt_pacer_spend(&pacer, n);
		if ((now - 1000) / SKT_NS_PER_SEC != second) {
			second++;
			in_second = 0;
		}
		in_second += n;
		sent += n;
		assert_true(in_second <= rate + rate / 50 + 1);
	}
	assert_true(sent <= rate * SECONDS + rate / 50 + 1);
	assert_true(sent * 100 >= rate * SECONDS * 97);
}

static void answers_tell_what_was_asked(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint16_t port;
	} cases[] = {
		{"\0\5\0\1File not found", 19, 69},
		{"\0\5\0\0", 5, 69},
		{"\0\5\0\0", 4, 0},
		{"\0\3\0\1data", 9, 0},
		{"\0\5\0\11no such code", 17, 0},
		{"\0\5\0\1\1\2\3", 8, 0},
		{"", 0, 0},
		{"sockkit", 7, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		assert_int_equal(skt_payload_answered(
					 guard_copy(cases[i].bytes, cases[i].size), cases[i].size),
			cases[i].port);
}

static void rates_are_kept(void **state)
{
	struct skt_pacer pacer;

	(void)state;
	check_pace(1, 700000);
	check_pace(10, 1000000);
	check_pace(1000, 333333);
	check_pace(50000, 200000);
	check_pace(3, 999983);
	/* A stall is not caught up. */
	skt_pacer_init(&pacer, 1000, 0);
	assert_true(skt_pacer_allow(&pacer, 1000, 60 * SKT_NS_PER_SEC) <= 10);
	skt_pacer_init(&pacer, 0, 0);
	assert_int_equal(skt_pacer_allow(&pacer, 64, 5), 64);
}

/* ---- losses ---- */

static void losses_decide_the_tries(void **state)
{
	const struct skt_loss none = {.arrived = 60000}, some = {.arrived = 8100, .lost = 1900},
			      few = {.arrived = 3};

	(void)state;
	assert_true(skt_loss_bound(&none) < 0.001);
	assert_true(skt_loss_bound(&some) > 0.19 && skt_loss_bound(&some) < 0.21);
	assert_true(skt_loss_bound(&few) > 0.1);
	assert_true(skt_loss_rate(&some) > 0.189 && skt_loss_rate(&some) < 0.191);
	/* 65,535 answers at a loss of 19 in 100: less than one in 500 runs misses one. */
	assert_int_equal(skt_loss_tries(0.19, 65535, 20), 11);
	assert_int_equal(skt_loss_tries(0.9, 65535, 20), 20);
	assert_int_equal(skt_loss_tries(0.00001, 65535, 20), 2);
}

static void round_trips_are_smoothed(void **state)
{
	struct skt_rtt rtt = {0};

	(void)state;
	assert_int_equal(skt_rtt_timeout(&rtt), 0);
	skt_rtt_add(&rtt, 1000);
	assert_int_equal(skt_rtt_timeout(&rtt), 3000);
	for (int i = 0; i < 100; i++)
		skt_rtt_add(&rtt, 1000);
	assert_true(skt_rtt_timeout(&rtt) < 1100);
	skt_rtt_add(&rtt, 100000);
	assert_true(skt_rtt_timeout(&rtt) > 100000);
}

/* ---- flight ---- */

static void flight_forgets_nothing(void **state)
{
	enum { COUNT = 5000 };
	struct skt_flight *flight = calloc(1, sizeof(*flight));
	uint64_t now = 5 * SKT_NS_PER_SEC, random = 88172645463325252u;
	uint64_t *due = calloc(COUNT, sizeof(*due));
	size_t expired = 0;
	struct skt_probe *probe;

	(void)state;
	assert_int_equal(skt_flight_init(flight, COUNT, now), 0);
	for (uint64_t i = 0; i < COUNT; i++) {
		probe = skt_flight_add(flight, i * 977);
		assert_non_null(probe);
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* Up to nine seconds: beyond what the wheel has ticks for. */
		due[i] = now + random % (9 * SKT_NS_PER_SEC);
		skt_flight_wait(flight, probe, due[i]);
	}
	assert_null(skt_flight_add(flight, 1));
	while (flight->count) {
		uint64_t before = now;

		assert_true(skt_flight_next(flight, 50) <= now + 51 * SKT_NS_PER_MS);
		now += 3 * SKT_NS_PER_MS + 1;
		while ((probe = skt_flight_expired(flight, now))) {
			uint64_t i = probe->index / 977;

			assert_true(due[i] <= now);
			/* Not more than a tick late. */
			assert_true(due[i] + 2 * SKT_NS_PER_MS > before);
			assert_ptr_equal(skt_flight_find(flight, probe->index), probe);
			skt_flight_remove(flight, probe);
			assert_null(skt_flight_find(flight, i * 977));
			expired++;
		}
	}
	assert_int_equal(expired, COUNT);
	/* The queue keeps its order. */
	for (uint64_t i = 0; i < 10; i++)
		skt_flight_queue(flight, skt_flight_add(flight, i));
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(skt_flight_take(flight)->index, i);
	assert_false(skt_flight_has_due(flight));
	skt_flight_fini(flight);
	free(flight);
	free(due);
}

/* ---- ports ---- */

static void top_ports_are_so_many(void **state)
{
	static const uint32_t counts[] = {1, 10, 100, 500, 1000};
	struct skt_services *services;

	(void)state;
	assert_int_equal(skt_services_open("/nonexistent", &services), 0);
	for (size_t i = 0; i < SKT_COUNT(counts); i++) {
		struct skt_portset tcp = {0}, udp = {0};

		skt_ports_top(services, SKT_SERVICE_TCP, counts[i], &tcp);
		skt_ports_top(services, SKT_SERVICE_UDP, counts[i], &udp);
		assert_int_equal(skt_portset_count(&tcp), counts[i]);
		assert_int_equal(skt_portset_count(&udp), counts[i]);
		assert_true(skt_portset_has(&tcp, 80));
		assert_true(skt_portset_has(&udp, 53));
		assert_false(skt_portset_has(&tcp, 0));
	}
	skt_services_free(services);
}

/* ---- expectations ---- */

static void expectations_are_read(void **state)
{
	struct scan_expectations list = {0};
	struct skt_services *services;
	struct skt_portset ports = {0};
	struct skt_err err;
	char text[128];

	(void)state;
	assert_int_equal(skt_services_open("/nonexistent", &services), 0);
	assert_int_equal(scan_expect_parse("ssh,443=open,25=closed,*=closed|filtered",
				 strlen("ssh,443=open,25=closed,*=closed|filtered"), &list, &err),
		0);
	assert_int_equal(
		scan_expect_parse("53=open|filtered", strlen("53=open|filtered"), &list, &err), 0);
	assert_int_equal(list.len, 4);
	assert_int_equal(scan_expect_resolve(&list, services, SKT_SERVICE_TCP, &ports, &err), 0);
	assert_int_equal(skt_portset_count(&ports), 4);
	assert_true(scan_expect_holds(&list, 22, SKT_SCAN_OPEN));
	assert_false(scan_expect_holds(&list, 443, SKT_SCAN_CLOSED));
	assert_false(scan_expect_holds(&list, 25, SKT_SCAN_FILTERED));
	assert_true(scan_expect_holds(&list, 26, SKT_SCAN_FILTERED));
	assert_false(scan_expect_holds(&list, 26, SKT_SCAN_OPEN_FILTERED));
	assert_string_equal(scan_expect_text(&list, 26, text), "closed or filtered");
	scan_expect_fini(&list);
	assert_int_equal(
		scan_expect_parse("53=open|filtered", strlen("53=open|filtered"), &list, &err), 0);
	assert_int_equal(scan_expect_resolve(&list, services, SKT_SERVICE_UDP, &ports, &err), 0);
	assert_true(scan_expect_holds(&list, 53, SKT_SCAN_OPEN_FILTERED));
	assert_true(scan_expect_holds(&list, 54, SKT_SCAN_ERROR));
	scan_expect_fini(&list);
	skt_services_free(services);
}

/* What is said of hosts and of ports, in one text. */
static void expectations_of_hosts_are_told_apart(void **state)
{
	static const char *const bad[] = {"=up", "192.0.2.1:80=up", "192.0.2.9-3=up", "x y=up",
		"up,22", "192.0.2.1=up|open", "2001:db8::/64=up", "192.0.2.1=", "192.0.2.1"};
	struct scan_expectations ports = {0};
	struct scan_expected_hosts hosts = {0};
	const struct scan_expected_host *missing;
	struct skt_scan_result result = {0};
	struct skt_portset any = {0};
	struct skt_plan plan = {0};
	struct skt_addr first, last;
	char text[64];

	(void)state;
	assert_int_equal(scan_expect_split("192.0.2.1-3,www=up,22,443=open,*=down|unknown,*=closed",
				 &ports, &hosts, NULL),
		0);
	assert_int_equal(ports.len, 2);
	assert_int_equal(hosts.len, 3);
	assert_int_equal(skt_addr_parse("192.0.2.3", 9, &result.addr), 0);
	assert_int_equal(scan_expect_hosts_states(&hosts, &result), 1 << SCAN_UP);
	assert_int_equal(skt_addr_parse("192.0.2.4", 9, &result.addr), 0);
	assert_string_equal(scan_expect_hosts_text(scan_expect_hosts_states(&hosts, &result), text),
		"down or unknown");
	result.label = "WWW";
	assert_int_equal(scan_expect_hosts_states(&hosts, &result), 1 << SCAN_UP);
	/* Each must be asked. */
	skt_portset_add(&any, 1);
	assert_int_equal(skt_addr_parse("192.0.2.1", 9, &first), 0);
	assert_int_equal(skt_addr_parse("192.0.2.2", 9, &last), 0);
	assert_int_equal(skt_plan_add(&plan, &first, &last, "www", 3, &any), 0);
	assert_int_equal(skt_plan_finish(&plan), 0);
	assert_false(scan_expect_hosts_are_asked(&hosts, &plan, &(struct skt_local){0}, &missing));
	assert_int_equal(missing->len, strlen("192.0.2.1-3"));
	hosts.data[0].last = last;
	assert_true(scan_expect_hosts_are_asked(&hosts, &plan, &(struct skt_local){0}, &missing));
	skt_plan_fini(&plan);
	scan_expect_fini(&ports);
	skt_vec_free(&hosts);
	assert_int_equal(scan_expect_split("unknown|up", &ports, &hosts, NULL), 0);
	assert_true(hosts.len == 1 && hosts.data[0].all);
	skt_vec_free(&hosts);
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct skt_err err = {0};

		if (!scan_expect_split(bad[i], &ports, &hosts, &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_true(err.text[0] != '\0');
		scan_expect_fini(&ports);
		skt_vec_free(&hosts);
	}
	guard_free_all();
}

static void bad_expectations_are_named(void **state)
{
	static const char *const bad[] = {"", "22", "22=", "22=opened", "=open", "22=open,",
		"22=open,80", "22=open||closed", "99999=open", "22=open|"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct scan_expectations list = {0};
		struct skt_err err = {0};

		if (!scan_expect_parse(bad[i], strlen(bad[i]), &list, &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_true(err.text[0] != '\0');
		scan_expect_fini(&list);
	}
}

/* ---- headroom ---- */

static void write_file(const char *root, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(path, 0700) || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void tables_of_the_kernel_are_read(void **state)
{
	static const char *const names[] = {"sys/net/netfilter/nf_conntrack_max",
		"sys/net/netfilter/nf_conntrack_count", "sys/net/ipv4/neigh/default/gc_thresh3",
		"net/arp"};
	char root[] = "/tmp/sockkit-headroom.XXXXXX";
	struct skt_headroom room;

	(void)state;
	assert_non_null(mkdtemp(root));
	skt_headroom_read(root, &room);
	assert_true(room.connections == UINT64_MAX && room.neighbors4 == UINT64_MAX);
	write_file(root, names[0], "1000\n");
	write_file(root, names[1], "0\n");
	write_file(root, names[2], "junk\n");
	skt_headroom_read(root, &room);
	assert_true(room.connections == UINT64_MAX && room.neighbors4 == UINT64_MAX);
	write_file(root, names[1], "990\n");
	write_file(root, names[2], "1024\n");
	write_file(root, names[3], "IP address ...\n10.0.0.1 ...\n10.0.0.2 ...\n");
	skt_headroom_read(root, &room);
	assert_int_equal(room.connections, 10);
	assert_int_equal(room.neighbors4, 1022);
	assert_true(room.neighbors6 == UINT64_MAX);
	write_file(root, names[1], "1001\n");
	skt_headroom_read(root, &room);
	assert_int_equal(room.connections, 0);
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void neighbours_of_a_plan_are_counted(void **state)
{
	static const struct {
		const char *network;
		bool on_link;
	} networks[] = {{"10.0.0.1/24", true}, {"10.0.0.2/24", true}, {"10.1.0.0/16", false},
		{"fd00::1/64", true}};
	static const char *const targets[] = {"10.0.0.128-10.0.1.5", "10.1.0.0/24", "fd00::/120"};
	struct skt_portset ports = {0};
	struct skt_local local = {0};
	struct skt_plan plan = {0};

	(void)state;
	skt_portset_add(&ports, 1);
	skt_portset_add(&ports, 2);
	for (size_t i = 0; i < SKT_COUNT(networks); i++) {
		struct skt_local_address entry = {.on_link = networks[i].on_link};

		assert_int_equal(skt_cidr_parse(networks[i].network, strlen(networks[i].network),
					 &entry.network),
			0);
		assert_int_equal(skt_vec_push(&local, entry), 0);
	}
	for (size_t i = 0; i < SKT_COUNT(targets); i++) {
		struct skt_target t;

		assert_int_equal(skt_target_parse(targets[i], strlen(targets[i]), &t, NULL), 0);
		assert_int_equal(skt_plan_add(&plan, &t.first, &t.last, NULL, 0, &ports), 0);
	}
	assert_int_equal(skt_plan_finish(&plan), 0);
	assert_int_equal(skt_headroom_wanted(&plan, &local, AF_INET), 128);
	assert_int_equal(skt_headroom_wanted(&plan, &local, AF_INET6), 256);
	skt_plan_fini(&plan);
	skt_vec_free(&local);
}

/* After a row of ports that were refused twice for the same reason the first refusal is believed.
 */
static void alike_refusals_are_believed(void **state)
{
	const enum skt_scan_reason reason = SKT_REASON_ADMIN_PROHIBITED;
	struct skt_host host = {0};
	unsigned int samples = 0;

	(void)state;
	for (int i = 0; i < 127; i++)
		skt_host_confirm(&host, reason);
	assert_false(skt_host_is_firm(&host, reason));
	skt_host_confirm(&host, reason);
	assert_true(skt_host_is_firm(&host, reason));
	assert_false(skt_host_is_firm(&host, SKT_REASON_PORT_UNREACHABLE));
	for (int i = 0; i < 3200; i++)
		samples += skt_host_samples(&host, reason);
	assert_int_equal(samples, 100);
	/* One that spoke for itself is enough. */
	host.two_minds = true;
	assert_false(skt_host_is_firm(&host, reason));
	host.two_minds = false;
	skt_host_confirm(&host, SKT_REASON_PORT_UNREACHABLE);
	assert_false(skt_host_is_firm(&host, reason));
	assert_false(skt_host_is_firm(&host, SKT_REASON_PORT_UNREACHABLE));
}

/* An echo or an error that carries what was sent, and nothing shorter. */
static void answers_of_a_group_are_known(void **state)
{
	static const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t echo[16] = {129}, error[72] = {4};

	(void)state;
	memcpy(echo + 8, cookie, 8);
	memcpy(error + 64, cookie, 8);
	assert_true(skt_group_is_answer(guard_copy(echo, 16), 16, cookie));
	assert_true(skt_group_is_answer(guard_copy(error, 72), 72, cookie));
	for (size_t len = 0; len < 72; len++) {
		assert_false(len < 16 && skt_group_is_answer(guard_copy(echo, len), len, cookie));
		assert_false(skt_group_is_answer(guard_copy(error, len), len, cookie));
	}
	echo[0] = 128;
	assert_false(skt_group_is_answer(echo, 16, cookie));
	echo[0] = 129;
	echo[15]++;
	assert_false(skt_group_is_answer(echo, 16, cookie));
}

/* More hosts than places: those that were spoken of last are known. */
static void hosts_that_are_spoken_of_keep_their_places(void **state)
{
	const uint64_t recent = SKT_HOSTS_MAX / 4, all = 3 * (uint64_t)SKT_HOSTS_MAX;
	struct skt_hosts hosts = {0};
	uint64_t known = 0;
	bool fresh;

	(void)state;
	assert_int_equal(skt_hosts_init(&hosts, all), 0);
	for (uint64_t i = 0; i < all; i++)
		skt_hosts_at(&hosts, i * 7 % all, &fresh)->silences = (uint32_t)(i * 7 % all);
	for (uint64_t i = all - recent; i < all; i++) {
		const struct skt_host *host = skt_hosts_find(&hosts, i * 7 % all);

		known += host && host->silences == i * 7 % all;
	}
	assert_true(known > recent - recent / 100);
	skt_hosts_fini(&hosts);
	/* Else each has its own. */
	assert_int_equal(skt_hosts_init(&hosts, 1000), 0);
	for (uint64_t i = 0; i < 1000; i++)
		(void)skt_hosts_at(&hosts, i, &fresh);
	for (uint64_t i = 0; i < 1000; i++) {
		(void)skt_hosts_at(&hosts, i, &fresh);
		assert_false(fresh);
	}
	skt_hosts_fini(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(alike_refusals_are_believed),
		unit_test(answers_of_a_group_are_known),
		unit_test(hosts_that_are_spoken_of_keep_their_places),
		unit_test(order_is_a_bijection),
		unit_test(order_depends_on_the_seed),
		unit_test(order_of_huge_counts_stays_inside),
		unit_test(targets_are_read),
		unit_test(bad_targets_are_named),
		unit_test(forbidden_targets_are_known),
		unit_test(overlaps_are_scanned_once),
		unit_test(excluded_hosts_are_left_out),
		unit_test(big_plans_cost_nothing),
		unit_test(ports_are_listed_once),
		unit_test(plans_are_narrowed),
		unit_test(networks_have_their_reserved_addresses),
		unit_test(verdicts_follow_the_table),
		unit_test(what_can_pass_is_waited_for),
		unit_test(the_weightier_word_counts),
		unit_test(siphash_is_the_papers),
		unit_test(syn_has_a_right_checksum),
		unit_test(answers_are_read),
		unit_test(icmp_errors_are_read),
		unit_test(payloads_fit),
		unit_test(answers_tell_what_was_asked),
		unit_test(rates_are_kept),
		unit_test(losses_decide_the_tries),
		unit_test(round_trips_are_smoothed),
		unit_test(flight_forgets_nothing),
		unit_test(top_ports_are_so_many),
		unit_test(expectations_are_read),
		unit_test(expectations_of_hosts_are_told_apart),
		unit_test(bad_expectations_are_named),
		unit_test(tables_of_the_kernel_are_read),
		unit_test(neighbours_of_a_plan_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
