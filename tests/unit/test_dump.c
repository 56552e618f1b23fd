#include "unit.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

#include "base/macros.h"
#include "diag/dump.h"
#include "recording.h"
#include "situation.h"

struct rows {
	size_t count, by_state[SKT_STATE_COUNT];
	size_t stop_at;
	struct skt_socket all[256];
};

static int keep(const struct skt_socket *socket, void *ctx)
{
	struct rows *rows = ctx;

	rows->by_state[socket->state]++;
	if (rows->count < SKT_COUNT(rows->all))
		rows->all[rows->count] = *socket;
	return ++rows->count == rows->stop_at ? -ECANCELED : 0;
}

static const struct skt_dump_query everything = {
	.protos = {true, true}, .ipv4 = true, .ipv6 = true, .states = SKT_STATES_ALL};

/* What one dump from a tape gave. */
struct result {
	int rc;
	struct rows rows;
	struct skt_dump_report report;
	struct skt_err err;
	struct recording recording;
};

static const struct result *dump(
	const struct tape *tape, const struct skt_dump_query *query, const char *proc_root)
{
	static struct result result;
	struct skt_netlink_source source;
	struct skt_dump_system system = {.proc_root = proc_root, .netlink = &source};

	memset(&result, 0, sizeof(result));
	result.recording = tape_play(tape);
	source = recording_source(&result.recording);
	result.rc =
		skt_dump_sockets(&system, query, keep, &result.rows, &result.report, &result.err);
	assert_true(result.recording.closed);
	return &result;
}

static struct inet_diag_msg socket_message(uint8_t family, uint8_t state, uint32_t cookie)
{
	return (struct inet_diag_msg){.idiag_family = family,
		.idiag_state = state,
		.idiag_inode = 1,
		.id = {.idiag_sport = 1, .idiag_dport = 2, .idiag_cookie = {cookie, 0}}};
}

static void put(struct tape *tape, uint32_t seq, uint16_t flags, uint8_t family, uint32_t cookie)
{
	const struct inet_diag_msg msg = socket_message(family, 1, cookie);

	tape_begin(tape);
	tape_message(tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI | flags, seq, 7, &msg, sizeof(msg));
	tape_end(tape);
}

static void put_error(struct tape *tape, uint32_t seq, int error)
{
	const struct nlmsgerr message = {.error = error};

	tape_begin(tape);
	tape_message(tape, NLMSG_ERROR, NLM_F_CAPPED, seq, 7, &message, sizeof(message));
	tape_end(tape);
}

static void test_recording(void **state)
{
	struct tape tape = {0};
	const struct result *result;
	struct skt_dump_query query = everything;

	(void)state;
	tape.data = file_read(fixture_path("netlink/all.bin"), &tape.len);
	assert_non_null(tape.data);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 44);
	assert_int_equal(result->recording.requests, 3);
	assert_int_equal(result->report.source, SKT_SOURCE_NETLINK);
	assert_int_equal(result->report.refused, 0);
	assert_false(result->report.interrupted || result->report.truncated);
	assert_true(result->report.bound_known);
	assert_int_equal(result->report.duplicates, 0);
	for (unsigned int i = SKT_STATE_ESTABLISHED; i < SKT_STATE_COUNT; i++)
		assert_int_equal(!!result->rows.by_state[i],
			i != SKT_STATE_CLOSED && i != SKT_STATE_NEW_SYN_RECEIVED &&
				i != SKT_STATE_UNBOUND);
	assert_int_equal(result->rows.by_state[SKT_STATE_LISTEN], 6);
	assert_int_equal(result->rows.by_state[SKT_STATE_BOUND], 2);
	free(tape.data);

	tape.data = file_read(fixture_path("netlink/listen.bin"), &tape.len);
	assert_non_null(tape.data);
	query.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 8);
	free(tape.data);
}

