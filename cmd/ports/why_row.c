#include "cmd/ports/why_row.h"

#include "base/macros.h"
#include "cmd/listing/columns.h"
#include "cmd/listing/holder.h"

static const char *const reason_names[] = {[WHY_LISTENER] = "listener",
	[WHY_SOCKET_UNIT] = "socket-unit",
	[WHY_PROXY] = "container-proxy",
	[WHY_BOUND] = "bound",
	[WHY_CONNECTION] = "connection",
	[WHY_ACCEPTED] = "accepted",
	[WHY_TIME_WAIT] = "time-wait",
	[WHY_NAMESPACE] = "namespace",
	[WHY_PRIVILEGED] = "privileged",
	[WHY_RESERVED] = "reserved",
	[WHY_EPHEMERAL] = "ephemeral",
	[WHY_VERDICT] = "verdict"};

static const char *const verdict_names[] = {[WHY_FREE] = "free",
	[WHY_FREE_REUSE_ADDRESS] = "free-with-reuseaddr",
	[WHY_FREE_REUSE_PORT] = "free-with-reuseport",
	[WHY_FREE_REUSE_BOTH] = "free-with-reuseaddr-reuseport",
	[WHY_PARTLY] = "partly",
	[WHY_DENIED] = "denied",
	[WHY_TAKEN] = "taken",
	[WHY_UNKNOWN] = "unknown"};

_Static_assert(SKT_COUNT(reason_names) == WHY_VERDICT + 1, "a name for each reason");
_Static_assert(SKT_COUNT(verdict_names) == WHY_UNKNOWN + 1, "a name for each verdict");

static const uint8_t verdict_tones[] = {[WHY_FREE] = SKT_TONE_GOOD,
	[WHY_FREE_REUSE_ADDRESS] = SKT_TONE_NOTICE,
	[WHY_FREE_REUSE_PORT] = SKT_TONE_NOTICE,
	[WHY_FREE_REUSE_BOTH] = SKT_TONE_NOTICE,
	[WHY_PARTLY] = SKT_TONE_NOTICE,
	[WHY_DENIED] = SKT_TONE_BAD,
	[WHY_TAKEN] = SKT_TONE_BAD,
	[WHY_UNKNOWN] = SKT_TONE_BAD};

/* The first holder's program, and how many more hold the socket. */
static void process_text(struct skt_str *out, const void *item)
{
	const struct why_row *row = item;

	skt_str_add_text(out, row->process);
	if (row->processes.count > 1)
		skt_str_add_format(out, " +%zu", row->processes.count - 1);
}

#define ROW(field, text, ...) SKT_COLUMN(struct why_row, field, .help = (text), __VA_ARGS__)

const struct skt_column ports_why_columns[] = {
	ROW(port, "port number", .flags = SKT_COLUMN_DATA),
	SKT_COLUMN_NAME(struct why_row, "proto", proto, skt_proto_names, .help = "protocol",
		.flags = SKT_COLUMN_DATA),
	SKT_COLUMN_NAME(struct why_row, "reason", reason, reason_names,
		.help = "what holds the port, or rules it", .flags = SKT_COLUMN_BOTH),
	ROW(local, "its local address:port", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(WHY_HAS_SOCKET)),
	ROW(remote, "its remote address:port", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(WHY_HAS_REMOTE)),
	SKT_COLUMN_NAME(struct why_row, "state", state, skt_state_names,
		.help = "its state, as in sockets", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(WHY_HAS_SOCKET)),
	ROW(count, "sockets that the row stands for", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(WHY_HAS_COUNT)),
	ROW(queue, "connections waiting for accept()", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(WHY_HAS_QUEUE)),
	ROW(backlog, "how many may wait", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(WHY_HAS_BACKLOG)),
	ROW(drops, "connections or datagrams that found no room", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(WHY_HAS_DROPS)),
	ROW(left_ms, "milliseconds until the last TIME-WAIT is over", .flags = SKT_COLUMN_DATA,
		.title = "LEFT", .unit = SKT_UNIT_MS, .present = SKT_PRESENT(WHY_HAS_LEFT)),
	ROW(processes, "every process that holds it: name[pid]:descriptor",
		.flags = SKT_COLUMN_DATA, .items = skt_holder_columns,
		.item_size = sizeof(struct skt_holder), .item_text = skt_holder_text,
		.item_brief = skt_holder_brief),
	ROW(process, "program of the first holder, +N: there are more", .flags = SKT_COLUMN_BOTH,
		.row_text = process_text),
	ROW(pid, "process id of the first holder", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(WHY_HAS_PID)),
	ROW(user, "owner of the socket", .flags = SKT_COLUMN_BOTH),
	ROW(unit, "systemd unit", .flags = SKT_COLUMN_DATA),
	ROW(container, "container: its runtime, and its name or number", .flags = SKT_COLUMN_DATA),
	ROW(netns, "the other network namespace that the row is about", .flags = SKT_COLUMN_DATA),
	ROW(command, "command line of the first holder"),
	SKT_COLUMN_NAME(struct why_row, "verdict", verdict, verdict_names, .tones = verdict_tones,
		.help = "in the last row: free, taken, or what lies between",
		.flags = SKT_COLUMN_BOTH, .present = SKT_PRESENT(WHY_HAS_VERDICT)),
	ROW(detail, "what that means, and what to do", .flags = SKT_COLUMN_BOTH | SKT_COLUMN_PROSE),
	SKT_COLUMN_END,
};
