/* `sockkit scan`: the values of its options. */
#ifndef SKT_CMD_SCAN_OPTIONS_H
#define SKT_CMD_SCAN_OPTIONS_H

#include "base/addr.h"
#include "base/port.h"
#include "base/vec.h"
#include "cmd/options.h"
#include "cmd/scan/expect.h"
#include "cmd/scan/expect_hosts.h"

enum scan_method { METHOD_AUTO, METHOD_CONNECT, METHOD_SYN, METHOD_UDP };

/* What open ports are asked, to tell what they are. */
enum scan_service {
	SCAN_SERVICE_NONE,
	SCAN_SERVICE_SAFE, /* where a question does no harm */
	SCAN_SERVICE_ALL,  /* everywhere */
};

struct scan_options {
	struct skt_rows_options rows;
	SKT_VEC(const char *) targets;
	SKT_VEC(const char *) excludes;
	struct skt_port_list ports, exclude_ports;
	bool ports_given;
	uint32_t top; /* 0: not given */
	struct scan_expectations expect;
	struct scan_expected_hosts expect_hosts;
	enum scan_method method;
	enum scan_service service;
	bool ipv4, ipv6;
	bool open_only, skipped, banner, force, quiet;
	bool up;         /* ports only of hosts that are there */
	bool hosts_only; /* with it: no ports at all */
	bool seed_given;
	uint64_t shard, shards; /* this one, 0..., of so many; 0: not divided */
	uint64_t seed, rate, rate_per_host, timeout_ns, max_time_ns;
	int retries;
	struct skt_addr source;
	const char *source_zone; /* name or number behind its %, or NULL */
	const char *interface;
	const char *resume; /* path of a journal, or NULL */
	const char *diff;   /* path of an earlier scan's rows, or NULL */
};

#endif
