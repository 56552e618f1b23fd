#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/tipc_netlink.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/dump.h"
#include "diag/family.h"
#include "diag/inet.h"
#include "diag/socket_detail.h"
#include "diag/socket_list.h"
#include "recording.h"

#define PRESENT(field) (UINT64_C(1) << (field))

/* ---- messages ---- */

struct message {
	size_t len, header; /* bytes in all, and before the first attribute */
	char bytes[1024];
	size_t ends[32], count; /* where attributes end, without and with their padding */
};

static struct message message_of(const void *header, size_t len)
{
	struct message message = {.len = len, .header = len};

	if (len)
		memcpy(message.bytes, header, len);
	return message;
}

static void attribute(struct message *message, uint16_t type, const void *value, size_t len)
{
	struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	memcpy(message->bytes + message->len, &attr, sizeof(attr));
	memcpy(message->bytes + message->len + sizeof(attr), value, len);
	message->ends[message->count++] = message->len + sizeof(attr) + len;
	message->len += (sizeof(attr) + len + 3) & ~(size_t)3;
}

static void attribute_u32(struct message *message, uint16_t type, uint32_t value)
{
	attribute(message, type, &value, sizeof(value));
}

/* Texts of the last socket that was parsed. */
static struct skt_socket_text text;
static struct skt_socket_detail detail;

static int parse(
	const struct skt_family *family, const struct message *message, struct skt_socket *ret)
{
	memset(&text, 'T', sizeof(text));
	memset(&detail, 'D', sizeof(detail));
	text.detail = &detail;
	return family->parse(guard_copy(message->bytes, message->len), message->len, &text, ret);
}

/* Every beginning of MESSAGE is taken where it ends between attributes, and refused elsewhere. */
static void cut_everywhere(const struct skt_family *family, const struct message *message)
{
	struct message cut = *message;
	struct skt_socket socket;

	for (cut.len = 0; cut.len <= message->len; cut.len++) {
		bool whole = cut.len == message->header;

		for (size_t i = 0; i < message->count; i++)
			whole |= cut.len >= message->ends[i] &&
				cut.len <= ((message->ends[i] + 3) & ~(size_t)3);
		assert_int_equal(parse(family, &cut, &socket), whole ? 0 : -EBADMSG);
		guard_free_all();
	}
}

/* An attribute of TYPE that is shorter than NEEDED is refused, one that is longer is taken. */
static void vary_attribute(const struct skt_family *family, const void *header, size_t len,
	uint16_t type, size_t needed)
{
	static const char zeros[64];
	struct skt_socket socket;

	for (size_t size = 0; size < sizeof(zeros); size++) {
		struct message message = message_of(header, len);

		attribute(&message, type, zeros, size);
		assert_int_equal(parse(family, &message, &socket), size >= needed ? 0 : -EBADMSG);
		guard_free_all();
	}
}

static void assert_end(const struct skt_end *end, const char *expected, size_t len)
{
	assert_int_equal(end->addr.family, AF_UNSPEC);
	assert_int_equal(end->host_len, len);
	assert_memory_equal(end->host, expected, len);
	assert_null(end->service);
}

static void assert_names(const struct skt_end *end, const char *host, const char *service)
{
	assert_int_equal(end->addr.family, AF_UNSPEC);
	assert_int_equal(end->host_len, 0);
	assert_string_equal(end->host, host);
	if (service)
		assert_string_equal(end->service, service);
	else
		assert_null(end->service);
}

/* ---- unix ---- */

static const struct unix_diag_msg unix_listener = {.udiag_family = AF_UNIX,
	.udiag_type = SOCK_STREAM,
	.udiag_state = 10,
	.udiag_ino = 77,
	.udiag_cookie = {5, 6}};

static void test_unix(void **state)
{
	const struct unix_diag_rqlen queues = {3, 128};
	struct message message = message_of(&unix_listener, sizeof(unix_listener));
	struct skt_socket socket;

	(void)state;
	attribute(&message, UNIX_DIAG_NAME, "/run/x", 7);
	attribute_u32(&message, UNIX_DIAG_PEER, 4711);
	attribute(&message, UNIX_DIAG_RQLEN, &queues, sizeof(queues));
	attribute(&message, UNIX_DIAG_SHUTDOWN, "\2", 1);
	attribute_u32(&message, UNIX_DIAG_UID, 1000);
	assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
	assert_int_equal(socket.proto, SKT_PROTO_UNIX);
	assert_int_equal(socket.family, AF_UNIX);
	assert_int_equal(socket.type, SOCK_STREAM);
	assert_int_equal(socket.state, SKT_STATE_LISTEN);
	assert_int_equal(socket.recv_queue, 3);
	assert_int_equal(socket.send_queue, 128);
	assert_int_equal(socket.shutdown, 2);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 77);
	assert_int_equal(socket.peer_inode, 4711);
	assert_int_equal(socket.cookie, UINT64_C(0x600000005));
	assert_end(&socket.local, "/run/x", 6);
	assert_end(&socket.remote, "socket:[4711]", 13);
	assert_int_equal(socket.present,
		PRESENT(SKT_SOCKET_UID) | PRESENT(SKT_SOCKET_INODE) | PRESENT(SKT_SOCKET_COOKIE) |
			PRESENT(SKT_SOCKET_BACKLOG) | PRESENT(SKT_SOCKET_SHUTDOWN) |
			PRESENT(SKT_SOCKET_RECV_QUEUE) | PRESENT(SKT_SOCKET_SEND_QUEUE) |
			PRESENT(SKT_SOCKET_PEER_INODE));
	cut_everywhere(&skt_unix_family, &message);
	vary_attribute(&skt_unix_family, &unix_listener, sizeof(unix_listener), UNIX_DIAG_PEER, 4);
	vary_attribute(&skt_unix_family, &unix_listener, sizeof(unix_listener), UNIX_DIAG_RQLEN, 8);
	vary_attribute(&skt_unix_family, &unix_listener, sizeof(unix_listener), UNIX_DIAG_UID, 4);
	vary_attribute(
		&skt_unix_family, &unix_listener, sizeof(unix_listener), UNIX_DIAG_SHUTDOWN, 1);
}

