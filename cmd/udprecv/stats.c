/* What udprecv counts, sender by sender, and when it is told. */
#include "cmd/udprecv/stats.h"
#include "cmd/bars.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/report.h"
#include "cmd/udprecv/stats_report.h"
#include "net/iperf2.h"
#include "net/tally.h"
#include "out/terminal.h"

enum {
	BUCKETS = 4096,
	/* Senders can be forged: those past this number are counted together. */
	SENDERS_MAX = 8192,
	/* Lines in between for people: past these, one for all. */
	LINES_MAX = 16,
};

/* Stamps further away from the arrival than this are no stamps. */
#define STAMP_RANGE_NS (10 * 365 * 86400 * SKT_NS_PER_SEC)

struct stats_sender {
	struct stats_sender *next;  /* in its bucket */
	struct stats_sender *later; /* in the order of appearance */
	struct sockaddr_storage address;
	socklen_t address_len;
	bool stamped; /* begins with the header of iperf 2 */
	struct skt_tally tally;
	/* at the last interval */
	struct skt_tally_counts before;
	uint64_t lost_before;
};

struct udprecv_stats {
	const struct udprecv_options *o;
	int fd;
	bool gro;
	uint64_t begin_ns, last_ns, due_ns; /* CLOCK_MONOTONIC */
	uint32_t drops_first, drops_before;
	uint64_t sender_count;
	struct stats_sender *first, **last, *recent;
	struct stats_sender *others; /* all that are too many */
	struct stats_sender *buckets[BUCKETS];
};

int udprecv_stats_new(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *sock, struct udprecv_stats **ret)
{
	struct udprecv_stats *stats = calloc(1, sizeof(*stats));

	if (!stats) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	stats->o = o;
	stats->fd = sock->fd;
	stats->gro = sock->gro;
	stats->last = &stats->first;
	stats->begin_ns = stats->last_ns = skt_clock_ns();
	stats->due_ns = o->stats_ns ? skt_clock_add(stats->begin_ns, o->stats_ns) : SKT_NEVER;
	(void)skt_datagram_drops(sock->fd, &stats->drops_first);
	stats->drops_before = stats->drops_first;
	*ret = stats;
	return SKT_EXIT_YES;
}

static void sender_free(struct stats_sender *sender)
{
	if (sender)
		skt_tally_fini(&sender->tally);
	free(sender);
}

void udprecv_stats_free(struct udprecv_stats *stats)
{
	struct stats_sender *sender;

	if (!stats)
		return;
	while ((sender = stats->first)) {
		stats->first = sender->later;
		sender_free(sender);
	}
	sender_free(stats->others);
	free(stats);
}

/* ---- senders ---- */

static bool is_sender(const struct stats_sender *sender, const struct skt_datagram *d)
{
	return sender->address_len == d->source_len &&
		memcmp(&sender->address, d->source, d->source_len) == 0;
}

/* FNV-1a, 32 bits. */
static size_t bucket_of(const struct skt_datagram *d)
{
	const uint8_t *bytes = (const uint8_t *)d->source;
	uint32_t hash = 2166136261;

	for (socklen_t i = 0; i < d->source_len; i++)
		hash = (hash ^ bytes[i]) * 16777619;
	return (hash ^ hash >> 16) % BUCKETS;
}

/* Whether the payload begins with a header, by its looks. */
static bool looks_stamped(const struct skt_datagram *d, uint64_t arrived_ns)
{
	struct skt_iperf2_header header;
	uint64_t apart;
	bool end;

	if (!skt_iperf2_parse(d->data, d->captured, &header))
		return false;
	apart = header.sent_ns > arrived_ns ? header.sent_ns - arrived_ns
					    : arrived_ns - header.sent_ns;
	return apart < STAMP_RANGE_NS && skt_iperf2_sequence(&header, 0, &end) < UINT64_C(1) << 40;
}

static struct stats_sender *sender_add(struct udprecv_stats *stats, const struct skt_datagram *d,
	size_t bucket, uint64_t arrived_ns)
{
	struct stats_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return NULL;
	memcpy(&sender->address, d->source, d->source_len);
	sender->address_len = d->source_len;
	sender->stamped = stats->o->stamp == STAMP_ALWAYS ||
		(stats->o->stamp == STAMP_AUTO && looks_stamped(d, arrived_ns));
	sender->next = stats->buckets[bucket];
	stats->buckets[bucket] = sender;
	*stats->last = sender;
	stats->last = &sender->later;
	stats->sender_count++;
	return sender;
}

/* NULL where memory is out. */
static struct stats_sender *sender_of(
	struct udprecv_stats *stats, const struct skt_datagram *d, uint64_t arrived_ns)
{
	struct stats_sender *sender = stats->recent;
	size_t bucket;

	if (sender && is_sender(sender, d))
		return sender;
	bucket = bucket_of(d);
	for (sender = stats->buckets[bucket]; sender; sender = sender->next)
		if (is_sender(sender, d))
			return stats->recent = sender;
	if (stats->sender_count < SENDERS_MAX)
		return stats->recent = sender_add(stats, d, bucket, arrived_ns);
	if (!stats->others)
		stats->others = calloc(1, sizeof(*stats->others));
	return stats->others;
}

