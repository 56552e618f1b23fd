/*
 * Listening sockets that a service manager has opened and passes on: LISTEN_FDS of them, from
 * descriptor 3 on, where LISTEN_PID is this process (sd_listen_fds(3)).
 */
#ifndef SKT_CMD_LISTEN_ACTIVATION_H
#define SKT_CMD_LISTEN_ACTIVATION_H

#include <stddef.h>

#include "base/err.h"

struct listen_run;
struct skt_context;

/* How many are passed on; 0: none, or they are another's. */
size_t listen_activation_count(const struct skt_context *ctx);

/*
 * Begins to accept at the first COUNT of them. Errors, in ERR: -EINVAL (one does not listen),
 * -EBADF (one is not there).
 */
int listen_activation_adopt(struct listen_run *run, size_t count, struct skt_err *err);

#endif
