#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/macros.h"

int skt_num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	}
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t scale;
};

/* Reads digits[.digits], multiplies exactly by the scale of the unit behind them. */
static int scaled_parse(const char *text, const struct unit *unit, uint64_t *ret)
{
	uint64_t whole = 0, fraction = 0, divisor = 1, value;
	const char *p = text;
	bool digits = false;

	for (; isdigit((unsigned char)*p); p++, digits = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
			__builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return -ERANGE;
	if (*p == '.') {
		p++;
		for (; isdigit((unsigned char)*p); p++, digits = true) {
			if (divisor >= SKT_NS_PER_SEC)
				continue; /* finer than a nanosecond: of no effect */
			fraction = fraction * 10 + (uint64_t)(*p - '0');
			divisor *= 10;
		}
	}
	if (!digits)
		return -EINVAL;
	while (unit->name && strcasecmp(unit->name, p) != 0)
		unit++;
	if (!unit->name)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->scale, &value) ||
		__builtin_add_overflow(value,
			(uint64_t)((unsigned __int128)fraction * unit->scale / divisor), &value))
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

	return scaled_parse(text, units, ret_ns);
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

	return scaled_parse(text, units, ret_bytes);
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
	char number[40];
	uint64_t value;
	int rc;

	if (len > 2 && strcmp(text + len - 2, "/s") == 0)
		len -= 2;
	for (size_t i = 0; i < SKT_COUNT(kinds); i++) {
		size_t suffix = strlen(kinds[i].suffix);

		if (suffix > len || strncmp(text + len - suffix, kinds[i].suffix, suffix) != 0)
			continue;
		if (len - suffix >= sizeof(number))
			return -ERANGE;
		memcpy(number, text, len - suffix);
		number[len - suffix] = '\0';
		rc = scaled_parse(number, prefixes, &value);
		if (rc)
			return rc;
		ret->unit = kinds[i].unit;
		ret->per_second = value;
		return 0;
	}
	return -EINVAL;
}
