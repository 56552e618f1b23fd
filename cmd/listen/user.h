/* --user. */
#ifndef SKT_CMD_LISTEN_USER_H
#define SKT_CMD_LISTEN_USER_H

#include "base/err.h"

/* Becomes USER (a name or a number) with its groups, for good. */
int listen_become(const char *user, struct skt_err *err);

#endif
