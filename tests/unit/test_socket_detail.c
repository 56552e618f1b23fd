/* What sock_diag tells beyond the plain record: of every length, truncated, hostile. */
#include "unit.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <string.h>

#include "base/macros.h"
#include "diag/inet.h"

#define PRESENT(field) (UINT64_C(1) << (field))

enum { WANT_ALL = 0xff, TCP = SKT_PROTO_TCP, UDP = SKT_PROTO_UDP };

/* What this machine's header knows, the kernel's own word, stands where we say. */
#define SAME(field, theirs) \
	_Static_assert( \
		offsetof(struct skt_tcp_info, field) == offsetof(struct tcp_info, tcpi_##theirs), \
		"linux/tcp.h")
SAME(state, state);
SAME(ca_state, ca_state);
SAME(retransmits, retransmits);
SAME(probes, probes);
SAME(backoff, backoff);
SAME(options, options);
SAME(rto, rto);
SAME(ato, ato);
SAME(snd_mss, snd_mss);
SAME(rcv_mss, rcv_mss);
SAME(unacked, unacked);
SAME(sacked, sacked);
SAME(lost, lost);
SAME(retrans, retrans);
SAME(fackets, fackets);
SAME(last_data_sent, last_data_sent);
SAME(last_ack_sent, last_ack_sent);
SAME(last_data_recv, last_data_recv);
SAME(last_ack_recv, last_ack_recv);
SAME(pmtu, pmtu);
SAME(rcv_ssthresh, rcv_ssthresh);
SAME(rtt, rtt);
SAME(rttvar, rttvar);
SAME(snd_ssthresh, snd_ssthresh);
SAME(snd_cwnd, snd_cwnd);
SAME(advmss, advmss);
SAME(reordering, reordering);
SAME(rcv_rtt, rcv_rtt);
SAME(rcv_space, rcv_space);
SAME(total_retrans, total_retrans);
SAME(pacing_rate, pacing_rate);
SAME(max_pacing_rate, max_pacing_rate);
SAME(bytes_acked, bytes_acked);
SAME(bytes_received, bytes_received);
SAME(segs_out, segs_out);
SAME(segs_in, segs_in);
SAME(notsent_bytes, notsent_bytes);
SAME(min_rtt, min_rtt);
SAME(data_segs_in, data_segs_in);
SAME(data_segs_out, data_segs_out);
SAME(delivery_rate, delivery_rate);
SAME(busy_time, busy_time);
SAME(rwnd_limited, rwnd_limited);
SAME(sndbuf_limited, sndbuf_limited);
SAME(delivered, delivered);
SAME(delivered_ce, delivered_ce);
SAME(bytes_sent, bytes_sent);
SAME(bytes_retrans, bytes_retrans);
SAME(dsack_dups, dsack_dups);
SAME(reord_seen, reord_seen);
SAME(rcv_ooopack, rcv_ooopack);
SAME(snd_wnd, snd_wnd);

/* The attributes of a message, one behind the other. */
struct attributes {
	char bytes[2048];
	size_t len;
};

static void add(struct attributes *a, uint16_t type, const void *value, size_t len)
{
	struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	assert_true(a->len + sizeof(attr) + len + 3 <= sizeof(a->bytes));
	memcpy(a->bytes + a->len, &attr, sizeof(attr));
	if (len)
		memcpy(a->bytes + a->len + sizeof(attr), value, len);
	a->len += (sizeof(attr) + len + 3) & ~(size_t)3;
}

static void add_nest(struct attributes *a, uint16_t type, const struct attributes *inner)
{
	add(a, type, inner->bytes, inner->len);
}

/* Parses a message with LEN bytes of A behind it, which end at an unmapped page. */
static int parse_part(const struct attributes *a, size_t len, uint8_t proto, unsigned int wanted,
	unsigned int kernel, struct skt_socket_detail *ret)
{
	const struct inet_diag_msg msg = {.idiag_family = AF_INET, .idiag_state = 1};
	char bytes[sizeof(msg) + sizeof(a->bytes)];
	struct skt_socket socket;
	int rc;

	memcpy(bytes, &msg, sizeof(msg));
	memcpy(bytes + sizeof(msg), a->bytes, len);
	memset(ret, 0xa5, sizeof(*ret));
	rc = skt_inet_parse_detail(guard_copy(bytes, sizeof(msg) + len), sizeof(msg) + len, proto,
		wanted, kernel, &socket, ret);
	guard_free_all();
	assert_ptr_equal(socket.detail, ret);
	assert_int_equal(ret->present >> SKT_DETAIL_FIELDS, 0);
	return rc;
}

static int parse(const struct attributes *a, struct skt_socket_detail *ret)
{
	return parse_part(a, a->len, TCP, WANT_ALL, SKT_KERNEL(6, 18), ret);
}

static struct skt_tcp_info connection(void)
{
	struct skt_tcp_info tcp;

	memset(&tcp, 0x11, sizeof(tcp));
	tcp.state = 1;
	return tcp;
}

static void test_tcp_info_of_every_length(void **state)
{
	const struct skt_tcp_info tcp = connection();
	char longer[sizeof(tcp) + 64];
	struct skt_socket_detail detail;

	(void)state;
	memset(longer, 0x77, sizeof(longer));
	memcpy(longer, &tcp, sizeof(tcp));
	for (size_t len = 0; len <= sizeof(longer); len++) {
		struct attributes a = {0};
		size_t known = len < 8 ? 0 : SKT_MIN(len, sizeof(tcp));
		const char *p = (const char *)&detail.tcp;

		add(&a, INET_DIAG_INFO, longer, len);
		assert_int_equal(parse(&a, &detail), 0);
		assert_int_equal(detail.tcp_length, known);
		assert_memory_equal(&detail.tcp, longer, known);
		for (size_t i = known; i < sizeof(tcp); i++)
			assert_int_equal(p[i], 0);
		/* What did not come is not told, also where it was made of what did. */
		assert_int_equal(
			!!(detail.present & PRESENT(SKT_DETAIL_ACCECN)), len >= sizeof(tcp));
		assert_int_equal(!!(detail.present & PRESENT(SKT_DETAIL_RTT)),
			len > offsetof(struct skt_tcp_info, rtt));
		assert_int_equal(!!(detail.present & PRESENT(SKT_DETAIL_MIN_RTT)),
			len > offsetof(struct skt_tcp_info, min_rtt));
		assert_int_equal(!!(detail.present & PRESENT(SKT_DETAIL_CONNECTION)), len >= 8);
	}
	assert_int_equal(SKT_TCP_INFO_UP_TO(snd_wnd), 232);
	assert_int_equal(SKT_TCP_INFO_UP_TO(accecn), 280);
}

static struct skt_socket_detail detail_of(const struct skt_tcp_info *tcp, unsigned int kernel)
{
	struct attributes a = {0};
	struct skt_socket_detail detail;

	add(&a, INET_DIAG_INFO, tcp, sizeof(*tcp));
	assert_int_equal(parse_part(&a, a.len, TCP, SKT_DETAIL_TCP, kernel, &detail), 0);
	return detail;
}

static void test_numbers_that_mean_none(void **state)
{
	struct skt_tcp_info tcp = connection();
	const uint64_t bits = PRESENT(SKT_DETAIL_RTT) | PRESENT(SKT_DETAIL_MIN_RTT) |
		PRESENT(SKT_DETAIL_RCV_RTT) | PRESENT(SKT_DETAIL_SSTHRESH) |
		PRESENT(SKT_DETAIL_PACING) | PRESENT(SKT_DETAIL_MAX_PACING) |
		PRESENT(SKT_DETAIL_WSCALE);
	struct skt_socket_detail detail;

	(void)state;
	tcp.options = 4;
	assert_int_equal(detail_of(&tcp, 0).present & bits, bits);
	tcp.options = 0xfb;
	tcp.rtt = tcp.rcv_rtt = tcp.min_rtt = 0;
	tcp.snd_ssthresh = 0x7fffffff;
	tcp.pacing_rate = tcp.max_pacing_rate = UINT64_MAX;
	detail = detail_of(&tcp, 0);
	assert_int_equal(detail.present & bits, 0);
	assert_int_equal(detail.tcp_options, 0xfb);
	tcp.min_rtt = UINT32_MAX;
	assert_int_equal(detail_of(&tcp, 0).present & PRESENT(SKT_DETAIL_MIN_RTT), 0);
	tcp.snd_ssthresh = 0x7ffffffe;
	assert_true(detail_of(&tcp, 0).present & PRESENT(SKT_DETAIL_SSTHRESH));
}

static void test_listener_tells_little(void **state)
{
	struct skt_tcp_info tcp = connection();
	struct skt_socket_detail detail;

	(void)state;
	tcp.state = 10;
	detail = detail_of(&tcp, SKT_KERNEL(7, 0));
	assert_int_equal(detail.tcp_length, sizeof(tcp));
	assert_int_equal(
		detail.present, PRESENT(SKT_DETAIL_PACING) | PRESENT(SKT_DETAIL_MAX_PACING));
}

static void test_bits(void **state)
{
	struct skt_tcp_info tcp = connection();
	struct skt_socket_detail detail;

	(void)state;
	tcp.snd_wscale = 7;
	tcp.rcv_wscale = 14;
	tcp.delivery_rate_app_limited = 1;
	tcp.fastopen_client_fail = 2;
	tcp.accecn.wide.fail_mode = 9;
	tcp.accecn.wide.opt_seen = 3;
	detail = detail_of(&tcp, SKT_KERNEL(6, 19));
	assert_int_equal(detail.snd_wscale, 7);
	assert_int_equal(detail.rcv_wscale, 14);
	assert_true(detail.app_limited);
	assert_int_equal(detail.fastopen_client_fail, 2);
	assert_int_equal(detail.accecn_fail_mode, 9);
	assert_int_equal(detail.accecn_opt_seen, 3);
	assert_false(detail.present & PRESENT(SKT_DETAIL_ECN_MODE));
	tcp.accecn.wide.opt_seen = 0x103;
	assert_int_equal(detail_of(&tcp, SKT_KERNEL(6, 18)).accecn_opt_seen, 255);

	memset(&tcp.accecn, 0, sizeof(tcp.accecn));
	tcp.accecn.packed.ecn_mode = 2;
	tcp.accecn.packed.opt_seen = 1;
	tcp.accecn.packed.fail_mode = 12;
	tcp.accecn.packed.options2 = 0xffffff;
	detail = detail_of(&tcp, SKT_KERNEL(7, 0));
	assert_true(detail.present & PRESENT(SKT_DETAIL_ECN_MODE));
	assert_int_equal(detail.ecn_mode, 2);
	assert_int_equal(detail.accecn_opt_seen, 1);
	assert_int_equal(detail.accecn_fail_mode, 12);
}

static void test_memory_of_every_length(void **state)
{
	uint32_t words[16];
	struct skt_socket_detail detail;

	(void)state;
	for (uint32_t i = 0; i < SKT_COUNT(words); i++)
		words[i] = i + 1;
	for (size_t len = 0; len <= sizeof(words); len++) {
		struct attributes a = {0};

		add(&a, INET_DIAG_SKMEMINFO, words, len);
		assert_int_equal(parse(&a, &detail), 0);
		assert_int_equal(detail.memory_length, SKT_MIN(len, 36));
		assert_memory_equal(&detail.memory, words, SKT_MIN(len, 36));
	}
	assert_int_equal(detail.memory.rmem_alloc, 1);
	assert_int_equal(detail.memory.sndbuf, 4);
	assert_int_equal(detail.memory.backlog, 8);
	assert_int_equal(detail.memory.drops, 9);
}

static void test_hostile_names(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *name;
	} cases[] = {
		{"cubic", 6, "cubic"},
		{"cubic", 5, "cubic"},
		{"", 0, ""},
		{"", 1, ""},
		{"\x1b[2J\n\xff", 7, "\x1b[2J\n\xff"},
		{"a\0b", 3, "a"},
		{"exactly-fifteen", 15, "exactly-fifteen"},
		{"exactly-sixteen.", 16, "exactly-sixteen"},
		{"longer-than-any-name-that-the-kernel-takes", 42, "longer-than-any"},
	};
	struct skt_socket_detail detail;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct attributes a = {0}, ulp = {0};

		add(&a, INET_DIAG_CONG, cases[i].bytes, cases[i].len);
		add(&ulp, INET_ULP_INFO_NAME, cases[i].bytes, cases[i].len);
		add_nest(&a, INET_DIAG_ULP_INFO, &ulp);
		assert_int_equal(parse(&a, &detail), 0);
		assert_string_equal(detail.congestion, cases[i].name);
		assert_string_equal(detail.ulp, cases[i].name);
	}
}

