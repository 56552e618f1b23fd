#include "cmd/ports/row.h"

#include <inttypes.h>

#include "cmd/listing/holder.h"
#include "diag/socket_detail.h"

/* ---- columns ---- */

/* Who can reach an address. */
enum scope { SCOPE_ALL, SCOPE_LOOPBACK, SCOPE_LINK, SCOPE_ADDRESS };

static const char *const scope_names[] = {"all", "loopback", "link", "address"};
static const uint8_t scope_tones[] = {[SCOPE_ALL] = SKT_TONE_NOTICE,
	[SCOPE_LOOPBACK] = SKT_TONE_FAINT,
	[SCOPE_LINK] = SKT_TONE_PLAIN,
	[SCOPE_ADDRESS] = SKT_TONE_PLAIN};

/* 3/128, and FULL when the next connection would be dropped (sk_acceptq_is_full(), net/sock.h). */
static void queue_text(struct skt_str *out, const void *item)
{
	const struct skt_socket *s = &((const struct ports_row *)item)->socket.s;
	bool limited = s->present >> SKT_SOCKET_BACKLOG & 1;

	skt_str_add_format(out, "%" PRIu64, s->recv_queue);
	if (limited)
		skt_str_add_format(out, "/%" PRIu64 "%s", s->send_queue,
			s->recv_queue > s->send_queue ? " FULL" : "");
}

static enum skt_tone queue_tone(const void *item)
{
	const struct skt_socket *s = &((const struct ports_row *)item)->socket.s;

	if (s->present >> SKT_SOCKET_BACKLOG & 1 && s->recv_queue > s->send_queue)
		return SKT_TONE_BAD;
	return s->recv_queue ? SKT_TONE_NOTICE : SKT_TONE_PLAIN;
}

/* The first holder's program, and how many more hold the socket. */
static void process_text(struct skt_str *out, const void *item)
{
	const struct skt_socket_row *row = &((const struct ports_row *)item)->socket;

	skt_str_add_text(out, row->process);
	if (row->processes.count > 1)
		skt_str_add_format(out, " +%zu", row->processes.count - 1);
}

#define ROW(title, field, text, ...) \
	SKT_COLUMN_AS(struct ports_row, title, field, .help = (text), __VA_ARGS__)

const struct skt_column ports_row_columns[] = {
	ROW("port", socket.s.local.port, "port number", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_NAME(struct ports_row, "proto", socket.s.proto, skt_proto_names,
		.help = "protocol", .flags = SKT_COLUMN_BOTH),
	ROW("address", socket.s.local, "address that is listened on",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE),
	SKT_COLUMN_NAME(struct ports_row, "scope", scope, scope_names, .tones = scope_tones,
		.help = "who can reach it: all, loopback, link, or those who reach that address",
		.flags = SKT_COLUMN_BOTH),
	ROW("service", socket.service, "service name", .flags = SKT_COLUMN_BOTH,
		.needs = SKT_NEED_SERVICE),
	ROW("queue", socket.s.recv_queue, "connections waiting for accept()",
		.flags = SKT_COLUMN_BOTH, .present = SKT_PRESENT(SKT_ROW_ACCEPTS),
		.row_text = queue_text, .tone_of = queue_tone),
	ROW("backlog", socket.s.send_queue, "how many may wait", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_BACKLOG)),
	SKT_COLUMN_VIA(struct ports_row, socket.s.detail, struct skt_socket_detail, "drops",
		SKT_TYPE_U32, memory.drops, .help = "connections or datagrams that found no room",
		.flags = SKT_COLUMN_DATA, .needs = SKT_DETAIL_MEMORY,
		.length_at = offsetof(struct skt_socket_detail, memory_length),
		.least = SKT_MEMORY_UP_TO(drops), .tone = SKT_TONE_BAD),
	ROW("processes", socket.processes, "every process that holds it: name[pid]:descriptor",
		.flags = SKT_COLUMN_DATA, .items = skt_holder_columns,
		.item_size = sizeof(struct skt_holder), .item_text = skt_holder_text,
		.item_brief = skt_holder_brief, .needs = SKT_NEED_OWNERS),
	ROW("process", socket.process, "program of the first holder, +N: there are more",
		.flags = SKT_COLUMN_BOTH, .row_text = process_text, .needs = SKT_NEED_OWNERS),
	ROW("pid", socket.pid, "process id of the first holder", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_ROW_PID), .needs = SKT_NEED_OWNERS),
	ROW("comm", socket.comm, "what the first holder calls itself: 15 bytes (prctl(2))",
		.needs = SKT_NEED_OWNERS),
	ROW("exe", socket.exe, "path of the first holder's program", .needs = SKT_NEED_OWNERS),
	ROW("deleted", socket.deleted, "that file is gone or was replaced while the program runs",
		.present = SKT_PRESENT(SKT_ROW_EXE), .needs = SKT_NEED_OWNERS),
	ROW("held_by", socket.held_by, "what holds it where no process is seen to",
		.needs = SKT_NEED_OWNERS | SKT_NEED_HELD_BY),
	ROW("user", socket.user, "owner of the socket", .flags = SKT_COLUMN_BOTH,
		.needs = SKT_NEED_USER),
	ROW("unit", socket.unit, "systemd unit", .flags = SKT_COLUMN_BOTH,
		.needs = SKT_NEED_CGROUP),
	ROW("container", socket.container, "container: its runtime, and its name or number",
		.flags = SKT_COLUMN_BOTH, .needs = SKT_NEED_CGROUP),
	ROW("netns", socket.netns, "network namespace: name, pid:N of a process in it, or inode",
		.flags = SKT_COLUMN_DATA, .needs = SKT_NEED_NETNS),
	ROW("host", socket.host, "name of this host, for rows of many", .needs = SKT_NEED_HOST),
	ROW("cgroup", socket.cgroup, "control group", .needs = SKT_NEED_CGROUP),
	ROW("uid", socket.s.uid, "user id of the owner", .present = SKT_PRESENT(SKT_SOCKET_UID)),
	ROW("command", socket.command, "command line of the first holder",
		.needs = SKT_NEED_OWNERS | SKT_NEED_COMMAND),
	ROW("interface", socket.interface, "interface that the socket is bound to",
		.needs = SKT_NEED_INTERFACE),
	ROW("inode", socket.s.inode, "inode of the socket",
		.present = SKT_PRESENT(SKT_SOCKET_INODE)),
	SKT_COLUMN_END,
};

/* ---- rows ---- */

/* The loopback interface of every network namespace (include/net/flow.h, LOOPBACK_IFINDEX). */
enum { LOOPBACK_IFINDEX = 1 };

static uint8_t scope_of(const struct skt_socket *socket)
{
	const struct skt_addr *addr = &socket->local.addr;

	/* Bound to that interface, it is out of reach, whatever its address. */
	if (socket->ifindex == LOOPBACK_IFINDEX || skt_addr_is_loopback(addr))
		return SCOPE_LOOPBACK;
	if (skt_addr_is_any(addr))
		return SCOPE_ALL;
	return skt_addr_is_link_local(addr) ? SCOPE_LINK : SCOPE_ADDRESS;
}

void ports_row_make(const struct skt_socket_row *socket, struct ports_row *ret)
{
	*ret = (struct ports_row){.socket = *socket, .scope = scope_of(&socket->s)};
	if (socket->s.state == SKT_STATE_LISTEN)
		ret->socket.s.present |= UINT64_C(1) << SKT_ROW_ACCEPTS;
}
