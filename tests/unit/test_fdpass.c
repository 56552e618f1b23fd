/* A connection is handed to who asks for it through a unix socket. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/connect/fdpass.h"

/* The descriptor that comes with the one byte at FD. */
static int take(int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	char bytes[8];
	struct iovec data = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int passed;

	assert_int_equal(recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(message.msg_flags & (MSG_CTRUNC | MSG_TRUNC), 0);
	assert_int_equal(control.header.cmsg_type, SCM_RIGHTS);
	assert_int_equal(control.header.cmsg_len, CMSG_LEN(sizeof(int)));
	memcpy(&passed, CMSG_DATA(&control.header), sizeof(passed));
	return passed;
}

static void a_connection_is_passed_as_it_is(void **state)
{
	struct skt_err err;
	int way[2], pair[2], passed;
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(connect_fdpass_check(way[0], &err), 0);
	/* What has come already comes with it. */
	assert_int_equal(write(pair[1], "early", 5), 5);
	assert_int_equal(connect_fdpass(way[0], pair[0], &err), 0);
	(void)close(pair[0]);
	passed = take(way[1]);
	assert_int_equal(fcntl(passed, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(read(passed, text, sizeof(text)), 5);
	assert_memory_equal(text, "early", 5);
	/* Whoever has asked is gone. */
	(void)close(way[1]);
	assert_int_equal(connect_fdpass(way[0], passed, &err), -EPIPE);
	assert_string_equal(err.text, "--fdpass: send the connection to stdout: Broken pipe");
	(void)close(passed);
	(void)close(pair[1]);
	(void)close(way[0]);
}

static void nothing_is_passed_through_what_is_no_unix_socket(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];
	struct skt_err err;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(connect_fdpass_check(pipes[1], &err), -ENOTSOCK);
	assert_int_equal(connect_fdpass_check(fd, &err), -ENOTSOCK);
	assert_int_equal(connect_fdpass_check(-1, &err), -ENOTSOCK);
	(void)close(fd);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(a_connection_is_passed_as_it_is),
		unit_test(nothing_is_passed_through_what_is_no_unix_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