static void test_congestion_state(void **state)
{
	const struct tcpvegas_info vegas = {1, 2, 3, 4};
	const struct tcp_dctcp_info dctcp = {1, 0, 512, 7, 8};
	const struct tcp_bbr_info bbr = {0x89abcdef, 0x1234567, 44, 739, 512};
	struct attributes a = {0};
	struct skt_socket_detail detail;

	(void)state;
	add(&a, INET_DIAG_VEGASINFO, &vegas, sizeof(vegas));
	add(&a, INET_DIAG_DCTCPINFO, &dctcp, sizeof(dctcp));
	add(&a, INET_DIAG_BBRINFO, &bbr, sizeof(bbr));
	assert_int_equal(parse(&a, &detail), 0);
	assert_int_equal(detail.present,
		PRESENT(SKT_DETAIL_VEGAS) | PRESENT(SKT_DETAIL_DCTCP) | PRESENT(SKT_DETAIL_BBR));
	assert_int_equal(detail.vegas.minrtt, 4);
	assert_int_equal(detail.dctcp.enabled, 1);
	assert_int_equal(detail.dctcp.alpha, 512);
	assert_int_equal(detail.dctcp.ab_tot, 8);
	assert_int_equal(detail.bbr.bandwidth, UINT64_C(0x0123456789abcdef));
	assert_int_equal(detail.bbr.cwnd_gain, 512);
}

