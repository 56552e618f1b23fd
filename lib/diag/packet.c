/* Packet sockets: include/uapi/linux/packet_diag.h, net/packet/diag.c; /proc/net/packet. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/packet_diag.h>
#include <stdio.h>

#include "diag/family_fill.h"
#include "diag/proc_line.h"

static const struct packet_diag_req request = {
	.sdiag_family = AF_PACKET,
	.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO,
	.pdiag_cookie = {UINT32_MAX, UINT32_MAX},
};

static const struct skt_family_show shows[] = {
	{SKT_DETAIL_PACKET, PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT | PACKET_SHOW_MCLIST},
	{SKT_DETAIL_BPF, PACKET_SHOW_FILTER},
	{0},
};

/* PROTOCOL (ETH_P_*) in words, or as a number at TEXT. */
static const char *protocol_name(uint16_t protocol, char *text)
{
	static const struct {
		uint16_t protocol;
		const char *name;
	} names[] = {
		{ETH_P_ALL, "*"},
		{ETH_P_IP, "ip"},
		{ETH_P_IPV6, "ipv6"},
		{ETH_P_ARP, "arp"},
		{ETH_P_8021Q, "802.1q"},
		{ETH_P_8021AD, "802.1ad"},
		{ETH_P_LLDP, "lldp"},
		{ETH_P_PAE, "eapol"},
		{ETH_P_PPP_DISC, "pppoe-discovery"},
		{ETH_P_PPP_SES, "pppoe-session"},
		{ETH_P_MPLS_UC, "mpls"},
	};

	for (size_t i = 0; i < SKT_COUNT(names); i++)
		if (names[i].protocol == protocol)
			return names[i].name;
	(void)snprintf(text, SKT_SOCKET_TEXT_MAX, "0x%04x", protocol);
	return text;
}

static void begin(
	struct skt_socket *socket, struct skt_socket_text *text, uint8_t type, uint16_t protocol)
{
	*socket = (struct skt_socket){.proto = SKT_PROTO_PACKET,
		.family = AF_PACKET,
		.type = type,
		.state = SKT_STATE_UNCONNECTED};
	socket->local.host = protocol_name(protocol, text->local);
}

static void tell(struct skt_socket_detail *detail, unsigned int field)
{
	detail->present |= SKT_SOCKET_BIT(field);
}

static void read_info(struct skt_socket_detail *detail, const struct packet_diag_info *info)
{
	detail->packet_version = (uint8_t)SKT_MIN(info->pdi_version, (uint32_t)UINT8_MAX);
	detail->packet_flags = info->pdi_flags;
	detail->copy_threshold = info->pdi_copy_thresh;
	tell(detail, SKT_DETAIL_PACKET_INFO);
}

static bool read_ring(struct skt_socket_detail *detail, unsigned int field,
	struct skt_socket_ring *ring, const struct skt_attribute *attr)
{
	struct packet_diag_ring told;

	if (!skt_attribute_get(attr->value, attr->len, &told, sizeof(told)))
		return false;
	*ring = (struct skt_socket_ring){
		.block_size = told.pdr_block_size,
		.blocks = told.pdr_block_nr,
		.frame_size = told.pdr_frame_size,
		.frames = told.pdr_frame_nr,
		.timeout_ms = told.pdr_retire_tmo,
		.features = told.pdr_features,
	};
	tell(detail, field);
	return true;
}

/* The number of the group, and above it how it shares packets. */
static bool read_fanout(struct skt_socket_detail *detail, const struct skt_attribute *attr)
{
	uint32_t fanout;

	if (!skt_attribute_get(attr->value, attr->len, &fanout, sizeof(fanout)))
		return false;
	detail->fanout_id = (uint16_t)fanout;
	detail->fanout_type = (uint8_t)(fanout >> 16);
	tell(detail, SKT_DETAIL_FANOUT);
	return true;
}

