/*
 * A flow of datagrams to one address, and what is known of it: how it is paced, what went, what
 * came back. The files around it each do one thing with it and keep nothing themselves.
 */
#ifndef SKT_CMD_UDPSEND_FLOW_H
#define SKT_CMD_UDPSEND_FLOW_H

#include "cmd/command.h"
#include "cmd/datagram/pull.h"
#include "cmd/datagram/rows.h"
#include "cmd/datagram/stats.h"
#include "cmd/udpsend/options.h"
#include "net/errqueue.h"
#include "net/histogram.h"
#include "net/iperf2.h"
#include "net/pace.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/udp.h"
#include "out/sink.h"

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

struct udpsend_flow {
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

	struct skt_datagram_rows rows; /* of answers, where they are asked for */
	uint64_t replies, reply_bytes, last_reply_ns;
	uint64_t replies_asked, elsewhere; /* from the address that was asked; not all of it */
	char elsewhere_text[SKT_UDP_TEXT_MAX];
	struct skt_histogram round_trips;
	struct udpsend_sent *ring;
	bool lines; /* an answer is written as a line, as it was asked */
	bool acknowledged;
	struct skt_iperf2_report peer;
	bool fatal;        /* what failed will fail again */
	uint64_t heard_ns; /* with --pulled, --bidir: when the other end was heard last */
	bool gone;         /* so the receiver of a unix socket */

	struct skt_datagram_stats *theirs; /* with --bidir: the stream of the other end */
	struct skt_datagram_pull pull;     /* and how it is asked for */
	bool theirs_ended;
};

#endif