static void test_options(void **state)
{
	struct inet_diag_sockopt options = {.is_icsk = 1, .transparent = 1, .defer_connect = 1};
	struct attributes a = {0};
	struct skt_socket_detail detail;

	(void)state;
	add(&a, INET_DIAG_SOCKOPT, &options, sizeof(options));
	add(&a, INET_DIAG_TOS, (uint8_t[]){0xb8}, 1);
	add(&a, INET_DIAG_TCLASS, (uint8_t[]){0x20}, 1);
	add(&a, INET_DIAG_CLASS_ID, (uint32_t[]){0x10001}, 4);
	assert_int_equal(parse(&a, &detail), 0);
	assert_int_equal(detail.options, 1 << 1 | 1 << 5 | 1 << 10);
	assert_int_equal(detail.tos, 0xb8);
	assert_int_equal(detail.tclass, 0x20);
	assert_int_equal(detail.class_id, 0x10001);
}

static struct attributes tls(void)
{
	struct attributes inner = {0}, ulp = {0}, a = {0};

	add(&inner, 1, (uint16_t[]){0x304}, 2);
	add(&inner, 2, (uint16_t[]){54}, 2);
	add(&inner, 3, (uint16_t[]){2}, 2);
	add(&inner, 4, (uint16_t[]){3}, 2);
	add(&inner, 5, NULL, 0);
	add(&inner, 6, NULL, 0);
	add(&inner, 7, (uint16_t[]){1400}, 2);
	add(&inner, 99, "later", 5);
	add(&ulp, INET_ULP_INFO_NAME, "tls", 4);
	add_nest(&ulp, INET_ULP_INFO_TLS, &inner);
	add_nest(&a, INET_DIAG_ULP_INFO, &ulp);
	return a;
}

