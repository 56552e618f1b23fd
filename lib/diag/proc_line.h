/* Fields of a line of /proc/net, one after the other. */
#ifndef SKT_DIAG_PROC_LINE_H
#define SKT_DIAG_PROC_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"

/* Reads fields from P to END; once something was not of the form, everything fails. */
struct skt_proc_line {
	const char *p, *end;
	bool bad;
};

/* At least MIN and at most MAX hexadecimal digits (MAX <= 16). */
static inline uint64_t skt_proc_line_hex(
	struct skt_proc_line *line, unsigned int min, unsigned int max)
{
	uint64_t value = 0;
	unsigned int digits = 0;
	int digit;

	while (digits < max && line->p < line->end && (digit = skt_hex_digit(*line->p)) >= 0) {
		value = value << 4 | (unsigned int)digit;
		line->p++;
		digits++;
	}
	if (digits < min)
		line->bad = true;
	return value;
}

static inline uint64_t skt_proc_line_decimal(struct skt_proc_line *line, uint64_t max)
{
	const char *start = line->p;
	uint64_t value = 0;

	while (line->p < line->end && *line->p >= '0' && *line->p <= '9') {
		unsigned int digit = (unsigned int)(*line->p++ - '0');

		if (value > (max - digit) / 10) {
			line->bad = true;
			return 0;
		}
		value = value * 10 + digit;
	}
	if (line->p == start)
		line->bad = true;
	return value;
}

static inline void skt_proc_line_char(struct skt_proc_line *line, char c)
{
	if (line->p < line->end && *line->p == c)
		line->p++;
	else
		line->bad = true;
}

/* The blanks before a field, at least one. */
static inline void skt_proc_line_blanks(struct skt_proc_line *line)
{
	skt_proc_line_char(line, ' ');
	while (line->p < line->end && *line->p == ' ')
		line->p++;
}

/* The same two of the next field. */
static inline uint64_t skt_proc_line_next_hex(
	struct skt_proc_line *line, unsigned int min, unsigned int max)
{
	skt_proc_line_blanks(line);
	return skt_proc_line_hex(line, min, max);
}

static inline uint64_t skt_proc_line_next(struct skt_proc_line *line, uint64_t max)
{
	skt_proc_line_blanks(line);
	return skt_proc_line_decimal(line, max);
}

/* Whether that was all, but for blanks, and as it should be. */
static inline bool skt_proc_line_done(struct skt_proc_line *line)
{
	while (line->p < line->end && *line->p == ' ')
		line->p++;
	return !line->bad && line->p == line->end;
}

/* The address of a kernel object that most lines begin with, and that says nothing. */
static inline void skt_proc_line_pointer(struct skt_proc_line *line)
{
	(void)skt_proc_line_hex(line, 1, 16);
}

#endif
