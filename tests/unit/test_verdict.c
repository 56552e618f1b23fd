/* What holds a connection back, by the kernel's figures. */
#include "unit.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/listing/verdict.h"
#include "diag/socket_detail.h"
#include "diag/verdict.h"

#define HAS(bit) (UINT64_C(1) << (SKT_DETAIL_##bit))
#define IS(bit) (UINT64_C(1) << SKT_SOCKET_##bit)
#define OWNED (IS(RECV_QUEUE) | IS(SEND_QUEUE) | IS(INODE))
#define TIMED (OWNED | IS(TIMER))

enum { NO_DETAIL = 1, NO_MEMORY = 2, OLD_KERNEL = 4 };

struct example {
	const char *what;
	enum skt_verdict verdict;
	int permille; /* -1: none */
	struct skt_socket s;
	struct skt_tcp_info tcp;
	struct skt_socket_memory memory;
	uint64_t detail; /* bits of skt_socket_detail.present, besides CONNECTION */
	bool app_limited;
	unsigned int without;
};

static const struct example examples[] = {
	/* Listeners. */
	{"room in the queue", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_LISTEN,
			.present = OWNED | IS(BACKLOG),
			.recv_queue = 5,
			.send_queue = 5}},
	{"one more than fits (sk_acceptq_is_full())", SKT_VERDICT_ACCEPT_QUEUE_FULL, -1,
		.s = {.state = SKT_STATE_LISTEN,
			.present = OWNED | IS(BACKLOG),
			.recv_queue = 6,
			.send_queue = 5},
		.memory = {.drops = 3}},
	{"a backlog that is not told is not 0", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_LISTEN, .present = OWNED, .recv_queue = 6},
		.without = NO_DETAIL},
	{"turned away", SKT_VERDICT_ACCEPT_QUEUE_DROPPED, -1,
		.s = {.state = SKT_STATE_LISTEN, .present = OWNED | IS(BACKLOG), .send_queue = 5},
		.memory = {.drops = 3}},
	/* Handshakes. */
	{"SYN sent once", SKT_VERDICT_HANDSHAKE, -1,
		.s = {.state = SKT_STATE_SYN_SENT,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 1,
			.send_queue = 1}},
	{"SYN sent thrice", SKT_VERDICT_NO_ANSWER, -1,
		.s = {.state = SKT_STATE_SYN_SENT,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 2,
			.send_queue = 1}},
	{"SYN-ACK sent thrice, of which nothing else is told", SKT_VERDICT_NO_ANSWER, -1,
		.s = {.state = SKT_STATE_SYN_RECEIVED,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 2},
		.without = NO_DETAIL},
	/* What stands still. */
	{"timeouts", SKT_VERDICT_NO_ANSWER, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 3,
			.send_queue = 100},
		.tcp = {.retransmits = 3, .unacked = 1, .snd_wnd = 65536, .last_ack_recv = 9000}},
	{"timeouts, from /proc/net", SKT_VERDICT_NO_ANSWER, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 3,
			.send_queue = 100},
		.without = NO_DETAIL},
	{"one timeout", SKT_VERDICT_PATH_LOSS, 120,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_RETRANSMIT,
			.retransmits = 1,
			.send_queue = 100},
		.tcp = {.retransmits = 1,
			.unacked = 1,
			.snd_wnd = 65536,
			.total_retrans = 12,
			.data_segs_out = 100}},
	{"keepalive probes", SKT_VERDICT_NO_ANSWER, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_KEEPALIVE,
			.retransmits = 3},
		.tcp = {.probes = 3, .last_data_sent = 50000, .last_data_recv = 50000}},
	{"window closed", SKT_VERDICT_PEER_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_PERSIST,
			.retransmits = 1,
			.send_queue = 90000},
		.tcp = {.snd_mss = 1448,
			.snd_wnd = 0,
			.notsent_bytes = 90000,
			.last_data_sent = 5000}},
	{"window closed but for a rest (silly window syndrome)", SKT_VERDICT_PEER_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_PERSIST,
			.send_queue = 90000},
		.tcp = {.snd_mss = 1448, .snd_wnd = 512, .notsent_bytes = 90000}},
	{"window closed and nothing to send", SKT_VERDICT_IDLE, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED},
		.tcp = {.snd_mss = 1448, .last_data_sent = 5000, .last_data_recv = 5000}},
	{"persist timer with an open window: not the peer", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_PERSIST,
			.send_queue = 90000},
		.tcp = {.snd_mss = 1448, .snd_wnd = 65536, .notsent_bytes = 90000, .snd_cwnd = 10}},
	{"window closed, older kernel", SKT_VERDICT_PEER_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED,
			.present = TIMED,
			.timer = SKT_TIMER_PERSIST,
			.send_queue = 90000},
		.tcp = {.snd_mss = 1448, .notsent_bytes = 90000}, .without = OLD_KERNEL},
	{"window closed, after close()", SKT_VERDICT_PEER_NOT_READING, -1,
		.s = {.state = SKT_STATE_FIN_WAIT_1,
			.present = TIMED & ~IS(INODE),
			.timer = SKT_TIMER_PERSIST,
			.send_queue = 90000},
		.tcp = {.snd_mss = 1448, .snd_wnd = 0, .notsent_bytes = 90000}},
	{"unread for long", SKT_VERDICT_PROGRAM_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .recv_queue = 10},
		.tcp = {.last_data_recv = 1000,
			.last_data_sent = 1000,
			.rcv_mss = 536,
			.rcv_wnd = 60000}},
	{"unread for a moment", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .recv_queue = 10},
		.tcp = {.last_data_recv = 999,
			.last_data_sent = 1000,
			.rcv_mss = 536,
			.rcv_wnd = 60000}},
	{"own window closed", SKT_VERDICT_PROGRAM_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .recv_queue = 100000},
		.tcp = {.last_data_recv = 1, .last_data_sent = 1000, .rcv_mss = 536, .rcv_wnd = 0}},
	{"receive buffer overfull", SKT_VERDICT_PROGRAM_NOT_READING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .recv_queue = 100000},
		.tcp = {.last_data_recv = 1, .rcv_mss = 536, .rcv_wnd = 60000},
		.memory = {.rmem_alloc = 131073, .rcvbuf = 131072}},
	{"nobody there to read it", SKT_VERDICT_CLOSING, -1,
		.s = {.state = SKT_STATE_FIN_WAIT_1,
			.present = OWNED & ~IS(INODE),
			.recv_queue = 10,
			.send_queue = 1},
		.tcp = {.last_data_recv = 9000, .snd_wnd = 60000}},
	{"peer has ended", SKT_VERDICT_PROGRAM_NOT_CLOSING, -1,
		.s = {.state = SKT_STATE_CLOSE_WAIT, .present = OWNED, .recv_queue = 1},
		.tcp = {.last_data_recv = 9000, .last_data_sent = 9000, .last_ack_recv = 9000}},
	{"peer has ended, with bytes before the end", SKT_VERDICT_PROGRAM_NOT_READING, -1,
		.s = {.state = SKT_STATE_CLOSE_WAIT, .present = OWNED, .recv_queue = 2},
		.tcp = {.last_data_recv = 9000, .last_data_sent = 9000, .last_ack_recv = 9000}},
	{"peer has ended just now", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_CLOSE_WAIT, .present = OWNED, .recv_queue = 1},
		.tcp = {.last_data_recv = 900, .last_data_sent = 900, .last_ack_recv = 900}},
	{"half closed by the peer, to whom all is sent yet", SKT_VERDICT_PATH, -1,
		.s = {.state = SKT_STATE_CLOSE_WAIT,
			.present = OWNED,
			.recv_queue = 1,
			.send_queue = 90000},
		.tcp = {.last_ack_recv = 9000,
			.snd_wnd = 90000,
			.snd_cwnd = 10,
			.unacked = 10,
			.notsent_bytes = 80000}},
	{"peer does not end", SKT_VERDICT_PEER_NOT_CLOSING, -1,
		.s = {.state = SKT_STATE_FIN_WAIT_2, .present = OWNED}, {.last_ack_recv = 2000}},
	{"peer may end yet", SKT_VERDICT_CLOSING, -1,
		.s = {.state = SKT_STATE_FIN_WAIT_2, .present = OWNED}, {.last_ack_recv = 20}},
	{"over", SKT_VERDICT_CLOSING, -1,
		.s = {.state = SKT_STATE_TIME_WAIT,
			.present = TIMED & ~IS(INODE),
			.timer = SKT_TIMER_TIME_WAIT},
		.without = NO_DETAIL},
	{"not told", SKT_VERDICT_UNKNOWN, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 7},
		.without = NO_DETAIL},
	{"idle", SKT_VERDICT_IDLE, -1, .s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED},
		.tcp = {.last_data_sent = 1000,
			.last_data_recv = 1000,
			.busy_time = 5000000,
			.rwnd_limited = 5000000}},
	/* What moves. */
	{"peer's window, a third of the time", SKT_VERDICT_PEER_WINDOW, 300,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 90000},
		.tcp = {.snd_wnd = 4096,
			.busy_time = 5000000,
			.rwnd_limited = 1500000,
			.total_retrans = 100,
			.data_segs_out = 1000}},
	{"peer's window, less of it than loss", SKT_VERDICT_PATH_LOSS, 21,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 90000},
		.tcp = {.snd_wnd = 4096,
			.busy_time = 5000000,
			.rwnd_limited = 1499999,
			.total_retrans = 21,
			.data_segs_out = 1000}},
	{"a share of a moment says nothing", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 90000},
		.tcp = {.snd_wnd = 4096, .snd_cwnd = 10, .busy_time = 9999, .rwnd_limited = 9999}},
	{"send buffer", SKT_VERDICT_SEND_BUFFER, 800,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000, .busy_time = 5000000, .sndbuf_limited = 4000000}},
	{"two retransmissions", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000, .snd_cwnd = 10, .total_retrans = 2, .data_segs_out = 20}},
	{"less loss than is felt", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000,
			.snd_cwnd = 10,
			.total_retrans = 9,
			.data_segs_out = 1000}},
	{"most retransmissions were needless", SKT_VERDICT_PATH_REORDERING, 100,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000,
			.total_retrans = 100,
			.data_segs_out = 1000,
			.dsack_dups = 50}},
	{"loss towards here", SKT_VERDICT_PATH_LOSS_INBOUND, 100,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED},
		.tcp = {.last_data_recv = 1,
			.snd_wnd = 90000,
			.rcv_ooopack = 100,
			.data_segs_in = 1000,
			.last_data_sent = 9000}},
	{"a rate that was set", SKT_VERDICT_PACING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000,
			.notsent_bytes = 9000,
			.pacing_rate = 1000,
			.max_pacing_rate = 1000},
		.detail = HAS(PACING) | HAS(MAX_PACING)},
	{"a rate that is not reached", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000,
			.snd_cwnd = 10,
			.notsent_bytes = 9000,
			.pacing_rate = 999,
			.max_pacing_rate = 1000},
		.detail = HAS(PACING) | HAS(MAX_PACING)},
	{"bufferbloat", SKT_VERDICT_PATH_QUEUE, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000, .rtt = 180000, .min_rtt = 12000},
		.detail = HAS(RTT) | HAS(MIN_RTT)},
	{"longer in a network of microseconds", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 9000},
		.tcp = {.snd_wnd = 90000, .snd_cwnd = 10, .rtt = 18000, .min_rtt = 12},
		.detail = HAS(RTT) | HAS(MIN_RTT)},
	{"full congestion window", SKT_VERDICT_PATH, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 90000},
		.tcp = {.snd_wnd = 900000, .snd_cwnd = 12, .unacked = 9, .notsent_bytes = 70000}},
	{"room in it", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED, .send_queue = 90000},
		.tcp = {.snd_wnd = 900000, .snd_cwnd = 12, .unacked = 8, .notsent_bytes = 70000}},
	{"writes little", SKT_VERDICT_PROGRAM_WRITES_LITTLE, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED},
		.tcp = {.snd_wnd = 90000, .data_segs_out = 5, .last_data_sent = 30},
		.app_limited = true},
	{"receives only, as it should", SKT_VERDICT_NOTHING, -1,
		.s = {.state = SKT_STATE_ESTABLISHED, .present = OWNED},
		.tcp = {.snd_wnd = 90000, .last_data_sent = 9000, .last_data_recv = 3},
		.app_limited = true},
	/* No connections. */
	{"bound", SKT_VERDICT_NONE, -1, .s = {.state = SKT_STATE_BOUND, .present = OWNED}},
	{"another protocol", SKT_VERDICT_NONE, -1,
		.s = {.proto = SKT_PROTO_UDP, .state = SKT_STATE_CONNECTED, .present = OWNED}},
};

