/*
 * What is waited for, and since when: a line on stderr where that is a terminal and nothing has
 * happened for a moment, drawn each second, erased when the wait is over.
 */
#ifndef SKT_CMD_WAITING_H
#define SKT_CMD_WAITING_H

#include <stdint.h>

#include "cmd/command.h"
#include "net/loop.h"
#include "out/progress.h"

/* The line on stderr, where that is a terminal that can erase it. */
void skt_waiting_open(struct skt_progress *progress, const struct skt_context *ctx);

/* Zero-initialised waits for nothing. */
struct skt_waiting {
	struct skt_progress *progress; /* borrowed */
	const char *what;              /* "waiting for port 80/tcp"; borrowed */
	uint64_t start_ns, until_ns;   /* until_ns SKT_NEVER: there is no end to it */
	uint64_t next_ns;              /* when the line is drawn, anew */
	struct skt_timer timer;
	struct skt_loop *loop; /* of run() */
};

/* Waits for WHAT from now on, until UNTIL_NS of the monotonic clock at the most. */
void skt_waiting_begin(struct skt_waiting *waiting, struct skt_progress *progress, const char *what,
	uint64_t until_ns);

/* Draws the line if that is due: of who looks from time to time. */
void skt_waiting_look(struct skt_waiting *waiting);

/* The same for who does nothing but run LOOP. */
void skt_waiting_run(struct skt_waiting *waiting, struct skt_loop *loop);

/* Erases the line. Twice is once. */
void skt_waiting_end(struct skt_waiting *waiting);

#endif
