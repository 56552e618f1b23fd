#include "out/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "out/terminal.h"
#include "out/text.h"

enum { LINE_MAX_BYTES = 1024, REDRAW_NS = 100 * SKT_NS_PER_MS };

/* To the first column, and clear what is right of it (ECMA-48 EL). */
static const char clear_line[] = "\r\033[K";

void skt_progress_init(struct skt_progress *progress, int fd, unsigned int width)
{
	*progress = (struct skt_progress){.fd = fd, .enabled = skt_terminal_is(fd), .width = width};
}

bool skt_progress_due(const struct skt_progress *progress, uint64_t now_ns)
{
	return progress->enabled && now_ns >= progress->next_ns;
}

/* A terminal that takes nothing is no reason to stop the run. */
static void put_on_screen(const struct skt_progress *progress, const char *bytes, size_t len)
{
	ssize_t n = write(progress->fd, bytes, len);

	(void)n;
}

/* Appends LEN bytes of TEXT, made harmless, as far as they fit into WIDTH columns. */
static void add_cut(struct skt_str *out, const char *text, size_t len, size_t width)
{
	size_t used = 0;

	while (len) {
		uint32_t code;
		size_t n = skt_utf8_decode(text, len, &code), before = out->len;

		if (!n)
			n = 1;
		used += skt_text_add_escaped(out, text, n);
		if (used > width) {
			out->len = before;
			return;
		}
		text += n;
		len -= n;
	}
}

void skt_progress_draw(struct skt_progress *progress, uint64_t now_ns, const char *format, ...)
{
	struct skt_str line = {0};
	char text[LINE_MAX_BYTES];
	va_list args;
	int n;

	if (!progress->enabled)
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0)
		return;
	skt_str_add_text(&line, clear_line);
	/* The last column stays free: terminals wrap, or remember to, when it is written. */
	add_cut(&line, text, SKT_MIN((size_t)n, sizeof(text) - 1),
		progress->width ? progress->width - 1 : 0);
	if (!line.failed) {
		put_on_screen(progress, line.data, line.len);
		progress->drawn = true;
	}
	progress->next_ns = now_ns + REDRAW_NS;
	skt_str_fini(&line);
}

void skt_progress_erase(struct skt_progress *progress)
{
	if (!progress->drawn)
		return;
	put_on_screen(progress, clear_line, sizeof(clear_line) - 1);
	progress->drawn = false;
}
