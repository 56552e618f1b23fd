/*
 * What is said in lines, each with the name of who says it in front: `<127.0.0.1:4242> hello`.
 * Whole lines only, so that those of several never mix; nothing in them moves a cursor (out/text),
 * so that nobody can speak in another's name.
 */
#ifndef SKT_CMD_LISTEN_LINES_H
#define SKT_CMD_LISTEN_LINES_H

#include "base/str.h"

/* Bytes. As long as a line that is typed at a terminal can be: N_TTY_BUF_SIZE of Linux. */
enum { LINES_MAX = 4096 };

/* Of one who speaks. Zeroed before it is used. */
struct lines {
	struct skt_str begun; /* the line that has not ended; LINES_MAX at the most */
};

/*
 * Appends to SAID the lines that LEN BYTES complete, without the CR of a CR LF. A line that is
 * longer than LINES_MAX becomes several. -ENOMEM: some are lost.
 */
int lines_add(
	struct lines *lines, const char *name, const char *bytes, size_t len, struct skt_str *said);

/* No more is to come: what was begun is a line. */
int lines_end(struct lines *lines, const char *name, struct skt_str *said);

void lines_fini(struct lines *lines);

#endif
