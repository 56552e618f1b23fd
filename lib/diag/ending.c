#include "diag/ending.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"
#include "diag/inet.h"

/* The value of attribute TYPE behind the message, or NULL. The attributes are known to be sound. */
static const char *find_attribute(
	const char *payload, size_t len, unsigned int type, size_t *ret_len)
{
	size_t at = sizeof(struct inet_diag_msg);
	struct nlattr attr;

	while (at + sizeof(attr) <= len) {
		memcpy(&attr, payload + at, sizeof(attr));
		if ((attr.nla_type & (unsigned int)NLA_TYPE_MASK) == type) {
			*ret_len = attr.nla_len - sizeof(attr);
			return payload + at + sizeof(attr);
		}
		at += ((size_t)attr.nla_len + NLA_ALIGNTO - 1) & ~(size_t)(NLA_ALIGNTO - 1);
	}
	return NULL;
}

/* The struct grows from release to release: a field is there if all of it is. */
static bool reaches(size_t len, size_t offset, size_t size)
{
	return len >= offset + size;
}

#define HAS(len, field) \
	reaches(len, offsetof(struct tcp_info, field), sizeof(((struct tcp_info *)0)->field))

static void read_info(struct skt_ending *ending, const char *value, size_t len)
{
	struct tcp_info info = {0};

	memcpy(&info, value, SKT_MIN(len, sizeof(info)));
	/* ~0 is no minimum yet (net/ipv4/tcp.c). */
	ending->has_rtt = HAS(len, tcpi_total_retrans);
	ending->has_bytes = HAS(len, tcpi_bytes_received);
	ending->has_min_rtt = HAS(len, tcpi_min_rtt) && info.tcpi_min_rtt != UINT32_MAX;
	ending->rtt_us = info.tcpi_rtt;
	ending->min_rtt_us = info.tcpi_min_rtt;
	ending->total_retrans = info.tcpi_total_retrans;
	ending->bytes_acked = info.tcpi_bytes_acked;
	ending->bytes_received = info.tcpi_bytes_received;
}

int skt_ending_parse(const void *payload, size_t len, struct skt_ending *ret)
{
	const char *protocol, *info;
	size_t protocol_len = 0, info_len = 0;
	uint8_t proto;
	int rc;

	memset(ret, 0, sizeof(*ret));
	/* Once for the soundness of it all; the protocol says how to read the state. */
	rc = skt_inet_parse(payload, len, SKT_PROTO_TCP, &ret->socket);
	if (rc)
		return rc;
	protocol = find_attribute(payload, len, INET_DIAG_PROTOCOL, &protocol_len);
	info = find_attribute(payload, len, INET_DIAG_INFO, &info_len);
	proto = protocol && protocol_len ? (uint8_t)*protocol : info ? IPPROTO_TCP : IPPROTO_UDP;
	/* A listener has had neither data nor round trips. */
	if (proto == IPPROTO_TCP && info && ret->socket.remote.port)
		read_info(ret, info, info_len);
	if (proto == IPPROTO_TCP)
		return 0;
	return skt_inet_parse(payload, len, SKT_PROTO_UDP, &ret->socket);
}
