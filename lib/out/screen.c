#include "out/screen.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macros.h"

/* Alternate screen and no cursor; the cursor, and the screen as it was (xterm, DEC private modes).
 */
static const char take_screen[] = "\033[?1049h\033[?25l";
static const char give_screen[] = "\033[?25h\033[?1049l";

enum { WIDTH_UNKNOWN = 80, HEIGHT_UNKNOWN = 24 };

/* A terminal that takes nothing is no reason to stop. */
static void put(const struct skt_screen *screen, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(screen->out, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static int set_modes(const struct skt_screen *screen)
{
	struct termios modes = screen->before;

	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	return tcsetattr(screen->in, TCSADRAIN, &modes) ? -errno : 0;
}

int skt_screen_take(struct skt_screen *screen, int in, int out)
{
	int rc;

	*screen = (struct skt_screen){.in = in, .out = out};
	if (tcgetattr(in, &screen->before))
		return -errno;
	rc = set_modes(screen);
	if (rc)
		return rc;
	screen->taken = true;
	put(screen, take_screen, sizeof(take_screen) - 1);
	skt_screen_measure(screen);
	return 0;
}

void skt_screen_give(struct skt_screen *screen)
{
	if (!screen->taken)
		return;
	screen->taken = false;
	put(screen, give_screen, sizeof(give_screen) - 1);
	(void)tcsetattr(screen->in, TCSADRAIN, &screen->before);
}

void skt_screen_retake(struct skt_screen *screen)
{
	(void)set_modes(screen);
	if (!screen->taken)
		put(screen, take_screen, sizeof(take_screen) - 1);
	screen->taken = true;
	skt_screen_measure(screen);
}

void skt_screen_measure(struct skt_screen *screen)
{
	struct winsize size = {0};

	(void)ioctl(screen->out, TIOCGWINSZ, &size);
	screen->width = size.ws_col ? size.ws_col : WIDTH_UNKNOWN;
	screen->height = size.ws_row ? size.ws_row : HEIGHT_UNKNOWN;
}

/* ---- keys ---- */

/* By the last byte of `ESC [ LETTER` and `ESC O LETTER`. */
static uint32_t letter_key(char letter)
{
	switch (letter) {
	case 'A':
		return SKT_KEY_UP;
	case 'B':
		return SKT_KEY_DOWN;
	case 'C':
		return SKT_KEY_RIGHT;
	case 'D':
		return SKT_KEY_LEFT;
	case 'H':
		return SKT_KEY_HOME;
	case 'F':
		return SKT_KEY_END;
	}
	return SKT_KEY_NONE;
}

/* By the number in `ESC [ NUMBER ~`. */
static uint32_t number_key(char digit)
{
	switch (digit) {
	case '1':
	case '7':
		return SKT_KEY_HOME;
	case '4':
	case '8':
		return SKT_KEY_END;
	case '5':
		return SKT_KEY_PAGE_UP;
	case '6':
		return SKT_KEY_PAGE_DOWN;
	}
	return SKT_KEY_NONE;
}

/* `ESC [ ... FINAL` (ECMA-48, 5.4): parameters are 0x20..0x3f, the final byte is 0x40..0x7e. */
static size_t parse_sequence(const char *p, size_t len, uint32_t *ret_key)
{
	size_t i = 2;

	while (i < len && p[i] >= 0x20 && p[i] < 0x40)
		i++;
	if (i == len)
		return 0;
	if (i == 2)
		*ret_key = letter_key(p[2]);
	else if (i == 3 && p[3] == '~')
		*ret_key = number_key(p[2]);
	else
		*ret_key = SKT_KEY_NONE;
	return i + 1;
}

/* What begins with an escape. */
static size_t parse_escape(const char *p, size_t len, uint32_t *ret_key)
{
	if (len < 2)
		return 0;
	if (p[1] == '[')
		return parse_sequence(p, len, ret_key);
	if (p[1] == 'O') {
		if (len < 3)
			return 0;
		*ret_key = letter_key(p[2]);
		return 3;
	}
	*ret_key = SKT_KEY_ESCAPE;
	return 1;
}

size_t skt_key_parse(const char *p, size_t len, bool final, uint32_t *ret_key)
{
	size_t n;

	if (*p == '\033') {
		n = parse_escape(p, len, ret_key);
		if (n || (!final && len < SKT_KEY_MAX))
			return n;
		*ret_key = len == 1 ? SKT_KEY_ESCAPE : SKT_KEY_NONE;
		return len;
	}
	n = skt_utf8_decode(p, len, ret_key);
	/* The rest of a character may be on its way; what never becomes one is passed over. */
	if (!n && !final && len < 4 && (unsigned char)*p >= 0xc2 && (unsigned char)*p < 0xf5)
		return 0;
	if (!n) {
		*ret_key = SKT_KEY_NONE;
		return 1;
	}
	if (*ret_key == '\r' || *ret_key == '\n')
		*ret_key = SKT_KEY_ENTER;
	if (*ret_key == '\b' || *ret_key == 0x7f)
		*ret_key = SKT_KEY_BACKSPACE;
	return n;
}
