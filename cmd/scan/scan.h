/* `sockkit scan`: the values of its options, and what its files share. */
#ifndef SKT_CMD_SCAN_SCAN_H
#define SKT_CMD_SCAN_SCAN_H

#include "base/arena.h"
#include "base/port.h"
#include "base/service.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/scan/expect.h"
#include "scan/scan.h"

enum scan_method { METHOD_AUTO, METHOD_CONNECT, METHOD_SYN, METHOD_UDP };

struct scan_options {
	struct skt_rows_options rows;
	SKT_VEC(const char *) targets;
	SKT_VEC(const char *) excludes;
	struct skt_port_list ports, exclude_ports;
	bool ports_given;
	uint32_t top; /* 0: not given */
	struct scan_expectations expect;
	enum scan_method method;
	bool ipv4, ipv6;
	bool open_only, banner, force, quiet;
	bool seed_given;
	uint64_t shard, shards; /* this one, 0..., of so many; 0: not divided */
	uint64_t seed, rate, rate_per_host, timeout_ns, max_time_ns;
	int retries;
	struct skt_addr source;
	const char *interface;
	const char *resume; /* path of a journal, or NULL */
	const char *diff;   /* path of an earlier scan's rows, or NULL */
};

/* What targets and ports come to. */
struct scan_input {
	struct skt_services *services;
	struct skt_local local;
	struct skt_plan plan;
	struct skt_portset ports;
	struct skt_portset *own_ports; /* room for the ports of one target */
	bool udp;
	bool missed; /* some names are not known: the rest is scanned, and the status says it */
};

/* Fills INPUT from OPTIONS. SKT_EXIT_YES, or the status to end with, told on stderr. */
int scan_input_read(
	const struct scan_options *options, struct skt_context *ctx, struct scan_input *input);
void scan_input_fini(struct scan_input *input);

extern const struct skt_column scan_columns[];

#endif