static struct skt_socket_detail detail_of(const struct example *e)
{
	const bool connection = e->s.state != SKT_STATE_LISTEN && e->s.state != SKT_STATE_TIME_WAIT;
	struct skt_socket_detail detail = {
		.present = e->detail | (connection ? HAS(CONNECTION) : 0),
		.tcp = e->tcp,
		.memory = e->memory,
		.tcp_length = e->without & OLD_KERNEL ? SKT_TCP_INFO_UP_TO(delivered_ce)
						      : sizeof(struct skt_tcp_info),
		.memory_length = SKT_MEMORY_UP_TO(drops),
		.app_limited = e->app_limited,
	};

	return detail;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(examples); i++) {
		const struct example *e = &examples[i];
		const struct skt_socket_detail detail = detail_of(e);
		struct skt_socket s = e->s;
		struct skt_judgement judgement;

		s.detail = e->without & NO_DETAIL ? NULL : &detail;
		judgement = skt_verdict_judge(&s, NULL);
		if (judgement.verdict != e->verdict ||
			(int)judgement.shared != (e->permille >= 0) ||
			(e->permille >= 0 && judgement.permille != (uint32_t)e->permille))
			fail_msg("%s: %s, %d/%u", e->what, skt_verdict_names[judgement.verdict],
				judgement.shared, judgement.permille);
	}
}

