/*
 * What the kernel tells of a socket beyond struct skt_socket, for those who ask: it costs a larger
 * message for each socket, and for TCP its lock. It stands apart, since most listings do not ask.
 */
#ifndef SKT_DIAG_SOCKET_DETAIL_H
#define SKT_DIAG_SOCKET_DETAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/kernel.h"
#include "diag/mptcp_info.h"
#include "diag/tcp_info.h"

/*
 * What to ask for. The values are those of idiag_ext in a request, 1 << (INET_DIAG_* - 1), which
 * has room for eight; what has none comes with another or always (include/uapi/linux/inet_diag.h).
 */
enum {
	SKT_DETAIL_TCP = 1 << 1, /* INFO; also ULP_INFO, if there is one */
	SKT_DETAIL_CONGESTION =
		1 << 2, /* VEGASINFO, DCTCPINFO or BBRINFO: what the algorithm knows */
	SKT_DETAIL_CONGESTION_NAME = 1 << 3, /* CONG */
	SKT_DETAIL_TOS = 1 << 4,
	SKT_DETAIL_TCLASS = 1 << 5,   /* also CLASS_ID */
	SKT_DETAIL_MEMORY = 1 << 6,   /* SKMEMINFO */
	SKT_DETAIL_OPTIONS = 1 << 7,  /* SOCKOPT comes always (Linux 5.10); the bit says: keep it */
	SKT_DETAIL_EXTENSIONS = 0xff, /* all of these */
	/* Of families that are asked otherwise. */
	SKT_DETAIL_VFS = 1 << 24,     /* unix: the file that a socket is bound to */
	SKT_DETAIL_WAITING = 1 << 25, /* unix: skt_socket.list */
	SKT_DETAIL_PACKET = 1 << 26,  /* packet: rings, fanout, memberships, and what there is */
	SKT_DETAIL_BPF = 1 << 27,     /* packet: the filter, skt_socket.list */
	SKT_DETAIL_MD5 = 1 << 28,     /* TCP: with INFO, to CAP_NET_ADMIN; skt_socket.list */
	SKT_DETAIL_ALL = 0xff | 0x1f << 24, /* others may use the rest */
};

/* Which fields are known: bits of skt_socket_detail.present. */
enum {
	/* TCP, and not a listener, of which the kernel tells next to nothing. */
	SKT_DETAIL_CONNECTION,
	SKT_DETAIL_HEARD,    /* of it, the peer has answered: last_* */
	SKT_DETAIL_RTT,      /* there was a sample; also rttvar */
	SKT_DETAIL_MIN_RTT,  /* likewise */
	SKT_DETAIL_RCV_RTT,  /* likewise */
	SKT_DETAIL_SSTHRESH, /* it is finite: there was a loss, or a route says so */
	SKT_DETAIL_PACING,   /* likewise: pacing_rate */
	SKT_DETAIL_MAX_PACING,
	SKT_DETAIL_WSCALE, /* both ends scale */
	SKT_DETAIL_ACCECN, /* accecn_opt_seen, accecn_fail_mode */
	SKT_DETAIL_ECN_MODE,
	SKT_DETAIL_VEGAS,
	SKT_DETAIL_DCTCP,
	SKT_DETAIL_BBR,
	SKT_DETAIL_HAS_TOS,
	SKT_DETAIL_HAS_TCLASS,
	SKT_DETAIL_CLASS_ID,
	SKT_DETAIL_HAS_OPTIONS,
	SKT_DETAIL_TLS,
	SKT_DETAIL_TLS_PAYLOAD, /* tls_tx_max_payload */
	SKT_DETAIL_HAS_VFS,
	SKT_DETAIL_PACKET_INFO, /* packet_* */
	SKT_DETAIL_RX_RING,
	SKT_DETAIL_TX_RING,
	SKT_DETAIL_FANOUT,
	SKT_DETAIL_MEMBERSHIPS,
	SKT_DETAIL_SUBFLOW, /* plus a number of the next enum */
	SKT_DETAIL_FIELDS = SKT_DETAIL_SUBFLOW + 11
};

/* A subflow of MPTCP: MPTCP_SUBFLOW_ATTR_* (include/uapi/linux/mptcp.h). */
enum {
	SKT_SUBFLOW_TOKEN_REMOTE = 1,
	SKT_SUBFLOW_TOKEN_LOCAL,
	SKT_SUBFLOW_RELWRITE_SEQ, /* this and the next four: told to CAP_NET_ADMIN only */
	SKT_SUBFLOW_MAP_SEQ,
	SKT_SUBFLOW_MAP_SFSEQ,
	SKT_SUBFLOW_SSN_OFFSET,
	SKT_SUBFLOW_MAP_DATALEN,
	SKT_SUBFLOW_FLAGS,
	SKT_SUBFLOW_ID_REMOTE,
	SKT_SUBFLOW_ID_LOCAL,
};

struct skt_socket_subflow {
	uint64_t map_seq;
	uint32_t token_remote, token_local;
	uint32_t relwrite_seq, map_sfseq, ssn_offset;
	uint32_t flags; /* MPTCP_SUBFLOW_FLAG_* */
	uint16_t map_datalen;
	uint8_t id_remote, id_local;
};

