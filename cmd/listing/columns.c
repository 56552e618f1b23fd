#include "cmd/listing/columns.h"

#include "base/macros.h"
#include "cmd/listing/holder.h"
#include "diag/direction.h"
#include "diag/socket_detail.h"
#include "diag/verdict.h"

_Static_assert(offsetof(struct skt_socket_row, s) == 0, "its `present` is the row's");
_Static_assert(SKT_ROW_FIELDS < 64, "row.s.present");
_Static_assert(!((int)SKT_NEED_ALL & (int)SKT_DETAIL_ALL), "one word for both");

/* What is set on the socket, by the kinds of diag/sockopts.h. */
#define SOCKOPT_TYPE_FLAG SKT_TYPE_BOOL
#define SOCKOPT_TYPE_NUMBER SKT_TYPE_U32
#define SOCKOPT_TYPE_BITS SKT_TYPE_U32
#define SOCKOPT_TYPE_TIME SKT_TYPE_U64, .unit = SKT_UNIT_US
#define SOCKOPT_TYPE_RATE SKT_TYPE_U64, .unit = SKT_UNIT_BYTES_PER_S
#define SOCKOPT_TYPE_LINGER SKT_TYPE_U32
#define SOCKOPT_TYPE_DISCOVER SKT_TYPE_NAME, TEXTS(skt_mtu_discover_names)
#define SOCKOPT_TYPE_DEVICE SKT_TYPE_CHARS
#define SOCKOPT_TYPE_AO SKT_TYPE_BOOL
#define SOCKOPT_TYPE_AO_KEY SKT_TYPE_U8
#define SOCKOPT_TYPE_AO_COUNT SKT_TYPE_U64
#define SOCKOPT(field, kind, level, option, text) \
	{.name = #field, \
		.type = SOCKOPT_TYPE_##kind, \
		.offset = SKT_COLUMN_OFFSET(struct skt_sockopts, field), \
		.via = offsetof(struct skt_socket_row, sockopts), \
		.via_size = sizeof(struct skt_sockopts), \
		.help = (text), \
		.present = SKT_PRESENT(SKT_SOCKOPT_IS_##field), \
		.needs = SKT_NEED_OWNERS | SKT_NEED_SOCKOPTS, \
		.group = "set"},

static const char *const shutdown_names[] = {"none", "receive", "send", "both"};

/* Names of the values of struct tcp_info and its neighbours (linux/tcp.h, linux/tls.h). */
static const char *const ca_states[] = {"open", "disorder", "cwr", "recovery", "loss"};
static const char *const fastopen_failures[] = {
	NULL, "cookie-unavailable", "data-not-acked", "syn-retransmitted"};
static const char *const tcp_options[] = {
	"timestamps", "sack", "wscale", "ecn", "ecn-seen", "syn-data", "usec-ts", "tfo-child"};
static const char *const ecn_modes[] = {"disabled", "rfc3168", "accecn", "pending"};
static const char *const accecn_seen[] = {"none", "empty", "counter", "fail"};
static const char *const accecn_failures[] = {"ace-send", "ace-recv", "option-send", "option-recv"};
static const char *const tls_versions[] = {[3] = "1.2", [4] = "1.3"};
static const char *const tls_ciphers[] = {[51] = "aes-gcm-128",
	[52] = "aes-gcm-256",
	[53] = "aes-ccm-128",
	[54] = "chacha20-poly1305",
	[55] = "sm4-gcm",
	[56] = "sm4-ccm",
	[57] = "aria-gcm-128",
	[58] = "aria-gcm-256"};
static const char *const tls_workers[] = {NULL, "none", "kernel", "device", "device-record"};
static const char *const mptcp_flags[] = {"capable-remote", "capable-local", "join-remote",
	"join-local", "backup-remote", "backup-local", "fully-established", "connected",
	"map-valid"};
/* linux/if_packet.h, linux/packet_diag.h. */
static const char *const packet_versions[] = {"v1", "v2", "v3"};
static const char *const packet_flags[] = {"running", "auxdata", "origdev", "vnethdr", "loss"};
static const char *const memberships[] = {"multicast", "promisc", "allmulti", "unicast"};
static const char *const fanout_types[] = {
	"hash", "lb", "cpu", "rollover", "rnd", "qm", "cbpf", "ebpf"};
static const char *const mptcp_info_flags[] = {"fallback", "remote-key-received"};
/* struct inet_diag_sockopt, in its order; is_icsk says only that the socket is a stream. */
static const char *const socket_options[] = {"recverr", "connection", "freebind", "hdrincl",
	"mc-loop", "transparent", "mc-all", "nodefrag", "bind-no-port", "recverr-rfc4884",
	"defer-connect"};

/*
 * What stands in the struct skt_socket_detail that a row may have; it NEEDs a SKT_DETAIL_* to be
 * asked for, and is there IF one of its bits says so.
 */
#define DETAIL(title, type, field, text, need, ...) \
	SKT_COLUMN_VIA(struct skt_socket_row, s.detail, struct skt_socket_detail, title, type, \
		field, .help = (text), .needs = SKT_DETAIL_##need, .group = ABOUT_##need, \
		__VA_ARGS__)
#define ABOUT_TCP "tcp"
#define ABOUT_CONGESTION "congestion"
#define ABOUT_CONGESTION_NAME "congestion"
#define ABOUT_TOS "packets"
#define ABOUT_TCLASS "packets"
#define ABOUT_MEMORY "memory"
#define ABOUT_OPTIONS "options"
#define ABOUT_VFS "file"
#define ABOUT_PACKET "packet"
#define TYPE(field) SKT_TYPE_OF(((struct skt_socket_detail *)0)->field)
#define IF(bit) .present = SKT_PRESENT(SKT_DETAIL_##bit)
#define TEXTS(array) .names = (array), .names_count = SKT_COUNT(array)
#define NUMBER(title, field, text, need, bit, ...) \
	DETAIL(title, TYPE(field), field, text, need, IF(bit), __VA_ARGS__)
#define NAME(title, field, text, texts, bit) \
	DETAIL(title, SKT_TYPE_NAME, field, text, TCP, IF(bit), TEXTS(texts))
#define NAME_OF(title, field, text, texts, need, bit) \
	DETAIL(title, SKT_TYPE_NAME, field, text, need, IF(bit), TEXTS(texts))
/* NOLINTBEGIN(bugprone-macro-parentheses): titles and texts are put together */
#define RING(title, ring, text, bit) \
	NUMBER(title "_block_size", ring.block_size, text ": bytes of a block", PACKET, bit, \
		.unit = SKT_UNIT_BYTES), \
		NUMBER(title "_blocks", ring.blocks, text ": blocks", PACKET, bit), \
		NUMBER(title "_frame_size", ring.frame_size, text ": bytes of a frame", PACKET, \
			bit, .unit = SKT_UNIT_BYTES), \
		NUMBER(title "_frames", ring.frames, text ": frames", PACKET, bit), \
		NUMBER(title "_timeout_ms", ring.timeout_ms, \
			text ": after which a block is handed over as it is", PACKET, bit, \
			.unit = SKT_UNIT_MS), \
		NUMBER(title "_features", ring.features, text ": bits TP_FT_*", PACKET, bit)
/* NOLINTEND(bugprone-macro-parentheses) */
#define FLAGS(title, field, text, texts, need, bit) \
	DETAIL(title, SKT_TYPE_FLAGS, field, text, need, IF(bit), TEXTS(texts))
#define TEXT(title, field, text, need) DETAIL(title, SKT_TYPE_CHARS, field, text, need, )

/* Fields of structs that the kernel tells as far as it has them: there if they came. */
#define INFO_ALWAYS(title, field, text, ...) \
	DETAIL(title, TYPE(tcp.field), tcp.field, text, TCP, \
		.length_at = offsetof(struct skt_socket_detail, tcp_length), \
		.least = SKT_TCP_INFO_UP_TO(field), __VA_ARGS__)
#define INFO_IF(title, field, text, bit, ...) INFO_ALWAYS(title, field, text, IF(bit), __VA_ARGS__)
#define INFO(title, field, text, ...) INFO_IF(title, field, text, CONNECTION, __VA_ARGS__)
#define MPTCP_AS(title, type, field, text, ...) \
	DETAIL(title, type, mptcp.field, text, TCP, \
		.length_at = offsetof(struct skt_socket_detail, mptcp_length), \
		.least = SKT_MPTCP_INFO_UP_TO(field), __VA_ARGS__)
#define MPTCP(title, field, text, ...) MPTCP_AS(title, TYPE(mptcp.field), field, text, __VA_ARGS__)
#define MEMORY(title, field, text, ...) \
	DETAIL(title, SKT_TYPE_U32, memory.field, text, MEMORY, \
		.length_at = offsetof(struct skt_socket_detail, memory_length), \
		.least = SKT_MEMORY_UP_TO(field), __VA_ARGS__)

/* Colours: who waits for others, who has been left, and what is over. */
const uint8_t skt_state_tones[SKT_STATE_COUNT] = {
	[SKT_STATE_LISTEN] = SKT_TONE_GOOD,
	[SKT_STATE_SYN_SENT] = SKT_TONE_NOTICE,
	[SKT_STATE_CLOSE_WAIT] = SKT_TONE_NOTICE,
	[SKT_STATE_FIN_WAIT_1] = SKT_TONE_FAINT,
	[SKT_STATE_FIN_WAIT_2] = SKT_TONE_FAINT,
	[SKT_STATE_TIME_WAIT] = SKT_TONE_FAINT,
};

/* Who has to do something, and what is worth a look. */
static const uint8_t verdict_tones[SKT_VERDICT_COUNT] = {
	[SKT_VERDICT_ACCEPT_QUEUE_FULL] = SKT_TONE_BAD,
	[SKT_VERDICT_ACCEPT_QUEUE_DROPPED] = SKT_TONE_NOTICE,
	[SKT_VERDICT_NO_ANSWER] = SKT_TONE_BAD,
	[SKT_VERDICT_PEER_NOT_READING] = SKT_TONE_BAD,
	[SKT_VERDICT_PROGRAM_NOT_READING] = SKT_TONE_BAD,
	[SKT_VERDICT_PROGRAM_NOT_CLOSING] = SKT_TONE_BAD,
	[SKT_VERDICT_PEER_NOT_CLOSING] = SKT_TONE_NOTICE,
	[SKT_VERDICT_CLOSING] = SKT_TONE_FAINT,
	[SKT_VERDICT_IDLE] = SKT_TONE_FAINT,
	[SKT_VERDICT_PEER_WINDOW] = SKT_TONE_NOTICE,
	[SKT_VERDICT_SEND_BUFFER] = SKT_TONE_NOTICE,
	[SKT_VERDICT_PATH_LOSS] = SKT_TONE_BAD,
	[SKT_VERDICT_PATH_REORDERING] = SKT_TONE_NOTICE,
	[SKT_VERDICT_PATH_LOSS_INBOUND] = SKT_TONE_BAD,
	[SKT_VERDICT_PACING] = SKT_TONE_NOTICE,
	[SKT_VERDICT_PATH_QUEUE] = SKT_TONE_NOTICE,
	[SKT_VERDICT_NOTHING] = SKT_TONE_GOOD,
};

enum { VERDICT_NEEDS = SKT_NEED_VERDICT | SKT_DETAIL_TCP | SKT_DETAIL_MEMORY };

static enum skt_tone received_tone(const void *row)
{
	const struct skt_socket *s = &((const struct skt_socket_row *)row)->s;

	if (s->present >> SKT_SOCKET_BACKLOG & 1 && s->recv_queue > s->send_queue)
		return SKT_TONE_BAD;
	return s->recv_queue ? SKT_TONE_NOTICE : SKT_TONE_PLAIN;
}

static enum skt_tone sent_tone(const void *row)
{
	const struct skt_socket *s = &((const struct skt_socket_row *)row)->s;
	bool limit = s->present >> SKT_SOCKET_BACKLOG & 1;

	return s->send_queue && !limit ? SKT_TONE_NOTICE : SKT_TONE_PLAIN;
}

/* How fast it is, since the look before. */
#define RATE(field, bit, text, ...) \
	SKT_COLUMN_VIA(struct skt_socket_row, rates, struct skt_rates, #field, SKT_TYPE_U64, \
		field, .help = (text), .needs = SKT_DETAIL_TCP | SKT_NEED_RATES, .group = "tcp", \
		.present = SKT_PRESENT(SKT_RATES_##bit), .unit = SKT_UNIT_BYTES_PER_S, \
		__VA_ARGS__)

#define ROW(title, field, text, ...) \
	SKT_COLUMN_AS(struct skt_socket_row, title, field, .help = (text), __VA_ARGS__)
#define ROW_NAME(title, field, texts, text, ...) \
	SKT_COLUMN_NAME(struct skt_socket_row, title, field, texts, .help = (text), __VA_ARGS__)

const struct skt_column skt_socket_columns[] = {
	ROW_NAME("proto", s.proto, skt_proto_names, "protocol", .flags = SKT_COLUMN_BOTH,
		.width = 5),
	ROW_NAME("family", s.family, skt_family_names, "address family", .flags = SKT_COLUMN_DATA),
	ROW_NAME("type", s.type, skt_type_names, "type: stream, dgram, seqpacket, ..."),
	ROW_NAME("state", s.state, skt_state_names,
		"state by RFC 9293, or that of a datagram socket", .flags = SKT_COLUMN_BOTH,
		.tones = skt_state_tones, .width = 11, .spare = 3),
	ROW("recv_queue", s.recv_queue, "bytes unread; LISTEN: connections to accept",
		.title = "RECV-Q", .flags = SKT_COLUMN_BOTH, .spare = 5,
		.present = SKT_PRESENT(SKT_SOCKET_RECV_QUEUE), .tone_of = received_tone),
	ROW("send_queue", s.send_queue, "bytes unacknowledged; LISTEN: how many may wait",
		.title = "SEND-Q", .flags = SKT_COLUMN_BOTH, .spare = 5,
		.present = SKT_PRESENT(SKT_SOCKET_SEND_QUEUE), .tone_of = sent_tone),
	ROW("local", s.local, "local address:port, or path", .flags = SKT_COLUMN_BOTH,
		.needs = SKT_NEED_ZONE),
	ROW("remote", s.remote, "remote address:port, or path", .flags = SKT_COLUMN_BOTH,
		.needs = SKT_NEED_UNIX_PEERS),
	ROW("local_address", s.local.addr, "local address", .flags = SKT_COLUMN_DATA),
	ROW("local_port", s.local.port, "local port", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_LOCAL_PORT)),
	ROW("remote_address", s.remote.addr, "remote address", .flags = SKT_COLUMN_DATA),
	ROW("remote_port", s.remote.port, "remote port", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_REMOTE_PORT)),
	ROW("interface", interface, "interface that the socket is bound to",
		.flags = SKT_COLUMN_DATA, .needs = SKT_NEED_INTERFACE),
	ROW_NAME("direction", direction, skt_direction_names,
		"who began: in (somebody listens at the local end) or out",
		.needs = SKT_NEED_DIRECTION),
	ROW("service", service, "service name of the well-known end", .needs = SKT_NEED_SERVICE),
	ROW("uid", s.uid, "user id of the owner", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_UID)),
	ROW("user", user, "name of the owner", .flags = SKT_COLUMN_DATA, .needs = SKT_NEED_USER),
	ROW("processes", processes, "every process that holds it: name[pid]:descriptor",
		.flags = SKT_COLUMN_BOTH, .items = skt_holder_columns,
		.item_size = sizeof(struct skt_holder), .item_text = skt_holder_text,
		.item_brief = skt_holder_brief, .needs = SKT_NEED_OWNERS),
	ROW("pid", pid, "process id of the first holder", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_ROW_PID), .needs = SKT_NEED_OWNERS),
	ROW("process", process, "program of the first holder", .flags = SKT_COLUMN_DATA,
		.needs = SKT_NEED_OWNERS),
	ROW("comm", comm, "what the first holder calls itself: 15 bytes (prctl(2))",
		.needs = SKT_NEED_OWNERS),
	ROW("exe", exe, "path of the first holder's program", .needs = SKT_NEED_OWNERS),
	ROW("deleted", deleted, "that file is gone or was replaced while the program runs",
		.present = SKT_PRESENT(SKT_ROW_EXE), .needs = SKT_NEED_OWNERS),
	ROW("threads", threads, "threads of the first holder: name[tid]",
		.items = skt_thread_columns, .item_size = sizeof(struct skt_thread),
		.item_text = skt_thread_text, .needs = SKT_NEED_OWNERS | SKT_NEED_THREADS),
	ROW("context", context, "security context of the first holder (SELinux, AppArmor, Smack)",
		.needs = SKT_NEED_OWNERS | SKT_NEED_CONTEXT),
	ROW("socket_context", socket_context, "security context of the socket (SELinux)",
		.needs = SKT_NEED_OWNERS | SKT_NEED_CONTEXT),
	ROW("held_by", held_by, "what holds it where no process is seen to",
		.needs = SKT_NEED_OWNERS | SKT_NEED_HELD_BY),
	ROW("command", command, "command line of the first holder",
		.needs = SKT_NEED_OWNERS | SKT_NEED_COMMAND),
	ROW("peer", peer, "who holds the other end, where it is on this host: name[pid]:descriptor",
		.items = skt_holder_columns, .item_size = sizeof(struct skt_holder),
		.item_text = skt_holder_text, .item_brief = skt_holder_brief,
		.needs = SKT_NEED_OWNERS | SKT_NEED_PEER | SKT_NEED_UNIX_PEERS),
	ROW("unit", unit, "systemd unit", .needs = SKT_NEED_CGROUP),
	ROW("container", container, "container: its runtime, and its name or number",
		.needs = SKT_NEED_CGROUP),
	ROW("cgroup", cgroup, "control group", .needs = SKT_NEED_CGROUP),
	ROW("netns", netns, "network namespace: name, pid:N of a process in it, or inode",
		.needs = SKT_NEED_NETNS),
	ROW("host", host, "name of this host, for rows of many", .needs = SKT_NEED_HOST),
	ROW("inode", s.inode, "inode of the socket", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_INODE)),
	ROW("peer_inode", s.peer_inode, "inode of the other end of a unix socket",
		.present = SKT_PRESENT(SKT_SOCKET_PEER_INODE)),
	NUMBER("vfs_inode", vfs_inode, "inode of the file that a unix socket is bound to", VFS,
		HAS_VFS),
	TEXT("vfs_device", vfs_device, "device that this file is on, MAJOR:MINOR", VFS),
	NAME_OF("packet_version", packet_version, "version of the rings' frames", packet_versions,
		PACKET, PACKET_INFO),
	FLAGS("packet_flags", packet_flags, "what a packet socket does", packet_flags, PACKET,
		PACKET_INFO),
	FLAGS("memberships", memberships, "what a packet socket takes beside its own address",
		memberships, PACKET, MEMBERSHIPS),
	NUMBER("copy_threshold", copy_threshold,
		"packets from this size on are copied beside the ring", PACKET, PACKET_INFO,
		.unit = SKT_UNIT_BYTES),
	RING("rx_ring", rx_ring, "receive ring", RX_RING),
	RING("tx_ring", tx_ring, "send ring", TX_RING),
	NUMBER("fanout_id", fanout_id, "group of packet sockets that share what comes", PACKET,
		FANOUT),
	NAME_OF("fanout_type", fanout_type, "how they share it", fanout_types, PACKET, FANOUT),
	ROW("bpf_filter", list, "classic BPF program of a packet socket: its length, CODE JT JF K",
		.present = SKT_PRESENT(SKT_ROW_BPF), .needs = SKT_DETAIL_BPF),
	ROW("md5_peers", list, "for whom a TCP socket has MD5 keys: ADDRESS/LENGTH",
		.present = SKT_PRESENT(SKT_ROW_MD5), .needs = SKT_DETAIL_TCP | SKT_DETAIL_MD5),
	ROW("cookie", s.cookie,
		"the kernel's number for it; what MPTCP accepts may have its listener's",
		.present = SKT_PRESENT(SKT_SOCKET_COOKIE)),
	ROW("groups", groups, "multicast groups that a netlink socket is in",
		.needs = SKT_NEED_GROUPS),
	ROW("mark", s.mark, "firewall mark (SO_MARK)", .present = SKT_PRESENT(SKT_SOCKET_MARK)),
	ROW_NAME("timer", s.timer, skt_timer_names, "timer that runs", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_TIMER)),
	ROW("timer_ms", s.timer_ms, "milliseconds until it fires", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_TIMER), .unit = SKT_UNIT_MS),
	ROW("retransmits", s.retransmits, "retransmissions or probes without an answer",
		.present = SKT_PRESENT(SKT_SOCKET_TIMER)),
	ROW_NAME("shutdown", s.shutdown, shutdown_names, "directions that were shut down",
		.present = SKT_PRESENT(SKT_SOCKET_SHUTDOWN)),
	ROW("v6only", s.v6only, "takes no IPv4 (IPV6_V6ONLY)",
		.present = SKT_PRESENT(SKT_SOCKET_V6ONLY)),
	RATE(recv_rate, MEASURED, "payload that TCP received since the look before, bytes/s"),
	RATE(send_rate, MEASURED,
		"payload that TCP sent since then, retransmissions included, bytes/s"),
	RATE(total_rate, MEASURED, "both together, bytes/s"),
	RATE(retransmit_rate, RETRANSMIT, "of send_rate, what was sent again, bytes/s",
		.title = "RETRANS-RATE", .tone = SKT_TONE_NOTICE),
	TEXT("congestion", congestion, "congestion control algorithm", CONGESTION_NAME),
	NAME("ca_state", tcp.ca_state, "state of congestion control", ca_states, CONNECTION),
	INFO("rto_retransmits", retransmits, "timeouts in a row without an answer"),
	INFO("probes", probes, "window or keepalive probes without an answer"),
	INFO("backoff", backoff, "how often the timeout was doubled"),
	FLAGS("options", tcp_options, "TCP options agreed on", tcp_options, TCP, CONNECTION),
	NUMBER("snd_wscale", snd_wscale, "window scale of the peer", TCP, WSCALE),
	NUMBER("rcv_wscale", rcv_wscale, "window scale of this end", TCP, WSCALE),
	NUMBER("delivery_rate_app_limited", app_limited,
		"delivery_rate is what the program wrote, not what the path takes", TCP, CONNECTION,
		.title = "APP-LIMITED"),
	NAME("fastopen_client_fail", fastopen_client_fail, "why TCP Fast Open did not work",
		fastopen_failures, CONNECTION),
	INFO("rto_us", rto, "retransmission timeout", .unit = SKT_UNIT_US, .title = "RTO"),
	INFO("ato_us", ato, "delayed-acknowledgement timeout", .unit = SKT_UNIT_US, .title = "ATO"),
	INFO("mss", snd_mss, "largest segment sent, bytes"),
	INFO("rcv_mss", rcv_mss, "largest segment received, bytes"),
	INFO("unacked", unacked, "segments in flight"),
	INFO("sacked", sacked, "segments acknowledged selectively"),
	INFO("lost", lost, "segments held for lost", .tone = SKT_TONE_NOTICE),
	INFO("retrans", retrans, "retransmitted segments in flight", .tone = SKT_TONE_NOTICE),
	INFO("fackets", fackets, "segments forward-acknowledged; 0 since Linux 4.15"),
	INFO_IF("last_data_sent_ms", last_data_sent, "milliseconds since data was sent", HEARD,
		.unit = SKT_UNIT_MS, .title = "LAST-SENT"),
	INFO_IF("last_data_recv_ms", last_data_recv, "milliseconds since data was received", HEARD,
		.unit = SKT_UNIT_MS, .title = "LAST-RECV"),
	INFO_IF("last_ack_recv_ms", last_ack_recv,
		"milliseconds since an acknowledgement was received", HEARD, .unit = SKT_UNIT_MS,
		.title = "LAST-ACK"),
	INFO("pmtu", pmtu, "path MTU, bytes"),
	INFO("rcv_ssthresh", rcv_ssthresh, "most that the window offered may grow to, bytes",
		.unit = SKT_UNIT_BYTES),
	INFO_IF("rtt_us", rtt, "smoothed round-trip time", RTT, .unit = SKT_UNIT_US,
		.title = "RTT"),
	INFO_IF("rttvar_us", rttvar, "its mean deviation", RTT, .unit = SKT_UNIT_US,
		.title = "RTTVAR"),
	INFO_IF("ssthresh", snd_ssthresh, "slow-start threshold, segments", SSTHRESH),
	INFO_ALWAYS("cwnd", snd_cwnd, "congestion window, segments"),
	INFO("advmss", advmss, "largest segment offered to the peer, bytes"),
	INFO_ALWAYS("reordering", reordering, "segments that may overtake each other"),
	INFO_IF("rcv_rtt_us", rcv_rtt, "round-trip time as the receiver sees it", RCV_RTT,
		.unit = SKT_UNIT_US, .title = "RCV-RTT"),
	INFO("rcv_space", rcv_space, "bytes that the program read in a round trip",
		.unit = SKT_UNIT_BYTES),
	INFO("total_retrans", total_retrans, "segments retransmitted in all",
		.tone = SKT_TONE_NOTICE),
	INFO_IF("pacing_rate", pacing_rate, "rate at which it may send, bytes/s", PACING,
		.unit = SKT_UNIT_BYTES_PER_S),
	INFO_IF("max_pacing_rate", max_pacing_rate, "SO_MAX_PACING_RATE, bytes/s", MAX_PACING,
		.unit = SKT_UNIT_BYTES_PER_S),
	INFO("bytes_acked", bytes_acked, "bytes sent and acknowledged", .unit = SKT_UNIT_BYTES),
	INFO("bytes_received", bytes_received, "bytes received in order", .unit = SKT_UNIT_BYTES),
	INFO("segs_out", segs_out, "segments sent"),
	INFO("segs_in", segs_in, "segments received"),
	INFO("notsent_bytes", notsent_bytes, "bytes written and not sent yet",
		.unit = SKT_UNIT_BYTES, .title = "NOTSENT"),
	INFO_IF("min_rtt_us", min_rtt, "least round-trip time of late", MIN_RTT,
		.unit = SKT_UNIT_US, .title = "MIN-RTT"),
	INFO("data_segs_in", data_segs_in, "segments with data received"),
	INFO("data_segs_out", data_segs_out, "segments with data sent"),
	INFO("delivery_rate", delivery_rate, "rate at which data arrived, bytes/s",
		.unit = SKT_UNIT_BYTES_PER_S),
	INFO("busy_time_us", busy_time, "time with data to send", .unit = SKT_UNIT_US,
		.title = "BUSY"),
	INFO("rwnd_limited_us", rwnd_limited, "of it, held back by the peer's window",
		.unit = SKT_UNIT_US, .title = "RWND-LIMITED"),
	INFO("sndbuf_limited_us", sndbuf_limited, "of it, held back by the send buffer",
		.unit = SKT_UNIT_US, .title = "SNDBUF-LIMITED"),
	INFO("delivered", delivered, "segments that arrived at the peer"),
	INFO("delivered_ce", delivered_ce, "of these, marked with congestion"),
	INFO("bytes_sent", bytes_sent, "bytes sent, retransmissions included",
		.unit = SKT_UNIT_BYTES),
	INFO("bytes_retrans", bytes_retrans, "bytes retransmitted", .unit = SKT_UNIT_BYTES),
	INFO("dsack_dups", dsack_dups, "duplicates that the peer reported"),
	INFO("reord_seen", reord_seen, "times that segments overtook each other"),
	INFO("rcv_ooopack", rcv_ooopack, "segments received out of order"),
	INFO("snd_wnd", snd_wnd, "window that the peer offers, bytes", .unit = SKT_UNIT_BYTES),
	INFO("rcv_wnd", rcv_wnd, "window offered to the peer, bytes", .unit = SKT_UNIT_BYTES),
	INFO("rehash", rehash, "times that another path was tried"),
	INFO("total_rto", total_rto, "retransmission timeouts in all"),
	INFO("total_rto_recoveries", total_rto_recoveries, "recoveries after timeouts"),
	INFO("total_rto_time_ms", total_rto_time, "time spent in these recoveries",
		.unit = SKT_UNIT_MS, .title = "TOTAL-RTO-TIME"),
	INFO("received_ce", received_ce, "segments received with a congestion mark"),
	INFO("delivered_e1_bytes", delivered_e1_bytes,
		"bytes that arrived at the peer marked ECT(1)", .unit = SKT_UNIT_BYTES),
	INFO("delivered_e0_bytes", delivered_e0_bytes,
		"bytes that arrived at the peer marked ECT(0)", .unit = SKT_UNIT_BYTES),
	INFO("delivered_ce_bytes", delivered_ce_bytes,
		"bytes that arrived at the peer marked with congestion", .unit = SKT_UNIT_BYTES),
	INFO("received_e1_bytes", received_e1_bytes, "bytes received marked ECT(1)",
		.unit = SKT_UNIT_BYTES),
	INFO("received_e0_bytes", received_e0_bytes, "bytes received marked ECT(0)",
		.unit = SKT_UNIT_BYTES),
	INFO("received_ce_bytes", received_ce_bytes, "bytes received marked with congestion",
		.unit = SKT_UNIT_BYTES),
	NAME("ecn_mode", ecn_mode, "which ECN was agreed on", ecn_modes, ECN_MODE),
	NAME("accecn_opt_seen", accecn_opt_seen, "which AccECN option the peer sent", accecn_seen,
		ACCECN),
	FLAGS("accecn_fail_mode", accecn_fail_mode, "how AccECN failed", accecn_failures, TCP,
		ACCECN),
	NUMBER("vegas_enabled", vegas.enabled, "Vegas: whether it is at work", CONGESTION, VEGAS),
	NUMBER("vegas_rttcnt", vegas.rttcnt, "Vegas: round trips measured in this one", CONGESTION,
		VEGAS),
	NUMBER("vegas_rtt_us", vegas.rtt, "Vegas: round-trip time", CONGESTION, VEGAS,
		.unit = SKT_UNIT_US, .title = "VEGAS-RTT"),
	NUMBER("vegas_minrtt_us", vegas.minrtt, "Vegas: least round-trip time", CONGESTION, VEGAS,
		.unit = SKT_UNIT_US, .title = "VEGAS-MINRTT"),
	NUMBER("dctcp_enabled", dctcp.enabled, "DCTCP: whether it is at work", CONGESTION, DCTCP),
	NUMBER("dctcp_ce_state", dctcp.ce_state, "DCTCP: the last segment was marked", CONGESTION,
		DCTCP),
	NUMBER("dctcp_alpha", dctcp.alpha, "DCTCP: part of the bytes marked, in 1/1024", CONGESTION,
		DCTCP),
	NUMBER("dctcp_ab_ecn", dctcp.ab_ecn, "DCTCP: bytes acknowledged with marks", CONGESTION,
		DCTCP, .unit = SKT_UNIT_BYTES),
	NUMBER("dctcp_ab_tot", dctcp.ab_tot, "DCTCP: bytes acknowledged", CONGESTION, DCTCP,
		.unit = SKT_UNIT_BYTES),
	NUMBER("bbr_bw", bbr.bandwidth, "BBR: bandwidth of the path, bytes/s", CONGESTION, BBR,
		.unit = SKT_UNIT_BYTES_PER_S),
	NUMBER("bbr_min_rtt_us", bbr.min_rtt, "BBR: round-trip time without queues", CONGESTION,
		BBR, .unit = SKT_UNIT_US, .title = "BBR-MIN-RTT"),
	NUMBER("bbr_pacing_gain", bbr.pacing_gain, "BBR: pacing to bandwidth, in 1/256", CONGESTION,
		BBR),
	NUMBER("bbr_cwnd_gain", bbr.cwnd_gain, "BBR: cwnd to what fits the path, in 1/256",
		CONGESTION, BBR),
	TEXT("ulp", ulp, "protocol on top of TCP in the kernel: tls, mptcp", TCP),
	NAME("tls_version", tls_version, "kernel TLS: version", tls_versions, TLS),
	NAME("tls_cipher", tls_cipher, "kernel TLS: cipher", tls_ciphers, TLS),
	NAME("tls_tx", tls_tx, "kernel TLS: who encrypts", tls_workers, TLS),
	NAME("tls_rx", tls_rx, "kernel TLS: who decrypts", tls_workers, TLS),
	NUMBER("tls_zerocopy_tx", tls_zerocopy_tx, "kernel TLS: sendfile() without a copy", TCP,
		TLS),
	NUMBER("tls_no_pad_rx", tls_no_pad_rx, "kernel TLS: records are expected without padding",
		TCP, TLS),
	NUMBER("tls_tx_max_payload", tls_tx_max_payload,
		"kernel TLS: most that a record carries, bytes", TCP, TLS_PAYLOAD),
	MPTCP("mptcp_subflows", subflows, "MPTCP: subflows beside the first one"),
	MPTCP("mptcp_subflows_max", subflows_max, "MPTCP: how many there may be"),
	MPTCP("mptcp_subflows_total", subflows_total,
		"MPTCP: subflows that live, the first one too"),
	MPTCP("mptcp_token", token, "MPTCP: token of this end"),
	MPTCP_AS("mptcp_info_flags", SKT_TYPE_FLAGS, flags, "MPTCP: what became of it",
		TEXTS(mptcp_info_flags)),
	MPTCP("mptcp_add_addr_signal", add_addr_signal, "MPTCP: addresses told to the peer"),
	MPTCP("mptcp_add_addr_signal_max", add_addr_signal_max, "MPTCP: the most of them"),
	MPTCP("mptcp_add_addr_accepted", add_addr_accepted, "MPTCP: addresses taken from the peer"),
	MPTCP("mptcp_add_addr_accepted_max", add_addr_accepted_max, "MPTCP: the most of them"),
	MPTCP("mptcp_local_addr_used", local_addr_used,
		"MPTCP: local addresses that it began with"),
	MPTCP("mptcp_local_addr_max", local_addr_max, "MPTCP: the most of them"),
	MPTCP_AS("mptcp_csum_enabled", SKT_TYPE_BOOL, csum_enabled, "MPTCP: checksums are used", ),
	MPTCP("mptcp_write_seq", write_seq, "MPTCP: data sequence number of what was written"),
	MPTCP("mptcp_snd_una", snd_una, "MPTCP: the first one not acknowledged"),
	MPTCP("mptcp_rcv_nxt", rcv_nxt, "MPTCP: the next one to be received"),
	MPTCP("mptcp_retransmits", retransmits, "MPTCP: times that data was sent again"),
	MPTCP("mptcp_bytes_sent", bytes_sent, "MPTCP: bytes sent", .unit = SKT_UNIT_BYTES),
	MPTCP("mptcp_bytes_retrans", bytes_retrans, "MPTCP: bytes sent again",
		.unit = SKT_UNIT_BYTES),
	MPTCP("mptcp_bytes_received", bytes_received, "MPTCP: bytes received",
		.unit = SKT_UNIT_BYTES),
	MPTCP("mptcp_bytes_acked", bytes_acked, "MPTCP: bytes acknowledged",
		.unit = SKT_UNIT_BYTES),
	MPTCP("mptcp_last_data_sent_ms", last_data_sent, "MPTCP: milliseconds since data was sent",
		.unit = SKT_UNIT_MS, .title = "MPTCP-LAST-SENT"),
	MPTCP("mptcp_last_data_recv_ms", last_data_recv,
		"MPTCP: milliseconds since data was received", .unit = SKT_UNIT_MS,
		.title = "MPTCP-LAST-RECV"),
	MPTCP("mptcp_last_ack_recv_ms", last_ack_recv,
		"MPTCP: milliseconds since an acknowledgement was received", .unit = SKT_UNIT_MS,
		.title = "MPTCP-LAST-ACK"),
	NUMBER("mptcp_token_local", subflow.token_local, "MPTCP subflow: token of this end", TCP,
		SUBFLOW + SKT_SUBFLOW_TOKEN_LOCAL),
	NUMBER("mptcp_token_remote", subflow.token_remote, "MPTCP subflow: token of the peer", TCP,
		SUBFLOW + SKT_SUBFLOW_TOKEN_REMOTE),
	NUMBER("mptcp_id_local", subflow.id_local, "MPTCP subflow: number of the local address",
		TCP, SUBFLOW + SKT_SUBFLOW_ID_LOCAL),
	NUMBER("mptcp_id_remote", subflow.id_remote, "MPTCP subflow: number of the remote address",
		TCP, SUBFLOW + SKT_SUBFLOW_ID_REMOTE),
	FLAGS("mptcp_flags", subflow.flags, "MPTCP subflow: what was agreed on", mptcp_flags, TCP,
		SUBFLOW + SKT_SUBFLOW_FLAGS),
	NUMBER("mptcp_map_seq", subflow.map_seq,
		"MPTCP subflow: data sequence number of the mapping", TCP,
		SUBFLOW + SKT_SUBFLOW_MAP_SEQ),
	NUMBER("mptcp_map_sfseq", subflow.map_sfseq, "MPTCP subflow: its own sequence number there",
		TCP, SUBFLOW + SKT_SUBFLOW_MAP_SFSEQ),
	NUMBER("mptcp_map_datalen", subflow.map_datalen, "MPTCP subflow: bytes of the mapping", TCP,
		SUBFLOW + SKT_SUBFLOW_MAP_DATALEN),
	NUMBER("mptcp_relwrite_seq", subflow.relwrite_seq, "MPTCP subflow: bytes written to it",
		TCP, SUBFLOW + SKT_SUBFLOW_RELWRITE_SEQ),
	NUMBER("mptcp_ssn_offset", subflow.ssn_offset,
		"MPTCP subflow: where its sequence numbers start", TCP,
		SUBFLOW + SKT_SUBFLOW_SSN_OFFSET),
	MEMORY("rmem_alloc", rmem_alloc, "memory of what was received", .unit = SKT_UNIT_BYTES),
	MEMORY("rcvbuf", rcvbuf, "most that it may be (SO_RCVBUF)", .unit = SKT_UNIT_BYTES),
	MEMORY("wmem_alloc", wmem_alloc, "memory of what the layers below hold to send",
		.unit = SKT_UNIT_BYTES),
	MEMORY("sndbuf", sndbuf, "most that may wait to be sent (SO_SNDBUF)",
		.unit = SKT_UNIT_BYTES),
	MEMORY("fwd_alloc", fwd_alloc, "memory reserved and not used yet", .unit = SKT_UNIT_BYTES),
	MEMORY("wmem_queued", wmem_queued, "memory of what waits to be sent or acknowledged",
		.unit = SKT_UNIT_BYTES),
	MEMORY("optmem", optmem, "memory of options and filters", .unit = SKT_UNIT_BYTES),
	MEMORY("backlog_bytes", backlog, "memory of what came while the socket was locked",
		.unit = SKT_UNIT_BYTES, .title = "BACKLOG"),
	MEMORY("drops", drops, "packets dropped for want of memory", .tone = SKT_TONE_BAD),
	NUMBER("tos", tos, "type of service: DSCP and ECN (IP_TOS)", TOS, HAS_TOS),
	NUMBER("tclass", tclass, "traffic class of IPv6 (IPV6_TCLASS)", TCLASS, HAS_TCLASS),
	NUMBER("class_id", class_id, "class of net_cls, else SO_PRIORITY", TCLASS, CLASS_ID),
	FLAGS("socket_options", options, "options that are set", socket_options, OPTIONS,
		HAS_OPTIONS),
	ROW_NAME("verdict", verdict, skt_verdict_names, "what holds a TCP connection back",
		.tones = verdict_tones, .needs = VERDICT_NEEDS),
	ROW("detail", detail, "what the verdict means, and the columns that it stands on",
		.flags = SKT_COLUMN_PROSE, .needs = VERDICT_NEEDS),
	SKT_SOCKOPTS(SOCKOPT) SKT_COLUMN_END,
};
