/*
 * Reports of the commands whose stdout is payload: on stderr, as text or, with --events=json, as
 * one JSON object a line. The columns of such an object are a table as those of rows are.
 */
#ifndef SKT_CMD_REPORT_H
#define SKT_CMD_REPORT_H

#include "out/column.h"

/* Writes ROW with all of COLUMNS as a line of JSON on stderr. */
void skt_report_json(const struct skt_column *columns, const void *row);

/* Writes a report's text on stderr as it is: lines that are made of our own words and numbers. */
void skt_report_text(const struct skt_str *text);

/* "1.23M", "999.9", "12": VALUE with a prefix of 1000s, for people. */
enum { SKT_SHORT_MAX = 16 };
const char *skt_short_number(double value, char text[SKT_SHORT_MAX]);

/* "12.3us", "1.2ms", "3s". */
const char *skt_short_time(uint64_t ns, char text[SKT_SHORT_MAX]);

/* COUNT of WHOLE in percent, 0 of nothing. */
double skt_percent(uint64_t count, uint64_t whole);

/* COUNT a second over NS, 0 where no time went by. */
double skt_per_second(uint64_t count, uint64_t ns);

#endif