/* What is told for the asking only: the file, who waits, the memory. */
static void test_unix_detail(void **state)
{
	const struct unix_diag_vfs file = {4242, 253 << 20 | 70000};
	const uint32_t waiting[] = {7, 8}, memory[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct message message = message_of(&unix_listener, sizeof(unix_listener));
	struct skt_socket socket;

	(void)state;
	attribute(&message, UNIX_DIAG_VFS, &file, sizeof(file));
	attribute(&message, UNIX_DIAG_ICONS, waiting, sizeof(waiting));
	attribute(&message, UNIX_DIAG_MEMINFO, memory, sizeof(memory));
	assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
	assert_ptr_equal(socket.detail, &detail);
	assert_int_equal(detail.present, PRESENT(SKT_DETAIL_HAS_VFS));
	assert_int_equal(detail.vfs_inode, 4242);
	assert_string_equal(detail.vfs_device, "253:70000");
	assert_int_equal(detail.memory.drops, 9);
	assert_int_equal(socket.list_len, sizeof(waiting));
	assert_memory_equal(socket.list, waiting, sizeof(waiting));
	cut_everywhere(&skt_unix_family, &message);
	vary_attribute(&skt_unix_family, &unix_listener, sizeof(unix_listener), UNIX_DIAG_VFS, 8);
	/* Of older kernels fewer numbers. */
	message = message_of(&unix_listener, sizeof(unix_listener));
	attribute(&message, UNIX_DIAG_MEMINFO, memory, 8);
	assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
	assert_int_equal(detail.memory_length, 8);
	assert_int_equal(detail.present, 0);
}

static void test_unix_states(void **state)
{
	static const struct {
		uint8_t type, number;
		enum skt_state expected;
	} cases[] = {
		{SOCK_STREAM, 1, SKT_STATE_ESTABLISHED},
		{SOCK_STREAM, 2, SKT_STATE_SYN_SENT},
		{SOCK_STREAM, 7, SKT_STATE_CLOSED},
		{SOCK_SEQPACKET, 1, SKT_STATE_ESTABLISHED},
		{SOCK_SEQPACKET, 7, SKT_STATE_CLOSED},
		{SOCK_SEQPACKET, 10, SKT_STATE_LISTEN},
		{SOCK_DGRAM, 1, SKT_STATE_CONNECTED},
		{SOCK_DGRAM, 7, SKT_STATE_UNCONNECTED},
		{SOCK_DGRAM, 10, SKT_STATE_UNKNOWN},
		{SOCK_STREAM, 255, SKT_STATE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct unix_diag_msg msg = unix_listener;
		struct message message;
		struct skt_socket socket;

		msg.udiag_type = cases[i].type;
		msg.udiag_state = cases[i].number;
		message = message_of(&msg, sizeof(msg));
		assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
		assert_int_equal(socket.state, cases[i].expected);
		assert_int_equal(socket.type, cases[i].type);
		/* Without a name it is called as in /proc/PID/fd. */
		assert_end(&socket.local, "socket:[77]", 11);
		assert_null(socket.remote.host);
	}
}

static void test_unix_names(void **state)
{
	static const struct {
		const char *bound;
		size_t bound_len;
		const char *shown;
		size_t shown_len;
	} cases[] = {
		{"\0abstract", 9, "@abstract", 9},
		{"\0in\0ner\0", 8, "@in\0ner\0", 8},
		{"\0\x1b[2J\n\xff", 7, "@\x1b[2J\n\xff", 7},
		{"\0", 1, "@", 1},
		{"@file", 6, "./@file", 7},
		{"socket:[1]", 11, "./socket:[1]", 12},
		{"socket", 7, "socket", 6},
		{"/run/a\0junk", 12, "/run/a", 6},
		{"/no/nul", 7, "/no/nul", 7},
		{"/new\nline\xff", 11, "/new\nline\xff", 10},
	};
	char name[160];
	struct skt_socket socket;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct message message = message_of(&unix_listener, sizeof(unix_listener));

		attribute(&message, UNIX_DIAG_NAME, cases[i].bound, cases[i].bound_len);
		assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
		assert_end(&socket.local, cases[i].shown, cases[i].shown_len);
		guard_free_all();
	}
	/* As long as an address can be, and longer than any. */
	for (size_t len = 1; len < sizeof(name); len++) {
		for (int first = 0; first <= '@'; first += '@') {
			struct message message = message_of(&unix_listener, sizeof(unix_listener));

			memset(name, 'n', sizeof(name));
			name[0] = (char)first;
			attribute(&message, UNIX_DIAG_NAME, name, len);
			if (len > SKT_SOCKET_TEXT_MAX - 2) {
				assert_int_equal(
					parse(&skt_unix_family, &message, &socket), -EBADMSG);
				continue;
			}
			assert_int_equal(parse(&skt_unix_family, &message, &socket), 0);
			assert_int_equal(socket.local.host_len, first ? len + 2 : len);
			assert_int_equal(socket.local.host[0], first ? '.' : '@');
			guard_free_all();
		}
	}
}

/* ---- packet, netlink, vsock, xdp ---- */

static void test_packet(void **state)
{
	const struct packet_diag_msg header = {.pdiag_family = AF_PACKET,
		.pdiag_type = SOCK_RAW,
		.pdiag_num = ETH_P_IP,
		.pdiag_ino = 9};
	const uint32_t memory[] = {100, 1, 200, 2, 0, 0, 0, 0, 0};
	const struct packet_diag_info info = {.pdi_index = 3};
	struct message message = message_of(&header, sizeof(header));
	struct packet_diag_msg other = header;
	struct skt_socket socket;

	(void)state;
	attribute(&message, PACKET_DIAG_INFO, &info, sizeof(info));
	attribute_u32(&message, PACKET_DIAG_UID, 0);
	attribute(&message, PACKET_DIAG_MEMINFO, memory, sizeof(memory));
	assert_int_equal(parse(&skt_packet_family, &message, &socket), 0);
	assert_int_equal(socket.proto, SKT_PROTO_PACKET);
	assert_int_equal(socket.state, SKT_STATE_UNCONNECTED);
	assert_int_equal(socket.ifindex, 3);
	assert_int_equal(socket.recv_queue, 100);
	assert_int_equal(socket.send_queue, 200);
	assert_names(&socket.local, "ip", NULL);
	assert_null(socket.remote.host);
	assert_int_equal(socket.present,
		PRESENT(SKT_SOCKET_UID) | PRESENT(SKT_SOCKET_INODE) |
			PRESENT(SKT_SOCKET_INTERFACE) | PRESENT(SKT_SOCKET_RECV_QUEUE) |
			PRESENT(SKT_SOCKET_SEND_QUEUE));
	cut_everywhere(&skt_packet_family, &message);
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_INFO, sizeof(info));
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_UID, 4);
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_MEMINFO, 12);

	other.pdiag_num = ETH_P_ALL;
	message = message_of(&other, sizeof(other));
	assert_int_equal(parse(&skt_packet_family, &message, &socket), 0);
	assert_names(&socket.local, "*", NULL);
	other.pdiag_num = 0x88b5;
	message = message_of(&other, sizeof(other));
	assert_int_equal(parse(&skt_packet_family, &message, &socket), 0);
	assert_names(&socket.local, "0x88b5", NULL);
}

