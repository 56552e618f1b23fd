/*
 * Patterns of the shell against texts: the first byte says whether case counts, the second how long
 * the pattern is. What is said of them is also worked out by recursion over both.
 */
#include "base/glob.h"
#include "tests/fuzz/fuzz.h"

enum { PATTERN_MAX = 24, TEXT_MAX = 48 };

struct question {
	const uint8_t *pattern, *text;
	size_t pattern_len, text_len;
	bool fold;
};

static uint8_t lower(const struct question *q, uint8_t c)
{
	return q->fold && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Which bytes the element at *P is for; *P moves behind it. */
static void read_element(const struct question *q, size_t *p, bool set[256])
{
	const uint8_t c = q->pattern[*p];
	size_t first = *p + 1, close;
	bool negated = false;

	memset(set, c == '?', 256);
	if (c == '[') {
		if (first < q->pattern_len &&
			(q->pattern[first] == '!' || q->pattern[first] == '^')) {
			negated = true;
			first++;
		}
		for (close = first + 1; close < q->pattern_len && q->pattern[close] != ']'; close++)
			;
		if (close < q->pattern_len) {
			for (size_t i = first; i < close; i++) {
				uint8_t low = lower(q, q->pattern[i]), high = low;

				if (i + 2 < close && q->pattern[i + 1] == '-')
					high = lower(q, q->pattern[i += 2]);
				for (unsigned int b = low; b <= high; b++)
					set[b] = true;
			}
			for (unsigned int b = 0; negated && b < 256; b++)
				set[b] = !set[b];
			*p = close + 1;
			return;
		}
	}
	if (c == '\\' && *p + 1 < q->pattern_len)
		++*p;
	if (c != '?')
		set[lower(q, q->pattern[*p])] = true;
	++*p;
}

/* Whether the pattern from P on is for the text from T on. KNOWN: 1 no, 2 yes. */
static bool matches(
	const struct question *q, size_t p, size_t t, uint8_t known[PATTERN_MAX + 1][TEXT_MAX + 1])
{
	size_t next = p;
	bool set[256], answer;

	if (known[p][t])
		return known[p][t] == 2;
	if (p == q->pattern_len) {
		answer = t == q->text_len;
	} else if (q->pattern[p] == '*') {
		answer = matches(q, p + 1, t, known) ||
			(t < q->text_len && matches(q, p, t + 1, known));
	} else {
		read_element(q, &next, set);
		answer = t < q->text_len && set[lower(q, q->text[t])] &&
			matches(q, next, t + 1, known);
	}
	known[p][t] = answer ? 2 : 1;
	return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t known[PATTERN_MAX + 1][TEXT_MAX + 1] = {0};
	struct question q;

	if (size < 2 || size > 2 + PATTERN_MAX + TEXT_MAX)
		return 0;
	q = (struct question){.fold = data[0] & 1, .pattern = data + 2};
	q.pattern_len = data[1] % (PATTERN_MAX + 1);
	if (q.pattern_len > size - 2 || size - 2 - q.pattern_len > TEXT_MAX)
		return 0;
	q.text = q.pattern + q.pattern_len;
	q.text_len = size - 2 - q.pattern_len;
	if (skt_glob_match((const char *)q.pattern, q.pattern_len, (const char *)q.text, q.text_len,
		    q.fold) != matches(&q, 0, 0, known))
		abort();
	return 0;
}
