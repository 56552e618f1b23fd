#include "base/num.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/macros.h"

/* Reads digits at *P up to END, and moves on. Past 64 bits *OVERFLOW is set. */
static uint64_t read_digits(const char **p, const char *end, bool *overflow)
{
	uint64_t value = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(**p - '0'), &value))
			*overflow = true;
	return value;
}

int skt_num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *p = text, *end = text + strlen(text);
	bool overflow = false;
	uint64_t value = read_digits(&p, end, &overflow);

	if (p == text || p != end)
		return -EINVAL;
	if (overflow || value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int skt_integer_parse(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (strncasecmp(text, "0x", 2) != 0)
		return skt_num_parse(text, 0, max, ret);
	text += 2;
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		int digit = skt_hex_digit(*text);

		if (digit < 0)
			return -EINVAL;
		if (value > max >> 4)
			return -ERANGE;
		value = value << 4 | (uint64_t)digit;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t scale;
};

/* The scale of the unit that the bytes from P to END are, 0 if none; the list ends with 0. */
static uint64_t unit_scale(const struct unit *unit, const char *p, const char *end)
{
	size_t len = (size_t)(end - p);

	while (unit->scale && (strlen(unit->name) != len || strncasecmp(unit->name, p, len) != 0))
		unit++;
	return unit->scale;
}

/*
 * Reads digits[.digits] and a unit, and multiplies exactly by the scale of the unit; what is less
 * than one is cut off, but something never becomes nothing: `0.1ns` is out of bounds.
 */
static int scaled_parse(const char *text, const char *end, const struct unit *units, uint64_t *ret)
{
	enum { FRACTION_DIGITS = 18 }; /* as many as fit; finer than any unit here divides */
	uint64_t whole, fraction = 0, divisor = 1, scale, value;
	bool overflow = false, nonzero;
	const char *p = text, *point;
	size_t digits;

	whole = read_digits(&p, end, &overflow);
	nonzero = whole || overflow;
	digits = (size_t)(p - text);
	if (p < end && *p == '.') {
		for (point = p++; p < end && *p >= '0' && *p <= '9'; p++, digits++) {
			nonzero |= *p != '0';
			if (p - point > FRACTION_DIGITS)
				continue;
			fraction = fraction * 10 + (uint64_t)(*p - '0');
			divisor *= 10;
		}
	}
	scale = unit_scale(units, p, end);
	if (!digits || !scale)
		return -EINVAL;
	if (overflow || __builtin_mul_overflow(whole, scale, &value) ||
		__builtin_add_overflow(
			value, (uint64_t)((unsigned __int128)fraction * scale / divisor), &value) ||
		(nonzero && !value))
		return -ERANGE;
	*ret = value;
	return 0;
}

int skt_duration_parse(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = {
		{"", SKT_NS_PER_SEC},
		{"s", SKT_NS_PER_SEC},
		{"ms", SKT_NS_PER_MS},
		{"us", SKT_NS_PER_US},
		{"ns", 1},
		{"m", 60 * SKT_NS_PER_SEC},
		{"min", 60 * SKT_NS_PER_SEC},
		{"h", 3600 * SKT_NS_PER_SEC},
		{"d", 86400 * SKT_NS_PER_SEC},
		{NULL, 0},
	};

	return scaled_parse(text, text + strlen(text), units, ret_ns);
}

int skt_size_parse(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"b", 1},
		{"k", UINT64_C(1) << 10},
		{"kb", UINT64_C(1) << 10},
		{"kib", UINT64_C(1) << 10},
		{"m", UINT64_C(1) << 20},
		{"mb", UINT64_C(1) << 20},
		{"mib", UINT64_C(1) << 20},
		{"g", UINT64_C(1) << 30},
		{"gb", UINT64_C(1) << 30},
		{"gib", UINT64_C(1) << 30},
		{"t", UINT64_C(1) << 40},
		{"tb", UINT64_C(1) << 40},
		{"tib", UINT64_C(1) << 40},
		{NULL, 0},
	};

	return scaled_parse(text, text + strlen(text), units, ret_bytes);
}

int skt_rate_parse(const char *text, struct skt_rate *ret)
{
	static const struct {
		const char *suffix;
		enum skt_rate_unit unit;
	} kinds[] = {
		{"bit", SKT_RATE_BITS},
		{"bps", SKT_RATE_BITS},
		{"pps", SKT_RATE_EVENTS},
		{"B", SKT_RATE_BYTES},
		{"", SKT_RATE_EVENTS},
	};
	static const struct unit prefixes[] = {
		{"", 1},
		{"k", 1000},
		{"m", 1000000},
		{"g", 1000000000},
		{NULL, 0},
	};
	size_t len = strlen(text);

	if (len > 2 && strcmp(text + len - 2, "/s") == 0)
		len -= 2;
	for (size_t i = 0; i < SKT_COUNT(kinds); i++) {
		size_t suffix = strlen(kinds[i].suffix);
		uint64_t value;
		int rc;

		/* Bits in any case; B is bytes, and b would be anybody's guess. */
		if (suffix > len ||
			(suffix > 1 ? strncasecmp : strncmp)(
				text + len - suffix, kinds[i].suffix, suffix) != 0)
			continue;
		rc = scaled_parse(text, text + len - suffix, prefixes, &value);
		if (rc)
			return rc;
		ret->unit = kinds[i].unit;
		ret->per_second = value;
		return 0;
	}
	return -EINVAL;
}
