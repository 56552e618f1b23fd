/* The command that stops a service or container for good: what is merely ended comes back. */
#ifndef SKT_CMD_PORTS_STOP_H
#define SKT_CMD_PORTS_STOP_H

#include <stdbool.h>

#include "base/str.h"
#include "proc/cgroup.h"

/*
 * Appends COMMAND and behind it NAME, which a stranger may have chosen, as one word of a shell.
 * False, and nothing: it cannot be one.
 */
bool ports_stop_word(struct skt_str *out, const char *command, const char *name);

/*
 * Appends the command that stops what GROUP is of, as `systemctl stop web.service` or `docker stop
 * 4f1c09aa31d2`, made so that a shell takes it as it stands. False: nobody knows one.
 */
bool ports_stop_command(struct skt_str *out, const struct skt_cgroup *group);

#endif
