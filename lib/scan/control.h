/* How fast, how often and how long a scan probes. */
#ifndef SKT_SCAN_CONTROL_H
#define SKT_SCAN_CONTROL_H

#include "scan/running.h"

void skt_control_init(struct skt_scan *scan, uint64_t now_ns);

/* An answer came; PROBE: NULL where it was given up before. */
void skt_control_answer(struct skt_scan *scan, struct skt_host *host,
	const struct skt_evidence *evidence, const struct skt_probe *probe, uint64_t now_ns);

/*
 * "Port unreachable" came from HOST itself, for a UDP port: the reset of UDP, which tells of a
 * limit as resets do, and like all ICMP of no losses.
 */
void skt_control_unreachable(struct skt_scan *scan, struct skt_host *host,
	const struct skt_evidence *evidence, const struct skt_probe *probe, uint64_t now_ns);

/* A probe is sent to HOST. */
void skt_control_sent(
	struct skt_scan *scan, struct skt_host *host, struct skt_probe *probe, uint64_t now_ns);
void skt_control_silence(struct skt_scan *scan);
void skt_control_local_failure(struct skt_scan *scan);

/* Closes the epoch where it is over. */
void skt_control_tick(struct skt_scan *scan, uint64_t now_ns);

/* How long to wait for the answer to try number TRY before the next. */
uint64_t skt_control_timeout(
	const struct skt_scan *scan, const struct skt_host *host, unsigned int try);

/*
 * When a probe to HOST that was not answered is looked at again: how long it is waited for may be
 * known by then, where nothing had answered yet when it was sent.
 */
uint64_t skt_control_look(const struct skt_scan *scan, const struct skt_host *host);

/*
 * How much longer than for the first try to wait behind the last one of PROBE: longest where it is
 * the last at all, and the host has not said a word since.
 */
uint64_t skt_control_rest(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe);

/*
 * How long the first probe to HOST stays able to be answered, so that a router can say that there
 * is no such host; 0: no longer than any. The kernel repeats a SYN every second meanwhile, to one
 * port of a host.
 */
uint64_t skt_control_keep(const struct skt_scan *scan, const struct skt_host *host);

/* When the scan may end although ports were silent: not while their answers are merely late. */
uint64_t skt_control_end(const struct skt_scan *scan);

/* How many nanoseconds there are between two probes to HOST; 0: as few as may be. */
uint64_t skt_control_gap(const struct skt_scan *scan, const struct skt_host *host);

/* How often a silent port of HOST is probed. */
unsigned int skt_control_tries(const struct skt_scan *scan, const struct skt_host *host);

#endif
