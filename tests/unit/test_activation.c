/* What a service manager passes on, and what it is told: net/activation.h and net/notify.h. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/activation.h"
#include "net/notify.h"

static char *own_pid(void)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	return text;
}

static size_t count_of(const char *fds, const char *pid)
{
	struct skt_activation activation = {.count = 99};

	skt_activation_read(&activation, fds, pid, NULL);
	return activation.count;
}

static void only_what_is_for_this_process_counts(void **state)
{
	static const char *const bad[] = {"", "0", "-1", "x", "3x", " 3", "4097", "99999999999"};
	char padded[40];

	(void)state;
	assert_int_equal(count_of("3", own_pid()), 3);
	assert_int_equal(count_of("3", NULL), 0);
	assert_int_equal(count_of(NULL, own_pid()), 0);
	assert_int_equal(count_of("3", "1"), 0);
	(void)snprintf(padded, sizeof(padded), "%s ", own_pid());
	assert_int_equal(count_of("3", padded), 0);
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(count_of(bad[i], own_pid()), 0);
}

static void check_name(const char *names, size_t index, const char *expected)
{
	const struct skt_activation activation = {.count = 4, .names = names};
	size_t len;
	const char *name = skt_activation_name(&activation, index, &len);

	assert_int_equal(len, strlen(expected));
	assert_memory_equal(name, expected, len);
}

static void names_are_those_in_their_places(void **state)
{
	(void)state;
	check_name("web:local:x", 0, "web");
	check_name("web:local:x", 1, "local");
	check_name("web:local:x", 2, "x");
	check_name("web:local:x", 3, "unknown");
	check_name("web::x", 1, "");
	check_name("web:", 1, "");
	check_name("", 0, "");
	check_name(NULL, 2, "unknown");
}

static void names_are_checked(void **state)
{
	char longest[SKT_FDNAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[SKT_FDNAME_MAX] = '\0';
	assert_true(skt_fdname_is_valid(longest));
	longest[SKT_FDNAME_MAX] = 'a';
	longest[SKT_FDNAME_MAX + 1] = '\0';
	assert_false(skt_fdname_is_valid(longest));
	assert_true(skt_fdname_is_valid("my socket~"));
	assert_false(skt_fdname_is_valid(""));
	assert_false(skt_fdname_is_valid("a:b"));
	assert_false(skt_fdname_is_valid("a\n"));
	assert_false(skt_fdname_is_valid("\xc3\xa4"));
}

/* A socket of TYPE with the name of its own that the kernel finds. */
static int bound(int type)
{
	const struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&un, sizeof(sa_family_t)), 0);
	return fd;
}

static void check_kind(int fd, int expected)
{
	assert_int_equal(skt_passed_kind(fd), expected);
	(void)close(fd);
}

static void kinds_are_told_apart(void **state)
{
	int pair[2], fd;

	(void)state;
	fd = bound(SOCK_STREAM);
	assert_int_equal(skt_passed_kind(fd), SKT_PASSED_OTHER);
	assert_int_equal(listen(fd, 1), 0);
	check_kind(fd, SKT_PASSED_LISTENER);
	assert_int_equal(skt_passed_kind(fd), -EBADF);
	fd = bound(SOCK_SEQPACKET);
	assert_int_equal(listen(fd, 1), 0);
	check_kind(fd, SKT_PASSED_LISTENER);
	check_kind(bound(SOCK_DGRAM), SKT_PASSED_DATAGRAMS);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	check_kind(pair[0], SKT_PASSED_CONNECTION);
	/* Whose peer is gone is a connection still. */
	check_kind(pair[1], SKT_PASSED_CONNECTION);
	check_kind(open("/dev/null", O_RDONLY | O_CLOEXEC), SKT_PASSED_OTHER);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	check_kind(pair[0], SKT_PASSED_OTHER);
	check_kind(pair[1], SKT_PASSED_OTHER);
}

/* The name of FD with '@' in front, as NOTIFY_SOCKET has it. */
static const char *address_of(int fd, char text[sizeof(struct sockaddr_un) + 2])
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	int name_len;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&un, &len), 0);
	name_len = (int)(len - offsetof(struct sockaddr_un, sun_path) - 1);
	(void)snprintf(text, sizeof(un) + 2, "@%.*s", name_len, un.sun_path + 1);
	return text;
}

static void check_heard(int fd, const char *expected)
{
	char text[256] = "";

	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) >= 0);
	assert_string_equal(text, expected);
}

static void the_manager_is_told(void **state)
{
	char text[sizeof(struct sockaddr_un) + 2];
	struct skt_notify notify;
	struct skt_err err;
	int fd = bound(SOCK_DGRAM);

	(void)state;
	assert_int_equal(skt_notify_open(&notify, address_of(fd, text), &err), 0);
	assert_true(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC);
	skt_notify_tell(&notify, "READY=1\nSTATUS=well");
	check_heard(fd, "READY=1\nSTATUS=well");
	/* Who does not read holds nobody up who only hints. */
	for (int i = 0; i < 10000; i++)
		skt_notify_hint(&notify, "WATCHDOG=1");
	check_heard(fd, "WATCHDOG=1");
	(void)close(fd);
	skt_notify_tell(&notify, "STOPPING=1");
	skt_notify_close(&notify);
	assert_int_equal(notify.fd, -1);
	skt_notify_tell(&notify, "STOPPING=1");
}

static void where_nobody_is_to_be_told_or_can_be(void **state)
{
	static const char *const bad[] = {"", "@", "/", "vsock:2:1234", "relative", "x@y"};
	char longest[sizeof(((struct sockaddr_un *)0)->sun_path) + 2];
	struct skt_notify notify;
	struct skt_err err;

	(void)state;
	assert_int_equal(skt_notify_open(&notify, NULL, &err), 0);
	assert_int_equal(notify.fd, -1);
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		assert_int_equal(skt_notify_open(&notify, bad[i], &err), -EINVAL);
		assert_int_equal(notify.fd, -1);
	}
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(skt_notify_open(&notify, longest, &err), -EINVAL);
	assert_int_equal(skt_notify_open(&notify, "/nowhere/notify", &err), -ENOENT);
	assert_string_equal(err.text, "NOTIFY_SOCKET '/nowhere/notify': No such file or directory");
}

static void the_watchdog_is_this_process_s(void **state)
{
	(void)state;
	assert_true(skt_watchdog_ns("3000000", own_pid()) == 1500 * SKT_NS_PER_MS);
	assert_true(skt_watchdog_ns("3000000", NULL) == 1500 * SKT_NS_PER_MS);
	assert_true(skt_watchdog_ns("3000000", "1") == 0);
	assert_true(skt_watchdog_ns("3000000", "") == 0);
	assert_true(skt_watchdog_ns(NULL, own_pid()) == 0);
	assert_true(skt_watchdog_ns("0", own_pid()) == 0);
	assert_true(skt_watchdog_ns("18446744073709551615", own_pid()) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(only_what_is_for_this_process_counts),
		unit_test(names_are_those_in_their_places),
		unit_test(names_are_checked),
		unit_test(kinds_are_told_apart),
		unit_test(the_manager_is_told),
		unit_test(where_nobody_is_to_be_told_or_can_be),
		unit_test(the_watchdog_is_this_process_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