/* ---- datagrams ---- */

/*
 * Answers the mark of an end with what was counted, as iperf -s does, so that its client need not
 * ask ten times. Never longer than the mark: nobody's traffic is multiplied.
 */
static void acknowledge(const struct udprecv_stats *stats, const struct stats_sender *sender,
	const struct skt_datagram *d)
{
	const struct skt_tally *tally = &sender->tally;
	const struct skt_iperf2_report report = {
		.bytes = tally->counts.bytes,
		.duration_ns =
			tally->last_ns > tally->first_ns ? tally->last_ns - tally->first_ns : 0,
		.jitter_ns = skt_tally_jitter_ns(tally),
		.datagrams = tally->counts.unique + skt_tally_lost(tally),
		.lost = skt_tally_lost(tally),
		.reordered = tally->counts.reordered,
	};
	uint8_t ack[SKT_IPERF2_ACK];

	if (d->length < SKT_IPERF2_ACK_MIN || d->source_len <= sizeof(sa_family_t))
		return;
	skt_iperf2_put_ack(ack, &report);
	(void)sendto(stats->fd, ack, SKT_MIN(d->length, sizeof(ack)), MSG_DONTWAIT | MSG_NOSIGNAL,
		d->source, d->source_len);
}

bool udprecv_stats_take(struct udprecv_stats *stats, const struct skt_datagram *d)
{
	const uint64_t arrived = d->time_ns ? d->time_ns : skt_clock_real_ns();
	struct stats_sender *sender = sender_of(stats, d, arrived);
	struct skt_iperf2_header header;
	uint64_t sequence;
	bool end;

	if (!sender)
		return false;
	sender->tally.counts.truncated += d->truncated;
	if (!sender->stamped || !skt_iperf2_parse(d->data, d->captured, &header)) {
		skt_tally_add(&sender->tally, arrived, d->length);
		return false;
	}
	sequence = skt_iperf2_sequence(&header, sender->tally.highest, &end);
	if (!end) {
		(void)skt_tally_add_stamped(
			&sender->tally, arrived, d->length, sequence, header.sent_ns);
		return false;
	}
	(void)skt_tally_end(&sender->tally, sequence, header.sent_ns);
	acknowledge(stats, sender, d);
	return true;
}

/* ---- reports ---- */

static void put_rates(struct stats_row *row)
{
	row->pps = (uint64_t)(skt_per_second(row->datagrams, row->duration_ns) + 0.5);
	row->bps = (uint64_t)(skt_per_second(row->bytes, row->duration_ns) * 8 + 0.5);
}

static void set(struct stats_row *row, int bit, bool known)
{
	row->present |= (uint64_t)known << bit;
}

static struct stats_row interval_row(
	const struct udprecv_stats *stats, struct stats_sender *sender, uint64_t duration_ns)
{
	const struct skt_tally_counts *now = &sender->tally.counts, *before = &sender->before;
	const uint64_t lost = skt_tally_lost(&sender->tally);
	struct stats_row row = {
		.event = "interval",
		.duration_ns = duration_ns,
		.datagrams = now->datagrams - before->datagrams,
		.bytes = now->bytes - before->bytes,
		.duplicate = now->duplicate - before->duplicate,
		.reordered = now->reordered - before->reordered,
		.stale = now->stale - before->stale,
		.lost = (int64_t)(lost - sender->lost_before),
		.jitter_ns = skt_tally_jitter_ns(&sender->tally),
	};

	/* Late ones take back a loss of the interval before. */
	row.expected = now->unique - before->unique + (uint64_t)SKT_MAX(row.lost, 0);
	set(&row, ROW_STAMPED, sender->tally.stamped);
	set(&row, ROW_JITTER, sender->tally.jitter_known && !stats->o->no_timing);
	put_rates(&row);
	sender->before = *now;
	sender->lost_before = lost;
	return row;
}

static struct stats_row final_row(
	const struct udprecv_stats *stats, const struct stats_sender *sender)
{
	const bool timed = !stats->o->no_timing;
	const struct skt_tally *tally = &sender->tally;
	struct stats_row row = {
		.event = "report",
		.duration_ns =
			tally->last_ns > tally->first_ns ? tally->last_ns - tally->first_ns : 0,
		.datagrams = tally->counts.datagrams,
		.bytes = tally->counts.bytes,
		.duplicate = tally->counts.duplicate,
		.reordered = tally->counts.reordered,
		.stale = tally->counts.stale,
		.lost = (int64_t)skt_tally_lost(tally),
		.expected = tally->counts.unique + skt_tally_lost(tally),
		.jitter_ns = skt_tally_jitter_ns(tally),
		.delay_min_ns = tally->delay_min_ns,
		.delay_mean_ns = skt_tally_delay_mean_ns(tally),
		.delay_max_ns = tally->delay_max_ns,
		.gap_p50_ns = skt_histogram_at(&tally->gaps, 500),
		.gap_p99_ns = skt_histogram_at(&tally->gaps, 990),
		.gap_p999_ns = skt_histogram_at(&tally->gaps, 999),
		.gap_max_ns = tally->gaps.max,
		.ended = tally->ended,
	};

	set(&row, ROW_STAMPED, tally->stamped);
	set(&row, ROW_ENDED, tally->stamped);
	set(&row, ROW_JITTER, timed && tally->jitter_known);
	set(&row, ROW_DELAY, timed && tally->delay_count > 0);
	set(&row, ROW_GAPS, timed && tally->gaps.count > 0);
	put_rates(&row);
	return row;
}