/* An array; what it is a member of is not told here, only how. */
static void read_memberships(struct skt_socket_detail *detail, const struct skt_attribute *attr)
{
	struct packet_diag_mclist one;

	for (size_t at = 0; at + sizeof(one) <= attr->len; at += sizeof(one)) {
		memcpy(&one, (const char *)attr->value + at, sizeof(one));
		if (one.pdmc_type < 32)
			detail->memberships |= UINT32_C(1) << one.pdmc_type;
	}
	tell(detail, SKT_DETAIL_MEMBERSHIPS);
}

static bool read_detail(struct skt_socket_detail *detail, const struct skt_attribute *attr)
{
	switch (attr->type) {
	case PACKET_DIAG_RX_RING:
		return read_ring(detail, SKT_DETAIL_RX_RING, &detail->rx_ring, attr);
	case PACKET_DIAG_TX_RING:
		return read_ring(detail, SKT_DETAIL_TX_RING, &detail->tx_ring, attr);
	case PACKET_DIAG_FANOUT:
		return read_fanout(detail, attr);
	case PACKET_DIAG_MCLIST:
		read_memberships(detail, attr);
		return true;
	}
	return true;
}

static bool read_attribute(
	struct skt_socket *socket, struct skt_socket_text *text, const struct skt_attribute *attr)
{
	struct packet_diag_info info;

	switch (attr->type) {
	case PACKET_DIAG_INFO:
		if (!skt_attribute_get(attr->value, attr->len, &info, sizeof(info)))
			return false;
		skt_socket_fill_interface(socket, info.pdi_index);
		if (text->detail)
			read_info(text->detail, &info);
		return true;
	case PACKET_DIAG_UID:
		return skt_socket_fill_uid(socket, attr);
	case PACKET_DIAG_MEMINFO:
		return skt_socket_fill_memory(socket, text, attr);
	case PACKET_DIAG_FILTER:
		socket->list = attr->value;
		socket->list_len = (uint32_t)attr->len;
		return true;
	}
	return !text->detail || read_detail(text->detail, attr);
}

static int parse(
	const void *payload, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct packet_diag_msg msg;

	if (!skt_attribute_get(payload, len, &msg, sizeof(msg)) || msg.pdiag_family != AF_PACKET)
		return -EBADMSG;
	begin(ret, text, msg.pdiag_type, msg.pdiag_num);
	skt_socket_fill_inode(ret, msg.pdiag_ino);
	skt_socket_fill_cookie(ret, msg.pdiag_cookie);
	return skt_socket_fill_attributes(payload, len, sizeof(msg), read_attribute, ret, text);
}

/* `sk RefCnt Type Proto Iface R Rmem User Inode` (net/packet/af_packet.c, packet_seq_show()). */
static int parse_line(
	const char *text_line, size_t len, struct skt_socket_text *text, struct skt_socket *ret)
{
	struct skt_proc_line line = {.p = text_line, .end = text_line + len};
	uint32_t interface, memory, uid;
	uint16_t type, protocol;
	uint64_t inode;

	skt_proc_line_pointer(&line);
	(void)skt_proc_line_next(&line, UINT32_MAX);
	type = (uint16_t)skt_proc_line_next(&line, UINT8_MAX);
	protocol = (uint16_t)skt_proc_line_next_hex(&line, 4, 4);
	interface = (uint32_t)skt_proc_line_next(&line, INT32_MAX);
	(void)skt_proc_line_next(&line, 1);
	memory = (uint32_t)skt_proc_line_next(&line, UINT32_MAX);
	uid = (uint32_t)skt_proc_line_next(&line, UINT32_MAX);
	inode = skt_proc_line_next(&line, UINT32_MAX);
	if (!skt_proc_line_done(&line))
		return -EBADMSG;
	begin(ret, text, (uint8_t)type, protocol);
	ret->recv_queue = memory;
	ret->present |= SKT_SOCKET_BIT(SKT_SOCKET_RECV_QUEUE);
	skt_socket_fill_interface(ret, interface);
	skt_socket_fill_owner(ret, uid, inode);
	return 0;
}

const struct skt_family skt_packet_family = {
	.request = &request,
	.request_len = sizeof(request),
	.show_at = offsetof(struct packet_diag_req, pdiag_show),
	.shows = shows,
	.parse = parse,
	.proc_name = "packet",
	.parse_line = parse_line,
};
