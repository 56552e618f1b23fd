/*
 * Why this host would not send: what can pass is waited for, in words that say for what; what
 * cannot is told at once. Pure.
 */
#ifndef SKT_SCAN_REFUSAL_H
#define SKT_SCAN_REFUSAL_H

#include <stdint.h>

#include "scan/path.h"
#include "scan/verdict.h"

enum skt_scan_wait {
	SKT_SCAN_WAIT_NONE, /* it is final */
	SKT_SCAN_WAIT_DESCRIPTORS,
	SKT_SCAN_WAIT_PORTS,
	SKT_SCAN_WAIT_MEMORY,
	SKT_SCAN_WAIT_SOURCE,
	SKT_SCAN_WAIT_FIREWALL,
	SKT_SCAN_WAIT_ROUTE,
	SKT_SCAN_WAITS, /* how many there are */
};

/* What is waited for, as "waiting for ..."; of NONE: "". */
extern const char *const skt_scan_wait_words[SKT_SCAN_WAITS];

struct skt_refusal {
	uint8_t wait;               /* enum skt_scan_wait */
	struct skt_verdict verdict; /* where it is final, or was waited for in vain */
};

/*
 * ERROR: a positive errno of socket(2), connect(2) or sendmsg(2). PATH: how the kernel would reach
 * the host, NULL where that is not known. CHANGED: the kernel's routes, addresses or links have
 * changed a moment ago.
 */
struct skt_refusal skt_refusal_of(int error, const struct skt_path *path, bool changed);

/* How long to wait behind refusal number COUNT (0...) of one probe; 0: no longer. */
uint64_t skt_refusal_rest(enum skt_scan_wait wait, unsigned int count);

#endif