static void test_packet_detail(void **state)
{
	static const struct packet_diag_msg header = {.pdiag_family = AF_PACKET, .pdiag_ino = 5};
	static const struct packet_diag_info info = {
		.pdi_version = 2, .pdi_flags = PDI_RUNNING | PDI_LOSS, .pdi_copy_thresh = 99};
	static const struct packet_diag_ring ring = {4096, 2, 2048, 4, 50, 0, 1};
	static const struct packet_diag_mclist members[] = {
		{.pdmc_type = 1}, {.pdmc_type = 3}, {.pdmc_type = 200}};
	struct message message = message_of(&header, sizeof(header));
	struct skt_socket socket;

	(void)state;
	attribute(&message, PACKET_DIAG_INFO, &info, sizeof(info));
	attribute(&message, PACKET_DIAG_RX_RING, &ring, sizeof(ring));
	attribute_u32(&message, PACKET_DIAG_FANOUT, 6 << 16 | 0xfffe);
	attribute(&message, PACKET_DIAG_MCLIST, members, sizeof(members));
	attribute(&message, PACKET_DIAG_FILTER, "12345678", 8);
	assert_int_equal(parse(&skt_packet_family, &message, &socket), 0);
	assert_int_equal(detail.present,
		PRESENT(SKT_DETAIL_PACKET_INFO) | PRESENT(SKT_DETAIL_RX_RING) |
			PRESENT(SKT_DETAIL_FANOUT) | PRESENT(SKT_DETAIL_MEMBERSHIPS));
	assert_int_equal(detail.packet_version, 2);
	assert_int_equal(detail.packet_flags, PDI_RUNNING | PDI_LOSS);
	assert_int_equal(detail.copy_threshold, 99);
	assert_int_equal(detail.rx_ring.blocks, 2);
	assert_int_equal(detail.rx_ring.frames, 4);
	assert_int_equal(detail.rx_ring.timeout_ms, 50);
	assert_int_equal(detail.rx_ring.features, 1);
	assert_int_equal(detail.fanout_id, 0xfffe);
	assert_int_equal(detail.fanout_type, 6);
	assert_int_equal(detail.memberships, 1 << 1 | 1 << 3);
	assert_memory_equal(socket.list, "12345678", 8);
	cut_everywhere(&skt_packet_family, &message);
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_TX_RING, 28);
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_FANOUT, 4);
	vary_attribute(&skt_packet_family, &header, sizeof(header), PACKET_DIAG_MCLIST, 0);
}

