/* What the files of `sockkit udpsend` share. */
#ifndef SKT_CMD_UDPSEND_H
#define SKT_CMD_UDPSEND_H

#include "base/endpoint.h"
#include "base/num.h"
#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/report.h"
#include "net/errqueue.h"
#include "net/histogram.h"
#include "net/iperf2.h"
#include "net/pace.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/udp.h"
#include "out/sink.h"

enum udpsend_gso { GSO_AUTO, GSO_ON, GSO_OFF };

struct udpsend_options {
	struct skt_endpoint to, source;
	const char *words[2]; /* the endpoint as given */
	unsigned int word_count;
	bool source_given, size_given;
	const char *data, *file;
	bool raw, hex, stamp, broadcast, no_fragment, reply, ipv4, ipv6;
	uint64_t chunk, size, count, duration_ns, burst, reply_ns; /* 0: not given */
	struct skt_rate rate;                                      /* per_second 0: none */
	int ttl, dscp, loop;                                       /* -1: not given */
	const char *interface;
	enum udpsend_gso gso;
	struct skt_events_options events;
};

/* What came back: one kind of ICMP error from one host. */
struct udpsend_refusal {
	struct skt_icmp_error error;
	uint64_t count;
};

enum { REFUSALS_MAX = 16, SENT_RING = 4096 };

/* A datagram that was sent, for the time of its answer. */
struct udpsend_sent {
	uint64_t key; /* sequence number, or a hash of the payload */
	uint64_t sent_ns;
};

struct udpsend_run {
	const struct udpsend_options *o;
	struct skt_context *ctx;
	int fd, family;
	bool connected, group; /* GROUP: many may answer */
	struct skt_udp_address to;
	char to_text[SKT_UDP_TEXT_MAX];
	struct skt_sender sender;
	struct skt_receiver *receiver; /* NULL: answers are not asked for */
	struct skt_sink sink;
	struct skt_pace pace;
	bool paced;
	uint64_t burst;
	uint64_t late_ns; /* so much late, and a burst grows by itself; 0: never */
	size_t head;      /* bytes of the stamp in front of payload */

	uint64_t sent, bytes, begin_ns, end_ns; /* CLOCK_MONOTONIC */
	uint64_t deadline_ns;                   /* of sending */
	uint64_t last_ns, interval_ns;          /* for the gaps */
	struct skt_histogram gaps, gap_errors;

	uint64_t failed, too_long;
	int failed_errno; /* the last one's */
	struct udpsend_refusal refusals[REFUSALS_MAX];
	size_t refusal_count;
	uint64_t refused, path_mtu;

	uint64_t replies, reply_bytes, last_reply_ns;
	struct skt_histogram round_trips;
	struct udpsend_sent *ring;
	bool lines; /* an answer is written as a line, as it was asked */
	bool acknowledged;
	struct skt_iperf2_report peer;
	bool fatal; /* what failed will fail again */
};

/* ---- run.c ---- */

int udpsend_run(const struct udpsend_options *o, struct skt_context *ctx);

/*
 * Lets COUNT equal datagrams of SIZE bytes go (or those of IOV), at their time, and counts. False
 * when sending is to end: interrupted, out of time, or no use.
 */
bool udpsend_equal(struct udpsend_run *run, uint8_t *bytes, size_t size, size_t count);
bool udpsend_many(struct udpsend_run *run, struct iovec *iov, size_t count);

/* How many more may be sent by --count and --duration; 0: enough. */
uint64_t udpsend_left(const struct udpsend_run *run);

/*
 * How many datagrams go back to back at the next turn. What is late goes together where the rate
 * leaves no time to send it one by one: never more than SKT_PACE_CATCH_UP times the usual.
 */
uint64_t udpsend_burst(const struct udpsend_run *run);

/* ---- where payload comes from: input.c, stream.c. They return an exit status. ---- */

int udpsend_input(struct udpsend_run *run);
int udpsend_stream(struct udpsend_run *run);

/* Turns hexadecimal digits (blanks and colons between bytes allowed) into bytes, in place.
 * -EINVAL. */
int udpsend_unhex(char *text, size_t len, size_t *ret_len);

/* ---- what comes back: reply.c ---- */

/* Remembers when the datagrams from sequence FIRST on went. */
void udpsend_remember(struct udpsend_run *run, uint64_t key, uint64_t sent_ns);
uint64_t udpsend_hash(const uint8_t *bytes, size_t len);

/* Takes answers and ICMP errors that are there. */
void udpsend_take_replies(struct udpsend_run *run);
void udpsend_take_errors(struct udpsend_run *run);

/* Marks the end of a stamped stream until the other side has heard, or seems not to listen. */
void udpsend_mark_end(struct udpsend_run *run);

/* Waits for answers as long as was asked for. */
void udpsend_await(struct udpsend_run *run);

/* ---- report.c ---- */

void udpsend_report(const struct udpsend_run *run);

#endif
