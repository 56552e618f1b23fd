/* What a run comes to, for people at a terminal: numbers above one another, with their words. */
#ifndef SKT_CMD_SCAN_FIGURES_H
#define SKT_CMD_SCAN_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "cmd/command.h"

enum scan_side { SCAN_LEFT, SCAN_RIGHT, SCAN_SIDES };

enum { SCAN_FIGURES_MAX = 24 }; /* of one side */

struct scan_figure {
	char value[32];    /* with its unit */
	const char *words; /* borrowed */
};

/* Zeroed, it is empty. */
struct scan_figures {
	struct scan_figure sides[SCAN_SIDES][SCAN_FIGURES_MAX];
	size_t len[SCAN_SIDES];
};

/* What is more than SCAN_FIGURES_MAX is left out. */
void scan_figures_count(
	struct scan_figures *figures, enum scan_side side, uint64_t count, const char *words);
void scan_figures_add(struct scan_figures *figures, enum scan_side side, const char *words,
	const char *format, ...) SKT_PRINTF(4, 5);

/* Writes them on stderr: no line is longer than 80 columns where words are no longer than 24. */
void scan_figures_write(const struct scan_figures *figures);

/* A sentence on stderr; on a terminal of WIDTH columns (0: none) it is broken between words. */
void scan_figures_say(const struct skt_context *ctx, unsigned int width, const char *format, ...)
	SKT_PRINTF(3, 4);

#endif