/* /proc/net knows no cookies: ends and inode tell, of sockets that share a port as well. */
static void test_duplicates_in_proc(void **state)
{
	struct skt_dump_system system = {.proc_root = fixture_path("proc-twice")};
	struct skt_dump_query query = everything;
	struct skt_dump_report report;
	static struct rows rows;

	(void)state;
	query.source = SKT_SOURCE_PROC;
	query.protos[SKT_PROTO_UDP] = query.ipv6 = false;
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, NULL), 0);
	assert_int_equal(rows.by_state[SKT_STATE_LISTEN], 2);
	assert_int_equal(rows.by_state[SKT_STATE_TIME_WAIT], 1);
	assert_int_equal(report.duplicates, 2);
}

/* A recording cut anywhere ends, and never without saying that something is missing. */
static void test_recording_cut_anywhere(void **state)
{
	struct tape tape = {0};
	size_t full = 0;

	(void)state;
	tape.data = file_read(fixture_path("netlink/all.bin"), &full);
	assert_non_null(tape.data);
	for (tape.len = 0; tape.len < full; tape.len++) {
		const struct result *result = dump(&tape, &everything, "/nonexistent");

		assert_true(result->rc < 0);
		assert_true(result->report.truncated);
		assert_true(result->err.code);
	}
	free(tape.data);
}

static void test_duplicates(void **state)
{
	struct skt_dump_query query = everything;
	struct tape tape = {0};
	const struct result *result;

	(void)state;
	query.protos[SKT_PROTO_UDP] = false;
	for (uint32_t cookie = 1; cookie <= 100; cookie++)
		put(&tape, 1, 0, AF_INET, cookie);
	for (uint32_t cookie = 90; cookie <= 110; cookie++)
		put(&tape, 1, 0, AF_INET, cookie);
	put(&tape, 1, 0, AF_INET, 0); /* no cookie: the ends and the inode tell */
	put(&tape, 1, 0, AF_INET, 0);
	tape_done(&tape, 1, 0);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 111);
	assert_int_equal(result->report.duplicates, 12);
	free(tape.data);
}

/* What an MPTCP listener accepts may have its cookie: the ends tell, and a repeat is one still. */
static void test_duplicates_of_one_cookie(void **state)
{
	struct skt_dump_query query = {
		.protos = {[SKT_PROTO_MPTCP] = true}, .ipv4 = true, .states = SKT_STATES_ALL};
	struct inet_diag_msg msg = socket_message(AF_INET, SKT_STATE_LISTEN, 7);
	struct tape tape = {0};
	const struct result *result;

	(void)state;
	for (uint16_t port = 0; port <= 20; port++) {
		msg.idiag_state = port ? SKT_STATE_ESTABLISHED : SKT_STATE_LISTEN;
		msg.id.idiag_dport = htons(port);
		/* One soon after the other: the table of what came lately forgets. */
		for (int again = 0; again < 2; again++) {
			tape_begin(&tape);
			tape_message(
				&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, 7, &msg, sizeof(msg));
			tape_end(&tape);
		}
	}
	tape_done(&tape, 1, 0);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 21);
	assert_int_equal(result->report.duplicates, 21);
	free(tape.data);
}

static void test_interrupted(void **state)
{
	struct skt_dump_query query = everything;
	struct tape tape = {0};
	const struct result *result;

	(void)state;
	query.protos[SKT_PROTO_UDP] = false;
	/* Nothing was handed on yet: asked again. */
	tape_begin(&tape);
	tape_message(&tape, NLMSG_DONE, NLM_F_DUMP_INTR, 1, 7, (int32_t[]){0}, 4);
	tape_end(&tape);
	put(&tape, 2, 0, AF_INET, 1);
	tape_done(&tape, 2, 0);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 1);
	assert_int_equal(result->recording.requests, 2);
	assert_false(result->report.interrupted);
	free(tape.data);

	/* Rows went out: they stand. */
	tape = (struct tape){0};
	put(&tape, 1, NLM_F_DUMP_INTR, AF_INET, 1);
	tape_done(&tape, 1, 0);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rows.count, 1);
	assert_int_equal(result->recording.requests, 1);
	assert_true(result->report.interrupted);
	free(tape.data);

	/* Interrupted for ever: given up. */
	tape = (struct tape){0};
	for (uint32_t seq = 1; seq <= 10; seq++) {
		tape_begin(&tape);
		tape_message(&tape, NLMSG_DONE, NLM_F_DUMP_INTR, seq, 7, (int32_t[]){0}, 4);
		tape_end(&tape);
	}
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->recording.requests, 3);
	assert_true(result->report.interrupted);
	free(tape.data);
}

