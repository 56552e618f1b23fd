/* The kernel's last word on a socket: what the events of skt_inet_subscribe_destroyed() carry. */
#ifndef SKT_DIAG_ENDING_H
#define SKT_DIAG_ENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag/socket.h"

/* Of TCP (struct tcp_info, linux/tcp.h), as far as the kernel knows these. */
struct skt_figures {
	bool has_rtt, has_bytes, has_min_rtt, has_sent;
	uint32_t rtt_us, min_rtt_us, total_retrans; /* has_rtt, has_min_rtt, has_rtt */
	uint64_t bytes_acked, bytes_received;       /* has_bytes */
	uint64_t bytes_sent, bytes_retrans;         /* has_sent */
};

struct skt_ending {
	struct skt_socket socket; /* has neither owner nor queues any more */
	struct skt_figures figures;
};

/*
 * Reads the LEN bytes of an event (net/ipv4/inet_diag.c, inet_diag_handler_get_info()). -EBADMSG
 * where malformed, and then *ret is half-filled.
 */
int skt_ending_parse(const void *payload, size_t len, struct skt_ending *ret);

#endif