static void assert_list(void (*add)(const struct skt_socket *, struct skt_str *), const void *list,
	size_t len, const char *expected)
{
	const struct skt_socket socket = {.list = guard_copy(list, len), .list_len = (uint32_t)len};
	struct skt_str out = {0};

	add(&socket, &out);
	skt_str_add_char(&out, '\0');
	assert_string_equal(out.data, expected);
	skt_str_fini(&out);
	guard_free_all();
}

/* A filter and the peers of keys as text; what is cut short is left out. */
static void test_lists(void **state)
{
	static const struct sock_filter code[] = {{0x28, 0, 0, 12}, {0xffff, 255, 255, UINT32_MAX}};
	struct tcp_diag_md5sig keys[] = {
		{.tcpm_family = AF_INET, .tcpm_prefixlen = 24, .tcpm_keylen = 3, .tcpm_key = "key"},
		{.tcpm_family = 77, .tcpm_prefixlen = 1},
		{.tcpm_family = AF_INET6, .tcpm_prefixlen = 128},
	};

	(void)state;
	assert_list(skt_socket_list_add_bpf, code, sizeof(code),
		"2,40 0 0 12,65535 255 255 4294967295");
	assert_list(skt_socket_list_add_bpf, code, sizeof(code) - 1, "1,40 0 0 12");
	assert_list(skt_socket_list_add_bpf, code, 0, "");
	keys[0].tcpm_addr[0] = htonl(0xc6336400);
	keys[2].tcpm_addr[3] = htonl(1);
	assert_list(skt_socket_list_add_md5, keys, sizeof(keys), "198.51.100.0/24,::1/128");
	assert_list(skt_socket_list_add_md5, keys, sizeof(keys) - 1, "198.51.100.0/24");
	assert_list(skt_socket_list_add_md5, keys, 7, "");
}