/* One ring of a packet socket: struct packet_diag_ring (include/uapi/linux/packet_diag.h). */
struct skt_socket_ring {
	uint32_t block_size, blocks, frame_size, frames; /* sizes in bytes */
	uint32_t timeout_ms;                             /* until a block is handed over unfilled */
	uint32_t features;                               /* TP_FT_* (linux/if_packet.h) */
};

/* SK_MEMINFO_* (include/uapi/linux/sock_diag.h), bytes but for drops. */
struct skt_socket_memory {
	uint32_t rmem_alloc, rcvbuf, wmem_alloc, sndbuf;
	uint32_t fwd_alloc, wmem_queued, optmem, backlog;
	uint32_t drops; /* datagrams, or segments, that found no room */
};

#define SKT_MEMORY_UP_TO(field) \
	((uint16_t)(offsetof(struct skt_socket_memory, field) + sizeof(uint32_t)))

enum { SKT_CONGESTION_MAX = 16, SKT_ULP_MAX = 16 }; /* TCP_CA_NAME_MAX, TCP_ULP_NAME_MAX */
enum { SKT_DEVICE_TEXT_MAX = 4 + 1 + 7 };           /* 12 bits, 20 bits */

/* Plain: may be copied. Host order. */
struct skt_socket_detail {
	uint64_t present;
	uint16_t tcp_length;    /* how much of tcp was told; 0: no TCP, or a minisocket */
	uint16_t memory_length; /* how much of memory was told */
	uint16_t mptcp_length;  /* how much of mptcp was told; 0: no MPTCP */
	struct skt_tcp_info tcp;
	struct skt_socket_memory memory;

	/* Out of tcp's bits. */
	uint32_t tcp_options; /* TCPI_OPT_* */
	uint8_t snd_wscale, rcv_wscale;
	bool app_limited;
	uint8_t fastopen_client_fail; /* enum tcp_fastopen_client_fail */
	uint8_t ecn_mode;             /* TCPI_ECN_MODE_* */
	uint8_t accecn_opt_seen;      /* TCP_ACCECN_OPT_* */
	uint32_t accecn_fail_mode;    /* TCP_ACCECN_*_FAIL_* */

	/* Hostile as far as whoever loads modules is: any bytes but NUL. Empty: not told. */
	char congestion[SKT_CONGESTION_MAX];
	char ulp[SKT_ULP_MAX];

	/* One of them: struct tcpvegas_info, tcp_dctcp_info, tcp_bbr_info (linux/inet_diag.h). */
	struct {
		uint32_t enabled, rttcnt, rtt, minrtt; /* us */
	} vegas;
	struct {
		uint16_t enabled, ce_state;
		uint32_t alpha, ab_ecn, ab_tot; /* alpha: in 1/1024 */
	} dctcp;
	struct {
		uint64_t bandwidth;              /* bytes/s */
		uint32_t min_rtt;                /* us */
		uint32_t pacing_gain, cwnd_gain; /* in 1/256 */
	} bbr;

	uint8_t tos, tclass;
	uint32_t class_id;
	uint32_t
		options; /* struct inet_diag_sockopt, a bit for each of its fields in their order */

	/* kTLS: TLS_INFO_* (include/uapi/linux/tls.h), 0 where not told. */
	uint8_t tls_version;         /* the minor number: 3 is TLS 1.2, 4 is 1.3 */
	uint8_t tls_cipher;          /* TLS_CIPHER_* */
	uint8_t tls_tx, tls_rx;      /* TLS_CONF_* */
	bool tls_zerocopy_tx;        /* TLS_INFO_ZC_RO_TX */
	bool tls_no_pad_rx;          /* TLS_INFO_RX_NO_PAD */
	uint16_t tls_tx_max_payload; /* TLS_INFO_TX_MAX_PAYLOAD_LEN, Linux 6.19 */

	struct skt_socket_subflow subflow;
	struct skt_mptcp_info mptcp;

	uint32_t vfs_inode;                       /* unix: of the file */
	char vfs_device[SKT_DEVICE_TEXT_MAX + 1]; /* that this is on: MAJOR:MINOR */

	struct skt_socket_ring rx_ring, tx_ring; /* of packet sockets, like what follows */
	uint8_t packet_version;                  /* enum tpacket_versions */
	uint32_t packet_flags;                   /* PDI_* */
	uint32_t copy_threshold;
	uint16_t fanout_id;
	uint8_t fanout_type;  /* PACKET_FANOUT_* */
	uint32_t memberships; /* bit N is PACKET_MR_* N */
};

/*
 * Reads one attribute TYPE (INET_DIAG_*) of LEN bytes into DETAIL, which starts zeroed. WANTED:
 * bits SKT_DETAIL_*; PROTO: enum skt_proto, which says what struct INFO is; KERNEL:
 * SKT_KERNEL() of who sent it. What is longer than is known here is read as far as it is known.
 * What is not known at all is passed over. False where it is malformed.
 */
bool skt_socket_detail_read(struct skt_socket_detail *detail, unsigned int wanted, uint8_t proto,
	unsigned int kernel, unsigned int type, const void *value, size_t len);

#endif
