#include "cmd/socket_columns.h"

#include "base/macros.h"

#define HOLDER(field, text) SKT_COLUMN(struct skt_holder, field, .help = (text))

const struct skt_column skt_holder_columns[] = {
	HOLDER(pid, "process id"),
	HOLDER(name, "name of the program"),
	HOLDER(fd, "descriptor"),
	SKT_COLUMN_END,
};

void skt_holder_text(struct skt_str *out, const void *holder)
{
	const struct skt_holder *h = holder;
	char *p;

	/* By hand: with owners, every row has one of these. */
	skt_str_add_text(out, h->name);
	p = skt_str_room(out, 2 * SKT_PUT_U64_MAX + 3);
	if (!p)
		return;
	*p++ = '[';
	p = skt_put_u64(p, h->pid);
	*p++ = ']';
	*p++ = ':';
	skt_str_commit(out, skt_put_u64(p, h->fd));
}

static const char *const shutdown_names[] = {"none", "receive", "send", "both"};

#define ROW(title, field, text, ...) \
	SKT_COLUMN_AS(struct skt_socket_row, title, field, .help = (text), __VA_ARGS__)
#define ROW_NAME(title, field, texts, text, ...) \
	SKT_COLUMN_NAME(struct skt_socket_row, title, field, texts, .help = (text), __VA_ARGS__)

const struct skt_column skt_socket_columns[] = {
	ROW_NAME("proto", s.proto, skt_proto_names, "protocol", .flags = SKT_COLUMN_BOTH),
	ROW_NAME("family", s.family, skt_family_names, "address family", .flags = SKT_COLUMN_DATA),
	ROW_NAME("state", s.state, skt_state_names,
		"state by RFC 9293, or that of a datagram socket", .flags = SKT_COLUMN_BOTH),
	ROW("recv_queue", s.recv_queue, "bytes unread; LISTEN: connections to accept",
		.title = "RECV-Q", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_SOCKET_RECV_QUEUE)),
	ROW("send_queue", s.send_queue, "bytes unacknowledged; LISTEN: how many may wait",
		.title = "SEND-Q", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_SOCKET_SEND_QUEUE)),
	ROW("local", s.local, "local address:port", .flags = SKT_COLUMN_BOTH),
	ROW("remote", s.remote, "remote address:port", .flags = SKT_COLUMN_BOTH),
	ROW("local_address", s.local.addr, "local address", .flags = SKT_COLUMN_DATA),
	ROW("local_port", s.local.port, "local port", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_LOCAL_PORT)),
	ROW("remote_address", s.remote.addr, "remote address", .flags = SKT_COLUMN_DATA),
	ROW("remote_port", s.remote.port, "remote port", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_REMOTE_PORT)),
	ROW("interface", interface, "interface that the socket is bound to",
		.flags = SKT_COLUMN_DATA),
	ROW("service", service, "service name of the well-known end"),
	ROW("uid", s.uid, "user id of the owner", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_UID)),
	ROW("user", user, "name of the owner", .flags = SKT_COLUMN_DATA),
	ROW("processes", processes, "every process that holds it: name[pid]:descriptor",
		.flags = SKT_COLUMN_BOTH, .items = skt_holder_columns,
		.item_size = sizeof(struct skt_holder), .item_text = skt_holder_text),
	ROW("pid", pid, "process id of the first holder", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_ROW_PID)),
	ROW("process", process, "program of the first holder", .flags = SKT_COLUMN_DATA),
	ROW("command", command, "command line of the first holder"),
	ROW("unit", unit, "systemd unit"),
	ROW("container", container, "container: its runtime, and its name or number"),
	ROW("cgroup", cgroup, "control group"),
	ROW("netns", netns, "network namespace: name, pid:N of a process in it, or inode"),
	ROW("inode", s.inode, "inode of the socket", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_SOCKET_INODE)),
	ROW("cookie", s.cookie, "the kernel's number for it, never reused",
		.present = SKT_PRESENT(SKT_SOCKET_COOKIE)),
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
	SKT_COLUMN_END,
};
