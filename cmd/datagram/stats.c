/* What is counted, sender by sender, and when it is told. */
#include "cmd/datagram/stats.h"
#include "cmd/bars.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/datagram/senders.h"
#include "cmd/datagram/stats_report.h"
#include "cmd/report.h"
#include "net/iperf2.h"
#include "net/udp.h"
#include "out/terminal.h"

enum {
	/* Lines in between for people: past these, one for all. */
	LINES_MAX = 16,
	/* And the names of their columns stand above every so many. */
	LINES_PER_HEAD = 24,
};

struct skt_datagram_stats {
	struct skt_datagram_stats_options o;
	int fd;
	bool gro;
	uint64_t begin_ns, last_ns, due_ns; /* CLOCK_MONOTONIC */
	uint32_t drops_first, drops_before;
	struct stats_senders senders;
	unsigned int lines; /* in between, so far */
};

int skt_datagram_stats_new(const struct skt_datagram_stats_options *options,
	const struct skt_context *ctx, int fd, bool gro, uint64_t since_ns,
	struct skt_datagram_stats **ret)
{
	struct skt_datagram_stats *stats = calloc(1, sizeof(*stats));

	if (!stats ||
		stats_senders_init(&stats->senders, options->stamp, options->senders, since_ns)) {
		skt_warn(ctx, "room for --senders=%" PRIu64 ": %s", options->senders,
			strerror(ENOMEM));
		free(stats);
		return SKT_EXIT_TROUBLE;
	}
	stats->o = *options;
	stats->fd = fd;
	stats->gro = gro;
	stats->begin_ns = stats->last_ns = skt_clock_ns();
	stats->due_ns = options->interval_ns ? skt_clock_add(stats->begin_ns, options->interval_ns)
					     : SKT_NEVER;
	(void)skt_datagram_drops(fd, &stats->drops_first);
	stats->drops_before = stats->drops_first;
	*ret = stats;
	return SKT_EXIT_YES;
}

void skt_datagram_stats_free(struct skt_datagram_stats *stats)
{
	if (stats)
		stats_senders_fini(&stats->senders);
	free(stats);
}

/* ---- datagrams ---- */

/*
 * Answers the mark of an end with what was counted, as iperf -s does, so that its client need not
 * ask ten times. Never longer than the mark: nobody's traffic is multiplied.
 */
