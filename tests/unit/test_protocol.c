/* What the kernel calls protocols; and what a descriptor of another process tells of its socket. */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/protocol.h"
#include "proc/held_socket.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		uint8_t proto, family, type;
	} cases[] = {
		{"TCP", SKT_PROTO_TCP, AF_INET, SOCK_STREAM},
		{"UDPLITEv6", SKT_PROTO_UDPLITE, AF_INET6, SOCK_DGRAM},
		{"PING", SKT_PROTO_PING, AF_INET, SOCK_DGRAM},
		{"UNIX-STREAM", SKT_PROTO_UNIX, AF_UNIX, SOCK_STREAM},
		{"UNIX", SKT_PROTO_UNIX, AF_UNIX, 0},
		{"CAN_RAW", SKT_PROTO_OTHER, AF_CAN, 0},
		{"FROB", SKT_PROTO_OTHER, AF_UNSPEC, 0},
		{"", SKT_PROTO_OTHER, AF_UNSPEC, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_socket socket = {0};

		skt_protocol_fill(&socket, cases[i].name);
		assert_int_equal(socket.proto, cases[i].proto);
		assert_int_equal(socket.family, cases[i].family);
		assert_int_equal(socket.type, cases[i].type);
		if (cases[i].proto == SKT_PROTO_OTHER && cases[i].name[0])
			assert_string_equal(socket.local.host, cases[i].name);
		else
			assert_null(socket.local.host);
	}
}

static void test_held(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];
	struct skt_held_socket held;
	struct stat status;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(skt_held_socket_read(
				 "/proc", (uint32_t)getpid(), (uint32_t)fd, status.st_ino, &held),
		0);
	assert_int_equal(held.uid, geteuid());
	assert_string_equal(held.protocol, "TCP");
	/* Another one has come to the number; something else has; nothing has. */
	assert_int_equal(skt_held_socket_read("/proc", (uint32_t)getpid(), (uint32_t)fd,
				 status.st_ino + 1, &held),
		-ENOENT);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fstat(pipes[0], &status), 0);
	assert_int_equal(skt_held_socket_read("/proc", (uint32_t)getpid(), (uint32_t)pipes[0],
				 status.st_ino, &held),
		-ENOENT);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	assert_int_equal(skt_held_socket_read("/proc", (uint32_t)getpid(), (uint32_t)pipes[0],
				 status.st_ino, &held),
		-ENOENT);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_names), unit_test(test_held)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
