/*
 * struct tcp_info as the kernel sends it (include/uapi/linux/tcp.h), up to the newest that is
 * known, Linux 7.0: the headers of the machine that compiles may be older than the kernel it runs
 * on. The kernel only ever adds at the end, so how much of this is told follows from the length
 * that came.
 *
 * Field names are the kernel's without tcpi_. Where they hold a unit that differs from field to
 * field, it is said behind them.
 */
#ifndef SKT_DIAG_TCP_INFO_H
#define SKT_DIAG_TCP_INFO_H

#include <stddef.h>
#include <stdint.h>

struct skt_tcp_info {
	uint8_t state;
	uint8_t ca_state;
	uint8_t retransmits;
	uint8_t probes;
	uint8_t backoff;
	uint8_t options;
	uint8_t snd_wscale : 4, rcv_wscale : 4;
	uint8_t delivery_rate_app_limited : 1, fastopen_client_fail : 2;
	uint32_t rto, ato; /* us */
	uint32_t snd_mss, rcv_mss;
	uint32_t unacked, sacked, lost, retrans, fackets;                      /* segments */
	uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv; /* ms ago */
	uint32_t pmtu;
	uint32_t rcv_ssthresh;
	uint32_t rtt, rttvar; /* us */
	uint32_t snd_ssthresh;
	uint32_t snd_cwnd;
	uint32_t advmss;
	uint32_t reordering;
	uint32_t rcv_rtt; /* us */
	uint32_t rcv_space;
	uint32_t total_retrans;
	uint64_t pacing_rate, max_pacing_rate; /* bytes/s; Linux 3.15 */
	uint64_t bytes_acked, bytes_received;  /* 4.1 */
	uint32_t segs_out, segs_in;            /* 4.2 */
	uint32_t notsent_bytes;                /* 4.6 */
	uint32_t min_rtt;                      /* us */
	uint32_t data_segs_in, data_segs_out;
	uint64_t delivery_rate;                           /* bytes/s; 4.9 */
	uint64_t busy_time, rwnd_limited, sndbuf_limited; /* us; 4.10 */
	uint32_t delivered, delivered_ce;                 /* 4.18 */
	uint64_t bytes_sent, bytes_retrans;               /* 4.19 */
	uint32_t dsack_dups, reord_seen;
	uint32_t rcv_ooopack; /* 5.4 */
	uint32_t snd_wnd;
	uint32_t rcv_wnd; /* 6.2 */
	uint32_t rehash;
	uint16_t total_rto, total_rto_recoveries; /* 6.7 */
	uint32_t total_rto_time;                  /* ms */
	uint32_t received_ce;                     /* 6.18, RFC 9768 */
	uint32_t delivered_e1_bytes, delivered_e0_bytes, delivered_ce_bytes;
	uint32_t received_e1_bytes, received_e0_bytes, received_ce_bytes;
	/*
	 * Linux 7.0 packed this and made room, without a change of the length: the version of the
	 * kernel tells which it is.
	 */
	union {
		struct {
			uint16_t fail_mode, opt_seen; /* 6.18 and 6.19 */
		} wide;
		struct {
			uint32_t ecn_mode : 2, opt_seen : 2, fail_mode : 4, options2 : 24;
		} packed;
	} accecn;
};

_Static_assert(offsetof(struct skt_tcp_info, rto) == 8, "linux/tcp.h");
_Static_assert(offsetof(struct skt_tcp_info, total_retrans) == 100, "linux/tcp.h");
_Static_assert(offsetof(struct skt_tcp_info, pacing_rate) == 104, "linux/tcp.h");
_Static_assert(offsetof(struct skt_tcp_info, delivery_rate) == 160, "linux/tcp.h");
_Static_assert(offsetof(struct skt_tcp_info, snd_wnd) == 228, "linux/tcp.h");
_Static_assert(offsetof(struct skt_tcp_info, received_ce) == 248, "linux/tcp.h");
_Static_assert(sizeof(struct skt_tcp_info) == 280, "linux/tcp.h");

/* How much of the struct must have come for FIELD to be told. */
#define SKT_TCP_INFO_UP_TO(field) \
	((uint16_t)(offsetof(struct skt_tcp_info, field) + \
		sizeof(((struct skt_tcp_info *)0)->field)))

#endif
