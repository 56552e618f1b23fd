/*
 * A program joined to the connection by a relay, where its bytes are not those of the descriptor
 * (TLS): else the program gets the connection itself (exec.h).
 */
#ifndef SKT_CMD_CONNECT_RELAY_H
#define SKT_CMD_CONNECT_RELAY_H

#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/stream/exec.h"
#include "cmd/stream/program.h"
#include "net/connection.h"
#include "net/joint.h"

/* The user sets the first block, and zeroes the rest. */
struct connect_relay {
	struct skt_loop *loop;
	const struct skt_event_log *log;
	struct skt_connection *connection; /* open */
	/* Called once the program has ended, and what it has said is delivered. */
	void (*done)(struct connect_relay *relay);
	struct skt_program program; /* but for what skt_program_prepare() fills in */

	enum skt_exit status; /* what the program's end, or that of the connection, comes to */
	int signo;            /* that ended the program, or 0 */

	/* the relay's own */
	char **argv;
	struct skt_pump_pool pool;
	struct skt_connection far; /* to the program */
	struct skt_joint joint;
	struct skt_child child;
	struct skt_watch watch;
	int error; /* -errno for which the joint is not in order */
	bool runs, joined;
};

/* Starts COMMAND, which is told of TLS. Errors are in ERR; connect_relay_fini() in any case. */
int connect_relay_start(struct connect_relay *relay, const char *command,
	const struct skt_exec_tls *tls, struct skt_err *err);

/* Lets go of everything; a program that still runs hears SIGTERM. */
void connect_relay_fini(struct connect_relay *relay);

#endif
