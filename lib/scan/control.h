/* How fast, how often and how long a scan probes. */
#ifndef SKT_SCAN_CONTROL_H
#define SKT_SCAN_CONTROL_H

#include "scan/running.h"

void skt_control_init(struct skt_scan *scan, uint64_t now_ns);

/* An answer came for the probe that was sent TRIES times, to try ANSWERED (0: not known). */
void skt_control_answer(struct skt_scan *scan, struct skt_host *host, unsigned int tries,
	unsigned int answered, uint64_t rtt_ns);
void skt_control_silence(struct skt_scan *scan);
void skt_control_local_failure(struct skt_scan *scan);

/* Closes the epoch where it is over. */
void skt_control_tick(struct skt_scan *scan, uint64_t now_ns);

/* How long to wait for the answer to try number TRY before the next. */
uint64_t skt_control_timeout(
	const struct skt_scan *scan, const struct skt_host *host, unsigned int try);

/*
 * How much longer than for the first try to wait behind the last one of PROBE: longest where it is
 * the last at all, and the host has not said a word since.
 */
uint64_t skt_control_rest(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe);

/* When the scan may end although ports were silent: not while their answers are merely late. */
uint64_t skt_control_end(const struct skt_scan *scan);

/* How often a silent port of HOST is probed. */
unsigned int skt_control_tries(const struct skt_scan *scan, const struct skt_host *host);

#endif