static void test_truncated(void **state)
{
	struct skt_dump_query query = everything;
	struct tape tape = {0};
	const struct result *result;

	(void)state;
	query.protos[SKT_PROTO_UDP] = false;
	tape_begin(&tape);
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, 0, 1, 7, "short", 5);
	tape_end(&tape);
	put(&tape, 1, 0, AF_INET, 1);
	tape_done(&tape, 1, 0);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 1);
	assert_true(result->report.truncated);
	free(tape.data);

	/* A failure with rows behind it is no refusal: /proc would repeat them. */
	tape = (struct tape){0};
	put(&tape, 1, 0, AF_INET, 1);
	tape_done(&tape, 1, -EINVAL);
	result = dump(&tape, &query, fixture_path("proc"));
	assert_int_equal(result->rc, -EINVAL);
	assert_int_equal(result->rows.count, 1);
	assert_true(result->report.truncated);
	assert_int_equal(result->err.domain, SKT_ERR_NETLINK);
	free(tape.data);
}

static void test_stopped_by_the_caller(void **state)
{
	struct skt_netlink_source source;
	struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &source};
	struct rows rows = {.stop_at = 2};
	struct skt_dump_report report;
	struct skt_err err = {.code = 12345};
	struct recording recording;
	struct tape tape = {0};

	(void)state;
	for (uint32_t cookie = 1; cookie <= 9; cookie++)
		put(&tape, 1, 0, AF_INET, cookie);
	tape_done(&tape, 1, 0);
	recording = tape_play(&tape);
	source = recording_source(&recording);
	assert_int_equal(
		skt_dump_sockets(&system, &everything, keep, &rows, &report, &err), -ECANCELED);
	assert_int_equal(rows.count, 2);
	assert_false(report.truncated);
	assert_int_equal(err.code, 12345);
	free(tape.data);
}

static void test_refused_falls_back(void **state)
{
	static const int refusals[] = {-EPROTONOSUPPORT, -EPERM, -EACCES, -ECONNREFUSED, -ENOENT};
	struct skt_dump_query query = everything;
	struct tape tape = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(refusals); i++) {
		const struct result *result;

		tape = (struct tape){0};
		for (int n = 0; n < 10; n++)
			tape_error(&tape, refusals[i]);
		query.source = SKT_SOURCE_AUTO;
		result = dump(&tape, &query, fixture_path("proc"));
		assert_int_equal(result->rc, 0);
		assert_int_equal(result->rows.count, 42);
		assert_int_equal(result->report.source, SKT_SOURCE_PROC);
		assert_int_equal(result->report.refused, refusals[i]);
		assert_false(result->report.bound_known || result->report.truncated);
		/* Neither source. */
		result = dump(&tape, &query, "/nonexistent");
		assert_int_equal(result->rc, -ENOENT);
		assert_non_null(strstr(result->err.text, "/nonexistent"));
		/* And where netlink alone will do. */
		query.source = SKT_SOURCE_NETLINK;
		result = dump(&tape, &query, fixture_path("proc"));
		assert_int_equal(result->rc, refusals[i]);
		assert_int_equal(result->rows.count, 0);
		assert_int_equal(result->err.code, -refusals[i]);
		free(tape.data);
	}
}

