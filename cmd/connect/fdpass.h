/* Hands a connection to the process at the other end of stdout: ssh(1) with ProxyUseFdpass. */
#ifndef SKT_CMD_CONNECT_FDPASS_H
#define SKT_CMD_CONNECT_FDPASS_H

#include "base/err.h"

/* Whether descriptors can go through OUT: -ENOTSOCK where it is no unix socket. */
int connect_fdpass_check(int out, struct skt_err *err);

/*
 * Sends FD through OUT, with the one byte that has to go with it (SCM_RIGHTS, unix(7)). It blocks
 * for whoever gets it, and stays the caller's to close. Errors: those of sendmsg(2).
 */
int connect_fdpass(int out, int fd, struct skt_err *err);

#endif
