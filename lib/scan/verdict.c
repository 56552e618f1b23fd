#include "scan/verdict.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

const char *const skt_scan_state_names[SKT_SCAN_STATES] = {
	[SKT_SCAN_OPEN] = "open",
	[SKT_SCAN_CLOSED] = "closed",
	[SKT_SCAN_FILTERED] = "filtered",
	[SKT_SCAN_UNREACHABLE] = "unreachable",
	[SKT_SCAN_OPEN_FILTERED] = "open|filtered",
	[SKT_SCAN_ERROR] = "error",
	[SKT_SCAN_SKIPPED] = "skipped",
};

const char *const skt_scan_reason_names[SKT_REASONS] = {
	[SKT_REASON_SYN_ACK] = "syn-ack",
	[SKT_REASON_RESET_AFTER_ACCEPT] = "reset-after-accept",
	[SKT_REASON_RESET] = "reset",
	[SKT_REASON_UDP_RESPONSE] = "udp-response",
	[SKT_REASON_ECHO_REPLY] = "echo-reply",
	[SKT_REASON_NEIGHBOR] = "neighbor",
	[SKT_REASON_PORT_UNREACHABLE] = "port-unreachable",
	[SKT_REASON_PROTO_UNREACHABLE] = "proto-unreachable",
	[SKT_REASON_NET_PROHIBITED] = "net-prohibited",
	[SKT_REASON_HOST_PROHIBITED] = "host-prohibited",
	[SKT_REASON_ADMIN_PROHIBITED] = "admin-prohibited",
	[SKT_REASON_POLICY] = "policy",
	[SKT_REASON_REJECT_ROUTE] = "reject-route",
	[SKT_REASON_NET_UNREACHABLE] = "net-unreachable",
	[SKT_REASON_HOST_UNREACHABLE] = "host-unreachable",
	[SKT_REASON_NO_NEIGHBOR] = "no-neighbor",
	[SKT_REASON_TTL_EXCEEDED] = "ttl-exceeded",
	[SKT_REASON_PARAM_PROBLEM] = "param-problem",
	[SKT_REASON_NO_RESPONSE] = "no-response",
	[SKT_REASON_ICMP_LIMITED] = "icmp-limited",
	[SKT_REASON_RESET_LIMITED] = "reset-limited",
	[SKT_REASON_NO_ROUTE] = "no-route",
	[SKT_REASON_LOCAL_DENIED] = "local-denied",
	[SKT_REASON_LOCAL_RESOURCE] = "local-resource",
	[SKT_REASON_MAX_TIME] = "max-time",
	[SKT_REASON_CANCELLED] = "cancelled",
};

static struct skt_verdict verdict(
	enum skt_scan_state state, enum skt_scan_reason reason, enum skt_weight weight)
{
	return (struct skt_verdict){
		.state = (uint8_t)state, .reason = (uint8_t)reason, .weight = (uint8_t)weight};
}

/* RFC 792, RFC 1812 5.2.7.1: codes of "destination unreachable". */
static enum skt_scan_reason unreachable4(uint8_t code)
{
	switch (code) {
	case ICMP_PROT_UNREACH:
		return SKT_REASON_PROTO_UNREACHABLE;
	case ICMP_PORT_UNREACH:
		return SKT_REASON_PORT_UNREACHABLE;
	case ICMP_NET_ANO:
		return SKT_REASON_NET_PROHIBITED;
	case ICMP_HOST_ANO:
		return SKT_REASON_HOST_PROHIBITED;
	case ICMP_PKT_FILTERED:
	case ICMP_PREC_VIOLATION:
	case ICMP_PREC_CUTOFF:
		return SKT_REASON_ADMIN_PROHIBITED;
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_HOST_ISOLATED:
	case ICMP_NET_UNR_TOS:
		return SKT_REASON_NET_UNREACHABLE;
	}
	return SKT_REASON_HOST_UNREACHABLE;
}

/* RFC 4443 3.1. */
static enum skt_scan_reason unreachable6(uint8_t code)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE:
		return SKT_REASON_NET_UNREACHABLE;
	case ICMP6_DST_UNREACH_ADMIN:
		return SKT_REASON_ADMIN_PROHIBITED;
	case ICMP6_DST_UNREACH_NOPORT:
		return SKT_REASON_PORT_UNREACHABLE;
	case 5: /* source address failed ingress/egress policy */
		return SKT_REASON_POLICY;
	case 6:
		return SKT_REASON_REJECT_ROUTE;
	}
	return SKT_REASON_HOST_UNREACHABLE;
}

