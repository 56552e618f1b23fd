/* What is only done on a terminal: a pseudo-terminal stands in for it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "out/keys.h"
#include "out/progress.h"
#include "out/screen.h"
#include "out/terminal.h"
#include "out/text.h"
#include "unit.h"

/* The two sides of a terminal of COLUMNS columns that passes bytes on as they are. */
static void terminal_open(unsigned short columns, int fds[2])
{
	const struct winsize size = {.ws_col = columns, .ws_row = 24};
	struct termios raw;
	char name[64];

	fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fds[0] < 0)
		skip_because("there is no /dev/pts");
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

/* A key at the beginning of TEXT: what it is, and how many bytes it takes. */
static void assert_key(const char *text, bool final, size_t n, uint32_t key)
{
	size_t len = strlen(text);
	uint32_t found = 0;
	size_t took = skt_key_parse(guard_copy(text, len), len, final, &found);

	if (took != n || (n && found != key))
		fail_msg("'%s': %zu bytes, key %x", text, took, found);
	guard_free_all();
}

static void reads_keys(void **state)
{
	(void)state;
	assert_key("qx", false, 1, 'q');
	assert_key("\r", false, 1, SKT_KEY_ENTER);
	assert_key("\n", false, 1, SKT_KEY_ENTER);
	assert_key("\x7f", false, 1, SKT_KEY_BACKSPACE);
	assert_key("\b", false, 1, SKT_KEY_BACKSPACE);
	assert_key("\xc3\xa4x", false, 2, 0xe4);
	assert_key("\xc3", false, 0, 0);
	assert_key("\xc3", true, 1, SKT_KEY_NONE);
	assert_key("\xff", false, 1, SKT_KEY_NONE);
	assert_key("\xc3x", false, 0, 0);
	assert_key("\xe2\x82\xac", false, 3, 0x20ac);
	assert_key("\033", false, 0, 0);
	assert_key("\033", true, 1, SKT_KEY_ESCAPE);
	assert_key("\033q", false, 1, SKT_KEY_ESCAPE);
	assert_key("\033[A", false, 3, SKT_KEY_UP);
	assert_key("\033OB", false, 3, SKT_KEY_DOWN);
	assert_key("\033[C", false, 3, SKT_KEY_RIGHT);
	assert_key("\033[D", false, 3, SKT_KEY_LEFT);
	assert_key("\033[H", false, 3, SKT_KEY_HOME);
	assert_key("\033OF", false, 3, SKT_KEY_END);
	assert_key("\033OZ", false, 3, SKT_KEY_NONE);
	assert_key("\033[1~", false, 4, SKT_KEY_HOME);
	assert_key("\033[7~", false, 4, SKT_KEY_HOME);
	assert_key("\033[8~", false, 4, SKT_KEY_END);
	assert_key("\033[2~", false, 4, SKT_KEY_NONE);
	assert_key("\033[4~", false, 4, SKT_KEY_END);
	assert_key("\033[5~x", false, 4, SKT_KEY_PAGE_UP);
	assert_key("\033[6~", false, 4, SKT_KEY_PAGE_DOWN);
	assert_key("\033[1;5C", false, 6, SKT_KEY_NONE);
	assert_key("\033[15~", false, 5, SKT_KEY_NONE);
	assert_key("\033[", false, 0, 0);
	assert_key("\033[", true, 2, SKT_KEY_NONE);
	assert_key("\033[1;", false, 0, 0);
	assert_key("\033O", false, 0, 0);
	/* Longer than any key: passed over, so that no buffer fills for good. */
	assert_key("\033[1111111111111111111111111111111111", false, SKT_KEY_MAX, SKT_KEY_NONE);
}

/* Any bytes: something is taken, or more is waited for that has room to come. */
static void survives_any_keys(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		static const char likely[] = "\033[O;~A1\xc3\x82";
		char bytes[SKT_KEY_MAX];
		size_t len = 1 + i % SKT_KEY_MAX, n;
		uint32_t key;

		for (size_t j = 0; j < len; j++) {
			seed = seed * 1664525 + 1013904223;
			bytes[j] = seed >> 31 ? likely[(seed >> 16) % (sizeof(likely) - 1)]
					      : (char)(seed >> 20);
		}
		n = skt_key_parse(bytes, len, false, &key);
		assert_true(n <= len && (n || len < SKT_KEY_MAX));
		n = skt_key_parse(bytes, len, true, &key);
		assert_true(n && n <= len);
	}
}

/* Taken, the terminal echoes nothing and waits for no lines; given back, it is as it was. */
static void takes_and_gives_a_terminal(void **state)
{
	struct skt_screen screen;
	struct termios before, taken, after;
	int fds[2];

	(void)state;
	terminal_open(90, fds);
	assert_int_equal(tcgetattr(fds[1], &before), 0);
	before.c_lflag |= ICANON | ECHO | ISIG;
	assert_int_equal(tcsetattr(fds[1], TCSANOW, &before), 0);
	assert_int_equal(tcgetattr(fds[1], &before), 0);
	assert_int_equal(skt_screen_take(&screen, fds[1], fds[1]), 0);
	assert_int_equal(screen.width, 90);
	assert_int_equal(screen.height, 24);
	assert_shows(fds[0], "\033[?1049h\033[?25l");
	assert_int_equal(tcgetattr(fds[1], &taken), 0);
	assert_int_equal(taken.c_lflag & (ICANON | ECHO | ISIG), ISIG);
	skt_screen_retake(&screen);
	assert_shows(fds[0], "");
	skt_screen_give(&screen);
	skt_screen_give(&screen);
	assert_shows(fds[0], "\033[?2026l\033[?25h\033[?1049l");
	assert_int_equal(tcgetattr(fds[1], &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag);
	assert_int_equal(before.c_iflag, after.c_iflag);
	assert_int_equal(before.c_oflag, after.c_oflag);
	assert_int_equal(before.c_cflag, after.c_cflag);
	assert_memory_equal(before.c_cc, after.c_cc, sizeof(before.c_cc));
	skt_screen_retake(&screen);
	assert_shows(fds[0], "\033[?1049h\033[?25l");
	skt_screen_give(&screen);
	terminal_close(fds);
	assert_true(skt_screen_take(&screen, -1, -1) < 0);
}

static void cuts_text(void **state)
{
	static const struct {
		const char *text;
		size_t width, len;
	} cases[] = {{"abc", 2, 2}, {"abc", 3, 3}, {"abc", 9, 3}, {"abc", 0, 0},
		{"\xc3\xa4\xc3\xa4", 1, 2}, {"\xe4\xb8\x96\xe7\x95\x8c", 3, 3},
		{"\xe4\xb8\x96", 1, 0}, {"e\xcc\x81x", 1, 3}};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);

		assert_int_equal(skt_text_cut(guard_copy(cases[i].text, len), len, cases[i].width),
			cases[i].len);
	}
	guard_free_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(knows_the_width),
		unit_test(draws_and_erases),
		unit_test(is_silent_elsewhere),
		unit_test(reads_keys),
		unit_test(survives_any_keys),
		unit_test(takes_and_gives_a_terminal),
		unit_test(cuts_text),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