static void add(struct stats_row *total, const struct stats_row *row)
{
	total->datagrams += row->datagrams;
	total->bytes += row->bytes;
	total->duplicate += row->duplicate;
	total->reordered += row->reordered;
	total->stale += row->stale;
	total->expected += row->expected;
	total->lost += row->lost;
	total->present |= row->present & UINT64_C(1) << ROW_STAMPED;
}

/* What this socket dropped is not the network's loss. */
static void put_drops(struct stats_row *total, const struct udprecv_stats *stats, uint32_t since)
{
	uint32_t drops = 0;

	if (skt_datagram_drops(stats->fd, &drops))
		return;
	total->dropped_here = drops - since; /* the counter may wrap */
	set(total, ROW_DROPS, true);
	/* A cluster that is dropped is counted once, however many datagrams are in it. */
	set(total, ROW_CLUSTERS, stats->gro);
	if (!(total->present >> ROW_STAMPED & 1) || (stats->gro && total->dropped_here))
		return;
	total->lost_network = total->lost > (int64_t)total->dropped_here
		? (uint64_t)total->lost - total->dropped_here
		: 0;
	set(total, ROW_NETWORK, true);
}

/* For people one line says it all where there is one sender. */
static bool is_alone(const struct udprecv_stats *stats)
{
	return stats->sender_count == 1 && !stats->o->events.json;
}

static void tell(const struct udprecv_stats *stats, const struct stats_sender *sender,
	struct stats_row *row, bool draw)
{
	char text[SKT_UDP_TEXT_MAX];

	row->source =
		skt_udp_text((const struct sockaddr *)&sender->address, sender->address_len, text);
	stats_write(row, stats->o, draw);
	row->source = NULL;
}

uint64_t udprecv_stats_due(const struct udprecv_stats *stats)
{
	return stats->due_ns;
}

void udprecv_stats_interval(struct udprecv_stats *stats, uint64_t now_ns)
{
	const bool each = stats->o->events.json || stats->sender_count <= LINES_MAX;
	const bool alone = is_alone(stats);
	const uint64_t duration = now_ns - stats->last_ns;
	struct stats_row total = {.event = "interval-total", .duration_ns = duration};

	while (stats->due_ns <= now_ns)
		stats->due_ns = skt_clock_add(stats->due_ns, stats->o->stats_ns);
	stats->last_ns = now_ns;
	for (struct stats_sender *s = stats->first; s; s = s->later) {
		struct stats_row row = interval_row(stats, s, duration);

		add(&total, &row);
		if (alone)
			put_drops(&row, stats, stats->drops_before);
		if (each && stats->o->events.verbose >= 0)
			tell(stats, s, &row, false);
	}
	if (stats->others) {
		struct stats_row row = interval_row(stats, stats->others, duration);

		add(&total, &row);
	}
	total.senders = stats->sender_count;
	set(&total, ROW_SENDERS, true);
	put_rates(&total);
	put_drops(&total, stats, stats->drops_before);
	(void)skt_datagram_drops(stats->fd, &stats->drops_before);
	if (stats->o->events.verbose >= 0 && !alone)
		if (!is_alone(stats))
			stats_write(&total, stats->o, false);
}

void udprecv_stats_final(struct udprecv_stats *stats)
{
	const bool draw = stats->o->events.verbose > 0 || skt_terminal_is(STDERR_FILENO);
	struct stats_row total = {.event = "total", .senders = stats->sender_count};
	uint64_t first = UINT64_MAX, last = 0;

	for (struct stats_sender *s = stats->first; s; s = s->later) {
		struct skt_bar bars[SKT_BARS_MAX];
		struct stats_row row = final_row(stats, s);

		if (!stats->o->no_timing)
			row.gaps = (struct skt_list){bars, skt_bars_of(&s->tally.gaps, bars)};
		add(&total, &row);
		if (is_alone(stats))
			put_drops(&row, stats, stats->drops_first);
		if (s->tally.counts.datagrams) {
			first = SKT_MIN(first, s->tally.first_ns);
			last = SKT_MAX(last, s->tally.last_ns);
		}
		tell(stats, s, &row, draw);
	}
	if (stats->others) {
		struct stats_row row = final_row(stats, stats->others);

		add(&total, &row);
	}
	total.duration_ns = last > first ? last - first : 0;
	set(&total, ROW_SENDERS, true);
	put_rates(&total);
	put_drops(&total, stats, stats->drops_first);
	stats_write(&total, stats->o, false);
}
