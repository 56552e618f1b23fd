/*
 * Patterns of what servers say in lines of text. A pattern begins where the text begins, and need
 * not go to its end; letters of either case are alike. In it stand for something else:
 *
 *	%*  any bytes of the line, as few as will do
 *	%v  a version: a digit, then letters, digits and . _ + ~ : -
 *	%w  a word: letters, digits and . _ + ~ -
 *	%e  the rest of the line, or what is before the next literal byte
 *	%$  the end of the line, or of the text
 *	%%  a percent sign
 *
 * %v sets the version, %w the product, %e the extra words. Nothing before the last %* is tried
 * again, so that no text takes more time than the square of its length. Pure.
 */
#ifndef SKT_SERVICE_PATTERN_H
#define SKT_SERVICE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct skt_pattern_part {
	const char *text; /* in the text that was matched; NULL: not in the pattern */
	size_t len;
};

struct skt_pattern_match {
	struct skt_pattern_part version, word, extra;
};

bool skt_pattern_matches(
	const char *pattern, const char *text, size_t len, struct skt_pattern_match *ret);

/* The same of the first line of TEXT that PATTERN fits, each looked at for 1024 bytes. */
bool skt_pattern_finds(
	const char *pattern, const char *text, size_t len, struct skt_pattern_match *ret);

#endif
