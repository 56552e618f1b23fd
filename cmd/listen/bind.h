/* Listening sockets: opened, told, and who holds a port that is used. */
#ifndef SKT_CMD_LISTEN_BIND_H
#define SKT_CMD_LISTEN_BIND_H

#include "cmd/command.h"
#include "cmd/listen/run.h"

/*
 * Looks at the sockets that a service manager passes on, where no endpoint is named, and refuses to
 * be a proxy for everybody. The same as below.
 */
enum skt_exit listen_choose_passed(struct listen_run *run);

/* Opens what the options ask for. SKT_EXIT_YES, or why not, which is told. */
enum skt_exit listen_bind(struct listen_run *run);

/* Says where it listens, and prints the port. The same. */
enum skt_exit listen_announce(struct listen_run *run);

/* Serves the connections among those that were passed on. */
void listen_take_passed(struct listen_run *run);

#endif