/* Each verdict is one of an example, and has a name. */
static void test_complete(void **state)
{
	(void)state;
	for (unsigned int verdict = 0; verdict < SKT_VERDICT_COUNT; verdict++) {
		size_t i = 0;

		while (i < SKT_COUNT(examples) && examples[i].verdict != verdict)
			i++;
		assert_true(i < SKT_COUNT(examples));
		assert_true(!skt_verdict_names[verdict] == (verdict == SKT_VERDICT_NONE));
	}
}

/* Between two looks only what was counted between them matters. */
static void test_two_looks(void **state)
{
	struct skt_socket_detail detail = {
		.present = HAS(CONNECTION),
		.tcp_length = sizeof(struct skt_tcp_info),
		.tcp = {.busy_time = 9000000,
			.rwnd_limited = 9000000,
			.snd_wnd = 90000,
			.total_retrans = 100,
			.data_segs_out = 1000,
			.last_data_sent = 10},
	};
	struct skt_verdict_before before = {
		.counts = skt_verdict_count(&detail.tcp, detail.tcp_length), .elapsed_us = 1000000};
	const struct skt_socket s = {
		.state = SKT_STATE_ESTABLISHED, .present = OWNED, .detail = &detail};
	struct skt_judgement judgement;

	(void)state;
	assert_int_equal(skt_verdict_judge(&s, NULL).verdict, SKT_VERDICT_PEER_WINDOW);
	/* Nothing of that was now; of the second, 0.2 s were busy. */
	before.counts.busy_us -= 200000;
	before.counts.sent -= 5;
	judgement = skt_verdict_judge(&s, &before);
	assert_int_equal(judgement.verdict, SKT_VERDICT_PROGRAM_WRITES_LITTLE);
	assert_true(judgement.shared);
	assert_int_equal(judgement.permille, 200);
	/* Now it is the path. */
	before.counts.resent -= 10;
	before.counts.sent -= 95;
	judgement = skt_verdict_judge(&s, &before);
	assert_int_equal(judgement.verdict, SKT_VERDICT_PATH_LOSS);
	assert_int_equal(judgement.permille, 100);
	/* Counters of 32 bits wrap around. */
	before.counts.resent = UINT32_MAX - 4;
	detail.tcp.total_retrans = 5;
	assert_int_equal(skt_verdict_judge(&s, &before).permille, 100);
}

