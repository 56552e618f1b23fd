#include "cmd/datagram/senders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/random.h"
#include "base/siphash.h"
#include "net/iperf2.h"

enum {
	BUCKETS_MIN = 1024,
	BUCKETS_MAX = 1 << 20,
	ACKS_MAX = 10, /* as often as iperf asks */
};

/* Stamps further away from the arrival than this are no stamps. */
#define STAMP_RANGE_NS (10 * 365 * 86400 * SKT_NS_PER_SEC)

const char *stats_format_name(enum stats_format format)
{
	switch (format) {
	case STATS_PLAIN:
		return NULL;
	case STATS_IPERF2:
		return "iperf2";
	case STATS_IPERF2_REVERSE:
		return "iperf2-reverse";
	case STATS_IPERF3:
		return "iperf3";
	}
	return NULL;
}

int stats_senders_init(
	struct stats_senders *senders, enum stats_stamp stamp, uint64_t max, uint64_t since_ns)
{
	size_t count = BUCKETS_MIN;

	while (count < max && count < BUCKETS_MAX)
		count *= 2;
	*senders = (struct stats_senders){
		.stamp = stamp,
		.max = max,
		.since_ns = since_ns,
		.key = {skt_random_seed(), skt_random_seed()},
		.bucket_count = count,
		.buckets = calloc(count, sizeof(struct stats_sender *)),
	};
	senders->last = &senders->first;
	return senders->buckets ? 0 : -ENOMEM;
}

static void sender_free(struct stats_sender *sender)
{
	if (sender)
		skt_tally_fini(&sender->tally);
	free(sender);
}

void stats_senders_fini(struct stats_senders *senders)
{
	struct stats_sender *sender;

	while ((sender = senders->first)) {
		senders->first = sender->later;
		sender_free(sender);
	}
	sender_free(senders->others);
	free((void *)senders->buckets);
}

static bool is_sender(const struct stats_sender *sender, const struct skt_datagram *d)
{
	return sender->address_len == d->source_len &&
		memcmp(&sender->address, d->source, d->source_len) == 0;
}

/* What the payload begins with, by its looks. */
static enum stats_format format_of(
	enum stats_stamp stamp, const struct skt_datagram *d, uint64_t arrived_ns)
{
	struct skt_iperf2_header header;
	uint64_t apart;
	bool end;

	if (stamp == STAMP_NEVER)
		return STATS_PLAIN;
	if (!skt_iperf2_parse(d->data, d->captured, &header))
		return stamp == STAMP_ALWAYS                                 ? STATS_IPERF2
			: skt_iperf3_looks(d->data, d->captured, arrived_ns) ? STATS_IPERF3
									     : STATS_PLAIN;
	apart = header.sent_ns > arrived_ns ? header.sent_ns - arrived_ns
					    : arrived_ns - header.sent_ns;
	if (stamp == STAMP_AUTO &&
		(apart >= STAMP_RANGE_NS ||
			skt_iperf2_sequence(&header, 0, &end) >= UINT64_C(1) << 40))
		return skt_iperf3_looks(d->data, d->captured, arrived_ns) ? STATS_IPERF3
									  : STATS_PLAIN;
	return skt_iperf2_asks_reverse(d->data, d->captured) ? STATS_IPERF2_REVERSE : STATS_IPERF2;
}

static struct stats_sender *add(struct stats_senders *senders, const struct skt_datagram *d,
	struct stats_sender **bucket, uint64_t arrived_ns)
{
	struct stats_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return NULL;
	memcpy(&sender->address, d->source, d->source_len);
	sender->address_len = d->source_len;
	sender->format = format_of(senders->stamp, d, arrived_ns);
	sender->tally.since_ns = senders->since_ns;
	sender->next = *bucket;
	*bucket = sender;
	*senders->last = sender;
	senders->last = &sender->later;
	senders->count++;
	return sender;
}

struct stats_sender *stats_sender_of(
	struct stats_senders *senders, const struct skt_datagram *d, uint64_t arrived_ns)
{
	struct stats_sender *sender = senders->recent, **bucket;

	if (sender && is_sender(sender, d))
		return sender;
	bucket = &senders->buckets[skt_siphash(senders->key, d->source, d->source_len) %
		senders->bucket_count];
	for (sender = *bucket; sender; sender = sender->next)
		if (is_sender(sender, d))
			return senders->recent = sender;
	if (senders->count < senders->max)
		return senders->recent = add(senders, d, bucket, arrived_ns);
	if (!senders->others)
		senders->others = calloc(1, sizeof(*senders->others));
	return senders->others;
}

static bool believe(struct stats_sender *sender, uint64_t mark)
{
	const bool again = sender->mark && mark - sender->mark <= 1;

	sender->mark = mark;
	return sender->tally.stamped || again;
}

/* Once more for this stream: whether its end may still be answered. */
static bool may_answer(struct stats_sender *sender)
{
	if (sender->restarts != sender->tally.restarts)
		sender->acks = 0;
	sender->restarts = sender->tally.restarts;
	return sender->acks++ < ACKS_MAX;
}

enum stats_kind stats_sender_take(
	struct stats_sender *sender, const struct skt_datagram *d, uint64_t arrived_ns)
{
	struct skt_iperf2_header header;
	uint64_t sequence;
	bool end;

	sender->tally.counts.truncated += d->truncated;
	if (sender->format != STATS_IPERF2 || !skt_iperf2_parse(d->data, d->captured, &header)) {
		skt_tally_add(&sender->tally, arrived_ns, d->length);
		return STATS_PAYLOAD;
	}
	sequence = skt_iperf2_sequence(&header, sender->tally.highest, &end);
	if (!end) {
		(void)skt_tally_add_stamped(
			&sender->tally, arrived_ns, d->length, sequence, header.sent_ns);
		return STATS_PAYLOAD;
	}
	if (!believe(sender, sequence))
		return STATS_MARK;
	(void)skt_tally_end(&sender->tally, sequence, header.sent_ns);
	return may_answer(sender) ? STATS_MARK_TO_ANSWER : STATS_MARK;
}
