#include "out/screen.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * Alternate screen and no cursor; no frame that is only begun (synchronized output), the cursor,
 * and the screen as it was (xterm, DEC private modes).
 */
static const char take_screen[] = "\033[?1049h\033[?25l";
static const char give_screen[] = "\033[?2026l\033[?25h\033[?1049l";

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
