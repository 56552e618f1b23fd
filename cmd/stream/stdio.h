/* stdin and stdout as an end of a connection: whether there is one, and how it is ended. */
#ifndef SKT_CMD_STREAM_STDIO_H
#define SKT_CMD_STREAM_STDIO_H

#include <stdbool.h>

#include "cmd/events.h"
#include "net/stream.h"

/*
 * Whether FD, stdin, is a side at all: not where it is closed, cannot be read, or is /dev/null, as
 * that of every job in the background of a script, of cron, of services and containers.
 */
bool skt_stdin_is_side(int fd);

/*
 * Ends SINK, stdout, where it is a pipe or a socket, so that the next program of the pipeline reads
 * the end now. A pipe's stream is closed; its number stays in use, lest something else gets it.
 */
void skt_stdout_end(struct skt_stream *sink);

/* Tells that stdout takes no more, for -errno R. */
void skt_stdout_tell_broken(const struct skt_event_log *log, int r);

#endif
