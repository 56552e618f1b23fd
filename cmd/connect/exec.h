/* --exec: a program in the place of this one, with the connection as its stdin and stdout. */
#ifndef SKT_CMD_CONNECT_EXEC_H
#define SKT_CMD_CONNECT_EXEC_H

#include <signal.h>

#include "cmd/command.h"
#include "cmd/events.h"

/*
 * Runs COMMAND with FD; SIGPIPE is what is to become of that signal. Returns only on failure, which
 * is told: an exit status.
 */
enum skt_exit connect_exec(const char *command, int fd, const struct sigaction *sigpipe,
	const struct skt_event_log *log);

#endif
