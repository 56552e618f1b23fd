/* What fdinfo says of rings and of unix sockets. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/fdinfo.h"

static void lines_of_registered_files(void **state)
{
	static const struct {
		const char *line;
		uint64_t inode; /* 0: it is none */
	} cases[] = {
		{"    0: socket:[4711]", 4711},
		{"12345: socket:[1]", 1},
		{"1234567: socket:[18446744073709551615]", UINT64_MAX},
		{"0: socket:[4711]", 4711},
		{"    0: TCP", 0}, /* before Linux 6.10 */
		{"    0: ", 0},
		{"    0:", 0},
		{"    0", 0},
		{"", 0},
		{"     ", 0},
		{": socket:[4711]", 0},
		{"    0: <none>", 0},
		{"    0: /tmp/socket:[4711]", 0},
		{"    0: socket:[4711] (deleted)", 0},
		{"    0:  socket:[4711]", 0},
		{"    0: socket:[]", 0},
		{"    0: socket:[18446744073709551616]", 0},
		{"    0: 0x7f0000/4096", 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		uint64_t inode = 0;
		bool is = skt_fdinfo_registered(
			guard_text(cases[i].line), strlen(cases[i].line), &inode);

		assert_int_equal(is, cases[i].inode != 0);
		assert_int_equal(inode, cases[i].inode);
	}
	guard_free_all();
}

static void lines_of_files_in_flight(void **state)
{
	static const struct {
		const char *line;
		int64_t files; /* -1: no such line */
	} cases[] = {
		{"scm_fds: 0", 0},
		{"scm_fds: 253", 253},
		{"scm_fds:\t4294967295", 4294967295},
		{"scm_fds: 4294967296", -1},
		{"scm_fds: ", -1},
		{"scm_fds:", -1},
		{"scm_fds: -1", -1},
		{"scm_fds: 00000000000000000000000001", -1},
		{"scm_fd: 1", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		uint64_t files = 77;
		bool is = skt_fdinfo_in_flight(
			guard_text(cases[i].line), strlen(cases[i].line), &files);

		assert_int_equal(is, cases[i].files >= 0);
		assert_int_equal(files, is ? (uint64_t)cases[i].files : 77);
	}
	guard_free_all();
}

static void links_of_rings(void **state)
{
	static const char ring[] = "anon_inode:[io_uring]";

	(void)state;
	assert_true(skt_fdinfo_is_ring(ring, strlen(ring)));
	assert_false(skt_fdinfo_is_ring(ring, strlen(ring) - 1));
	assert_false(skt_fdinfo_is_ring("anon_inode:[io_urinG]", strlen(ring)));
	assert_false(skt_fdinfo_is_ring("", 0));
}

static int count(void *ctx, uint64_t inode)
{
	(void)inode;
	++*(size_t *)ctx;
	return 0;
}

static void what_is_not_there(void **state)
{
	size_t found = 0;

	(void)state;
	assert_int_equal(skt_fdinfo_each_registered("/nonexistent", 1, 2, count, &found), 0);
	assert_int_equal(
		skt_fdinfo_each_registered("/proc", (uint32_t)getpid(), 0, count, &found), 0);
	assert_int_equal(found, 0);
	assert_int_equal(skt_fdinfo_files_in_flight("/nonexistent", 1, 2), 0);
	assert_int_equal(skt_fdinfo_files_in_flight("/proc", (uint32_t)getpid(), 0), 0);
}

static void in_flight_in_a_socket_pair(void **state)
{
	char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int pair[2], file = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &file, sizeof(file));
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(
			skt_fdinfo_files_in_flight("/proc", (uint32_t)getpid(), (uint32_t)pair[1]),
			i);
		assert_int_equal(sendmsg(pair[0], &message, 0), 1);
	}
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(close(pair[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(lines_of_registered_files),
		unit_test(lines_of_files_in_flight),
		unit_test(links_of_rings),
		unit_test(what_is_not_there),
		unit_test(in_flight_in_a_socket_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
