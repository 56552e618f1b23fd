#include "record/table.h"

#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/siphash.h"
#include "diag/attribute.h"
#include "record/look.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct skt_record_request skt_record_request_of(uint16_t type, const void *payload, size_t len)
{
	const uint8_t *bytes = payload;
	const char *p = payload;
	struct skt_attribute attr;
	uint16_t protocol = 0;
	uint32_t wide;

	if (type == TCPDIAG_GETSOCK)
		return (struct skt_record_request){skt_fact_table(AF_INET, IPPROTO_TCP), AF_UNSPEC};
	if (type != SOCK_DIAG_BY_FAMILY || len < 2)
		return (struct skt_record_request){0};
	if (bytes[0] != AF_INET && bytes[0] != AF_INET6)
		return (struct skt_record_request){skt_fact_table(bytes[0], 0), AF_UNSPEC};
	protocol = bytes[1];
	if (len > sizeof(struct inet_diag_req_v2)) {
		p += sizeof(struct inet_diag_req_v2);
		len -= sizeof(struct inet_diag_req_v2);
		while (skt_attribute_next(&p, &len, &attr) > 0)
			if (attr.type == INET_DIAG_REQ_PROTOCOL &&
				skt_attribute_get(attr.value, attr.len, &wide, sizeof(wide)))
				protocol = (uint16_t)wide;
	}
	return (struct skt_record_request){skt_fact_table(bytes[0], protocol), bytes[0]};
}

/* Where the cookie of an answer of FAMILY is; 0: it has none. */
static size_t cookie_at(uint8_t family)
{
	switch (family) {
	case AF_INET:
		return offsetof(struct inet_diag_msg, id.idiag_cookie);
	case AF_SMC:
		return offsetof(struct smc_diag_msg, id.idiag_cookie);
	case AF_UNIX:
		return offsetof(struct unix_diag_msg, udiag_cookie);
	case AF_NETLINK:
		return offsetof(struct netlink_diag_msg, ndiag_cookie);
	case AF_PACKET:
		return offsetof(struct packet_diag_msg, pdiag_cookie);
	case AF_VSOCK:
		return offsetof(struct vsock_diag_msg, vdiag_cookie);
	case AF_XDP:
		return offsetof(struct xdp_diag_msg, xdiag_cookie);
	}
	return 0;
}

/* Both words of it, as sock_diag(7) has them. */
static uint64_t cookie_of(const void *answer, size_t at)
{
	uint32_t words[2];

	memcpy(words, (const char *)answer + at, sizeof(words));
	return words[0] | (uint64_t)words[1] << 32;
}

uint64_t skt_record_number_of(uint32_t kind, const void *answer, size_t len, const uint64_t key[2])
{
	const uint8_t family = (uint8_t)(kind >> SKT_FACT_FAMILY_SHIFT);
	const uint16_t protocol = (uint16_t)kind;
	const size_t at = cookie_at(family);
	const bool shared = family == AF_INET &&
		(protocol == (uint16_t)IPPROTO_MPTCP || protocol == IPPROTO_SCTP);
	uint64_t cookie = 0;

	if (at && len >= at + sizeof(cookie))
		cookie = cookie_of(answer, at);
	if (cookie && !shared)
		return cookie;
	/* All of the head but the state, timers and queues; where the head is not known, all. */
	if (shared && len >= sizeof(struct inet_diag_msg))
		return skt_siphash(key, (const char *)answer + offsetof(struct inet_diag_msg, id),
			sizeof(struct inet_diag_sockid));
	return skt_siphash(key, answer, len);
}

uint32_t skt_record_table_of_end(const void *answer, size_t len)
{
	const char *p = answer;
	struct skt_attribute attr;
	uint8_t protocol = 0, usual = IPPROTO_UDP;

	if (len < sizeof(struct inet_diag_msg))
		return 0;
	p += sizeof(struct inet_diag_msg);
	len -= sizeof(struct inet_diag_msg);
	while (skt_attribute_next(&p, &len, &attr) > 0) {
		if (attr.type == INET_DIAG_PROTOCOL && attr.len)
			protocol = (uint8_t)*attr.value;
		if (attr.type == INET_DIAG_INFO)
			usual = IPPROTO_TCP;
	}
	return skt_fact_table(AF_INET, protocol ? protocol : usual);
}
