/* The values of the options of `sockkit ports`, of all its modes. */
#ifndef SKT_CMD_PORTS_OPTIONS_H
#define SKT_CMD_PORTS_OPTIONS_H

#include "base/addr.h"
#include "base/port.h"
#include "cmd/options.h"

enum ports_mode {
	PORTS_LIST,
	PORTS_TREE,
	PORTS_REGISTRY,
	PORTS_WHY,
	PORTS_FREE,
	PORTS_WAIT,
	PORTS_WAIT_CLOSED,
	PORTS_KILL,
};

struct ports_options {
	struct skt_rows_options rows;
	struct skt_netns_options netns; /* of LIST only */
	enum skt_owners_source owners;
	struct skt_inet_options inet; /* in some modes TCP where neither it nor UDP is given */
	enum ports_mode mode;
	struct skt_port_list ports; /* the arguments, names not yet resolved */
	/* That all of them name, as 80/tcp and 127.0.0.1:80 do. */
	struct skt_addr addr;            /* LIST, WAIT and WAIT_CLOSED; AF_UNSPEC: any */
	bool bare, slash_tcp, slash_udp; /* what was said of protocols */
	bool listening, processes;       /* -l, -p */

	/* LIST */
	bool watches;
	uint64_t interval_ns; /* between two looks */

	/* FREE */
	size_t count;
	bool counted; /* it was given */
	bool hold;
	char **command; /* of HOLD: NULL-terminated, inside argv */

	/* WAIT, WAIT_CLOSED */
	uint64_t timeout_ns;

	/* KILL */
	int signal;         /* 0: TERM, and KILL for those whom that does not end */
	uint64_t grace_ns;  /* how long a process may take to end */
	const char *needed; /* an option that is given and wants KILL, or NULL */
	bool dry_run, force;

	size_t behind; /* arguments behind a lone `--` */
};

#endif
