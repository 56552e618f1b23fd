/* Words of lists of targets: blanks and lines separate them, `#` begins a comment. */
#ifndef SKT_CMD_SCAN_WORDS_H
#define SKT_CMD_SCAN_WORDS_H

#include "base/str.h"

struct scan_word {
	const char *text;
	size_t len; /* 0: there is none */
};

/* The first word of *text..END, and *text behind it. COMMA separates words too; ' ': nothing does.
 */
struct scan_word scan_word_next(const char **text, const char *end, char comma);

#endif
