/* What the files of `sockkit udprecv` share. */
#ifndef SKT_CMD_UDPRECV_H
#define SKT_CMD_UDPRECV_H

#include "base/endpoint.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/names.h"
#include "cmd/options.h"
#include "cmd/report.h"
#include "net/receiver.h"
#include "net/udp.h"

enum udprecv_output { OUTPUT_RAW, OUTPUT_LINES, OUTPUT_HEX, OUTPUT_ROWS, OUTPUT_NONE };
enum udprecv_stamp { STAMP_AUTO, STAMP_ALWAYS, STAMP_NEVER };

struct udprecv_options {
	struct skt_rows_options rows;
	struct skt_endpoint endpoint;
	const char *words[2]; /* the endpoint as given */
	unsigned int word_count;
	SKT_VEC(struct skt_udp_group) joins;
	bool raw, lines, hex, discard;
	enum udprecv_output output; /* what comes of the four, and of the rows */
	enum udprecv_stamp stamp;
	bool ipv4, ipv6, echo, gro, no_timing, reuse_port, stats;
	const char *interface;
	uint64_t count;                         /* 0: no end */
	uint64_t timeout_ns, idle_ns, stats_ns; /* 0: none */
	uint64_t buffer;
	struct skt_events_options events;
};

/* The socket, once it is open. */
struct udprecv_socket {
	int fd, family;
	bool gro; /* set by the receiver */
	uint32_t ifindex;
	struct skt_udp_address local;
	char text[SKT_UDP_TEXT_MAX]; /* of the address */
};

/* ---- the socket: socket.c ---- */

/* Opens, binds and joins. Returns an exit status, having told the user. */
int udprecv_open(
	const struct udprecv_options *o, const struct skt_context *ctx, struct udprecv_socket *ret);

/* ---- what becomes of payload: payload.c ---- */

struct udprecv_payload {
	const struct udprecv_options *o;
	struct skt_context *ctx;
	struct skt_sink sink;
	struct skt_output *rows;
	struct skt_names names;
	struct skt_arena kept; /* what rows that are sorted refer to */
	struct skt_str scratch;
	struct skt_udp_address local;
};

extern const struct skt_column udprecv_columns[];

int udprecv_payload_begin(struct udprecv_payload *payload, const struct udprecv_options *o,
	struct skt_context *ctx, const struct udprecv_socket *sock);

/* Takes one datagram. 0, or -errno where there is no use in going on. */
int udprecv_payload_take(struct udprecv_payload *payload, const struct skt_datagram *d);

/* Nothing more is there for now: what was taken shall be seen. 0 or -errno. */
int udprecv_payload_settle(struct udprecv_payload *payload);

/* Ends it; STATUS, or SKT_EXIT_TROUBLE where payload was lost. */
int udprecv_payload_end(struct udprecv_payload *payload, int status);

/* ---- statistics: stats.c ---- */

struct udprecv_stats;

int udprecv_stats_new(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *sock, struct udprecv_stats **ret);
void udprecv_stats_free(struct udprecv_stats *stats);

/* Counts one datagram. True where it was the mark of an end, and no payload. */
bool udprecv_stats_take(struct udprecv_stats *stats, const struct skt_datagram *d);

/* The next time of CLOCK_MONOTONIC for a line in between; UINT64_MAX: never. */
uint64_t udprecv_stats_due(const struct udprecv_stats *stats);
void udprecv_stats_interval(struct udprecv_stats *stats, uint64_t now_ns);
void udprecv_stats_final(struct udprecv_stats *stats);

/* ---- why it is silent: silence.c ---- */

/* Counters of the whole network namespace, to compare before and after. */
struct udprecv_silence {
	uint64_t no_ports, no_ports6, checksum_errors, reverse_path;
};

void udprecv_silence_begin(const struct skt_context *ctx, struct udprecv_silence *silence);

/* Tells on stderr what may be the reason that nothing came. */
void udprecv_silence_explain(const struct udprecv_silence *before, const struct udprecv_options *o,
	const struct skt_context *ctx, const struct udprecv_socket *sock);

#endif