static void test_old_kernel(void **state)
{
	struct skt_socket_detail detail = {
		.present = HAS(CONNECTION), .tcp_length = SKT_TCP_INFO_UP_TO(delivered_ce)};
	const struct skt_socket s = {
		.state = SKT_STATE_ESTABLISHED, .present = OWNED, .detail = &detail};
	const struct skt_socket listener = {.state = SKT_STATE_LISTEN, .present = OWNED};

	(void)state;
	assert_true(skt_verdict_judge(&s, NULL).blind);
	detail.tcp_length = SKT_TCP_INFO_UP_TO(snd_wnd);
	assert_false(skt_verdict_judge(&s, NULL).blind);
	assert_true(skt_verdict_judge(&listener, NULL).blind);
}

static const char *explained(struct skt_str *out, const struct skt_socket *s)
{
	const struct skt_socket_row row = {.s = *s};
	const struct skt_judgement judgement = skt_verdict_judge(s, NULL);

	out->len = 0;
	skt_verdict_explain(out, &judgement, &row);
	skt_str_add_char(out, '\0');
	return out->data;
}

static void test_words(void **state)
{
	struct skt_socket_detail detail = {
		.present = HAS(CONNECTION) | HAS(HEARD),
		.tcp_length = SKT_TCP_INFO_UP_TO(snd_wnd),
		.tcp = {.snd_mss = 1448, .notsent_bytes = 90000, .busy_time = 2000000},
	};
	struct skt_socket s = {.state = SKT_STATE_ESTABLISHED,
		.present = OWNED,
		.send_queue = 90000,
		.detail = &detail};
	struct skt_str out = {0};

	(void)state;
	assert_string_equal(explained(&out, &s),
		"the peer does not read (snd_wnd 0, notsent_bytes 87.8K, send_queue 90000, "
		"rwnd_limited_us 0s, busy_time_us 2s)");
	detail.tcp.snd_wnd = 90000;
	detail.tcp.total_retrans = 21;
	detail.tcp.data_segs_out = 1000;
	assert_string_equal(explained(&out, &s),
		"loss on the path, 2.1 % retransmitted (total_retrans 21, data_segs_out 1000, "
		"lost 0, cwnd 0)");
	s.send_queue = 0;
	detail.tcp.last_data_sent = 3000;
	detail.tcp.last_data_recv = 2000;
	assert_string_equal(explained(&out, &s),
		"idle: the peer has spoken last, and this program has read it all "
		"(last_data_sent_ms 3s, last_data_recv_ms 2s)");
	/* Of what nothing is told, no figure is made up. */
	s.detail = NULL;
	assert_string_equal(explained(&out, &s),
		"cannot tell: the inside of TCP is not to be seen here (recv_queue 0, send_queue "
		"0)");
	skt_str_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(test_rules), unit_test(test_complete),
		unit_test(test_two_looks), unit_test(test_old_kernel), unit_test(test_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
