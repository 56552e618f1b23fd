#include "service/pattern.h"

#include <string.h>

#include "base/macros.h"

enum { LINE_MAX_LEN = 1024 };

static bool is_line_end(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_of_word(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
		(c && strchr("._+~-", c) != NULL);
}

/* How many bytes of the text at AT the mark C takes; 0 too where it fits nothing. BEHIND: the
 * literal byte behind it, or NUL. */
static size_t length_of(char c, char behind, const char *at, const char *end)
{
	size_t n = 0, left = (size_t)(end - at);

	if (c == 'v' && left && !is_digit(*at))
		return 0;
	if (c == 'e') {
		while (n < left && !is_line_end(at[n]) && (!behind || at[n] != behind))
			n++;
		return n;
	}
	while (n < left && (is_of_word(at[n]) || (c == 'v' && at[n] == ':')))
		n++;
	/* Sentences end so. */
	while (n && (at[n - 1] == '.' || at[n - 1] == ':' || at[n - 1] == '-'))
		n--;
	return n;
}

static void note(struct skt_pattern_match *match, char c, const char *at, size_t n)
{
	struct skt_pattern_part *part = c == 'v' ? &match->version
		: c == 'w'                       ? &match->word
						 : &match->extra;

	*part = (struct skt_pattern_part){at, n};
}

/* Whether the mark or literal at *PATTERN fits at *AT; moves both behind it if so. */
static bool fits(
	const char **pattern, const char **at, const char *end, struct skt_pattern_match *match)
{
	const char *p = *pattern;
	size_t n;

	if (*p == '%' && p[1] != '%') {
		if (p[1] == '$') {
			*pattern += 2;
			return *at == end || is_line_end(**at);
		}
		n = length_of(p[1], p[2] == '%' ? '\0' : p[2], *at, end);
		if (!n && p[1] != 'e')
			return false;
		note(match, p[1], *at, n);
		*pattern += 2;
		*at += n;
		return true;
	}
	p += *p == '%';
	if (*at == end || lower(**at) != lower(*p))
		return false;
	*pattern = p + 1;
	(*at)++;
	return true;
}

bool skt_pattern_matches(
	const char *pattern, const char *text, size_t len, struct skt_pattern_match *ret)
{
	const char *at = text, *const end = text + len;
	const char *star = NULL, *star_at = NULL; /* where to try again: behind the last %* */
	struct skt_pattern_match match = {0};

	while (*pattern) {
		if (pattern[0] == '%' && pattern[1] == '*') {
			pattern += 2;
			star = pattern;
			star_at = at;
		} else if (!fits(&pattern, &at, end, &match)) {
			if (!star || star_at == end || is_line_end(*star_at))
				return false;
			pattern = star;
			at = ++star_at;
		}
	}
	*ret = match;
	return true;
}

bool skt_pattern_finds(
	const char *pattern, const char *text, size_t len, struct skt_pattern_match *ret)
{
	const char *const end = text + len;

	while (text && text < end) {
		size_t left = (size_t)(end - text);

		if (skt_pattern_matches(pattern, text, SKT_MIN(left, (size_t)LINE_MAX_LEN), ret))
			return true;
		text = memchr(text, '\n', left);
		text = text ? text + 1 : NULL;
	}
	return false;
}
