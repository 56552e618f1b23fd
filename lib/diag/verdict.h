/*
 * What holds a TCP connection back, judged by what the kernel tells of it: struct tcp_info
 * (net/ipv4/tcp.c, tcp_get_info()), queues, timers. It is a pure function: a table of rules, what
 * is certain before what is likely, of which the first that applies is the verdict.
 */
#ifndef SKT_DIAG_VERDICT_H
#define SKT_DIAG_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/socket.h"
#include "diag/tcp_info.h"

/* In the order of the rules, but for the first and the last. */
enum skt_verdict {
	SKT_VERDICT_NONE, /* not a connection, nor what waits for one */
	/* Listeners. */
	SKT_VERDICT_ACCEPT_QUEUE_FULL,
	SKT_VERDICT_ACCEPT_QUEUE_DROPPED, /* it has turned connections away since it began */
	/* What stands still, and who does not do his part. */
	SKT_VERDICT_NO_ANSWER, /* what was sent again and again is not acknowledged */
	SKT_VERDICT_HANDSHAKE, /* it is being made */
	SKT_VERDICT_PEER_NOT_READING,
	SKT_VERDICT_PROGRAM_NOT_READING,
	SKT_VERDICT_PROGRAM_NOT_CLOSING, /* the peer has ended */
	SKT_VERDICT_PEER_NOT_CLOSING,    /* this end has ended */
	SKT_VERDICT_CLOSING,
	SKT_VERDICT_UNKNOWN, /* nothing is told of its inside: it was read from /proc/net */
	SKT_VERDICT_IDLE,
	/* What moves, and what it waits for for the greatest part. */
	SKT_VERDICT_PEER_WINDOW,
	SKT_VERDICT_SEND_BUFFER,
	SKT_VERDICT_PATH_LOSS,
	SKT_VERDICT_PATH_REORDERING, /* most of what was sent again had arrived */
	SKT_VERDICT_PATH_LOSS_INBOUND,
	SKT_VERDICT_PACING,     /* SO_MAX_PACING_RATE */
	SKT_VERDICT_PATH_QUEUE, /* packets wait on the path much longer than they travel */
	SKT_VERDICT_PATH,       /* its congestion window is full, and nothing else is wrong */
	SKT_VERDICT_PROGRAM_WRITES_LITTLE,
	SKT_VERDICT_NOTHING,
	SKT_VERDICT_COUNT
};

/* "accept-queue-full", ...; NULL for NONE. */
extern const char *const skt_verdict_names[SKT_VERDICT_COUNT];

/* What is counted of a connection from its beginning on. */
struct skt_verdict_counts {
	uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
	/* Segments with data: sent, of these again, of these for nothing; received, out of order.
	 * They wrap around. */
	uint32_t sent, resent, needless, received, disordered;
};

/* An earlier look. */
struct skt_verdict_before {
	struct skt_verdict_counts counts;
	uint64_t elapsed_us; /* since; 0: there was none */
};

struct skt_judgement {
	enum skt_verdict verdict;
	bool shared;       /* PERMILLE is told, which the verdict rests on */
	uint32_t permille; /* of the time, or of the segments, that the verdict is about */
	/* An older kernel does not tell all that the rules before this verdict look at. */
	bool blind;
};

/* What the first LEN bytes of INFO, of a connection, tell of that; the rest is 0. */
struct skt_verdict_counts skt_verdict_count(const struct skt_tcp_info *info, size_t len);

/*
 * Judges SOCKET, of any protocol, whose detail (SKT_DETAIL_TCP and SKT_DETAIL_MEMORY) may be NULL:
 * then only its state, queues and timer are looked at. BEFORE: the same socket some time earlier,
 * and then shares are of the time since; NULL: shares are of the connection's whole life.
 */
struct skt_judgement skt_verdict_judge(
	const struct skt_socket *socket, const struct skt_verdict_before *before);

#endif
