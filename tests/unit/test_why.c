/* What is said of a port that was tried: every outcome of the tries, and every kind of holder. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/ports/why_verdict.h"
#include "diag/socket.h"

#define USED (-EADDRINUSE)

static void test_judgement(void **state)
{
	static const struct {
		struct why_try tries[WHY_FAMILIES];
		enum why_verdict wanted;
	} cases[] = {
		{{{true, 0, 0, 0, 0}, {true, 0, 0, 0, 0}}, WHY_FREE},
		{{{true, 0, 0, 0, 0}, {false, -EAFNOSUPPORT, 0, 0, 0}}, WHY_FREE},
		{{{false, USED, USED, USED, USED}, {true, 0, 0, 0, 0}}, WHY_FREE},
		{{{true, USED, 0, USED, 0}, {true, 0, 0, 0, 0}}, WHY_FREE_REUSE_ADDRESS},
		{{{true, USED, 0, USED, 0}, {true, USED, 0, 0, 0}}, WHY_FREE_REUSE_ADDRESS},
		{{{true, USED, USED, USED, 0}, {true, 0, 0, 0, 0}}, WHY_PARTLY},
		{{{true, 0, 0, 0, 0}, {true, USED, USED, USED, USED}}, WHY_PARTLY},
		{{{true, USED, USED, 0, USED}, {true, 0, 0, 0, 0}}, WHY_PARTLY},
		{{{true, USED, USED, 0, USED}, {true, USED, USED, 0, USED}}, WHY_FREE_REUSE_PORT},
		{{{true, USED, USED, USED, 0}, {true, USED, USED, USED, USED}}, WHY_PARTLY},
		{{{true, USED, USED, USED, USED}, {true, USED, USED, USED, USED}}, WHY_TAKEN},
		{{{true, USED, USED, USED, USED}, {false, 0, 0, 0, 0}}, WHY_TAKEN},
		{{{true, -EACCES, -EACCES, -EACCES, -EACCES}, {true, -EACCES, -EACCES, -EACCES, 0}},
			WHY_DENIED},
		{{{true, -EACCES, 0, 0, 0}, {true, USED, USED, USED, USED}}, WHY_DENIED},
		{{{true, -EMFILE, -EMFILE, -EMFILE, -EMFILE}, {true, -EMFILE, 0, 0, 0}},
			WHY_UNKNOWN},
		{{{false, 0, 0, 0, 0}, {false, 0, 0, 0, 0}}, WHY_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		if (why_judge(cases[i].tries) != cases[i].wanted)
			fail_msg("case %zu: %d, not %d", i, why_judge(cases[i].tries),
				cases[i].wanted);
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
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, USED, USED, USED};
	facts.tries[WHY_IPV6] = (struct why_try){true, 0, 0, 0, 0};
	assert_said(&facts, WHY_PARTLY, "IPv6 can be bound now, IPv4 can not: stop server[7]");
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, 0, USED, 0};
	facts.tries[WHY_IPV6] = (struct why_try){true, USED, USED, USED, USED};
	assert_said(&facts, WHY_PARTLY, "IPv4 can be bound now with SO_REUSEADDR, IPv6 can not");
	facts.tries[WHY_IPV4] = (struct why_try){true, USED, USED, USED, 0};
	assert_said(&facts, WHY_PARTLY, "127.0.0.1 can be bound now");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_judgement),
		unit_test(test_who_may),
		unit_test(test_what_to_do),
		unit_test(test_which_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
