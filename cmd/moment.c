#include "cmd/moment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"

enum { TEXT_MAX = 64, DAY_SECONDS = 24 * 60 * 60 };

/* COUNT digits at *P, in MIN..MAX. */
static bool take_number(const char **p, int count, int min, int max, int *ret)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (*(*p)++ - '0');
	}
	*ret = value;
	return value >= min && value <= max;
}

static bool take_char(const char **p, const char *set)
{
	if (!**p || !strchr(set, **p))
		return false;
	(*p)++;
	return true;
}

static bool take_date(const char **p, struct tm *tm)
{
	if (!take_number(p, 4, 1970, 9999, &tm->tm_year) || !take_char(p, "-") ||
		!take_number(p, 2, 1, 12, &tm->tm_mon) || !take_char(p, "-") ||
		!take_number(p, 2, 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return true;
}

/* HH:MM[:SS[.PART]]; the part in *RET_NS, or the last instant of what was said. */
static bool take_time(const char **p, struct tm *tm, uint64_t *ret_ns)
{
	uint64_t unit = SKT_NS_PER_SEC;

	if (!take_number(p, 2, 0, 23, &tm->tm_hour) || !take_char(p, ":") ||
		!take_number(p, 2, 0, 59, &tm->tm_min))
		return false;
	*ret_ns = SKT_NS_PER_SEC - 1;
	if (!take_char(p, ":"))
		return true;
	if (!take_number(p, 2, 0, 60, &tm->tm_sec))
		return false;
	if (!take_char(p, "."))
		return true;
	*ret_ns = 0;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		unit /= 10;
		*ret_ns += unit * (uint64_t)(**p - '0');
	}
	return true;
}

/* TM as seconds since the epoch; false: there is no such date. */
static bool seconds_of(const struct tm *tm, bool utc, time_t *ret)
{
	struct tm copy = *tm;

	copy.tm_isdst = -1;
	*ret = utc ? timegm(&copy) : mktime(&copy);
	return *ret >= 0 && copy.tm_mday == tm->tm_mday && copy.tm_mon == tm->tm_mon;
}

static int parse_clock(const char *p, const struct skt_moment_span *span, uint64_t *ret)
{
	const time_t last = (time_t)(span->last_ns / SKT_NS_PER_SEC);
	struct tm tm = {0};
	bool dated = strlen(p) > 4 && p[4] == '-', utc;
	const size_t len = strlen(p);
	time_t seconds;
	uint64_t part;

	utc = len && p[len - 1] == 'Z';
	if (dated) {
		if (!take_date(&p, &tm) || !take_char(&p, " T"))
			return -EINVAL;
	} else if (utc ? !gmtime_r(&last, &tm) : !localtime_r(&last, &tm)) {
		return -EINVAL;
	}
	tm.tm_sec = 0;
	if (!take_time(&p, &tm, &part))
		return -EINVAL;
	(void)take_char(&p, "Z");
	if (*p || !seconds_of(&tm, utc, &seconds))
		return -EINVAL;
	/* The day before, if today it is still to come. */
	if (!dated && seconds > last) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		seconds = utc ? timegm(&tm) : mktime(&tm);
		if (seconds < 0)
			return -EINVAL;
	}
	*ret = (uint64_t)seconds * SKT_NS_PER_SEC + part;
	return 0;
}

int skt_moment_parse(
	const char *text, size_t len, const struct skt_moment_span *span, uint64_t *ret_real_ns)
{
	char copy[TEXT_MAX];
	uint64_t ns;

	if (!len || len >= sizeof(copy) || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (*copy != '@' && *copy != '-' && *copy != '+')
		return parse_clock(copy, span, ret_real_ns);
	if (*copy == '@' && copy[strspn(copy + 1, "0123456789.") + 1])
		return -EINVAL;
	if (skt_duration_parse(copy + 1, &ns))
		return -EINVAL;
	if (*copy == '@')
		*ret_real_ns = strchr(copy, '.') ? ns : skt_clock_add(ns, SKT_NS_PER_SEC - 1);
	else if (*copy == '+')
		*ret_real_ns = skt_clock_add(span->first_ns, ns);
	else
		*ret_real_ns = span->last_ns > ns ? span->last_ns - ns : 0;
	return 0;
}

void skt_moment_put(uint64_t real_ns, char ret[SKT_MOMENT_MAX])
{
	const time_t seconds = (time_t)(real_ns / SKT_NS_PER_SEC);
	char date[32] = "?", zone[8] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm)) {
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
		(void)strftime(zone, sizeof(zone), "%z", &tm);
	}
	(void)snprintf(ret, SKT_MOMENT_MAX, "%s.%03u %s", date,
		(unsigned int)(real_ns % SKT_NS_PER_SEC / SKT_NS_PER_MS), zone);
}
