#include "scan/refusal.h"

#include <errno.h>

#include "base/clock.h"
#include "base/macros.h"

enum { REFUSALS_MAX = 60, DOUBLINGS_MAX = 8 };

const char *const skt_scan_wait_words[SKT_SCAN_WAITS] = {
	[SKT_SCAN_WAIT_NONE] = "",
	[SKT_SCAN_WAIT_DESCRIPTORS] = "file descriptors (ulimit -n)",
	[SKT_SCAN_WAIT_PORTS] = "source ports (net.ipv4.ip_local_port_range)",
	[SKT_SCAN_WAIT_MEMORY] = "memory of the kernel for packets or neighbours",
	[SKT_SCAN_WAIT_SOURCE] = "an address of this host that may be sent from",
	[SKT_SCAN_WAIT_FIREWALL] = "the firewall of this host (output rules, nf_conntrack_max)",
	[SKT_SCAN_WAIT_ROUTE] = "a route, as the network of this host has changed",
};

static struct skt_refusal refusal(
	enum skt_scan_wait wait, enum skt_scan_state state, enum skt_scan_reason reason)
{
	return (struct skt_refusal){
		.wait = (uint8_t)wait,
		.verdict = {.state = (uint8_t)state,
			.reason = (uint8_t)reason,
			.weight = SKT_WEIGHT_LOCAL},
	};
}

struct skt_refusal skt_refusal_of(int error, const struct skt_path *path, bool changed)
{
	const bool has_path = path && path->kind != SKT_PATH_NONE && path->kind != SKT_PATH_MANY;
	const enum skt_scan_wait route =
		changed || has_path ? SKT_SCAN_WAIT_ROUTE : SKT_SCAN_WAIT_NONE;

	switch (error) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ENONET:
		return refusal(route, SKT_SCAN_UNREACHABLE, SKT_REASON_NO_ROUTE);
	case EAFNOSUPPORT:
		return refusal(SKT_SCAN_WAIT_NONE, SKT_SCAN_UNREACHABLE, SKT_REASON_NO_ROUTE);
	case EADDRNOTAVAIL:
		if (!path || path->kind != SKT_PATH_NONE)
			return refusal(
				SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE);
		/* There is a way, but no address that may be sent from: a new one of IPv6 is
		 * tentative for some seconds. */
		return refusal(
			changed || path->error == error ? SKT_SCAN_WAIT_SOURCE : SKT_SCAN_WAIT_NONE,
			SKT_SCAN_UNREACHABLE, SKT_REASON_NO_ROUTE);
	case EADDRINUSE:
		return refusal(SKT_SCAN_WAIT_PORTS, SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE);
	case EMFILE:
	case ENFILE:
		return refusal(
			SKT_SCAN_WAIT_DESCRIPTORS, SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE);
	case EPERM:
		/* Netfilter says it of what a rule drops, and of what finds no place among the
		 * connections that it tracks. */
		return refusal(SKT_SCAN_WAIT_FIREWALL, SKT_SCAN_ERROR, SKT_REASON_LOCAL_DENIED);
	case EACCES:
	case EINVAL:
		return refusal(SKT_SCAN_WAIT_NONE, SKT_SCAN_ERROR, SKT_REASON_LOCAL_DENIED);
	}
	return refusal(SKT_SCAN_WAIT_MEMORY, SKT_SCAN_ERROR, SKT_REASON_LOCAL_RESOURCE);
}

uint64_t skt_refusal_rest(enum skt_scan_wait wait, unsigned int count)
{
	if (wait == SKT_SCAN_WAIT_NONE || count >= REFUSALS_MAX)
		return 0;
	switch (wait) {
	case SKT_SCAN_WAIT_SOURCE:
	case SKT_SCAN_WAIT_FIREWALL:
	case SKT_SCAN_WAIT_ROUTE:
		return 50 * SKT_NS_PER_MS;
	case SKT_SCAN_WAIT_NONE:
	case SKT_SCAN_WAIT_DESCRIPTORS:
	case SKT_SCAN_WAIT_PORTS:
	case SKT_SCAN_WAIT_MEMORY:
	case SKT_SCAN_WAITS:
		break;
	}
	return SKT_NS_PER_MS << SKT_MIN(count, (unsigned int)DOUBLINGS_MAX);
}
