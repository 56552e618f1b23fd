#include "base/glob.h"

#include <string.h>

static unsigned char folded(unsigned char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

/* The end of the bracket expression behind the `[` at P, at its `]`; NULL: it is never closed. */
static const char *bracket_end(const char *p, const char *end)
{
	p++;
	if (p < end && (*p == '!' || *p == '^'))
		p++;
	/* A `]` that comes first is one of the set. */
	return p < end ? memchr(p + 1, ']', (size_t)(end - p - 1)) : NULL;
}

/* Whether C is in the set between P, at its `[`, and CLOSE, at its `]`. */
static bool bracket_has(const char *p, const char *close, unsigned char c, bool fold)
{
	bool negated = p[1] == '!' || p[1] == '^', found = false;

	for (p += 1 + negated; p < close; p++) {
		unsigned char low = folded((unsigned char)*p, fold), high = low;

		if (close - p > 2 && p[1] == '-') {
			high = folded((unsigned char)p[2], fold);
			p += 2;
		}
		found |= c >= low && c <= high;
	}
	return found != negated;
}

/* Whether C is what stands at *P for one byte; *P moves behind it. */
static bool one_matches(const char **p, const char *end, unsigned char c, bool fold)
{
	const char *at = *p, *close = *at == '[' ? bracket_end(at, end) : NULL;

	c = folded(c, fold);
	if (close) {
		*p = close + 1;
		return bracket_has(at, close, c, fold);
	}
	if (*at == '\\' && at + 1 < end)
		at++;
	else if (*at == '?')
		c = '?';
	*p = at + 1;
	return folded((unsigned char)*at, fold) == c;
}

bool skt_glob_match(
	const char *pattern, size_t pattern_len, const char *text, size_t text_len, bool fold)
{
	const char *p = pattern, *end = pattern + pattern_len;
	const char *t = text, *text_end = text + text_len;
	const char *star = NULL, *retry = NULL; /* behind the last `*`, and what it may end at */

	while (t < text_end) {
		if (p < end && *p == '*') {
			star = ++p;
			retry = t;
		} else if (p < end && one_matches(&p, end, (unsigned char)*t, fold)) {
			t++;
		} else if (star) {
			p = star;
			t = ++retry;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}
