/*
 * What became of one sender's datagrams: loss, duplicates, reordering, jitter, delay and gaps, from
 * nothing but the datagrams themselves. Pure: times and numbers in, counts out.
 *
 * Loss is what is missing between the first and the highest sequence number, so a datagram that
 * comes late takes back the loss that it was counted as. The first is 1, unless the stream had
 * begun before anybody listened: then it is the lowest that was heard. A bitmap of the last
 * SKT_TALLY_WINDOW numbers tells late ones from duplicates; what is older than that is `stale`: it
 * cannot be told, and is counted neither as received nor as lost twice.
 */
#ifndef SKT_NET_TALLY_H
#define SKT_NET_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/histogram.h"

enum {
	SKT_TALLY_WINDOW = 65536,
	/* A stream that is first heard of at a number up to here is taken to have begun at 1. */
	SKT_TALLY_HEAD = 1024,
};

/* Counts that only grow, so that an interval is the difference of two. */
struct skt_tally_counts {
	uint64_t datagrams; /* all that came, end marks apart */
	uint64_t bytes;     /* of payload */
	uint64_t unique;    /* stamped, each number once */
	uint64_t duplicate;
	uint64_t reordered; /* came behind a higher number (RFC 4737, 3.3); not the duplicates */
	uint64_t stale;     /* came too late to tell */
	uint64_t truncated;
};

struct skt_tally {
	struct skt_tally_counts counts;
	uint64_t first_ns, last_ns; /* arrivals */
	uint64_t lost_before;       /* by earlier streams of this sender */
	uint64_t restarts;          /* streams that began anew */
	bool stamped;               /* sequence numbers were seen: all below is known */
	bool ended;                 /* the end mark came: losses at the end are known */
	bool jitter_known;
	/* When it was listened from on, by the clock of arrivals; set by the owner. 0: always. */
	uint64_t since_ns;
	uint64_t first, first_arrived_ns, first_sent_ns; /* of this stream, as it came */
	uint64_t lowest, highest;
	uint64_t expected_end;  /* the number of the end mark, where ended */
	uint64_t stream_unique; /* of this stream */
	uint64_t stream_jumps;  /* numbers skipped by implausible leaps, not lost */
	uint64_t highest_sent_ns, end_sent_ns;
	int64_t transit_ns;   /* of the last one: arrival - sending, by two clocks */
	uint64_t jitter_ns16; /* RFC 3550, 6.4.1, times 16 */
	int64_t delay_min_ns, delay_max_ns;
	__int128 delay_sum_ns;
	uint64_t delay_count;
	struct skt_histogram gaps; /* between arrivals */
	uint64_t *window;          /* SKT_TALLY_WINDOW bits, owned; NULL until stamped */
};

/* A datagram without a sequence number, or with one that shall not be looked at. */
void skt_tally_add(struct skt_tally *tally, uint64_t arrived_ns, size_t bytes);

/* One with a number, which is passed over above INT64_MAX. -ENOMEM: it was counted as one without.
 */
int skt_tally_add_stamped(struct skt_tally *tally, uint64_t arrived_ns, size_t bytes,
	uint64_t sequence, uint64_t sent_ns);

/* A mark of the end whose number is the last one's + 1. -ENOMEM. */
int skt_tally_end(struct skt_tally *tally, uint64_t sequence, uint64_t sent_ns);

/* Sent by now but not received, as far as the numbers tell. */
uint64_t skt_tally_lost(const struct skt_tally *tally);

/*
 * The number at which the stream was joined, where it had begun before since_ns, as its own pace
 * tells (RFC 3550 needs no clocks that agree, nor does this); 0: it was heard from its beginning.
 */
uint64_t skt_tally_joined(const struct skt_tally *tally);

uint64_t skt_tally_jitter_ns(const struct skt_tally *tally);
int64_t skt_tally_delay_mean_ns(const struct skt_tally *tally);

void skt_tally_fini(struct skt_tally *tally);

#endif
