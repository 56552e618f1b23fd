/* The rows that `sockkit connect` reports: what a dial came to, and what the kernel knows of it. */
#ifndef SKT_CMD_CONNECT_ROW_H
#define SKT_CMD_CONNECT_ROW_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/endpoint.h"
#include "cmd/stream/chain.h"
#include "net/dial.h"
#include "out/column.h"

enum connect_state {
	CONNECT_OPEN,
	CONNECT_CLOSED,
	CONNECT_FILTERED,
	CONNECT_UNREACHABLE,
	CONNECT_OPEN_FILTERED, /* UDP: nothing said no */
	CONNECT_ERROR,         /* it failed here, and nothing was learnt */
};

/* Bits of `present`. */
enum {
	CONNECT_HAS_PORT,
	CONNECT_HAS_DNS,
	CONNECT_HAS_TCP,
	CONNECT_HAS_FIRST_BYTE,
	CONNECT_HAS_LOCAL,
	CONNECT_HAS_INFO,
	CONNECT_HAS_BYTES,
	CONNECT_HAS_PROXY,
	CONNECT_HAS_TLS,         /* the handshake is over */
	CONNECT_HAS_CERTIFICATE, /* there is one to be told of */
	CONNECT_HAS_DATES,
};

/* What TLS came to. Texts are the arena's of connect_row_of_tls(), NULL where there is none. */
struct connect_row_tls {
	const char *version, *cipher, *group, *alpn;
	const char *subject, *issuer, *not_before, *not_after;
	const char *key_type, *signature, *serial, *fingerprint, *pin;
	struct skt_list names; /* of struct connect_row_name */
	int64_t days_left;     /* rounded down */
	uint32_t key_bits, chain;
	bool verified;
	const char *why; /* why not, or why there is no TLS */
};

struct connect_row_name {
	uint64_t present;
	const char *name;
};

struct connect_row {
	uint64_t present;
	uint64_t time_ns; /* since the epoch, when it began */
	uint64_t seq;     /* of the probes of one endpoint, from 1 */
	const char *endpoint, *host, *service, *proto, *reason;
	struct skt_addr address, local_address;
	uint16_t port, local_port;
	uint8_t state;            /* enum connect_state */
	char banner[96];          /* first line of what the other side said, for --expect */
	uint64_t dns_us, tcp_us;  /* the lookup; the handshake of the address that won */
	uint64_t proxy_us;        /* from the connection to the first proxy to that of the last */
	uint64_t tls_us;          /* the handshake of TLS */
	uint64_t first_byte_us;   /* from the beginning */
	uint64_t total_us;        /* until connected, for --probe; else until the end */
	uint64_t sent, received;  /* bytes */
	struct skt_list attempts; /* of struct connect_attempt */
	uint32_t rtt_us, rttvar_us, min_rtt_us, rto_us;
	uint32_t cwnd, ssthresh, mss, pmtu, total_retrans;
	uint64_t bytes_acked, bytes_received, delivery_rate, pacing_rate;
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
	struct connect_row_tls tls;
};

struct connect_attempt {
	uint64_t present;
	struct skt_addr address;
	uint16_t port;
	uint8_t state;     /* enum skt_attempt_state */
	const char *error; /* NULL: none */
	uint64_t start_us; /* from the beginning of the row */
	uint64_t duration_us;
};

/* "tcp", "udp", "unix", "vsock". */
const char *connect_proto(const struct skt_endpoint *endpoint, bool udp);

/*
 * Fills ROW with what a dial came to: RESULT is a descriptor, or -errno. Texts and, where ATTEMPTS
 * asks for it, the list live in ARENA.
 */
void connect_row_of_dial(struct connect_row *row, const struct skt_dial *dial, int result,
	bool attempts, struct skt_arena *arena);

/* State and reason of -errno R of a dial. */
void connect_row_fail(struct connect_row *row, int r, bool no_name, struct skt_arena *arena);

/* The proxies failed, or would not: nothing is known of the other end. */
void connect_row_fail_proxy(struct connect_row *row);

/* The time was over before its turn came. */
void connect_row_not_asked(struct connect_row *row);

/* Adds what proxies had a part in: how long they took, and that the address is not theirs. */
void connect_row_of_chain(struct connect_row *row, const struct skt_chain *chain,
	const struct skt_endpoint *endpoint);

/* Adds the local end of the connected socket FD, and what the kernel knows of it (TCP_INFO). */
void connect_row_of_socket(struct connect_row *row, int fd);

#endif
