/*
 * Datagrams as rows: what udprecv received, and what answered udpsend. Each of the two has its own
 * columns over the one row.
 */
#ifndef SKT_CMD_DATAGRAM_ROWS_H
#define SKT_CMD_DATAGRAM_ROWS_H

#include "cmd/names.h"
#include "cmd/naming.h"
#include "cmd/options.h"
#include "net/receiver.h"
#include "net/udp.h"
#include "out/sink.h"

enum {
	SKT_DATAGRAM_HAS_TIME,
	SKT_DATAGRAM_HAS_PORT,
	SKT_DATAGRAM_HAS_DESTINATION_PORT,
	SKT_DATAGRAM_HAS_TTL,
	SKT_DATAGRAM_HAS_TOS,
	SKT_DATAGRAM_HAS_DROPS,
	SKT_DATAGRAM_HAS_RTT,
};

/* What is known of an answer beside the datagram that it is. */
struct skt_datagram_answer {
	uint64_t rtt_ns; /* 0: not known */
	bool elsewhere;  /* it came from another address or port than was asked */
};

struct skt_datagram_row {
	uint64_t present;
	uint64_t time_ns;
	struct skt_end source, destination;
	const char *source_path; /* of a unix socket */
	const char *interface;
	uint8_t ttl, dscp, ecn;
	uint32_t length, drops;
	bool truncated;
	struct skt_bytes data;
	uint64_t rtt_us;
	bool elsewhere;
};

/* What writes them. Its user zeroes it. */
struct skt_datagram_rows {
	const struct skt_rows_options *o;
	const struct skt_context *ctx;
	bool hex;
	struct skt_udp_address local;
	struct skt_sink *sink;
	struct skt_output *output;
	struct skt_names names;
	struct skt_naming naming; /* with --resolve: of the senders */
	struct skt_arena kept;    /* what rows that are sorted refer to */
	struct skt_str scratch;
};

/* For columns: the time of day, which people want. */
void skt_datagram_time_text(struct skt_str *out, const void *item);

void skt_datagram_add_hex(struct skt_str *out, const uint8_t *bytes, size_t len);

/* What the kernel is to be asked of each datagram (SKT_RECEIVE_*) for what SELECTION shows. */
unsigned int skt_datagram_wanted(const struct skt_selection *selection);

/* LOCAL: where they are received. SINK becomes ready. 0, or -errno, told. */
int skt_datagram_rows_begin(struct skt_datagram_rows *rows, const struct skt_rows_options *o,
	bool hex, const struct skt_context *ctx, const struct skt_udp_address *local,
	struct skt_sink *sink);

/* ANSWER: NULL for what is none. 0, or -errno where there is no use in going on. */
int skt_datagram_rows_take(struct skt_datagram_rows *rows, const struct skt_datagram *d,
	const struct skt_datagram_answer *answer);

/*
 * Nothing more is there for now: what was taken shall be seen. Errors: -errno. More than 0: rows
 * wait for names, which is to be called for again soon.
 */
int skt_datagram_rows_settle(struct skt_datagram_rows *rows);

/* Ends them; STATUS, or SKT_EXIT_TROUBLE where rows were lost. */
int skt_datagram_rows_end(struct skt_datagram_rows *rows, int status);

/* Begins and ends them where nothing could begin. */
int skt_datagram_rows_nothing(
	const struct skt_rows_options *o, const struct skt_context *ctx, int status);

#endif