static enum skt_scan_reason icmp_reason(bool v6, const struct skt_evidence *e)
{
	if (v6)
		switch (e->icmp_type) {
		case ICMP6_DST_UNREACH:
			return unreachable6(e->icmp_code);
		case ICMP6_TIME_EXCEEDED:
			return SKT_REASON_TTL_EXCEEDED;
		case ICMP6_PARAM_PROB:
			return SKT_REASON_PARAM_PROBLEM;
		}
	else
		switch (e->icmp_type) {
		case ICMP_DEST_UNREACH:
			return unreachable4(e->icmp_code);
		case ICMP_TIME_EXCEEDED:
			return SKT_REASON_TTL_EXCEEDED;
		case ICMP_PARAMETERPROB:
			return SKT_REASON_PARAM_PROBLEM;
		}
	return SKT_REASON_HOST_UNREACHABLE;
}

static bool is_unreachable(enum skt_scan_reason reason)
{
	return reason == SKT_REASON_NET_UNREACHABLE || reason == SKT_REASON_HOST_UNREACHABLE ||
		reason == SKT_REASON_REJECT_ROUTE || reason == SKT_REASON_TTL_EXCEEDED;
}

static struct skt_verdict of_icmp(
	bool udp, const struct skt_addr *target, const struct skt_evidence *e)
{
	enum skt_scan_reason reason = icmp_reason(target->family == AF_INET6, e);
	bool from_target = skt_addr_equal(&e->from, target);
	struct skt_verdict v;

	/* The kernel's own word that nobody answers ARP or neighbour discovery. */
	if (e->from_self && !from_target && reason == SKT_REASON_HOST_UNREACHABLE) {
		v = verdict(SKT_SCAN_UNREACHABLE, SKT_REASON_NO_NEIGHBOR, SKT_WEIGHT_ICMP);
		v.host = true;
		return v;
	}
	if (udp && reason == SKT_REASON_PORT_UNREACHABLE && from_target)
		return verdict(SKT_SCAN_CLOSED, reason, SKT_WEIGHT_OWN);
	return verdict(is_unreachable(reason) ? SKT_SCAN_UNREACHABLE : SKT_SCAN_FILTERED, reason,
		SKT_WEIGHT_ICMP);
}

struct skt_verdict skt_verdict_of(
	bool udp, const struct skt_addr *target, const struct skt_evidence *evidence)
{
	switch (evidence->kind) {
	case SKT_EVIDENCE_ACCEPTED:
		return verdict(SKT_SCAN_OPEN, SKT_REASON_SYN_ACK, SKT_WEIGHT_OWN);
	case SKT_EVIDENCE_ABORTED:
		return verdict(SKT_SCAN_OPEN, SKT_REASON_RESET_AFTER_ACCEPT, SKT_WEIGHT_OWN);
	case SKT_EVIDENCE_RESET:
		return verdict(SKT_SCAN_CLOSED, SKT_REASON_RESET, SKT_WEIGHT_OWN);
	case SKT_EVIDENCE_DATAGRAM:
		return verdict(SKT_SCAN_OPEN, SKT_REASON_UDP_RESPONSE, SKT_WEIGHT_OWN);
	case SKT_EVIDENCE_ECHO:
		return verdict(SKT_SCAN_OPEN, SKT_REASON_ECHO_REPLY, SKT_WEIGHT_OWN);
	case SKT_EVIDENCE_ICMP:
		return of_icmp(udp, target, evidence);
	case SKT_EVIDENCE_LOCAL:
		break;
	}
	return verdict(SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE, SKT_WEIGHT_LOCAL);
}

struct skt_finding skt_finding_of(
	bool udp, const struct skt_addr *target, const struct skt_evidence *evidence)
{
	struct skt_finding finding = {
		.verdict = skt_verdict_of(udp, target, evidence),
		.rtt_ns = evidence->rtt_ns,
		.from_port = evidence->from_port,
		.ttl = evidence->ttl,
	};

	if (evidence->kind != SKT_EVIDENCE_LOCAL)
		finding.from = evidence->from.family == AF_UNSPEC ? *target : evidence->from;
	return finding;
}

void skt_finding_to_host(struct skt_finding *finding, const struct skt_addr *target)
{
	if (!skt_addr_equal(&finding->from, target))
		return;
	finding->verdict.state = SKT_SCAN_OPEN;
	finding->verdict.weight = SKT_WEIGHT_OWN;
}

void skt_finding_merge(struct skt_finding *known, const struct skt_finding *heard)
{
	if (heard->verdict.weight > known->verdict.weight)
		*known = *heard;
}