/* A kernel with tcp_diag only: UDP comes from /proc, or is no rows. */
static void test_missing_tables(void **state)
{
	struct skt_dump_query query = everything;
	struct tape tape = {0};
	const struct result *result;

	(void)state;
	put(&tape, 1, 0, AF_INET, 1);
	tape_done(&tape, 1, 0);
	put_error(&tape, 2, -ENOENT);
	put_error(&tape, 3, -EINVAL);
	result = dump(&tape, &query, fixture_path("proc"));
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 5);
	assert_int_equal(result->report.source, SKT_SOURCE_PROC);
	assert_int_equal(result->report.refused, -ENOENT);
	result = dump(&tape, &query, "/nonexistent");
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 1);
	assert_int_equal(result->report.source, SKT_SOURCE_NETLINK);
	assert_int_equal(result->report.refused, 0);
	query.source = SKT_SOURCE_NETLINK;
	result = dump(&tape, &query, fixture_path("proc"));
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 1);
	free(tape.data);

	/* The older request is refused, the newer one not. */
	tape = (struct tape){0};
	query = everything;
	query.protos[SKT_PROTO_UDP] = false;
	put_error(&tape, 1, -EOPNOTSUPP);
	put(&tape, 2, 0, AF_INET, 1);
	tape_done(&tape, 2, 0);
	put(&tape, 3, 0, AF_INET6, 2);
	tape_done(&tape, 3, 0);
	result = dump(&tape, &query, fixture_path("proc"));
	assert_int_equal(result->rc, 0);
	assert_int_equal(result->rows.count, 2);
	assert_int_equal(result->report.source, SKT_SOURCE_NETLINK);
	assert_int_equal(result->report.refused, 0);
	free(tape.data);
}

static void test_proc_alone(void **state)
{
	struct skt_dump_query query = everything;
	struct skt_netlink_source none = {0};
	struct skt_dump_system system = {.proc_root = "/nonexistent", .netlink = &none};
	struct skt_dump_report report;
	struct skt_err err = {0};
	struct rows rows = {0};

	(void)state;
	query.source = SKT_SOURCE_PROC;
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), -ENOENT);
	system.proc_root = fixture_path("proc");
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
	assert_int_equal(rows.count, 42);
	assert_int_equal(report.source, SKT_SOURCE_PROC);
	assert_int_equal(report.refused, 0);
}

static size_t times_found(const struct rows *rows, const struct situation_socket *wanted)
{
	size_t found = 0;

	for (size_t i = 0; i < rows->count && i < SKT_COUNT(rows->all); i++) {
		const struct skt_socket *socket = &rows->all[i];

		if (socket->proto == wanted->proto && socket->family == wanted->family &&
			socket->state == wanted->state &&
			socket->local.port == wanted->local_port &&
			socket->remote.port == wanted->remote_port)
			found++;
	}
	return found;
}

/* Every socket of every state on the live kernel, by both sources, with and without a port filter.
 */
