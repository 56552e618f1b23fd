#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "diag/proc_net.h"

#define PRESENT(field) (UINT64_C(1) << (field))

static const char listener[] =
	"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 "
	"12345 1 0000000000000000 100 0 0 10 0                    ";
static const char established[] =
	"  14: 0200000A:0016 0163A8C0:C738 01 00000010:00000005 02:00000177 00000000  1000       "
	"4 4294967296 1 000000006ef85e14 20 4 4 10 -1                    ";
static const char time_wait[] =
	"   9: 0100007F:D339 0100007F:A3C5 06 00000000:00000000 03:0000176F 00000000     0        0 "
	"0 3 0000000025f04897";
static const char v6[] =
	"   4: 000080FE000000000000000001000000:0035 "
	"B80D01200000000000000000FF0000FF:01BB 01 00000000:00000000 01:00000064 00000002   101      "
	"  9 777 2 0000000000000000 20 0 0 10 -1";
static const char udp[] =
	" 1523: 3500007F:0035 00000000:0000 07 00000000:00000200 00:00000000 00000000   101        0 "
	"26181 2 0000000000000000 0         ";

static int parse(
	const char *line, size_t len, uint8_t family, uint8_t proto, struct skt_socket *ret)
{
	return skt_proc_net_parse(guard_copy(line, len), len, family, proto, ret);
}

static void test_listener(void **state)
{
	struct skt_socket socket;

	(void)state;
	assert_int_equal(parse(listener, strlen(listener), AF_INET, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_LISTEN);
	assert_memory_equal(socket.local.addr.bytes, ((uint8_t[16]){127, 0, 0, 1}), 16);
	assert_int_equal(socket.local.port, 8080);
	assert_int_equal(socket.remote.addr.family, AF_UNSPEC);
	assert_int_equal(socket.recv_queue, 3);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.inode, 12345);
	assert_int_equal(socket.present,
		PRESENT(SKT_SOCKET_UID) | PRESENT(SKT_SOCKET_INODE) |
			PRESENT(SKT_SOCKET_RECV_QUEUE) | PRESENT(SKT_SOCKET_LOCAL_PORT));
}