static void test_netlink(void **state)
{
	struct netlink_diag_msg header = {.ndiag_family = AF_NETLINK,
		.ndiag_type = SOCK_DGRAM,
		.ndiag_portid = 4294967295,
		.ndiag_dst_portid = 12,
		.ndiag_dst_group = 3,
		.ndiag_ino = 9};
	const unsigned long groups[] = {0x11, 0, 0, 0};
	const uint32_t memory[] = {100, 1, 200};
	struct message message = message_of(&header, sizeof(header));
	struct skt_socket socket;

	(void)state;
	attribute(&message, NETLINK_DIAG_MEMINFO, memory, sizeof(memory));
	attribute(&message, NETLINK_DIAG_GROUPS, groups, sizeof(groups));
	assert_int_equal(parse(&skt_netlink_family, &message, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_UNCONNECTED);
	assert_int_equal(socket.type, SOCK_DGRAM);
	assert_int_equal(socket.groups, 0x11);
	assert_int_equal(socket.recv_queue, 100);
	assert_int_equal(socket.send_queue, 200);
	assert_names(&socket.local, "rtnetlink", "4294967295");
	assert_null(socket.remote.host);
	cut_everywhere(&skt_netlink_family, &message);
	vary_attribute(&skt_netlink_family, &header, sizeof(header), NETLINK_DIAG_MEMINFO, 12);

	header.ndiag_state = 1;
	header.ndiag_protocol = 250;
	message = message_of(&header, sizeof(header));
	assert_int_equal(parse(&skt_netlink_family, &message, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_CONNECTED);
	assert_names(&socket.local, "250", "4294967295");
	assert_names(&socket.remote, "3", "12");
	assert_int_equal(socket.present, PRESENT(SKT_SOCKET_INODE));

	/* Those of the kernel have an inode, but nobody to hold them. */
	header.ndiag_protocol = NETLINK_GENERIC;
	header.ndiag_portid = 0;
	message = message_of(&header, sizeof(header));
	assert_int_equal(parse(&skt_netlink_family, &message, &socket), 0);
	assert_names(&socket.local, "generic", "kernel");
	assert_int_equal(socket.present, 0);
}

static void test_vsock(void **state)
{
	struct vsock_diag_msg header = {.vdiag_family = AF_VSOCK,
		.vdiag_type = SOCK_STREAM,
		.vdiag_state = 1,
		.vdiag_shutdown = 1,
		.vdiag_src_cid = 2,
		.vdiag_src_port = 1024,
		.vdiag_dst_cid = 4294967294,
		.vdiag_dst_port = 70000,
		.vdiag_ino = 8};
	struct message message = message_of(&header, sizeof(header));
	struct skt_socket socket;

	(void)state;
	assert_int_equal(parse(&skt_vsock_family, &message, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_ESTABLISHED);
	assert_names(&socket.local, "2", NULL);
	assert_int_equal(socket.local.port, 1024);
	assert_names(&socket.remote, "4294967294", "70000");
	assert_int_equal(socket.remote.port, 0);
	assert_int_equal(socket.present,
		PRESENT(SKT_SOCKET_LOCAL_PORT) | PRESENT(SKT_SOCKET_SHUTDOWN) |
			PRESENT(SKT_SOCKET_INODE));
	for (message.len = 0; message.len < sizeof(header); message.len++)
		assert_int_equal(parse(&skt_vsock_family, &message, &socket), -EBADMSG);
	guard_free_all();

	header.vdiag_state = 10;
	header.vdiag_src_cid = VMADDR_CID_ANY;
	header.vdiag_dst_cid = VMADDR_CID_ANY;
	header.vdiag_dst_port = VMADDR_PORT_ANY;
	message = message_of(&header, sizeof(header));
	assert_int_equal(parse(&skt_vsock_family, &message, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_LISTEN);
	assert_names(&socket.local, "*", NULL);
	assert_null(socket.remote.host);
	header.vdiag_type = SOCK_DGRAM;
	header.vdiag_state = 7;
	message = message_of(&header, sizeof(header));
	assert_int_equal(parse(&skt_vsock_family, &message, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_UNCONNECTED);
}

static void test_xdp(void **state)
{
	const struct xdp_diag_msg header = {
		.xdiag_family = AF_XDP, .xdiag_type = SOCK_RAW, .xdiag_ino = 4};
	const struct xdp_diag_info info = {.ifindex = 2, .queue_id = 4294967295};
	const uint32_t memory[] = {1, 0, 2};
	struct message message = message_of(&header, sizeof(header));
	struct skt_socket socket;

	(void)state;
	attribute(&message, XDP_DIAG_INFO, &info, sizeof(info));
	attribute_u32(&message, XDP_DIAG_UID, 5);
	attribute(&message, XDP_DIAG_MEMINFO, memory, sizeof(memory));
	assert_int_equal(parse(&skt_xdp_family, &message, &socket), 0);
	assert_int_equal(socket.ifindex, 2);
	assert_int_equal(socket.uid, 5);
	assert_string_equal(socket.local.service, "q4294967295");
	assert_int_equal(socket.recv_queue, 1);
	assert_int_equal(socket.send_queue, 2);
	cut_everywhere(&skt_xdp_family, &message);
	vary_attribute(&skt_xdp_family, &header, sizeof(header), XDP_DIAG_INFO, sizeof(info));
	vary_attribute(&skt_xdp_family, &header, sizeof(header), XDP_DIAG_UID, 4);
	vary_attribute(&skt_xdp_family, &header, sizeof(header), XDP_DIAG_MEMINFO, 12);
}

/* ---- tipc, smc, sctp ---- */

static struct message tipc_message(struct message *inner)
{
	struct message connection = {0}, queues = {0}, outer = {0};

	attribute_u32(&connection, TIPC_NLA_CON_NODE, 7);
	attribute_u32(&connection, TIPC_NLA_CON_SOCK, 8);
	attribute_u32(&queues, TIPC_NLA_SOCK_STAT_RCVQ, 11);
	attribute_u32(&queues, TIPC_NLA_SOCK_STAT_SENDQ, 12);
	*inner = (struct message){0};
	attribute_u32(inner, TIPC_NLA_SOCK_TYPE, SOCK_SEQPACKET);
	attribute_u32(inner, TIPC_NLA_SOCK_TIPC_STATE, 1);
	attribute_u32(inner, TIPC_NLA_SOCK_INO, 33);
	attribute_u32(inner, TIPC_NLA_SOCK_UID, 44);
	attribute(inner, TIPC_NLA_SOCK_COOKIE, (uint64_t[]){55}, 8);
	attribute_u32(inner, TIPC_NLA_SOCK_ADDR, 16781313);
	attribute_u32(inner, TIPC_NLA_SOCK_REF, 4294967295);
	attribute(inner, TIPC_NLA_SOCK_CON | NLA_F_NESTED, connection.bytes, connection.len);
	attribute(inner, TIPC_NLA_SOCK_STAT | NLA_F_NESTED, queues.bytes, queues.len);
	attribute(&outer, TIPC_NLA_SOCK | NLA_F_NESTED, inner->bytes, inner->len);
	return outer;
}

static void test_tipc(void **state)
{
	struct message inner, message = tipc_message(&inner), cut;
	struct skt_socket socket;

	(void)state;
	assert_int_equal(parse(&skt_tipc_family, &message, &socket), 0);
	assert_int_equal(socket.proto, SKT_PROTO_TIPC);
	assert_int_equal(socket.type, SOCK_SEQPACKET);
	assert_int_equal(socket.state, SKT_STATE_ESTABLISHED);
	assert_int_equal(socket.inode, 33);
	assert_int_equal(socket.uid, 44);
	assert_int_equal(socket.cookie, 55);
	assert_int_equal(socket.recv_queue, 11);
	assert_int_equal(socket.send_queue, 12);
	assert_names(&socket.local, "16781313", "4294967295");
	assert_names(&socket.remote, "7", "8");
	/* Cut anywhere, the one nest around all is broken. */
	cut = message;
	for (cut.len = 0; cut.len < message.len; cut.len++) {
		assert_int_equal(parse(&skt_tipc_family, &cut, &socket), -EBADMSG);
		guard_free_all();
	}
	/* Cut inside of it, at any attribute: what says who it is must be there. */
	for (size_t i = 0; i < inner.count; i++) {
		struct message outer = {0};

		attribute(&outer, TIPC_NLA_SOCK, inner.bytes, inner.ends[i]);
		assert_int_equal(parse(&skt_tipc_family, &outer, &socket), i < 6 ? -EBADMSG : 0);
		outer = (struct message){0};
		attribute(&outer, TIPC_NLA_SOCK, inner.bytes, inner.ends[i] - 1);
		assert_int_equal(parse(&skt_tipc_family, &outer, &socket), -EBADMSG);
		guard_free_all();
	}
}

static void test_smc(void **state)
{
	static const struct {
		uint8_t number;
		enum skt_state expected;
	} states[] = {
		{1, SKT_STATE_ESTABLISHED},
		{2, SKT_STATE_SYN_SENT},
		{7, SKT_STATE_CLOSED},
		{10, SKT_STATE_LISTEN},
		{20, SKT_STATE_FIN_WAIT_1},
		{23, SKT_STATE_CLOSE_WAIT},
		{27, SKT_STATE_CLOSING},
		{99, SKT_STATE_UNKNOWN},
	};
	struct smc_diag_msg header = {.diag_family = AF_SMC,
		.diag_state = 1,
		.diag_uid = 1000,
		.diag_inode = 12,
		.id = {.idiag_sport = htons(80), .idiag_dport = htons(50000), .idiag_if = 2}};
	struct message message;
	struct skt_socket socket;

	(void)state;
	memcpy(header.id.idiag_src, (uint8_t[]){192, 0, 2, 1}, 4);
	memcpy(header.id.idiag_dst, (uint8_t[]){192, 0, 2, 2}, 4);
	for (size_t i = 0; i < SKT_COUNT(states); i++) {
		header.diag_state = states[i].number;
		message = message_of(&header, sizeof(header));
		attribute(&message, SMC_DIAG_SHUTDOWN, "\1", 1);
		assert_int_equal(parse(&skt_smc_family, &message, &socket), 0);
		assert_int_equal(socket.state, states[i].expected);
	}
	assert_int_equal(socket.family, AF_INET);
	assert_int_equal(socket.local.port, 80);
	assert_int_equal(socket.remote.port, 50000);
	assert_int_equal(socket.remote.addr.bytes[3], 2);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 12);
	assert_int_equal(socket.ifindex, 2);
	cut_everywhere(&skt_smc_family, &message);
	header.id.idiag_src[3] = htonl(1);
	message = message_of(&header, sizeof(header));
	assert_int_equal(parse(&skt_smc_family, &message, &socket), 0);
	assert_int_equal(socket.family, AF_INET6);
}

static void test_sctp(void **state)
{
	static const enum skt_state expected[] = {SKT_STATE_CLOSED, SKT_STATE_SYN_SENT,
		SKT_STATE_SYN_SENT, SKT_STATE_ESTABLISHED, SKT_STATE_FIN_WAIT_1,
		SKT_STATE_FIN_WAIT_2, SKT_STATE_CLOSE_WAIT, SKT_STATE_LAST_ACK, SKT_STATE_UNKNOWN};
	struct inet_diag_msg header = {.idiag_family = AF_INET, .idiag_inode = 1};
	static const char peer[128];
	struct message message;
	struct skt_socket socket;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(expected); i++) {
		header.idiag_state = (uint8_t)i;
		message = message_of(&header, sizeof(header));
		attribute(&message, INET_DIAG_LOCALS, peer, sizeof(peer));
		attribute(&message, INET_DIAG_PEERS, peer, sizeof(peer));
		assert_int_equal(skt_inet_parse(guard_copy(message.bytes, message.len), message.len,
					 SKT_PROTO_SCTP, &socket),
			0);
		assert_int_equal(socket.state, expected[i]);
	}
	/* An endpoint has the states of a socket. */
	header.idiag_state = 10;
	message = message_of(&header, sizeof(header));
	attribute(&message, INET_DIAG_LOCALS, peer, sizeof(peer));
	assert_int_equal(skt_inet_parse(message.bytes, message.len, SKT_PROTO_SCTP, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_LISTEN);
}

/* ---- all of them ---- */

/* Of a family, or of too few bytes for it, nothing else is taken. */
static void test_strangers(void **state)
{
	static const char noise[256] = {1};

	(void)state;
	for (int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		const struct skt_family *family = skt_family_of((enum skt_proto)proto);
		char other[sizeof(noise)];
		struct skt_socket socket;

		/* Those that inet.h reads, or nobody. */
		assert_int_equal(!family, proto <= SKT_PROTO_SCTP || proto == SKT_PROTO_OTHER);
		if (!family)
			continue;
		memcpy(other, noise, sizeof(other));
		other[0] = AF_APPLETALK;
		assert_int_equal(family->parse(other, sizeof(other), &text, &socket), -EBADMSG);
		for (size_t len = 0; len < 12; len++) {
			assert_int_equal(family->parse(guard_copy(other, len), len, &text, &socket),
				-EBADMSG);
			guard_free_all();
		}
	}
}

struct rows {
	size_t count;
	struct skt_socket all[16];
	char local[16][SKT_SOCKET_TEXT_MAX];
};

static int keep(const struct skt_socket *socket, void *ctx)
{
	struct rows *rows = ctx;

	assert_true(rows->count < SKT_COUNT(rows->all));
	rows->all[rows->count] = *socket;
	if (socket->local.host)
		(void)snprintf(rows->local[rows->count], SKT_SOCKET_TEXT_MAX, "%.*s",
			socket->local.host_len ? socket->local.host_len : SKT_SOCKET_TEXT_MAX,
			socket->local.host);
	rows->count++;
	return 0;
}

static void put_unix(struct tape *tape, uint8_t type, uint8_t number, uint32_t inode)
{
	const struct unix_diag_msg msg = {.udiag_family = AF_UNIX,
		.udiag_type = type,
		.udiag_state = number,
		.udiag_ino = inode,
		.udiag_cookie = {inode, 0}};

	tape_begin(tape);
	tape_message(tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, 7, &msg, sizeof(msg));
	tape_end(tape);
}

/* States and types are asked of the kernel, or left out; what it sends twice is shown once. */
static void test_dump(void **state)
{
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_UNIX] = true}, .states = SKT_STATES_ALL};
	const struct unix_diag_req *request;
	struct skt_netlink_source source;
	struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct skt_dump_report report;
	struct recording recording;
	struct tape tape = {0};
	struct rows rows = {0};
	struct skt_err err;

	(void)state;
	put_unix(&tape, SOCK_STREAM, 10, 1);
	put_unix(&tape, SOCK_STREAM, 1, 2);
	put_unix(&tape, SOCK_DGRAM, 7, 3);
	put_unix(&tape, SOCK_DGRAM, 7, 3);
	tape_begin(&tape);
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, 7, "\1junk", 5);
	tape_end(&tape);
	tape_done(&tape, 1, 0);
	recording = tape_play(&tape);
	source = recording_source(&recording);
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
	assert_int_equal(rows.count, 3);
	assert_int_equal(report.duplicates, 1);
	assert_true(report.truncated);
	assert_int_equal(recording.requests, 1);
	request = (const void *)(recording.request + NLMSG_HDRLEN);
	assert_int_equal(request->sdiag_family, AF_UNIX);
	assert_int_equal(request->udiag_states >> 1 & 1, 1);
	assert_int_equal(request->udiag_states >> 10 & 1, 1);
	assert_int_equal(request->udiag_show,
		UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID);

	query.states = SKT_STATE_BIT(SKT_STATE_UNCONNECTED) | SKT_STATE_BIT(SKT_STATE_LISTEN);
	query.types[SKT_PROTO_UNIX] = UINT32_C(1) << SOCK_DGRAM;
	rows.count = 0;
	recording = tape_play(&tape);
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.all[0].inode, 3);
	assert_int_equal(request->udiag_states >> 1 & 1, 0);
	assert_int_equal(request->udiag_states >> 7 & 1, 1);
	/* Who has no ports is not looked for by one. */
	query = (struct skt_dump_query){
		.protos = {[SKT_PROTO_UNIX] = true}, .states = SKT_STATES_ALL, .local_port = 22};
	rows.count = 0;
	recording = tape_play(&tape);
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
	assert_int_equal(rows.count, 0);
	free(tape.data);
}

