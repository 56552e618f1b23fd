/* What docker-proxy's arguments say, and what others of that name would have us believe. */
#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/ports/proxy_target.h"

static void test_what_is_said(void **state)
{
	static const struct {
		const char *command, *address;
		uint16_t port;
		uint8_t proto;
	} cases[] = {
		{"/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip "
		 "172.17.0.2 -container-port 80",
			"172.17.0.2", 80, SKT_PROTO_TCP},
		{"docker-proxy -proto udp -host-ip :: -host-port 53 -container-ip fd00::2 "
		 "-container-port 5353 -use-listen-fd",
			"fd00::2", 5353, SKT_PROTO_UDP},
		{"docker-proxy --container-ip=10.0.0.1 --container-port=65535", "10.0.0.1", 65535,
			SKT_PROTO_TCP},
		{"p -container-port 1 -container-ip 10.0.0.1", "10.0.0.1", 1, SKT_PROTO_TCP},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_proxy_target target;
		char text[SKT_ADDR_TEXT_MAX];

		assert_true(skt_proxy_target_parse(cases[i].command, &target));
		assert_string_equal(skt_addr_text(&target.addr, text), cases[i].address);
		assert_int_equal(target.port, cases[i].port);
		assert_int_equal(target.proto, cases[i].proto);
	}
}

static void test_what_is_not(void **state)
{
	static const char *const commands[] = {
		"",
		"-container-ip",
		"docker-proxy",
		"docker-proxy -container-ip",
		"docker-proxy -container-ip ",
		"docker-proxy -container-ip 10.0.0.1",
		"docker-proxy -container-port 80",
		"docker-proxy -container-ip 10.0.0.1 -container-port",
		"docker-proxy -container-ip 10.0.0.1 -container-port ",
		"docker-proxy -container-ip 10.0.0.1 -container-port 0",
		"docker-proxy -container-ip 10.0.0.1 -container-port 65536",
		"docker-proxy -container-ip 10.0.0.1 -container-port 100000",
		"docker-proxy -container-ip 10.0.0.1 -container-port -1",
		"docker-proxy -container-ip 10.0.0.1 -container-port 8o",
		"docker-proxy -container-ip localhost -container-port 80",
		"docker-proxy -container-ip 10.0.0 -container-port 80",
		"docker-proxy x-container-ip 10.0.0.1 x-container-port 80",
		"docker-proxy -container-ips 10.0.0.1 -container-ports 80",
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(commands); i++) {
		struct skt_proxy_target target = {.port = 42};
		const char *guarded = guard_copy(commands[i], strlen(commands[i]) + 1);

		if (skt_proxy_target_parse(guarded, &target))
			fail_msg("'%s' was taken", commands[i]);
		assert_int_equal(target.port, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_what_is_said),
		unit_test(test_what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