static void test_established(void **state)
{
	struct skt_socket socket;

	(void)state;
	assert_int_equal(
		parse(established, strlen(established), AF_INET, SKT_PROTO_TCP, &socket), 0);
	assert_memory_equal(socket.local.addr.bytes, ((uint8_t[16]){10, 0, 0, 2}), 16);
	assert_memory_equal(socket.remote.addr.bytes, ((uint8_t[16]){192, 168, 99, 1}), 16);
	assert_int_equal(socket.remote.port, 51000);
	assert_int_equal(socket.send_queue, 16);
	assert_true(socket.present & PRESENT(SKT_SOCKET_SEND_QUEUE));
	assert_int_equal(socket.recv_queue, 5);
	assert_int_equal(socket.timer, SKT_TIMER_KEEPALIVE);
	assert_int_equal(socket.timer_ms, 375 * 1000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(socket.retransmits, 4);
	assert_int_equal(socket.inode, 4294967296);
}

static void test_time_wait_v6_udp(void **state)
{
	struct skt_socket socket;

	(void)state;
	assert_int_equal(parse(time_wait, strlen(time_wait), AF_INET, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_TIME_WAIT);
	assert_int_equal(socket.timer, SKT_TIMER_TIME_WAIT);
	assert_int_equal(socket.timer_ms, 5999 * 1000 / sysconf(_SC_CLK_TCK));
	assert_int_equal(socket.present & (PRESENT(SKT_SOCKET_UID) | PRESENT(SKT_SOCKET_INODE)), 0);
	assert_int_equal(parse(v6, strlen(v6), AF_INET6, SKT_PROTO_TCP, &socket), 0);
	assert_memory_equal(
		socket.local.addr.bytes, ((uint8_t[16]){0xfe, 0x80, [12] = 0, 0, 0, 1}), 16);
	assert_memory_equal(socket.remote.addr.bytes, ((uint8_t[4]){0x20, 0x01, 0x0d, 0xb8}), 4);
	assert_int_equal(socket.retransmits, 2);
	assert_int_equal(parse(udp, strlen(udp), AF_INET, SKT_PROTO_UDP, &socket), 0);
	assert_int_equal(socket.state, SKT_STATE_UNCONNECTED);
	assert_int_equal(socket.recv_queue, 512);
	assert_int_equal(socket.local.port, 53);
	/* The wrong table. */
	assert_int_equal(parse(v6, strlen(v6), AF_INET, SKT_PROTO_TCP, &socket), -EBADMSG);
	assert_int_equal(parse(udp, strlen(udp), AF_INET6, SKT_PROTO_UDP, &socket), -EBADMSG);
}

/* Shorter than through the first digit of the inode it is no line; *ret is then untouched. */
static void test_every_prefix(void **state)
{
	size_t inode = (size_t)(strstr(listener, "12345") - listener);
	struct skt_socket socket, untouched;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t len = 0; len <= strlen(listener); len++) {
		socket = untouched;
		assert_int_equal(parse(listener, len, AF_INET, SKT_PROTO_TCP, &socket),
			len > inode ? 0 : -EBADMSG);
		if (len <= inode)
			assert_memory_equal(&socket, &untouched, sizeof(socket));
		guard_free_all();
	}
}

/* Every byte of the fields replaced by what is no digit, blank or colon there. */
static void test_hostile_bytes(void **state)
{
	static const char hostile[] = {'\0', '\n', '-', '+', 'x', '\x80', '\xff', '%', 'g'};
	size_t end = (size_t)(strstr(listener, "12345") - listener);
	struct skt_socket socket;

	(void)state;
	for (size_t at = 0; at < end; at++)
		for (size_t i = 0; i < sizeof(hostile); i++) {
			char line[sizeof(listener)];

			memcpy(line, listener, sizeof(line));
			line[at] = hostile[i];
			assert_int_equal(
				parse(line, end + 5, AF_INET, SKT_PROTO_TCP, &socket), -EBADMSG);
			guard_free_all();
		}
}

static void test_numbers_too_large(void **state)
{
	static const char *const bad[] = {
		" 0: 0100007F:1F90 00000000:0000 0A 0:0 00:00000000 00000000 0 0 1 ",
		" 0: 0100007F:11F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 ",
		" 0: 10100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 ",
		" 0: 0100007F:1F90 00000000:0000 10A 00000000:00000000 00:00000000 00000000 0 0 1 ",
		" 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
		"4294967296 0 1 ",
		" 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		"18446744073709551616 ",
		" 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1x",
	};
	static const char extreme[] =
		" 99999999: FFFFFFFF:FFFF FFFFFFFF:FFFF 01 FFFFFFFF:FFFFFFFF "
		"01:FFFFFFFFFFFFFFFF FFFFFFFF 4294967295 4294967295 18446744073709551615";
	struct skt_socket socket;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(
			parse(bad[i], strlen(bad[i]), AF_INET, SKT_PROTO_TCP, &socket), -EBADMSG);
	assert_int_equal(parse(extreme, strlen(extreme), AF_INET, SKT_PROTO_TCP, &socket), 0);
	assert_int_equal(socket.timer_ms, UINT32_MAX);
	assert_int_equal(socket.retransmits, UINT8_MAX);
	assert_int_equal(socket.recv_queue, UINT32_MAX);
	assert_true(socket.inode == UINT64_MAX);
}

struct rows {
	size_t count, by_state[SKT_STATE_COUNT];
	int answer;
};

static int keep(const struct skt_socket *socket, void *ctx)
{
	struct rows *rows = ctx;

	rows->count++;
	rows->by_state[socket->state]++;
	return rows->answer;
}

static const struct skt_inet_query all_tcp = {.family = AF_INET, .states = SKT_STATES_ALL};

static void test_recorded_tables(void **state)
{
	struct skt_inet_query query = all_tcp;
	struct rows rows = {0};
	size_t bad;

	(void)state;
	assert_int_equal(
		skt_proc_net_dump(fixture_path("proc"), &query, keep, &rows, &bad, NULL), 0);
	assert_int_equal(rows.count, 19);
	assert_int_equal(bad, 0);
	for (unsigned int i = SKT_STATE_ESTABLISHED; i <= SKT_STATE_CLOSING; i++)
		assert_true(i == SKT_STATE_CLOSED || rows.by_state[i]);
	query.family = AF_INET6;
	rows = (struct rows){0};
	assert_int_equal(
		skt_proc_net_dump(fixture_path("proc"), &query, keep, &rows, &bad, NULL), 0);
	assert_int_equal(rows.count, 19);
	query.states = SKT_STATE_BIT(SKT_STATE_LISTEN);
	rows = (struct rows){0};
	assert_int_equal(
		skt_proc_net_dump(fixture_path("proc"), &query, keep, &rows, &bad, NULL), 0);
	assert_int_equal(rows.count, 3);
	query = (struct skt_inet_query){
		.family = AF_INET, .proto = SKT_PROTO_UDP, .states = SKT_STATES_ALL};
	rows = (struct rows){0};
	assert_int_equal(
		skt_proc_net_dump(fixture_path("proc"), &query, keep, &rows, &bad, NULL), 0);
	assert_int_equal(rows.by_state[SKT_STATE_CONNECTED], 1);
	assert_int_equal(rows.by_state[SKT_STATE_UNCONNECTED], 1);
}

/* A proc root of our own with this net/tcp; the name of the root is left in ROOT. */
static void make_root(char root[64], const char *text, size_t len)
{
	char path[128];
	FILE *file;

	(void)strncpy(root, "/tmp/sockkit-proc-XXXXXX", 63);
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/net", root);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/net/tcp", root);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void remove_root(const char *root)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/net/tcp", root);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/net", root);
	(void)rmdir(path);
	(void)rmdir(root);
}

