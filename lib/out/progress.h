/*
 * One line on a terminal that says how far a long run is: redrawn at most ten times a second,
 * erased before rows are printed. Silent where stderr is not a terminal.
 */
#ifndef SKT_OUT_PROGRESS_H
#define SKT_OUT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct skt_progress {
	int fd;
	bool enabled; /* FD is a terminal */
	bool drawn;   /* a line is on the screen */
	unsigned int width;
	uint64_t next_ns; /* no redraw before this time of the monotonic clock */
};

void skt_progress_init(struct skt_progress *progress, int fd, unsigned int width);

/* Whether it is time to draw again: callers need not format otherwise. NOW_NS: skt_clock_ns(). */
bool skt_progress_due(const struct skt_progress *progress, uint64_t now_ns);

/* Draws the line, cut to the width. */
void skt_progress_draw(struct skt_progress *progress, uint64_t now_ns, const char *format, ...)
	SKT_PRINTF(3, 4);

/* Takes the line away, if there is one. */
void skt_progress_erase(struct skt_progress *progress);

#endif