static void test_tls(void **state)
{
	struct attributes a = tls(), inner = {0}, ulp = {0};
	struct skt_socket_detail detail;

	(void)state;
	assert_int_equal(parse(&a, &detail), 0);
	assert_string_equal(detail.ulp, "tls");
	assert_int_equal(detail.present, PRESENT(SKT_DETAIL_TLS) | PRESENT(SKT_DETAIL_TLS_PAYLOAD));
	assert_int_equal(detail.tls_version, 4);
	assert_int_equal(detail.tls_cipher, 54);
	assert_int_equal(detail.tls_tx, 2);
	assert_int_equal(detail.tls_rx, 3);
	assert_true(detail.tls_zerocopy_tx);
	assert_true(detail.tls_no_pad_rx);
	assert_int_equal(detail.tls_tx_max_payload, 1400);
	/* Numbers that have no name here stay what they are, as far as there is room. */
	add(&inner, 1, (uint16_t[]){0x305}, 2);
	add(&inner, 2, (uint16_t[]){59}, 2);
	add(&inner, 3, (uint16_t[]){5}, 2);
	add(&inner, 4, (uint16_t[]){0xffff}, 2);
	add_nest(&ulp, INET_ULP_INFO_TLS, &inner);
	a = (struct attributes){0};
	add_nest(&a, INET_DIAG_ULP_INFO, &ulp);
	assert_int_equal(parse(&a, &detail), 0);
	assert_int_equal(detail.tls_version, 5);
	assert_int_equal(detail.tls_cipher, 59);
	assert_int_equal(detail.tls_tx, 5);
	assert_int_equal(detail.tls_rx, 255);
}

