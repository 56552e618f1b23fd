/*
 * What the kernel counts of a network namespace, as nstat(8) calls it: TcpExtListenOverflows,
 * UdpRcvbufErrors, Ip6InDiscards, ... Source: net/ipv4/proc.c, net/ipv6/proc.c,
 * net/core/net-procfs.c.
 */
#ifndef SKT_DIAG_NET_COUNTERS_H
#define SKT_DIAG_NET_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* NAME has LEN bytes, and is borrowed. */
typedef void skt_net_counter_fn(const char *name, size_t len, uint64_t value, void *ctx);

/*
 * The pairs of lines in the LEN bytes at TEXT, of /proc/net/snmp or netstat: one of names and one
 * of values, each with the protocol in front. What is malformed or negative is passed over.
 */
void skt_net_counters_pairs(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);

/* The lines of /proc/net/snmp6: a name and a value. */
void skt_net_counters_lines(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);

/*
 * The lines of /proc/net/softnet_stat, of a processor each, in hexadecimal: what there was no room
 * for in its queue, summed up, as SoftnetDropped. Of the machine, and not of a namespace.
 */
void skt_net_counters_softnet(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);

/* All of these below PROC_ROOT/net. A file that is not there has no counters; -errno. */
int skt_net_counters_read(
	const char *proc_root, skt_net_counter_fn *fn, void *ctx, struct skt_err *err);

#endif
