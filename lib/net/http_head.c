#include "net/http_head.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"

ssize_t skt_http_head_measure(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len, *lf;

	/* An empty line ends it; a CR in front of a line's end may be missing (RFC 9112 2.2). */
	while ((lf = memchr(at, '\n', (size_t)(end - at)))) {
		size_t line = (size_t)(lf - at);

		if (line == 0 || (line == 1 && *at == '\r'))
			return lf + 1 - bytes;
		at = lf + 1;
	}
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9110 5.6.2. */
static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)text[i] <= ' ' || (uint8_t)text[i] >= 0x7f ||
			strchr("\"(),/:;<=>?@[\\]{}", text[i]))
			return false;
	return len > 0;
}

/* Old folding, which begins a line with a blank, is refused as RFC 9112 5.2 allows. */
static int read_field(struct skt_http_line *line)
{
	const char *colon = memchr(line->text, ':', line->len), *end = line->text + line->len;

	if (!colon || !is_token(line->text, (size_t)(colon - line->text)))
		return -EPROTO;
	line->name_len = (size_t)(colon - line->text);
	line->value = colon + 1;
	while (line->value < end && is_blank(*line->value))
		line->value++;
	while (end > line->value && is_blank(end[-1]))
		end--;
	line->value_len = (size_t)(end - line->value);
	return 1;
}

int skt_http_head_next(const char **at, const char *end, bool first, struct skt_http_line *ret)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));
	struct skt_http_line line = {.text = *at};

	if (!lf)
		return -EPROTO;
	line.len = (size_t)(lf - *at);
	if (line.len && line.text[line.len - 1] == '\r')
		line.len--;
	if (memchr(line.text, '\0', line.len) || memchr(line.text, '\r', line.len))
		return -EPROTO;
	*at = lf + 1;
	*ret = line;
	if (line.len == 0)
		return 0;
	return first ? 1 : read_field(ret);
}

bool skt_http_line_is(const struct skt_http_line *line, const char *name)
{
	return line->name_len == strlen(name) && strncasecmp(line->text, name, line->name_len) == 0;
}