static void test_bad_lines_and_filters(void **state)
{
	static char text[400000];
	struct skt_inet_query query = all_tcp;
	struct skt_err err = {0};
	struct rows rows = {0};
	size_t bad, len;
	char root[64];

	(void)state;
	/* The header, lines good and bad, one of 200 kB, blank, and a last one without its newline.
	 */
	len = (size_t)sprintf(
		text, "  sl  local_address\n%s\ngarbage\n\n%s\n", listener, established);
	memset(text + len, 'A', 200000);
	len += 200000;
	len += (size_t)sprintf(text + len, "\n%s\n%s", listener, time_wait);
	make_root(root, text, len);
	assert_int_equal(skt_proc_net_dump(root, &query, keep, &rows, &bad, &err), 0);
	assert_int_equal(rows.count, 4);
	assert_int_equal(bad, 3);
	query.local_port = 8080;
	rows = (struct rows){0};
	assert_int_equal(skt_proc_net_dump(root, &query, keep, &rows, &bad, &err), 0);
	assert_int_equal(rows.count, 2);
	query.local_port = 0;
	query.remote_port = 51000;
	rows = (struct rows){0};
	assert_int_equal(skt_proc_net_dump(root, &query, keep, &rows, &bad, &err), 0);
	assert_int_equal(rows.count, 1);
	rows = (struct rows){.answer = -ECANCELED};
	assert_int_equal(skt_proc_net_dump(root, &all_tcp, keep, &rows, &bad, &err), -ECANCELED);
	assert_int_equal(rows.count, 1);
	assert_int_equal(err.code, 0);
	remove_root(root);
}

/* Lines across the ends of reads: many of them, of lengths that divide nothing. */
static void test_many_lines(void **state)
{
	enum { LINES = 5000 };
	char *text = malloc((LINES + 1) * sizeof(established)), *p = text;
	struct rows rows = {0};
	size_t bad;
	char root[64];

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "header\n");
	for (size_t i = 0; i < LINES; i++)
		p += sprintf(p, "%.*s\n", (int)(sizeof(established) - 1 - i % 20), established);
	make_root(root, text, (size_t)(p - text));
	assert_int_equal(skt_proc_net_dump(root, &all_tcp, keep, &rows, &bad, NULL), 0);
	assert_int_equal(rows.count, LINES);
	assert_int_equal(bad, 0);
	remove_root(root);
	free(text);
}

static void test_missing(void **state)
{
	struct skt_inet_query query = all_tcp;
	struct skt_err err = {0};
	struct rows rows = {0};
	static char root[8192];
	size_t bad;

	(void)state;
	assert_int_equal(
		skt_proc_net_dump("/nonexistent", &query, keep, &rows, &bad, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/net/tcp"));
	memset(root, 'a', sizeof(root) - 1);
	assert_int_equal(skt_proc_net_dump(root, &query, keep, &rows, &bad, &err), -ENAMETOOLONG);
	query.family = AF_UNSPEC;
	assert_int_equal(
		skt_proc_net_dump("/proc", &query, keep, &rows, &bad, &err), -EAFNOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_listener),
		unit_test(test_established),
		unit_test(test_time_wait_v6_udp),
		unit_test(test_every_prefix),
		unit_test(test_hostile_bytes),
		unit_test(test_numbers_too_large),
		unit_test(test_recorded_tables),
		unit_test(test_bad_lines_and_filters),
		unit_test(test_many_lines),
		unit_test(test_missing),
	};

	return cmocka_run_group_tests_name("proc_net", tests, NULL, NULL);
}
