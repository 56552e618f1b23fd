/* What is said of a port that was tried: every outcome of the tries, and every kind of holder. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/ports/why_verdict.h"
#include "diag/socket.h"
#include "proc/owner.h"

#define USED (-EADDRINUSE)

static void test_judgement(void **state)
{
	/* asked; plain, reuse_address, reuse_port, reuse_both; shared */
	static const struct {
		struct why_try tries[WHY_FAMILIES];
		enum why_verdict wanted;
		const char *places;
	} cases[] = {
		{{{true, 0, 0, 0, 0, 0}, {true, 0, 0, 0, 0, 0}}, WHY_FREE, NULL},
		{{{true, 0, 0, 0, 0, 0}, {false, -EAFNOSUPPORT, 0, 0, 0, 0}}, WHY_FREE, NULL},
		{{{false, USED, USED, USED, USED, 0}, {true, 0, 0, 0, 0, 0}}, WHY_FREE, NULL},
		{{{true, USED, 0, USED, 0, 0}, {true, 0, 0, 0, 0, 0}}, WHY_FREE_REUSE_ADDRESS,
			NULL},
		{{{true, USED, 0, USED, 0, 0}, {true, USED, 0, 0, 0, 0}}, WHY_FREE_REUSE_ADDRESS,
			NULL},
		{{{true, USED, USED, USED, USED, 0}, {true, 0, 0, 0, 0, 0}}, WHY_PARTLY, NULL},
		{{{true, 0, 0, 0, 0, 0}, {true, USED, USED, USED, USED, 0}}, WHY_PARTLY, NULL},
		{{{true, USED, USED, 0, 0, 0}, {true, 0, 0, 0, 0, 0}}, WHY_FREE_REUSE_PORT, NULL},
		{{{true, USED, USED, 0, 0, 0}, {true, USED, USED, 0, 0, 0}}, WHY_FREE_REUSE_PORT,
			NULL},
		{{{true, USED, USED, 0, 0, 0}, {true, USED, USED, USED, USED, 0}}, WHY_PARTLY,
			NULL},
		{{{true, USED, USED, 0, 0, 0}, {true, USED, 0, USED, 0, 0}}, WHY_FREE_REUSE_BOTH,
			NULL},
		{{{true, USED, USED, USED, 0, 0}, {true, USED, USED, USED, 0, 0}},
			WHY_FREE_REUSE_BOTH, NULL},
		{{{true, USED, USED, USED, USED, 1}, {true, USED, USED, USED, USED, 1}},
			WHY_FREE_REUSE_PORT, NULL},
		{{{true, USED, USED, USED, USED, 1}, {true, 0, 0, 0, 0, 0}}, WHY_FREE_REUSE_PORT,
			NULL},
		{{{true, USED, USED, USED, USED, 1}, {true, USED, USED, USED, USED, 0}}, WHY_PARTLY,
			NULL},
		{{{true, USED, USED, USED, USED, 0}, {true, USED, USED, USED, USED, 0}}, WHY_PARTLY,
			"10.0.0.1"},
		{{{true, USED, USED, USED, USED, 0}, {true, USED, USED, USED, USED, 0}}, WHY_TAKEN,
			NULL},
		{{{true, USED, USED, USED, USED, 0}, {false, 0, 0, 0, 0, 0}}, WHY_TAKEN, NULL},
		{{{true, -EACCES, -EACCES, -EACCES, -EACCES, 0},
			 {true, -EACCES, -EACCES, -EACCES, 0, 0}},
			WHY_DENIED, NULL},
		{{{true, -EACCES, 0, 0, 0, 0}, {true, USED, USED, USED, USED, 0}}, WHY_DENIED,
			NULL},
		{{{true, -EMFILE, -EMFILE, -EMFILE, -EMFILE, 0}, {true, -EMFILE, 0, 0, 0, 0}},
			WHY_UNKNOWN, NULL},
		{{{false, 0, 0, 0, 0, 0}, {false, 0, 0, 0, 0, 0}}, WHY_UNKNOWN, NULL},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct why_case facts = {.places = cases[i].places};

		memcpy(facts.tries, cases[i].tries, sizeof(facts.tries));
		if (why_judge(&facts) != cases[i].wanted)
			fail_msg("case %zu: %d, not %d", i, why_judge(&facts), cases[i].wanted);
	}
}

static struct skt_local_ports local = {
	.ephemeral_low = 40000, .ephemeral_high = 50000, .unprivileged_start = 1024};

static void assert_said(struct why_case *facts, enum why_verdict verdict, const char *wanted)
{
	struct skt_str text = {0};

	facts->local = &local;
	why_explain(&text, facts, verdict);
	skt_str_add_char(&text, '\0');
	assert_false(text.failed);
	if (!strstr(text.data, wanted))
		fail_msg("'%s' is not in '%s'", wanted, text.data);
	assert_null(strchr(text.data, '\n'));
	skt_str_fini(&text);
}

static void test_who_may(void **state)
{
	struct why_case facts = {.port = 8080};

	(void)state;
	assert_said(&facts, WHY_FREE, "8080/tcp: any user can bind it now");
	facts.proto = SKT_PROTO_UDP;
	facts.port = 53;
	assert_said(&facts, WHY_FREE, "53/udp: root, or a process with CAP_NET_BIND_SERVICE");
	assert_said(&facts, WHY_DENIED, "below 1024");
	facts.port = 40000;
	assert_said(&facts, WHY_FREE, "net.ipv4.ip_local_reserved_ports=40000");
	assert_said(&facts, WHY_UNKNOWN, "cannot tell");
}

