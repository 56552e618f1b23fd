#include "tls/date.h"

#include <stdio.h>
#include <time.h>

const char *skt_tls_date_text(int64_t seconds, char text[SKT_TLS_DATE_MAX])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (seconds == SKT_TLS_NO_DATE || !gmtime_r(&time, &tm) ||
		strftime(text, SKT_TLS_DATE_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(text, SKT_TLS_DATE_MAX, "?");
	return text;
}

int64_t skt_tls_days_between(int64_t now, int64_t then)
{
	const int64_t day = 24 * 60 * 60;
	int64_t seconds;

	if (__builtin_sub_overflow(then, now, &seconds))
		return then < now ? INT64_MIN / day : INT64_MAX / day;
	return seconds / day - (seconds % day < 0);
}
