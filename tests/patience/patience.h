/*
 * How long tests wait for what must come: patience.sh decides, and says why. For states of the
 * kernel that nothing announces:
 *
 *	struct patience patience = {0};
 *
 *	while (!there_yet())
 *		if (!patience_left(&patience))
 *			die("not there");
 */
#ifndef SKT_TESTS_PATIENCE_H
#define SKT_TESTS_PATIENCE_H

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct patience {
	time_t end_s; /* of CLOCK_MONOTONIC; 0 before the first look */
};

/* The milliseconds to wait for one event, for poll(2). */
static inline int patience_ms(void)
{
	const char *text = getenv("PATIENCE");
	const long seconds = text ? strtol(text, NULL, 10) : 0;

	return seconds > 0 && seconds < 100000 ? (int)seconds * 1000 : 60000;
}

/* A pause that belongs to a situation, as somebody is slow in it; nothing is waited for by it. */
static inline void patience_rest(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* Rests for a moment. Returns whether to look once more. */
static inline bool patience_left(struct patience *patience)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!patience->end_s)
		patience->end_s = now.tv_sec + patience_ms() / 1000;
	patience_rest(1);
	return now.tv_sec < patience->end_s;
}

#endif
