/*
 * What a service tells its service manager: that it is ready, alive, stopping, and how it is. It
 * goes by datagrams to the unix socket that NOTIFY_SOCKET names; where that is not set, nobody is
 * told.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
#ifndef SKT_NET_NOTIFY_H
#define SKT_NET_NOTIFY_H

#include <stdint.h>

#include "base/err.h"

struct skt_notify {
	int fd; /* connected: rights that are given up later do not matter; -1: nobody is told */
};

/*
 * ADDRESS: the value of NOTIFY_SOCKET, a path or '@' and a name without a file; NULL: nobody is
 * told. Errors: -EINVAL (neither of the two), and those of connect(2); nobody is told then.
 */
int skt_notify_open(struct skt_notify *notify, const char *address, struct skt_err *err);

/*
 * STATE: "READY=1", more of its kind behind newlines. Waits for a second where nobody reads. 0 or
 * -errno, -EAGAIN after that second; 0 where nobody is told.
 */
int skt_notify_tell(const struct skt_notify *notify, const char *state);

/* The same of what may be left out: without waiting. */
void skt_notify_hint(const struct skt_notify *notify, const char *state);

void skt_notify_close(struct skt_notify *notify);

/*
 * How often the manager wants to hear "WATCHDOG=1" from this process, in half of the time that it
 * waits for it; 0: not at all. USEC and PID: the values of WATCHDOG_USEC and WATCHDOG_PID, or NULL.
 */
uint64_t skt_watchdog_ns(const char *usec, const char *pid);

#endif
