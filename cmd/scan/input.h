/* From the words of the user to a plan: files read, names looked up, what is forbidden refused. */
#ifndef SKT_CMD_SCAN_INPUT_H
#define SKT_CMD_SCAN_INPUT_H

#include "base/port.h"
#include "base/service.h"
#include "cmd/command.h"
#include "cmd/scan/diff.h"
#include "cmd/scan/options.h"
#include "scan/headroom.h"
#include "scan/local.h"
#include "scan/plan.h"

/* What targets and ports come to. */
struct scan_input {
	struct skt_services *services;
	struct skt_local local;
	struct skt_plan plan;
	struct skt_portset ports;
	struct skt_portset *own_ports; /* room for the ports of one target */
	struct skt_addr source;   /* of --source, with its zone; AF_UNSPEC: the kernel's choice */
	struct skt_headroom room; /* of the kernel's tables, before the scan */
	uint64_t reserved;        /* addresses that are left out, as they are no host's */
	struct scan_diff_lines earlier; /* of --diff with --up: what was known of hosts then */
	bool udp;
	/* Some names are not known, or could not be asked for: the rest is scanned, and the status
	 * says it. */
	bool unknown, missed;
};

/* Fills INPUT from OPTIONS. SKT_EXIT_YES, or the status to end with, told on stderr. */
int scan_input_read(
	const struct scan_options *options, struct skt_context *ctx, struct scan_input *input);
void scan_input_fini(struct scan_input *input);

#endif