/* INFO is that of the protocol; older kernels tell less of it, listeners nothing. */
static void test_mptcp(void **state)
{
	struct skt_mptcp_info info = {
		.subflows = 1, .token = 7, .bytes_sent = 99, .last_ack_recv = 3};
	struct skt_socket_detail detail = {0};
	const void *bytes = guard_copy(&info, sizeof(info));

	(void)state;
	assert_true(skt_socket_detail_read(
		&detail, SKT_DETAIL_TCP, SKT_PROTO_MPTCP, 0, INET_DIAG_INFO, bytes, sizeof(info)));
	assert_int_equal(detail.mptcp_length, sizeof(info));
	assert_int_equal(detail.mptcp.bytes_sent, 99);
	assert_int_equal(detail.mptcp.last_ack_recv, 3);
	assert_int_equal(detail.tcp_length, 0);
	detail = (struct skt_socket_detail){0};
	assert_true(skt_socket_detail_read(&detail, SKT_DETAIL_TCP, SKT_PROTO_MPTCP, 0,
		INET_DIAG_INFO, guard_copy(&info, 43), 43));
	assert_int_equal(detail.mptcp_length, 43);
	assert_true(detail.mptcp_length < SKT_MPTCP_INFO_UP_TO(bytes_sent));
	info.token = 0;
	detail = (struct skt_socket_detail){0};
	for (size_t len = 0; len <= sizeof(info); len++) {
		assert_true(skt_socket_detail_read(&detail, SKT_DETAIL_TCP, SKT_PROTO_MPTCP, 0,
			INET_DIAG_INFO, guard_copy(&info, len), len));
		assert_int_equal(detail.mptcp_length, 0);
		guard_free_all();
	}
	/* Of SCTP it is another struct still. */
	assert_true(skt_socket_detail_read(&detail, SKT_DETAIL_TCP, SKT_PROTO_SCTP, 0,
		INET_DIAG_INFO, guard_copy(&info, sizeof(info)), sizeof(info)));
	assert_int_equal(detail.mptcp_length | detail.tcp_length, 0);
}

static struct attributes subflow(void)
{
	struct attributes inner = {0}, ulp = {0}, a = {0};

	add(&inner, SKT_SUBFLOW_TOKEN_REMOTE, (uint32_t[]){11}, 4);
	add(&inner, SKT_SUBFLOW_TOKEN_LOCAL, (uint32_t[]){22}, 4);
	add(&inner, SKT_SUBFLOW_RELWRITE_SEQ, (uint32_t[]){33}, 4);
	add(&inner, SKT_SUBFLOW_MAP_SEQ, (uint64_t[]){UINT64_MAX - 1}, 8);
	add(&inner, SKT_SUBFLOW_MAP_SFSEQ, (uint32_t[]){44}, 4);
	add(&inner, SKT_SUBFLOW_SSN_OFFSET, (uint32_t[]){55}, 4);
	add(&inner, SKT_SUBFLOW_MAP_DATALEN, (uint16_t[]){66}, 2);
	add(&inner, SKT_SUBFLOW_FLAGS, (uint32_t[]){0x81}, 4);
	add(&inner, SKT_SUBFLOW_ID_REMOTE, (uint8_t[]){7}, 1);
	add(&inner, SKT_SUBFLOW_ID_LOCAL, (uint8_t[]){8}, 1);
	add(&inner, 11, "pad", 3);
	add_nest(&ulp, INET_ULP_INFO_MPTCP, &inner);
	add_nest(&a, INET_DIAG_ULP_INFO, &ulp);
	return a;
}

