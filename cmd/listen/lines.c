#include "cmd/listen/lines.h"

#include <errno.h>

#include "base/macros.h"
#include "out/text.h"

static void say(struct skt_str *said, const char *name, const char *line, size_t len)
{
	skt_str_add_char(said, '<');
	skt_str_add_text(said, name);
	skt_str_add_text(said, "> ");
	(void)skt_text_add_escaped(said, line, len);
	skt_str_add_char(said, '\n');
}

/* How much of LEN bytes can be told before the rest is known: all but a character that is cut. */
static size_t whole(const char *bytes, size_t len)
{
	size_t back = 1;

	while (back < 4 && back < len && ((unsigned char)bytes[len - back] & 0xc0) == 0x80)
		back++;
	/* A lead byte says how long its sequence is (RFC 3629 3). */
	switch ((unsigned char)bytes[len - back] >> 4) {
	case 0xc:
	case 0xd:
		return back < 2 ? len - back : len;
	case 0xe:
		return back < 3 ? len - back : len;
	case 0xf:
		return back < 4 ? len - back : len;
	}
	return len;
}

/* A line that is too long: as much as may be held is told. */
static void overflow(struct lines *lines, const char *name, struct skt_str *said)
{
	struct skt_str *begun = &lines->begun;
	size_t n = whole(begun->data, begun->len);

	say(said, name, begun->data, n);
	memmove(begun->data, begun->data + n, begun->len - n);
	begun->len -= n;
}

static int outcome(const struct lines *lines, const struct skt_str *said)
{
	return lines->begun.failed || said->failed ? -ENOMEM : 0;
}

int lines_add(
	struct lines *lines, const char *name, const char *bytes, size_t len, struct skt_str *said)
{
	struct skt_str *begun = &lines->begun;

	while (len && outcome(lines, said) == 0) {
		const char *lf = memchr(bytes, '\n', len);
		size_t n = lf ? (size_t)(lf - bytes) : len;

		if (n && begun->len == LINES_MAX)
			overflow(lines, name, said);
		n = SKT_MIN(n, LINES_MAX - begun->len);
		skt_str_add(begun, bytes, n);
		bytes += n;
		len -= n;
		if (!lf || lf != bytes)
			continue;
		n = begun->len;
		say(said, name, begun->data, n && begun->data[n - 1] == '\r' ? n - 1 : n);
		begun->len = 0;
		bytes++;
		len--;
	}
	return outcome(lines, said);
}

int lines_end(struct lines *lines, const char *name, struct skt_str *said)
{
	if (lines->begun.len)
		say(said, name, lines->begun.data, lines->begun.len);
	lines->begun.len = 0;
	return outcome(lines, said);
}

void lines_fini(struct lines *lines)
{
	skt_str_fini(&lines->begun);
}
