/* Who sends to a socket, and what becomes of each sender's datagrams: a table with a bound. */
#ifndef SKT_CMD_DATAGRAM_SENDERS_H
#define SKT_CMD_DATAGRAM_SENDERS_H

#include "net/receiver.h"
#include "net/tally.h"

/* Whether numbers and times in front of payload are looked for: by its looks, always, never. */
enum stats_stamp { STAMP_AUTO, STAMP_ALWAYS, STAMP_NEVER };

/* What a sender's datagrams begin with, by the looks of the first. */
enum stats_format {
	STATS_PLAIN,
	STATS_IPERF2,
	STATS_IPERF2_REVERSE, /* they ask for a stream, and are none */
	STATS_IPERF3,
};

struct stats_sender {
	struct stats_sender *next;  /* in its bucket */
	struct stats_sender *later; /* in the order of appearance */
	struct sockaddr_storage address;
	socklen_t address_len;
	enum stats_format format;
	struct skt_tally tally;
	uint64_t mark;     /* the last mark of an end that is not believed yet; 0: none */
	uint64_t restarts; /* of the tally, when its end was last answered */
	unsigned int acks; /* answers to the marks of this stream's end */
	/* at the last interval */
	struct skt_tally_counts before;
	uint64_t lost_before;
};

struct stats_senders {
	enum stats_stamp stamp;
	uint64_t max;      /* those past this number are counted together */
	uint64_t since_ns; /* CLOCK_REALTIME, from when on anything could come */
	uint64_t count;
	uint64_t key[2];
	size_t bucket_count;
	struct stats_sender **buckets;
	struct stats_sender *first, **last, *recent;
	struct stats_sender *others; /* all that are too many; NULL: none */
};

/* "iperf2", ...; NULL: plain. */
const char *stats_format_name(enum stats_format format);

/* Tells MAX of them apart. -ENOMEM. */
int stats_senders_init(
	struct stats_senders *senders, enum stats_stamp stamp, uint64_t max, uint64_t since_ns);
void stats_senders_fini(struct stats_senders *senders);

/* The sender of D, which arrived at ARRIVED_NS; NULL where memory is out. */
struct stats_sender *stats_sender_of(
	struct stats_senders *senders, const struct skt_datagram *d, uint64_t arrived_ns);

enum stats_kind { STATS_PAYLOAD, STATS_MARK, STATS_MARK_TO_ANSWER };

/*
 * Counts D. A mark of an end of which nobody has heard the stream is believed when it is repeated,
 * as iperf does, and answered ten times at the most: addresses are easily forged.
 */
enum stats_kind stats_sender_take(
	struct stats_sender *sender, const struct skt_datagram *d, uint64_t arrived_ns);

#endif
