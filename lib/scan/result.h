/* From what engines see to one result for each pair. */
#ifndef SKT_SCAN_RESULT_H
#define SKT_SCAN_RESULT_H

#include "scan/running.h"

static inline bool skt_scan_is_resolved(const struct skt_scan *scan, uint64_t index)
{
	return scan->resolved[index / 64] >> index % 64 & 1;
}

void skt_scan_resolve(struct skt_scan *scan, const struct skt_plan_pair *pair, uint64_t index,
	const struct skt_finding *finding, unsigned int tries);

/*
 * PROBE could not be sent, and WAIT (enum skt_scan_wait) may pass: it is sent later, and that was
 * no try. false: it is final, or was waited for in vain.
 */
bool skt_scan_postpone(struct skt_scan *scan, struct skt_probe *probe, enum skt_scan_wait wait);

/* Whether an ICMP error about the port of PROBE is not believed yet, however often it came: HOST
 * has ports that spoke for themselves behind one. */
bool skt_scan_doubts(
	const struct skt_scan *scan, const struct skt_host *host, const struct skt_probe *probe);

/*
 * Whether the one ICMP error about the port of PROBE is believed for what other ports have shown:
 * where very many are asked, and the port is none of those that rules are made for.
 */
bool skt_scan_is_firm(const struct skt_host *host, const struct skt_plan_pair *pair,
	const struct skt_probe *probe);

/* What engines call. */
void skt_scan_seen(void *ctx, const struct skt_evidence *evidence);

/* Gives all that is still silent its result. */
void skt_scan_conclude(struct skt_scan *scan, enum skt_scan_reason unasked);

#endif
