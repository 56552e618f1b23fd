/* What is only done on a terminal: a pseudo-terminal stands in for it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "out/progress.h"
#include "out/terminal.h"
#include "unit.h"

/* The two sides of a terminal of COLUMNS columns that passes bytes on as they are. */
static void terminal_open(unsigned short columns, int fds[2])
{
	const struct winsize size = {.ws_col = columns, .ws_row = 24};
	struct termios raw;
	char name[64];

	fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fds[0] < 0)
		skip(); /* a chroot without /dev/pts */
	assert_int_equal(grantpt(fds[0]), 0);
	assert_int_equal(unlockpt(fds[0]), 0);
	assert_int_equal(ptsname_r(fds[0], name, sizeof(name)), 0);
	fds[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fds[1] >= 0);
	assert_int_equal(tcgetattr(fds[1], &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(fds[1], TCSANOW, &raw), 0);
	assert_int_equal(ioctl(fds[1], TIOCSWINSZ, &size), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

static void terminal_close(int fds[2])
{
	(void)close(fds[1]);
	(void)close(fds[0]);
}

/* What has been written to the terminal since the last look. */
static void assert_shows(int fd, const char *expected)
{
	char text[512];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, expected);
}

static void knows_the_width(void **state)
{
	int fds[2], null;

	(void)state;
	terminal_open(132, fds);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(skt_terminal_is(fds[1]));
	assert_int_equal(skt_terminal_width(fds[1], NULL), 132);
	assert_int_equal(skt_terminal_width(fds[1], "50"), 50);
	assert_int_equal(skt_terminal_width(fds[1], ""), 132);
	assert_int_equal(skt_terminal_width(fds[1], "0"), 132);
	assert_int_equal(skt_terminal_width(fds[1], "-3"), 132);
	assert_int_equal(skt_terminal_width(fds[1], "99999999999999999999"), 132);
	terminal_close(fds);
	terminal_open(0, fds);
	assert_int_equal(skt_terminal_width(fds[1], NULL), 80);
	terminal_close(fds);
	assert_false(skt_terminal_is(null));
	assert_int_equal(skt_terminal_width(null, "50"), 0);
	assert_int_equal(skt_terminal_width(-1, NULL), 0);
	(void)close(null);
}

static void draws_and_erases(void **state)
{
	struct skt_progress progress;
	int fds[2];

	(void)state;
	terminal_open(80, fds);
	skt_progress_init(&progress, fds[1], 10);
	skt_progress_erase(&progress);
	assert_shows(fds[0], "");
	assert_true(skt_progress_due(&progress, 1));
	skt_progress_draw(&progress, 1, "%d of %d", 1, 9);
	assert_shows(fds[0], "\r\033[K1 of 9");
	assert_false(skt_progress_due(&progress, 1 + 99 * SKT_NS_PER_MS));
	assert_true(skt_progress_due(&progress, 1 + 100 * SKT_NS_PER_MS));
	/* cut to one column less than the width, never through an escape or a wide character */
	skt_progress_draw(&progress, 2, "%s", "0123456789");
	assert_shows(fds[0], "\r\033[K012345678");
	skt_progress_draw(&progress, 2, "%s", "01234567\033[2J");
	assert_shows(fds[0], "\r\033[K01234567");
	skt_progress_draw(&progress, 2, "%s", "01234567\xe6\xbc\xa2");
	assert_shows(fds[0], "\r\033[K01234567");
	skt_progress_draw(&progress, 2, "%s", "a\nb\xff");
	assert_shows(fds[0], "\r\033[Ka\\nb\\xff");
	skt_progress_erase(&progress);
	assert_shows(fds[0], "\r\033[K");
	skt_progress_erase(&progress);
	assert_shows(fds[0], "");
	terminal_close(fds);
}

static void is_silent_elsewhere(void **state)
{
	struct skt_progress progress;
	char byte;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	skt_progress_init(&progress, fds[1], 80);
	assert_false(skt_progress_due(&progress, UINT64_MAX));
	skt_progress_draw(&progress, 1, "%s", "text");
	skt_progress_erase(&progress);
	assert_int_equal(read(fds[0], &byte, 1), -1);
	terminal_close(fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(knows_the_width),
		unit_test(draws_and_erases),
		unit_test(is_silent_elsewhere),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
