#include "diag/proc_net.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/proc_line.h"
#include "diag/proc_table.h"
#include "diag/socket_fill.h"

/* An address is printed as 32-bit words as they lie in memory, the port as a number. */
static void scan_end(struct skt_proc_line *fields, uint8_t family, struct skt_end *ret)
{
	size_t words = family == AF_INET ? 1 : 4;

	ret->addr.family = family;
	for (size_t i = 0; i < words; i++) {
		uint32_t word = (uint32_t)skt_proc_line_hex(fields, 8, 8);

		memcpy(ret->addr.bytes + i * sizeof(word), &word, sizeof(word));
	}
	skt_proc_line_char(fields, ':');
	ret->port = (uint16_t)skt_proc_line_hex(fields, 4, 4);
}

/* Clock ticks (proc(5): USER_HZ) in milliseconds. */
static uint32_t ticks_ms(uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t per_second = hz > 0 ? (uint64_t)hz : 100;

	if (ticks > UINT32_MAX / 1000 * per_second)
		return UINT32_MAX;
	return (uint32_t)SKT_MIN(ticks * 1000 / per_second, UINT32_MAX);
}

int skt_proc_net_parse(
	const char *line, size_t len, uint8_t family, uint8_t proto, struct skt_socket *ret)
{
	struct skt_proc_line fields = {.p = line, .end = line + len};
	struct skt_socket socket = {
		.proto = proto, .family = family, .type = skt_proto_types[proto]};
	unsigned int timer, retransmits, probes;
	uint64_t ticks, inode;
	uint32_t uid;

	while (fields.p < fields.end && *fields.p == ' ')
		fields.p++;
	(void)skt_proc_line_decimal(&fields, UINT64_MAX);
	skt_proc_line_char(&fields, ':');
	skt_proc_line_blanks(&fields);
	scan_end(&fields, family, &socket.local);
	skt_proc_line_blanks(&fields);
	scan_end(&fields, family, &socket.remote);
	skt_proc_line_blanks(&fields);
	socket.state = (uint8_t)skt_state_of_kernel(
		(enum skt_proto)proto, (unsigned int)skt_proc_line_hex(&fields, 2, 2));
	socket.send_queue = skt_proc_line_next_hex(&fields, 8, 8);
	skt_proc_line_char(&fields, ':');
	socket.recv_queue = skt_proc_line_hex(&fields, 8, 8);
	timer = (unsigned int)skt_proc_line_next_hex(&fields, 2, 2);
	skt_proc_line_char(&fields, ':');
	ticks = skt_proc_line_hex(&fields, 8, 16);
	retransmits = (unsigned int)skt_proc_line_next_hex(&fields, 8, 8);
	uid = (uint32_t)skt_proc_line_next(&fields, UINT32_MAX);
	probes = (unsigned int)skt_proc_line_next(&fields, UINT_MAX);
	inode = skt_proc_line_next(&fields, UINT64_MAX);
	if (fields.bad || (fields.p < fields.end && *fields.p != ' '))
		return -EBADMSG;

	socket.present = SKT_SOCKET_BIT(SKT_SOCKET_RECV_QUEUE);
	/* Of a listener the file tells a queue of 0, not the backlog (net/ipv4/tcp_ipv4.c). */
	if (socket.state != SKT_STATE_LISTEN)
		socket.present |= SKT_SOCKET_BIT(SKT_SOCKET_SEND_QUEUE);
	skt_socket_fill_ends(&socket);
	skt_socket_fill_owner(&socket, uid, inode);
	/* Probes of keepalive and of a closed window are counted apart from retransmissions. */
	if (timer == SKT_TIMER_KEEPALIVE || timer == SKT_TIMER_PERSIST)
		retransmits = probes;
	skt_socket_fill_timer(&socket, timer, ticks_ms(ticks), retransmits);
	*ret = socket;
	return 0;
}

struct table {
	const struct skt_inet_query *query;
	skt_socket_fn *fn;
	void *ctx;
	uint32_t states;
};

static int take_line(const char *line, size_t len, void *ctx)
{
	struct table *table = ctx;
	const struct skt_inet_query *query = table->query;
	struct skt_socket socket;
	int rc;

	if (skt_proc_net_parse(line, len, query->family, query->proto, &socket))
		return SKT_PROC_TABLE_BAD;
	if (!(table->states & SKT_STATE_BIT(socket.state)))
		return 0;
	if ((query->local_port && query->local_port != socket.local.port) ||
		(query->remote_port && query->remote_port != socket.remote.port))
		return 0;
	rc = table->fn(&socket, table->ctx);
	return SKT_MIN(rc, 0);
}

int skt_proc_net_dump(const char *proc_root, const struct skt_inet_query *query, skt_socket_fn *fn,
	void *ctx, size_t *ret_bad, struct skt_err *err)
{
	struct table table = {
		.query = query, .fn = fn, .ctx = ctx, .states = skt_states_asked(query->states)};
	/* A ping socket is one of ICMP that need not be raw (net/ipv4/ping.c). */
	const char *proto = query->proto == SKT_PROTO_PING ? "icmp" : skt_proto_names[query->proto];
	char name[16];

	*ret_bad = 0;
	if (query->family != AF_INET && query->family != AF_INET6)
		return skt_fail(err, EAFNOSUPPORT, "%s/net", proc_root);
	(void)snprintf(name, sizeof(name), "%s%s", proto, query->family == AF_INET6 ? "6" : "");
	return skt_proc_table_read(proc_root, name, take_line, &table, ret_bad, err);
}