/* What the kernel lacks is no rows, and a failure only where nothing else was asked for. */
static void test_lacking(void **state)
{
	const struct nlmsgerr missing = {.error = -ENOENT};
	struct skt_netlink_source source;
	struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct skt_dump_report report;
	struct recording recording;
	struct tape tape = {0};
	struct rows rows = {0};
	struct skt_err err = {0};

	(void)state;
	put_unix(&tape, SOCK_STREAM, 10, 1);
	tape_done(&tape, 1, 0);
	for (uint32_t seq = 2; seq < 7; seq++) {
		tape_begin(&tape);
		tape_message(&tape, NLMSG_ERROR, NLM_F_CAPPED, seq, 7, &missing, sizeof(missing));
		tape_end(&tape);
	}
	for (int proto = SKT_PROTO_UNIX; proto < SKT_PROTO_COUNT; proto++) {
		struct skt_dump_query query = {
			.protos = {[SKT_PROTO_UNIX] = true}, .states = SKT_STATES_ALL};

		query.protos[proto] = true;
		rows.count = 0;
		recording = tape_play(&tape);
		source = recording_source(&recording);
		assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
		assert_int_equal(rows.count, 1);
		assert_int_equal(report.refused, 0);
		assert_false(report.truncated);
	}
	tape.len = 0;
	tape_begin(&tape);
	tape_message(&tape, NLMSG_ERROR, NLM_F_CAPPED, 1, 7, &missing, sizeof(missing));
	tape_end(&tape);
	recording = tape_play(&tape);
	assert_int_equal(skt_dump_sockets(&system,
				 &(struct skt_dump_query){.protos = {[SKT_PROTO_VSOCK] = true},
					 .states = SKT_STATES_ALL},
				 keep, &rows, &report, &err),
		-ENOENT);
	assert_string_equal(err.text,
		"the kernel tells nothing of vsock sockets: sock_diag: No such file or directory");
	free(tape.data);
}

