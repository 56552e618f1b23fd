/* --user, --chroot. */
#ifndef SKT_CMD_LISTEN_USER_H
#define SKT_CMD_LISTEN_USER_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Becomes USER (a name or a number) with its groups, for good. ROOT: the directory that is / from
 * then on, or NULL; users and groups are those outside of it. BOUND: programs, too, can gain no
 * capability again.
 */
int listen_become(const char *user, const char *root, bool bound, struct skt_err *err);

#endif
