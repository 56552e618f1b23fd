/*
 * Any text as a filter: it is refused with words that fit, or it matches, narrows and compiles
 * soundly. The resolver knows every name. An input is the text; its bytes are also the sockets and
 * rows tried.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/listing/columns.h"
#include "cmd/listing/filter_columns.h"
#include "filter/filter.h"
#include "tests/unit/bytecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int resolve_ports(
	void *ctx, const struct skt_port_list *list, struct skt_portset *set, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < list->len; i++) {
		const struct skt_port_item *item = &list->data[i];

		/* The ends of a range, and some between, for the inputs' sake: they are many. */
		for (uint32_t port = item->low; !item->name && port <= item->high;
			port += 1u + (uint32_t)(item->high - item->low) / 16)
			skt_portset_add(set, (uint16_t)port);
		if (item->name)
			skt_portset_add(
				set, (uint16_t)((unsigned char)item->name[0] * item->name_len));
	}
	return 0;
}

static int resolve_host(
	void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*count = strlen(name) % 3;
	*cidrs = calloc(*count, sizeof(**cidrs));
	for (size_t i = 0; *cidrs && i < *count; i++) {
		(*cidrs)[i].addr.family = i ? AF_INET : AF_INET6;
		(*cidrs)[i].length = (uint8_t)(name[0] & 31);
	}
	return 0;
}

static void fill_end(struct skt_end *end, const uint8_t *bytes)
{
	end->addr.family = bytes[0] & 1 ? AF_INET : bytes[0] & 2 ? AF_INET6 : AF_UNSPEC;
	if (end->addr.family != AF_UNSPEC)
		memcpy(end->addr.bytes, bytes + 1, end->addr.family == AF_INET ? 4 : 16);
	end->port = (uint16_t)(bytes[0] & 4 ? 22 : bytes[17] << 8 | bytes[18]);
}

static int resolve_interface(void *ctx, const char *name, uint32_t *ret, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*ret = (unsigned char)name[0];
	return 0;
}

static int resolve_cgroup(void *ctx, const char *path, uint64_t *ret, struct skt_err *err)
{
	(void)ctx;
	(void)err;
	*ret = strlen(path);
	return 0;
}

static void ephemeral(void *ctx, uint16_t *ret_low, uint16_t *ret_high)
{
	(void)ctx;
	*ret_low = 32768;
	*ret_high = 60999;
}

/* "Did you mean" of one name, not of hundreds: it would be most of each run. */
static void offer_one(const void *ctx, void (*offer)(const char *name, void *to), void *to)
{
	(void)ctx;
	offer("recv_queue", to);
}

struct program {
	unsigned char code[SKT_FILTER_CODE_MAX];
	size_t len;
};

/* With what is joined to it: of all types, present or not. */
static void try_row(
	const struct skt_filter *filter, const struct skt_socket *socket, const uint8_t bytes[40])
{
	char text[20];
	const struct skt_holder holders[] = {{bytes[2] & 1, bytes[2], bytes[3], text, text},
		{1, bytes[4], 7, "nginx", "nginx: worker"}};
	struct skt_socket_row row = {.s = *socket,
		.user = bytes[5] & 1 ? text : NULL,
		.interface = bytes[5] & 2 ? "eth0" : NULL,
		.processes = {holders, bytes[5] >> 2 & 1 ? bytes[5] >> 3 & 1 ? 2 : 1 : 0}};

	memcpy(text, bytes + 20, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (unsigned int bit = SKT_SOCKET_FIELDS; bit < SKT_ROW_FIELDS; bit++)
		row.s.present |= (uint64_t)(bytes[6] >> bit % 8 & 1) << bit;
	if (skt_filter_match_row(filter, socket, &row) && !skt_filter_match(filter, socket))
		abort();
}

static void try_socket(const struct skt_filter *filter, const struct skt_dump_query *query,
	const struct program *program, const uint8_t bytes[40])
{
	struct skt_socket socket = {.state = bytes[0] % SKT_STATE_COUNT,
		.ifindex = bytes[39],
		.mark = bytes[38],
		.cgroup_id = bytes[37] & 15};
	struct bytecode_entry entry;

	fill_end(&socket.local, bytes + 1);
	fill_end(&socket.remote, bytes + 20);
	memcpy(&socket.present, bytes + 32, sizeof(socket.present));
	socket.present &= (UINT64_C(1) << SKT_SOCKET_FIELDS) - 1;
	socket.present |= UINT64_C(1) << SKT_SOCKET_INTERFACE | UINT64_C(1) << SKT_SOCKET_MARK |
		UINT64_C(1) << SKT_SOCKET_CGROUP;
	try_row(filter, &socket, bytes);
	if (!socket.state || !skt_filter_match(filter, &socket))
		return;
	/* The kernel's sockets have two ends of one family, or one end. */
	entry = bytecode_entry_of(&socket);
	if (program->len && socket.local.addr.family != AF_UNSPEC &&
		(socket.remote.addr.family == socket.local.addr.family ||
			(socket.remote.addr.family == AF_UNSPEC && !socket.remote.port)) &&
		!bytecode_run(program->code, (int)program->len, &entry))
		abort();
	if (!(query->states >> socket.state & 1) ||
		(query->local_port && query->local_port != socket.local.port) ||
		(query->remote_port && query->remote_port != socket.remote.port))
		abort();
}

static void use(const struct skt_filter *filter, const uint8_t *data, size_t size)
{
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_TCP] = true}, .states = SKT_STATES_ALL};
	struct program program;
	uint8_t bytes[40] = {0};

	skt_filter_narrow(filter, &query);
	program.len = skt_filter_compile(filter, &query, program.code);
	if (program.len && !bytecode_audit(program.code, (int)program.len))
		abort();
	for (size_t i = 0; i < size; i += sizeof(bytes)) {
		size_t n = size - i < sizeof(bytes) ? size - i : sizeof(bytes);

		memcpy(bytes, data + i, n);
		try_socket(filter, &query, &program, bytes);
	}
	for (uint8_t state = 1; state < SKT_STATE_COUNT; state++) {
		memset(bytes, state, sizeof(bytes));
		try_socket(filter, &query, &program, bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct skt_filter_resolver resolver = {.ports = resolve_ports,
		.host = resolve_host,
		.interface = resolve_interface,
		.cgroup = resolve_cgroup,
		.ephemeral = ephemeral};
	/* For all runs: making them takes longer than most of these. */
	static struct skt_filter_columns columns;
	struct skt_filter *filter = NULL;
	struct skt_err err = {0};
	char *text = malloc(size + 1);
	int rc;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!columns.array && skt_filter_columns_init(&columns, skt_socket_columns))
		abort();
	columns.fields.each_name = offer_one;
	rc = skt_filter_parse(text, &columns.fields, &filter, &err);
	free(text); /* the filter has its copy */
	if (rc == 0 && err.text[0] == '\0')
		rc = skt_filter_resolve(filter, &resolver, &err);
	else if (rc != -EINVAL || strncmp(err.text, "filter", 6) != 0 || filter)
		abort();
	if (rc == 0)
		use(filter, data, size);
	skt_filter_free(filter);
	return 0;
}
