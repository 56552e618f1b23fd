#include "diag/ending.h"

#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "diag/attribute.h"
#include "diag/inet.h"
#include "diag/socket_detail.h"

/* The struct grows from release to release: a field is there if all of it is. */
static void take_info(struct skt_figures *figures, const struct skt_socket_detail *detail)
{
	const struct skt_tcp_info *info = &detail->tcp;
	const uint16_t len = detail->tcp_length;

	/* ~0 is no minimum yet (net/ipv4/tcp.c). */
	figures->has_rtt = len >= SKT_TCP_INFO_UP_TO(total_retrans);
	figures->has_bytes = len >= SKT_TCP_INFO_UP_TO(bytes_received);
	figures->has_min_rtt = len >= SKT_TCP_INFO_UP_TO(min_rtt) && info->min_rtt != UINT32_MAX;
	figures->has_sent = len >= SKT_TCP_INFO_UP_TO(bytes_retrans);
	figures->rtt_us = info->rtt;
	figures->min_rtt_us = info->min_rtt;
	figures->total_retrans = info->total_retrans;
	figures->bytes_acked = info->bytes_acked;
	figures->bytes_received = info->bytes_received;
	figures->bytes_sent = info->bytes_sent;
	figures->bytes_retrans = info->bytes_retrans;
}

/* Whose socket it was; where that is not told, only TCP has something to say. */
static uint8_t read_attributes(const char *p, size_t len, struct skt_socket_detail *detail)
{
	struct skt_attribute attr;
	uint8_t proto = 0, usual = IPPROTO_UDP;

	while (skt_attribute_next(&p, &len, &attr) > 0) {
		if (attr.type == INET_DIAG_PROTOCOL && attr.len)
			proto = (uint8_t)*attr.value;
		if (attr.type != INET_DIAG_INFO)
			continue;
		usual = IPPROTO_TCP;
		(void)skt_socket_detail_read(
			detail, SKT_DETAIL_TCP, SKT_PROTO_TCP, 0, attr.type, attr.value, attr.len);
	}
	return proto ? proto : usual;
}

int skt_ending_parse(const void *payload, size_t len, struct skt_ending *ret)
{
	const size_t head = sizeof(struct inet_diag_msg);
	struct skt_socket_detail detail = {0};
	int rc;

	memset(ret, 0, sizeof(*ret));
	/* Once for the soundness of it all; the protocol says how to read the state. */
	rc = skt_inet_parse(payload, len, SKT_PROTO_TCP, &ret->socket);
	if (rc)
		return rc;
	if (read_attributes((const char *)payload + head, len - head, &detail) != IPPROTO_TCP)
		return skt_inet_parse(payload, len, SKT_PROTO_UDP, &ret->socket);
	/* A listener has had neither data nor round trips. */
	if (ret->socket.remote.port)
		take_info(&ret->figures, &detail);
	return 0;
}