/* ---- /proc/net ---- */

static void assert_line(const struct skt_family *family, const char *line, const char *local,
	enum skt_state number, uint64_t inode)
{
	const size_t len = strlen(line);
	struct skt_socket socket;
	char *copy = guard_text(line);

	memset(&text, 'T', sizeof(text));
	assert_int_equal(family->parse_line(copy, len, &text, &socket), 0);
	assert_int_equal(socket.state, number);
	assert_int_equal(socket.inode, inode);
	assert_memory_equal(socket.local.host, local, strlen(local));
	if (socket.local.host_len)
		assert_int_equal(socket.local.host_len, strlen(local));
	guard_free_all();
	/* Cut short it is refused, or still whole but for its end; never read beyond. */
	for (size_t cut = 0; cut < len; cut++) {
		int rc = family->parse_line(guard_copy(line, cut), cut, &text, &socket);

		assert_true(rc == 0 || rc == -EBADMSG);
		if (cut < 30)
			assert_int_equal(rc, -EBADMSG);
		guard_free_all();
	}
}

static void test_lines(void **state)
{
	static const struct {
		const struct skt_family *family;
		const char *line;
	} bad[] = {
		{&skt_unix_family, "0: 00000003 00000000 00000000 0001 03"},
		{&skt_unix_family, "0: 00000003 00000000 00000000 0001 03 12x"},
		{&skt_unix_family, "0: 00000003 00000000 00000000 0001 03 12 "},
		{&skt_unix_family, "0: 00000003 00000000 00000000 ffff 03 12"},
		{&skt_unix_family, "line with a newline in front"},
		{&skt_unix_family, "0: 00000003 00000000 00000000 0001 03 99999999999"},
		{&skt_packet_family, "0 3 3 0003 2 1 0 0"},
		{&skt_packet_family, "0 3 999 0003 2 1 0 0 7"},
		{&skt_packet_family, "0 3 3 0003 2 1 0 0 7 x"},
		{&skt_netlink_family, "0 0 1 00000000 0 0 0 2 0"},
		{&skt_netlink_family, "0 256 1 00000000 0 0 0 2 0 4"},
		{&skt_netlink_family, "0 0 1 00000000 0 0 0 2 0 4 5"},
	};
	char longest[256];
	struct skt_socket socket;

	(void)state;
	assert_line(&skt_unix_family,
		"0000000007dd5871: 00000002 00000000 00010000 0001 01  1268 /run/x y", "/run/x y",
		SKT_STATE_LISTEN, 1268);
	assert_line(&skt_unix_family,
		"0000000007dd5871: 00000002 00000000 00000000 0005 03 12345 @a@b", "@a@b",
		SKT_STATE_ESTABLISHED, 12345);
	assert_line(&skt_unix_family, "0000000007dd5871: 00000002 00000000 00000000 0002 01     7",
		"socket:[7]", SKT_STATE_UNCONNECTED, 7);
	assert_line(&skt_packet_family,
		"0000000000000000 3      3    88cc   2     1 10308  0      21552673", "lldp",
		SKT_STATE_UNCONNECTED, 21552673);
	assert_line(&skt_netlink_family,
		"00000000038456fc 15  14464      00000001 0        0        0     2        0        "
		"402     ",
		"kobject_uevent", SKT_STATE_UNCONNECTED, 402);
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		assert_int_equal(bad[i].family->parse_line(guard_text(bad[i].line),
					 strlen(bad[i].line), &text, &socket),
			-EBADMSG);
		guard_free_all();
	}
	/* A name longer than any address. */
	(void)snprintf(longest, sizeof(longest), "0: 00000002 00000000 00010000 0001 01 12 /%0*d",
		SKT_SOCKET_TEXT_MAX, 0);
	assert_int_equal(
		skt_unix_family.parse_line(guard_text(longest), strlen(longest), &text, &socket),
		-EBADMSG);
	longest[strlen(longest) - 1] = '\0';
	assert_int_equal(
		skt_unix_family.parse_line(guard_text(longest), strlen(longest), &text, &socket),
		0);
}

