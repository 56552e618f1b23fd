#include "diag/proc_net.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/socket_fill.h"

/*
 * The kernel fills a read with as many whole lines as fit its own page or two (fs/seq_file.c), so a
 * larger buffer would stay empty. A line is at most 150 bytes padded to that (net/ipv4/tcp_ipv4.c).
 */
enum { BUFFER_SIZE = 65536 };

/* Reads fields from P to END; once something was not of the form, everything fails. */
struct scan {
	const char *p, *end;
	bool bad;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* At least MIN and at most MAX hexadecimal digits (MAX <= 16). */
static uint64_t scan_hex(struct scan *scan, unsigned int min, unsigned int max)
{
	uint64_t value = 0;
	unsigned int digits = 0;
	int digit;

	while (digits < max && scan->p < scan->end && (digit = hex_digit(*scan->p)) >= 0) {
		value = value << 4 | (unsigned int)digit;
		scan->p++;
		digits++;
	}
	if (digits < min)
		scan->bad = true;
	return value;
}

static uint64_t scan_decimal(struct scan *scan, uint64_t max)
{
	const char *start = scan->p;
	uint64_t value = 0;

	while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9') {
		unsigned int digit = (unsigned int)(*scan->p++ - '0');

		if (value > (max - digit) / 10) {
			scan->bad = true;
			return 0;
		}
		value = value * 10 + digit;
	}
	if (scan->p == start)
		scan->bad = true;
	return value;
}

static void scan_char(struct scan *scan, char c)
{
	if (scan->p < scan->end && *scan->p == c)
		scan->p++;
	else
		scan->bad = true;
}

/* The blanks before a field, at least one. */
static void scan_blanks(struct scan *scan)
{
	scan_char(scan, ' ');
	while (scan->p < scan->end && *scan->p == ' ')
		scan->p++;
}

/* An address is printed as 32-bit words as they lie in memory, the port as a number. */
static void scan_end(struct scan *scan, uint8_t family, struct skt_end *ret)
{
	size_t words = family == AF_INET ? 1 : 4;

	ret->addr.family = family;
	for (size_t i = 0; i < words; i++) {
		uint32_t word = (uint32_t)scan_hex(scan, 8, 8);

		memcpy(ret->addr.bytes + i * sizeof(word), &word, sizeof(word));
	}
	scan_char(scan, ':');
	ret->port = (uint16_t)scan_hex(scan, 4, 4);
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
	struct scan scan = {.p = line, .end = line + len};
	struct skt_socket socket = {.proto = proto, .family = family};
	unsigned int timer, retransmits, probes;
	uint64_t ticks, inode;
	uint32_t uid;

	while (scan.p < scan.end && *scan.p == ' ')
		scan.p++;
	(void)scan_decimal(&scan, UINT64_MAX);
	scan_char(&scan, ':');
	scan_blanks(&scan);
	scan_end(&scan, family, &socket.local);
	scan_blanks(&scan);
	scan_end(&scan, family, &socket.remote);
	scan_blanks(&scan);
	socket.state = (uint8_t)skt_state_of_kernel(
		(enum skt_proto)proto, (unsigned int)scan_hex(&scan, 2, 2));
	scan_blanks(&scan);
	socket.send_queue = scan_hex(&scan, 8, 8);
	scan_char(&scan, ':');
	socket.recv_queue = scan_hex(&scan, 8, 8);
	scan_blanks(&scan);
	timer = (unsigned int)scan_hex(&scan, 2, 2);
	scan_char(&scan, ':');
	ticks = scan_hex(&scan, 8, 16);
	scan_blanks(&scan);
	retransmits = (unsigned int)scan_hex(&scan, 8, 8);
	scan_blanks(&scan);
	uid = (uint32_t)scan_decimal(&scan, UINT32_MAX);
	scan_blanks(&scan);
	probes = (unsigned int)scan_decimal(&scan, UINT_MAX);
	scan_blanks(&scan);
	inode = scan_decimal(&scan, UINT64_MAX);
	if (scan.bad || (scan.p < scan.end && *scan.p != ' '))
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
	size_t lines, bad;
	bool skipping; /* inside a line that is longer than the buffer */
};

static int take_line(struct table *table, const char *line, size_t len)
{
	const struct skt_inet_query *query = table->query;
	struct skt_socket socket;

	/* The first line names the columns. */
	if (table->lines++ == 0)
		return 0;
	if (skt_proc_net_parse(line, len, query->family, query->proto, &socket)) {
		table->bad++;
		return 0;
	}
	if (!(table->states & SKT_STATE_BIT(socket.state)))
		return 0;
	if ((query->local_port && query->local_port != socket.local.port) ||
		(query->remote_port && query->remote_port != socket.remote.port))
		return 0;
	return table->fn(&socket, table->ctx);
}

/* Takes the whole lines of the LEN bytes at TEXT; the number of bytes taken goes to *ret_taken. */
static int take_lines(struct table *table, const char *text, size_t len, size_t *ret_taken)
{
	const char *p = text, *end = text + len, *newline;
	int rc = 0;

	while (rc >= 0 && p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		if (table->skipping)
			table->skipping = false;
		else
			rc = take_line(table, p, (size_t)(newline - p));
		p = newline + 1;
	}
	*ret_taken = (size_t)(p - text);
	return SKT_MIN(rc, 0);
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int read_table(struct table *table, int fd, const char *path, struct skt_err *err)
{
	char *buffer = malloc(BUFFER_SIZE);
	size_t used = 0, taken;
	ssize_t n;
	int rc = 0;

	if (!buffer)
		return skt_fail(err, ENOMEM, "read %s", path);
	while (rc == 0 && (n = read_some(fd, buffer + used, BUFFER_SIZE - used)) > 0) {
		used += (size_t)n;
		rc = take_lines(table, buffer, used, &taken);
		used -= taken;
		memmove(buffer, buffer + taken, used);
		if (used == BUFFER_SIZE) {
			if (!table->skipping) {
				table->lines++;
				table->bad++;
			}
			table->skipping = true;
			used = 0;
		}
	}
	if (rc == 0 && n < 0)
		rc = skt_fail(err, (int)-n, "read %s", path);
	/* A last line without its newline was cut short, or is whole: the form tells. */
	if (rc == 0 && used && !table->skipping)
		rc = SKT_MIN(take_line(table, buffer, used), 0);
	free(buffer);
	return rc;
}

int skt_proc_net_dump(const char *proc_root, const struct skt_inet_query *query, skt_socket_fn *fn,
	void *ctx, size_t *ret_bad, struct skt_err *err)
{
	struct table table = {.query = query, .fn = fn, .ctx = ctx};
	char path[PATH_MAX];
	int fd, rc;

	*ret_bad = 0;
	if (query->family != AF_INET && query->family != AF_INET6)
		return skt_fail(err, EAFNOSUPPORT, "%s/net", proc_root);
	rc = snprintf(path, sizeof(path), "%s/net/%s%s", proc_root, skt_proto_names[query->proto],
		query->family == AF_INET6 ? "6" : "");
	if (rc < 0 || (size_t)rc >= sizeof(path))
		return skt_fail(err, ENAMETOOLONG, "%s/net", proc_root);
	table.states = skt_states_asked(query->states);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return skt_fail(err, errno, "open %s", path);
	rc = read_table(&table, fd, path, err);
	(void)close(fd);
	*ret_bad = table.bad;
	return rc;
}