static void test_live(void **state)
{
	const struct skt_dump_system system = {.proc_root = "/proc"};
	static struct situation situation;
	static struct rows rows;
	struct skt_dump_report report;
	struct skt_err err = {0};

	(void)state;
	situation_make(&situation, AF_INET);
	situation_make(&situation, AF_INET6);
	for (unsigned int source = SKT_SOURCE_NETLINK; source <= SKT_SOURCE_PROC; source++)
		for (size_t i = 0; i < situation.count; i++) {
			const struct situation_socket *wanted = &situation.sockets[i];
			struct skt_dump_query query = everything;

			if (wanted->state == SKT_STATE_BOUND && source == SKT_SOURCE_PROC)
				continue;
			query.source = (enum skt_dump_source)source;
			query.local_port = wanted->local_port;
			query.remote_port = wanted->remote_port;
			memset(&rows, 0, sizeof(rows));
			assert_int_equal(
				skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
			if (wanted->state == SKT_STATE_BOUND && !report.bound_known)
				continue;
			assert_int_equal(times_found(&rows, wanted), 1);
			/* By its state alone, in its own family and protocol. */
			query.states = SKT_STATE_BIT(wanted->state);
			query.protos[!wanted->proto] = false;
			query.ipv4 = wanted->family == AF_INET;
			query.ipv6 = wanted->family == AF_INET6;
			memset(&rows, 0, sizeof(rows));
			assert_int_equal(
				skt_dump_sockets(&system, &query, keep, &rows, &report, &err), 0);
			assert_int_equal(times_found(&rows, wanted), 1);
			assert_int_equal(rows.by_state[wanted->state], rows.count);
			assert_int_equal(report.source, source);
		}
	situation_end(&situation);
}

/* The one socket with the ports of WANTED, by SOURCE. */
static struct skt_socket find(const struct situation_socket *wanted, enum skt_dump_source source)
{
	const struct skt_dump_system system = {.proc_root = "/proc"};
	struct skt_dump_query query = everything;
	struct skt_dump_report report;
	static struct rows rows;

	query.source = source;
	query.local_port = wanted->local_port;
	query.remote_port = wanted->remote_port;
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(skt_dump_sockets(&system, &query, keep, &rows, &report, NULL), 0);
	assert_int_equal(rows.count, 1);
	return rows.all[0];
}

/* What runs by itself: a retransmission may go out between two looks. */
static bool same_moment(const struct skt_socket *a, const struct skt_socket *b)
{
	return a->state == b->state && a->timer == b->timer && a->recv_queue == b->recv_queue &&
		a->send_queue == b->send_queue && a->retransmits == b->retransmits;
}

/* Both sources say the same of a socket, in all that both know. */
static void test_sources_agree(void **state)
{
	const uint64_t netlink_only = UINT64_C(1) << SKT_SOCKET_COOKIE |
		UINT64_C(1) << SKT_SOCKET_CGROUP | UINT64_C(1) << SKT_SOCKET_SHUTDOWN |
		UINT64_C(1) << SKT_SOCKET_MARK | UINT64_C(1) << SKT_SOCKET_V6ONLY;
	static struct situation situation;

	(void)state;
	situation_make(&situation, AF_INET6);
	for (size_t i = 0; i < situation.count; i++) {
		const struct situation_socket *wanted = &situation.sockets[i];
		struct skt_socket before, proc, after;
		int tries = 0;

		if (!wanted->remote_port)
			continue;
		do {
			before = find(wanted, SKT_SOURCE_NETLINK);
			proc = find(wanted, SKT_SOURCE_PROC);
			after = find(wanted, SKT_SOURCE_NETLINK);
		} while (!same_moment(&before, &after) && ++tries < 50);
		/* Of a request, one counts SYN-ACKs sent again, the other timeouts. */
		if (wanted->state == SKT_STATE_SYN_RECEIVED)
			proc.retransmits = after.retransmits;
		assert_true(same_moment(&proc, &after));
		assert_int_equal(proc.present, after.present & ~netlink_only);
		assert_true(skt_addr_equal(&proc.local.addr, &after.local.addr));
		assert_true(skt_addr_equal(&proc.remote.addr, &after.remote.addr));
		assert_int_equal(proc.uid, after.uid);
		assert_int_equal(proc.inode, after.inode);
	}
	situation_end(&situation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_recording),
		unit_test(test_recording_cut_anywhere),
		unit_test(test_duplicates),
		unit_test(test_duplicates_of_one_cookie),
		unit_test(test_duplicates_in_proc),
		unit_test(test_interrupted),
		unit_test(test_truncated),
		unit_test(test_stopped_by_the_caller),
		unit_test(test_refused_falls_back),
		unit_test(test_missing_tables),
		unit_test(test_proc_alone),
		unit_test(test_live),
		unit_test(test_sources_agree),
	};

	return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
