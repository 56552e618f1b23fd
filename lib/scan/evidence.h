/*
 * What an engine saw, as it saw it. What it means is the verdict's business (scan/verdict.h).
 */
#ifndef SKT_SCAN_EVIDENCE_H
#define SKT_SCAN_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/errqueue.h"
#include "scan/local.h"

enum skt_evidence_kind {
	SKT_EVIDENCE_ACCEPTED, /* handshake done, or SYN-ACK */
	SKT_EVIDENCE_ABORTED,  /* handshake done, and reset before anybody looked */
	SKT_EVIDENCE_RESET,
	SKT_EVIDENCE_DATAGRAM,
	SKT_EVIDENCE_ECHO, /* an ICMP echo was answered */
	SKT_EVIDENCE_ICMP,
	SKT_EVIDENCE_LOCAL, /* this host refused to send: `error` says why */
};

struct skt_evidence {
	enum skt_evidence_kind kind;
	uint64_t index; /* of the pair in the plan */
	/* ICMP: its sender; else AF_UNSPEC, the target itself. */
	struct skt_addr from;
	uint16_t from_port; /* DATAGRAM: its sender's, where that is another than was asked; 0 */
	bool from_self;     /* ICMP: made by this very host */
	uint8_t icmp_type, icmp_code;
	uint8_t ttl;     /* of the answer; 0: not known */
	uint8_t try;     /* which probe it answers, 1...; 0: not known */
	int error;       /* LOCAL: a positive errno */
	uint64_t rtt_ns; /* 0: not known */
};

/* What the error queue of a socket says of the pair INDEX, seen from the host that is LOCAL. */
struct skt_evidence skt_evidence_of(
	const struct skt_local *local, const struct skt_icmp_error *error, uint64_t index);

#endif