static void test_what_to_do(void **state)
{
	static const struct {
		enum why_reason reason;
		const char *wanted;
	} cases[] = {
		{WHY_LISTENER, "stop server[7] (sockkit ports --kill 8080)"},
		{WHY_SOCKET_UNIT, "systemctl list-sockets"},
		{WHY_PROXY, "stop the container"},
		{WHY_BOUND, "stop server[7]"},
		{WHY_CONNECTION, "end the connection of server[7]"},
		{WHY_TIME_WAIT, "wait 2 s"},
	};
	struct why_row row = {.pid = 7, .process = "server", .left_ms = 1001};
	struct why_case facts = {.port = 8080, .first = &row};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		row.reason = (uint8_t)cases[i].reason;
		assert_said(&facts, WHY_TAKEN, cases[i].wanted);
		assert_said(&facts, WHY_FREE_REUSE_ADDRESS, cases[i].wanted);
		assert_said(&facts, WHY_DENIED, cases[i].wanted);
	}
	row.reason = WHY_LISTENER;
	row.unit = "web.service";
	assert_said(&facts, WHY_TAKEN, "stop server[7] (systemctl stop web.service)");
	row.unit = "session-3.scope";
	assert_said(&facts, WHY_TAKEN, "--kill 8080");
	row.container = "docker:4f1c09aa31d2";
	assert_said(&facts, WHY_TAKEN, "stop server[7] (docker stop 4f1c09aa31d2)");
	row.container = "k8s:4f1c09aa31d2";
	assert_said(&facts, WHY_TAKEN, "stop server[7] (container k8s:4f1c09aa31d2)");
	row.reason = WHY_PROXY;
	row.published.container = "docker:99";
	assert_said(
		&facts, WHY_TAKEN, "stop the container that it is published for (docker stop 99)");
	row.reason = WHY_CONNECTION;
	row.process = NULL;
	assert_said(&facts, WHY_TAKEN, "wait for the connection to end");
	facts.hidden = true;
	assert_said(&facts, WHY_TAKEN, "run as root to see");
	facts.first = NULL;
	assert_said(&facts, WHY_TAKEN, "the kernel does not list");
}

static void test_which_part(void **state)
{
	struct why_row row = {.reason = WHY_LISTENER, .pid = 7, .process = "server"};
	struct why_case facts = {.port = 8080, .first = &row};

	(void)state;
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, USED, USED, USED, 0};
	facts.tries[WHY_IPV6] = (struct why_try){true, 0, 0, 0, 0, 0};
	assert_said(&facts, WHY_PARTLY, "IPv6 can be bound now, IPv4 cannot: stop server[7]");
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, USED, 0, 0, 0};
	assert_said(&facts, WHY_FREE_REUSE_PORT,
		"IPv6 can be bound now, IPv4 by this user with SO_REUSEPORT");
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, 0, USED, 0, 0};
	facts.tries[WHY_IPV6] = (struct why_try){true, USED, USED, USED, USED, 0};
	assert_said(&facts, WHY_PARTLY, "IPv4 can be bound now with SO_REUSEADDR, IPv6 cannot");
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, USED, USED, USED, 0};
	facts.places = "127.0.0.1 interface eth7";
	assert_said(&facts, WHY_PARTLY, "127.0.0.1 interface eth7 can be bound now");
}

/* What root could not, nobody can; what another user could not try, he does not know. */
static void test_who_can_not(void **state)
{
	struct why_row row = {.reason = WHY_LISTENER, .process = "server", .pid = 7};
	struct why_case facts = {.port = 8080, .first = &row};

	(void)state;
	assert_said(&facts, WHY_TAKEN, "this user cannot bind it now: ");
	facts.root = true;
	assert_said(&facts, WHY_TAKEN, "nobody can bind it now: ");
	facts.proto = SKT_PROTO_UDP;
	assert_said(&facts, WHY_TAKEN, "for himself alone");
	facts.sharer = "www";
	facts.proto = SKT_PROTO_TCP;
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		facts.tries[i] = (struct why_try){true, USED, USED, USED, USED, 1};
	assert_said(&facts, WHY_FREE_REUSE_PORT, "user www can share it with SO_REUSEPORT");
}

/* All who hold it have to go: four names, and how many more. */
static void test_every_holder_is_named(void **state)
{
	struct skt_holder holders[21];
	struct why_row rows[3] = {
		{.reason = WHY_LISTENER, .process = "a", .pid = 10, .processes = {holders, 21}},
		{.reason = WHY_LISTENER, .process = "b", .pid = 50, .unit = "b.service"},
		{.reason = WHY_LISTENER, .proto = SKT_PROTO_UDP, .process = "c", .pid = 60},
	};
	const struct skt_holder b = {.pid = 50, .name = "b"};
	struct why_case facts = {.port = 8080, .first = rows, .rows = rows, .count = 3};

	(void)state;
	for (uint32_t i = 0; i < SKT_COUNT(holders); i++)
		holders[i] = (struct skt_holder){.pid = 10 + i, .name = "a"};
	rows[1].processes = (struct skt_list){&b, 1};
	assert_said(&facts, WHY_TAKEN, "stop a[10], a[11], a[12], a[13] and 18 more (sockkit");
	rows[0].processes.count = 2;
	rows[0].unit = "b.service";
	assert_said(&facts, WHY_TAKEN, "stop a[10], a[11], b[50] (systemctl stop b.service)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_judgement),
		unit_test(test_who_may),
		unit_test(test_what_to_do),
		unit_test(test_which_part),
		unit_test(test_who_can_not),
		unit_test(test_every_holder_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
