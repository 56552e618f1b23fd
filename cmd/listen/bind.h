/* Listening sockets: opened, told, and who holds a port that is used. */
#ifndef SKT_CMD_LISTEN_BIND_H
#define SKT_CMD_LISTEN_BIND_H

#include "cmd/command.h"
#include "cmd/listen/run.h"

/* Opens what the options ask for. SKT_EXIT_YES, or why not, which is told. */
enum skt_exit listen_bind(struct listen_run *run);

/* Says where it listens, and prints the port. The same. */
enum skt_exit listen_announce(struct listen_run *run);

#endif
