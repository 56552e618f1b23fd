#include "tls/name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

enum { LABEL_MAX = 63 };

/* ---- Punycode (RFC 3492, 6) ---- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* A label of so few characters that nothing overflows: 63 * 0x110000 fits. */
struct label {
	uint32_t codes[LABEL_MAX];
	size_t count;
	char text[LABEL_MAX + 1];
	size_t len;
};

static bool put(struct label *label, char c)
{
	if (label->len == LABEL_MAX)
		return false;
	label->text[label->len++] = c;
	return true;
}

/* DELTA as a number of variable length. */
static bool put_delta(struct label *label, uint32_t delta, uint32_t bias)
{
	uint32_t q = delta;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		uint32_t digit = q < t ? q : t + (q - t) % (BASE - t);

		if (!put(label, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26)))
			return false;
		if (q < t)
			return true;
		q = (q - t) / (BASE - t);
	}
}

static uint32_t next_code(const struct label *label, uint32_t from)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < label->count; i++)
		if (label->codes[i] >= from)
			next = SKT_MIN(next, label->codes[i]);
	return next;
}

/* Writes `xn--` and the characters of the label. */
static bool encode(struct label *label)
{
	uint32_t n = FIRST, delta = 0, bias = BIAS, done = 0, basic;

	for (const char *p = "xn--"; *p; p++)
		(void)put(label, *p);
	for (size_t i = 0; i < label->count; i++)
		if (label->codes[i] < FIRST) {
			if (!put(label, (char)label->codes[i]))
				return false;
			done++;
		}
	basic = done;
	if (basic && !put(label, '-'))
		return false;
	while (done < label->count) {
		uint32_t next = next_code(label, n);

		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < label->count; i++) {
			delta += label->codes[i] < n;
			if (label->codes[i] != n)
				continue;
			if (!put_delta(label, delta, bias))
				return false;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return true;
}

/* ---- names ---- */

/* The dots of RFC 3490, 3.1. */
static bool is_dot(uint32_t code)
{
	return code == '.' || code == 0x3002 || code == 0xff0e || code == 0xff61;
}

/* Reads one label from *TEXT on, up to its dot or the end. */
static int read_label(const char **text, const char *end, struct label *label, bool *ret_dot)
{
	bool ascii = true;

	label->count = label->len = 0;
	*ret_dot = false;
	while (*text < end) {
		uint32_t code;
		size_t len = skt_utf8_decode(*text, (size_t)(end - *text), &code);

		if (len == 0 || code <= ' ' || code == 0x7f || (code >= 0x80 && code < 0xa0))
			return -EINVAL;
		*text += len;
		*ret_dot = is_dot(code);
		if (*ret_dot)
			break;
		if (label->count == LABEL_MAX)
			return -ENAMETOOLONG;
		if (code >= 'A' && code <= 'Z')
			code += 'a' - 'A';
		ascii = ascii && code < FIRST;
		label->codes[label->count++] = code;
	}
	if (label->count == 0)
		return -EINVAL;
	if (!ascii)
		return encode(label) ? 0 : -ENAMETOOLONG;
	for (size_t i = 0; i < label->count; i++)
		(void)put(label, (char)label->codes[i]);
	return 0;
}

int skt_tls_name_parse(const char *text, char ret[SKT_TLS_NAME_MAX])
{
	const char *end = text + strlen(text);
	char name[SKT_TLS_NAME_MAX];
	size_t used = 0;
	bool dot = true;

	while (dot && (text < end || used == 0)) {
		struct label label;
		int r = read_label(&text, end, &label, &dot);

		if (r)
			return r;
		if (used + label.len + 2 > sizeof(name))
			return -ENAMETOOLONG;
		if (used)
			name[used++] = '.';
		memcpy(name + used, label.text, label.len);
		used += label.len;
	}
	memcpy(ret, name, used);
	ret[used] = '\0';
	return 0;
}
