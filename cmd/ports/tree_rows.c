#include "cmd/ports/tree_rows.h"

#include "cmd/listing/columns.h"

#define ROW(name, field, text, ...) \
	SKT_COLUMN_AS(struct ports_tree_row, name, field, .help = (text), __VA_ARGS__)

const struct skt_column ports_tree_columns[] = {
	ROW("port", port, "port that is listened on", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_NAME(struct ports_tree_row, "proto", proto, skt_proto_names, .help = "protocol",
		.flags = SKT_COLUMN_BOTH),
	ROW("address", local, "address that is listened on",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE),
	ROW("process", process, "program that listens", .flags = SKT_COLUMN_BOTH),
	ROW("pid", pid, "its process id", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(PORTS_TREE_PID)),
	ROW("user", user, "owner of the listener", .flags = SKT_COLUMN_DATA),
	SKT_COLUMN_NAME(struct ports_tree_row, "state", state, skt_state_names,
		.help = "state of the listener, or of the connection", .flags = SKT_COLUMN_BOTH,
		.tones = skt_state_tones),
	ROW("client_address", client, "address of a client; none: it is the row of the listener",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE, .title = "CLIENT",
		.present = SKT_PRESENT(PORTS_TREE_CLIENT)),
	ROW("client_port", client.port, "its port", .flags = SKT_COLUMN_BOTH, .title = "FROM",
		.present = SKT_PRESENT(PORTS_TREE_CLIENT)),
	ROW("client_process", client_process, "program of the client, where it is of this host",
		.flags = SKT_COLUMN_BOTH, .title = "CLIENT-PROCESS"),
	ROW("client_pid", client_pid, "its process id", .flags = SKT_COLUMN_BOTH,
		.title = "CLIENT-PID", .present = SKT_PRESENT(PORTS_TREE_CLIENT_PID)),
	SKT_COLUMN_END,
};
