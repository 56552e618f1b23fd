/*
 * struct mptcp_info as the kernel sends it (include/uapi/linux/mptcp.h), up to Linux 6.18: as with
 * tcp_info.h, how much of this is told follows from the length that came. Field names are the
 * kernel's without mptcpi_.
 */
#ifndef SKT_DIAG_MPTCP_INFO_H
#define SKT_DIAG_MPTCP_INFO_H

#include <stddef.h>
#include <stdint.h>

struct skt_mptcp_info {
	uint8_t subflows; /* beside the first one */
	uint8_t add_addr_signal, add_addr_accepted;
	uint8_t subflows_max;
	uint8_t add_addr_signal_max, add_addr_accepted_max;
	uint32_t flags; /* MPTCP_INFO_FLAG_* */
	uint32_t token;
	uint64_t write_seq, snd_una, rcv_nxt;
	uint8_t local_addr_used, local_addr_max;
	uint8_t csum_enabled;
	uint32_t retransmits; /* Linux 6.5 */
	uint64_t bytes_retrans, bytes_sent, bytes_received, bytes_acked;
	uint8_t subflows_total;   /* 6.6 */
	uint8_t endp_laminar_max; /* 6.18 */
	uint8_t reserved[2];
	uint32_t last_data_sent, last_data_recv, last_ack_recv; /* ms ago; 6.10 */
};

_Static_assert(offsetof(struct skt_mptcp_info, flags) == 8 &&
		offsetof(struct skt_mptcp_info, last_data_sent) == 84,
	"include/uapi/linux/mptcp.h");

/* Bytes from the beginning to the end of FIELD. */
#define SKT_MPTCP_INFO_UP_TO(field) \
	((uint16_t)(offsetof(struct skt_mptcp_info, field) + \
		sizeof(((struct skt_mptcp_info *)0)->field)))

#endif
