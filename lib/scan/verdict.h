/*
 * From evidence to states and reasons: the one place that knows what an answer means, for every
 * engine. Pure. The rules stand in the man page under STATES and REASONS.
 */
#ifndef SKT_SCAN_VERDICT_H
#define SKT_SCAN_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "scan/evidence.h"

enum skt_scan_state {
	SKT_SCAN_OPEN,
	SKT_SCAN_CLOSED,
	SKT_SCAN_FILTERED,
	SKT_SCAN_UNREACHABLE,
	SKT_SCAN_OPEN_FILTERED,
	SKT_SCAN_ERROR,
	SKT_SCAN_SKIPPED,
	SKT_SCAN_STATES, /* how many there are */
};

extern const char *const skt_scan_state_names[SKT_SCAN_STATES];

enum skt_scan_reason {
	SKT_REASON_SYN_ACK,
	SKT_REASON_RESET_AFTER_ACCEPT,
	SKT_REASON_RESET,
	SKT_REASON_UDP_RESPONSE,
	SKT_REASON_ECHO_REPLY,
	SKT_REASON_NEIGHBOR,
	SKT_REASON_PORT_UNREACHABLE,
	SKT_REASON_PROTO_UNREACHABLE,
	SKT_REASON_NET_PROHIBITED,
	SKT_REASON_HOST_PROHIBITED,
	SKT_REASON_ADMIN_PROHIBITED,
	SKT_REASON_POLICY,
	SKT_REASON_REJECT_ROUTE,
	SKT_REASON_NET_UNREACHABLE,
	SKT_REASON_HOST_UNREACHABLE,
	SKT_REASON_NO_NEIGHBOR,
	SKT_REASON_TTL_EXCEEDED,
	SKT_REASON_PARAM_PROBLEM,
	SKT_REASON_NO_RESPONSE,
	SKT_REASON_ICMP_LIMITED,
	SKT_REASON_RESET_LIMITED,
	SKT_REASON_NO_ROUTE,
	SKT_REASON_LOCAL_DENIED,
	SKT_REASON_LOCAL_RESOURCE,
	SKT_REASON_MAX_TIME,
	SKT_REASON_CANCELLED,
	SKT_REASONS, /* how many there are */
};

extern const char *const skt_scan_reason_names[SKT_REASONS];

/* Whose word it is; the higher counts for more. */
enum skt_weight {
	SKT_WEIGHT_NONE,    /* nothing is known */
	SKT_WEIGHT_LOCAL,   /* this host could not ask */
	SKT_WEIGHT_SILENCE, /* nobody said anything */
	SKT_WEIGHT_ICMP, /* somebody on the way, or the host, of one packet: others may get through
			  */
	SKT_WEIGHT_OWN,  /* the port's own: nothing can be better */
};

struct skt_verdict {
	uint8_t state;  /* enum skt_scan_state */
	uint8_t reason; /* enum skt_scan_reason */
	uint8_t weight; /* enum skt_weight */
	bool host;      /* true of every port of the host */
};

/* What is known of a port, and from whom. */
struct skt_finding {
	struct skt_verdict verdict;
	struct skt_addr from; /* AF_UNSPEC: from nobody */
	uint64_t rtt_ns;      /* 0: not known */
	uint16_t from_port;   /* where another port than the one that was asked has answered; 0 */
	uint8_t ttl;          /* 0: not known */
};

/* UDP says which protocol was probed, TARGET where the probe went. What this host refused to send
 * is told by scan/refusal.h, and is an error here. */
struct skt_verdict skt_verdict_of(
	bool udp, const struct skt_addr *target, const struct skt_evidence *evidence);

/* The same as a finding: who said it, and when. */
struct skt_finding skt_finding_of(
	bool udp, const struct skt_addr *target, const struct skt_evidence *evidence);

/* Makes what is known of a port what is known of the host at TARGET: whatever it said, it is up. */
void skt_finding_to_host(struct skt_finding *finding, const struct skt_addr *target);

/*
 * Takes HEARD into KNOWN, if its word counts for more; of two that count alike, the first stays.
 * KNOWN of zeros is nothing known.
 */
void skt_finding_merge(struct skt_finding *known, const struct skt_finding *heard);

#endif