static void acknowledge(const struct skt_datagram_stats *stats, const struct stats_sender *sender,
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

bool skt_datagram_stats_take(struct skt_datagram_stats *stats, const struct skt_datagram *d)
{
	const uint64_t arrived = d->time_ns ? d->time_ns : skt_clock_real_ns();
	struct stats_sender *sender = stats_sender_of(&stats->senders, d, arrived);
	enum stats_kind kind = sender ? stats_sender_take(sender, d, arrived) : STATS_PAYLOAD;

	if (kind == STATS_MARK_TO_ANSWER)
		acknowledge(stats, sender, d);
	return kind != STATS_PAYLOAD;
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
	const struct skt_datagram_stats *stats, struct stats_sender *sender, uint64_t duration_ns)
{
	const struct skt_tally_counts *now = &sender->tally.counts, *before = &sender->before;
	const uint64_t lost = skt_tally_lost(&sender->tally);
	struct stats_row row = {
		.event = "interval",
		.elapsed_ns = stats->last_ns - stats->begin_ns,
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
	set(&row, ROW_ELAPSED, true);
	set(&row, ROW_STAMPED, sender->tally.stamped);
	set(&row, ROW_JITTER, sender->tally.jitter_known && !stats->o.no_timing);
	put_rates(&row);
	sender->before = *now;
	sender->lost_before = lost;
	return row;
}

static struct stats_row final_row(
	const struct skt_datagram_stats *stats, const struct stats_sender *sender)
{
	const bool timed = !stats->o.no_timing;
	const struct skt_tally *tally = &sender->tally;
	struct stats_row row = {
		.event = "report",
		.format = stats_format_name(sender->format),
		.joined = skt_tally_joined(tally),
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
	set(&row, ROW_JOINED, row.joined > 0);
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
static void put_drops(
	struct stats_row *total, const struct skt_datagram_stats *stats, uint32_t since)
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

/* What is known of those who are more than the table holds. */
static void put_others(struct stats_row *total, const struct stats_row *others)
{
	add(total, others);
	total->others = others->datagrams;
	set(total, ROW_OTHERS, true);
}

/* For people one line says it all where there is one sender. */
static bool is_alone(const struct skt_datagram_stats *stats)
{
	return stats->senders.count == 1 && !stats->senders.others &&
		(stats->o.received || !stats->o.events->json);
}

static void tell(const struct skt_datagram_stats *stats, const struct stats_sender *sender,
	struct stats_row *row, bool draw)
{
	char text[SKT_UDP_TEXT_MAX];

	row->source =
		skt_udp_text((const struct sockaddr *)&sender->address, sender->address_len, text);
	stats_write(row, stats->o.events->json, draw);
	row->source = NULL;
}

static void tell_interval(
	struct skt_datagram_stats *stats, const struct stats_sender *sender, struct stats_row *row)
{
	if (!stats->o.events->json && stats->lines++ % LINES_PER_HEAD == 0)
		stats_write_head();
	if (sender)
		tell(stats, sender, row, false);
	else
		stats_write(row, stats->o.events->json, false);
}

uint64_t skt_datagram_stats_due(const struct skt_datagram_stats *stats)
{
	return stats->due_ns;
}

void skt_datagram_stats_interval(struct skt_datagram_stats *stats, uint64_t now_ns)
{
	const bool each = stats->o.events->json || stats->senders.count <= LINES_MAX;
	const bool alone = is_alone(stats);
	const uint64_t duration = now_ns - stats->last_ns;
	struct stats_row total = {
		.event = "interval-total",
		.duration_ns = duration,
		.elapsed_ns = now_ns - stats->begin_ns,
	};

	while (stats->due_ns <= now_ns)
		stats->due_ns = skt_clock_add(stats->due_ns, stats->o.interval_ns);
	stats->last_ns = now_ns;
	for (struct stats_sender *s = stats->senders.first; s; s = s->later) {
		struct stats_row row = interval_row(stats, s, duration);

		add(&total, &row);
		if (alone)
			put_drops(&row, stats, stats->drops_before);
		/* Those who are silent take no place from those who are not. */
		if (each && stats->o.events->verbose >= 0 &&
			(alone || row.datagrams || stats->o.events->json))
			tell_interval(stats, s, &row);
	}
	set(&total, ROW_ELAPSED, true);
	if (stats->senders.others) {
		struct stats_row row = interval_row(stats, stats->senders.others, duration);

		put_others(&total, &row);
	}
	total.senders = stats->senders.count;
	set(&total, ROW_SENDERS, true);
	put_rates(&total);
	put_drops(&total, stats, stats->drops_before);
	(void)skt_datagram_drops(stats->fd, &stats->drops_before);
	if (stats->o.events->verbose >= 0 && !alone)
		tell_interval(stats, NULL, &total);
}

void skt_datagram_stats_final(struct skt_datagram_stats *stats)
{
	const bool draw = stats->o.events->verbose > 0 || skt_terminal_is(STDERR_FILENO);
	struct stats_row total = {.event = "total", .senders = stats->senders.count};
	uint64_t first = UINT64_MAX, last = 0;

	for (struct stats_sender *s = stats->senders.first; s; s = s->later) {
		struct skt_bar bars[SKT_BARS_MAX];
		struct stats_row row = final_row(stats, s);

		if (!stats->o.no_timing)
			row.gaps = (struct skt_list){bars, skt_bars_of(&s->tally.gaps, bars)};
		add(&total, &row);
		if (is_alone(stats))
			put_drops(&row, stats, stats->drops_first);
		if (s->tally.counts.datagrams) {
			first = SKT_MIN(first, s->tally.first_ns);
			last = SKT_MAX(last, s->tally.last_ns);
		}
		if (stats->o.received)
			row.event = "received";
		tell(stats, s, &row, draw);
	}
	if (stats->o.received)
		return;
	if (stats->senders.others) {
		struct stats_row row = final_row(stats, stats->senders.others);

		put_others(&total, &row);
	}
	total.duration_ns = last > first ? last - first : 0;
	set(&total, ROW_SENDERS, true);
	put_rates(&total);
	put_drops(&total, stats, stats->drops_first);
	stats_write(&total, stats->o.events->json, false);
}