static void write_file(const char *directory, const char *name, const char *content)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
	assert_int_equal(fclose(file), 0);
}

/* Without netlink: the files that are there, and one line that a path with a newline has made. */
static void test_proc(void **state)
{
	char root[] = "/tmp/sockkit-proc-XXXXXX", net[64], path[128];
	struct skt_dump_query query = {.protos = {[SKT_PROTO_UNIX] = true,
					       [SKT_PROTO_NETLINK] = true,
					       [SKT_PROTO_VSOCK] = true},
		.states = SKT_STATES_ALL,
		.source = SKT_SOURCE_PROC};
	const struct skt_dump_system system = {.proc_root = root};
	struct skt_dump_report report;
	struct rows rows = {0};
	struct skt_err err;

	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(net, sizeof(net), "%s/net", root);
	assert_int_equal(mkdir(net, 0700), 0);
	write_file(net, "unix",
		"Num       RefCount Protocol Flags    Type St Inode Path\n"
		"1: 00000002 00000000 00010000 0001 01 11 /new\nline\n"
		"2: 00000002 00000000 00000000 0002 01 12 @dgram\n");
	write_file(net, "netlink",
		"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops\n"
		"0 0 0 00000000 0 0 0 2 0 4\n"
		"0 4 0 00000000 0 0 0 2 0 402\n"
		"0 0 9 00000011 0 0 0 2 0 21\n");
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
	assert_int_equal(rows.count, 5);
	assert_int_equal(report.bad_lines, 1);
	assert_int_equal(report.source, SKT_SOURCE_PROC);
	assert_string_equal(rows.local[0], "/new");
	assert_string_equal(rows.local[1], "@dgram");
	assert_string_equal(rows.local[2], "rtnetlink");
	assert_string_equal(rows.local[3], "sock_diag");
	assert_int_equal(rows.all[4].groups, 0x11);
	query.protos[SKT_PROTO_UNIX] = query.protos[SKT_PROTO_NETLINK] = false;
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), -ENOENT);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", net, i ? "unix" : "netlink");
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(net), 0);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_unix),
		unit_test(test_unix_detail),
		unit_test(test_unix_states),
		unit_test(test_unix_names),
		unit_test(test_packet),
		unit_test(test_packet_detail),
		unit_test(test_lists),
		unit_test(test_netlink),
		unit_test(test_vsock),
		unit_test(test_xdp),
		unit_test(test_tipc),
		unit_test(test_smc),
		unit_test(test_sctp),
		unit_test(test_strangers),
		unit_test(test_dump),
		unit_test(test_lacking),
		unit_test(test_lines),
		unit_test(test_proc),
	};

	return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
