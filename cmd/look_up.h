/* A name looked up and waited for, by commands that have nothing else to do meanwhile. */
#ifndef SKT_CMD_LOOK_UP_H
#define SKT_CMD_LOOK_UP_H

#include "cmd/command.h"
#include "net/resolve.h"

/*
 * Looks HOST up for FAMILY (AF_UNSPEC: both), for some seconds at the most. *ret: the answers. 0
 * where there is an address. Errors: as skt_resolve_error(), what the system said, or, on a signal,
 * -ECANCELED (ERR untouched).
 */
int skt_look_up(const struct skt_context *ctx, const char *host, int family,
	struct skt_resolve *ret, struct skt_err *err);

/*
 * The exit status where a name was not found, in every command: RC is what skt_services_resolve(),
 * skt_look_up() or skt_netns_find() said. A service that nobody knows, or no namespace at all
 * (-EINVAL), is wrong usage; a host, a namespace or a process that there is not (-ENOENT, -ESRCH)
 * is an answer.
 */
int skt_look_up_status(int rc);

#endif
