/* Stdin and stdout, where they take part in a room: what comes in is for all, and what goes out is
 * never cut off. */
#ifndef SKT_CMD_LISTEN_CONSOLE_H
#define SKT_CMD_LISTEN_CONSOLE_H

#include "cmd/listen/run.h"
#include "cmd/listen/speaker.h"

struct console {
	/* Set before it is opened, all else zeroed. */
	struct listen_run *run;
	struct outlet_group heard_by; /* the group of stdout alone */

	struct speaker in; /* stream NULL: stdin is not read */
	bool in_ended;

	/* its own */
	struct outlet out;
	struct skt_stream in_stream, out_stream;
	int null_fd;
};

/*
 * Opens what the options want of both. IN is who speaks for stdin, but for its stream; it is not
 * listened to yet. Errors: -errno; console_close() is due in any case.
 */
int console_open(struct console *console, const struct speaker *in, struct skt_err *err);

/* Writes LEN BYTES to stdout, or owes them. Where that fails the run ends, and it is said. */
void console_say(struct console *console, const char *bytes, size_t len);

/* What was read of stdin was its end, or what broke it: R is 0 or -errno. */
void console_ended(struct console *console, int r);

void console_close(struct console *console);

#endif
