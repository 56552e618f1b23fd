/* Which ports are asked of targets that have none of their own. */
#ifndef SKT_CMD_SCAN_PORT_SET_H
#define SKT_CMD_SCAN_PORT_SET_H

#include "base/port.h"
#include "base/service.h"
#include "cmd/command.h"
#include "cmd/scan/options.h"

/*
 * Adds to PORTS those of --ports, --top, --expect and --exclude-ports. SKT_EXIT_YES, or the status
 * to end with, told on stderr.
 */
int scan_ports_read(const struct scan_options *o, struct skt_context *ctx,
	const struct skt_services *services, struct skt_portset *ports);

#endif