static void test_subflow(void **state)
{
	const struct attributes a = subflow();
	struct skt_socket_detail detail;

	(void)state;
	assert_int_equal(parse(&a, &detail), 0);
	assert_int_equal(detail.present >> SKT_DETAIL_SUBFLOW, 0x7fe);
	assert_int_equal(detail.subflow.token_remote, 11);
	assert_int_equal(detail.subflow.token_local, 22);
	assert_int_equal(detail.subflow.relwrite_seq, 33);
	assert_int_equal(detail.subflow.map_seq, UINT64_MAX - 1);
	assert_int_equal(detail.subflow.map_sfseq, 44);
	assert_int_equal(detail.subflow.ssn_offset, 55);
	assert_int_equal(detail.subflow.map_datalen, 66);
	assert_int_equal(detail.subflow.flags, 0x81);
	assert_int_equal(detail.subflow.id_remote, 7);
	assert_int_equal(detail.subflow.id_local, 8);
}

/* Cut anywhere, or with any inner length changed, it is malformed or read as far as it goes. */
static void test_damaged_nests(void **state)
{
	const struct attributes nests[] = {tls(), subflow()};
	struct skt_socket_detail detail;

	(void)state;
	for (size_t n = 0; n < SKT_COUNT(nests); n++) {
		for (size_t len = 1; len < nests[n].len; len++)
			assert_int_equal(
				parse_part(&nests[n], len, TCP, WANT_ALL, 0, &detail), -EBADMSG);
		for (size_t at = 0; at < nests[n].len; at++) {
			struct attributes a = nests[n];

			for (unsigned int value = 0; value < 256; value += 5) {
				a.bytes[at] = (char)value;
				(void)parse(&a, &detail);
			}
		}
	}
}

static void test_short_attributes(void **state)
{
	static const struct {
		uint16_t type;
		size_t size;
	} wanted[] = {
		{INET_DIAG_VEGASINFO, 16},
		{INET_DIAG_DCTCPINFO, 16},
		{INET_DIAG_BBRINFO, 20},
		{INET_DIAG_TOS, 1},
		{INET_DIAG_TCLASS, 1},
		{INET_DIAG_CLASS_ID, 4},
		{INET_DIAG_SOCKOPT, 2},
	};
	static const char zeros[32];
	struct skt_socket_detail detail;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(wanted); i++)
		for (size_t size = 0; size <= sizeof(zeros); size++) {
			struct attributes a = {0};

			add(&a, wanted[i].type, zeros, size);
			assert_int_equal(parse(&a, &detail), size >= wanted[i].size ? 0 : -EBADMSG);
			assert_int_equal(detail.present != 0, size >= wanted[i].size);
		}
}

static void test_nothing_that_was_not_asked_for(void **state)
{
	const struct skt_tcp_info tcp = connection();
	struct attributes a = {0};
	struct skt_socket_detail detail;

	(void)state;
	add(&a, INET_DIAG_INFO, &tcp, sizeof(tcp));
	add(&a, INET_DIAG_SOCKOPT, "\xff\xff", 2);
	assert_int_equal(parse_part(&a, a.len, TCP, SKT_DETAIL_MEMORY, 0, &detail), 0);
	assert_int_equal(detail.present | detail.tcp_length, 0);
	/* INFO of another protocol is another struct. */
	assert_int_equal(parse_part(&a, a.len, UDP, SKT_DETAIL_TCP, 0, &detail), 0);
	assert_int_equal(detail.present | detail.tcp_length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_tcp_info_of_every_length),
		unit_test(test_numbers_that_mean_none),
		unit_test(test_listener_tells_little),
		unit_test(test_bits),
		unit_test(test_memory_of_every_length),
		unit_test(test_hostile_names),
		unit_test(test_congestion_state),
		unit_test(test_options),
		unit_test(test_tls),
		unit_test(test_mptcp),
		unit_test(test_subflow),
		unit_test(test_damaged_nests),
		unit_test(test_short_attributes),
		unit_test(test_nothing_that_was_not_asked_for),
	};

	return cmocka_run_group_tests_name("socket_detail", tests, NULL, NULL);
}
