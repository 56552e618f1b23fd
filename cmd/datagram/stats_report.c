#include "cmd/datagram/stats_report.h"

#include "base/plural.h"
#include "cmd/bars.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/report.h"
#include "out/text.h"

/* ---- columns ---- */

static const struct skt_column bar_columns[] = {
	SKT_COLUMN(struct skt_bar, from_ns, .help = "from this gap on"),
	SKT_COLUMN(struct skt_bar, to_ns, .help = "below this one"),
	SKT_COLUMN(struct skt_bar, count, .help = "datagrams"),
	SKT_COLUMN_END,
};

static void bar_text(struct skt_str *out, const void *item)
{
	const struct skt_bar *bar = item;

	skt_str_add_format(out, "%" PRIu64 ":%" PRIu64, bar->from_ns, bar->count);
}

#define FIELD(field, ...) SKT_COLUMN(struct stats_row, field, __VA_ARGS__)
#define KNOWN(field, bit, text) FIELD(field, .help = (text), .present = SKT_PRESENT(bit))

const struct skt_column stats_columns[] = {
	FIELD(event, .help = "interval, interval-total, report or received, total"),
	FIELD(source, .help = "the sender"),
	FIELD(format, .help = "what its datagrams begin with"),
	KNOWN(senders, ROW_SENDERS, "how many senders there are"),
	KNOWN(others, ROW_OTHERS, "datagrams of more senders than are told apart"),
	KNOWN(elapsed_ns, ROW_ELAPSED, "since the beginning"),
	KNOWN(joined, ROW_JOINED, "number of the first datagram that came"),
	FIELD(duration_ns, .help = "from the first to the last"),
	FIELD(datagrams, .help = "received"),
	FIELD(bytes, .help = "of payload"),
	FIELD(pps, .help = "datagrams a second"),
	FIELD(bps, .help = "bits of payload a second"),
	KNOWN(expected, ROW_STAMPED, "datagrams that were sent, by their numbers"),
	KNOWN(lost, ROW_STAMPED, "of these, not received; below 0 where more came"),
	KNOWN(duplicate, ROW_STAMPED, "received twice"),
	KNOWN(reordered, ROW_STAMPED, "received behind a later one"),
	KNOWN(stale, ROW_STAMPED, "too late to tell whether they are duplicates"),
	KNOWN(dropped_here, ROW_DROPS, "lost in this socket's buffer"),
	KNOWN(lost_network, ROW_NETWORK, "lost before they came here"),
	KNOWN(jitter_ns, ROW_JITTER, "interarrival jitter (RFC 3550)"),
	KNOWN(delay_min_ns, ROW_DELAY, "the shortest one-way delay, by both ends' clocks"),
	KNOWN(delay_mean_ns, ROW_DELAY, "the mean one-way delay"),
	KNOWN(delay_max_ns, ROW_DELAY, "the longest one-way delay"),
	KNOWN(gap_p50_ns, ROW_GAPS, "time between datagrams: median"),
	KNOWN(gap_p99_ns, ROW_GAPS, "the same: 99th percentile"),
	KNOWN(gap_p999_ns, ROW_GAPS, "the same: 99.9th percentile"),
	KNOWN(gap_max_ns, ROW_GAPS, "the longest time between datagrams"),
	KNOWN(ended, ROW_ENDED, "whether the end mark came"),
	FIELD(gaps, .help = "how the times between datagrams spread", .items = bar_columns,
		.item_size = sizeof(struct skt_bar), .item_text = bar_text,
		.present = SKT_PRESENT(ROW_GAPS)),
	SKT_COLUMN_END,
};

/* ---- words ---- */

static bool known(const struct stats_row *row, int bit)
{
	return row->present >> bit & 1;
}

static void add_signed_time(struct skt_str *out, int64_t ns)
{
	char text[SKT_SHORT_MAX];

	if (ns < 0)
		skt_str_add_char(out, '-');
	skt_str_add_text(out, skt_short_time(ns < 0 ? -(uint64_t)ns : (uint64_t)ns, text));
}

static void add_counts(struct skt_str *out, const struct stats_row *row)
{
	char pps[SKT_SHORT_MAX], bps[SKT_SHORT_MAX], time[SKT_SHORT_MAX];

	if (row->source)
		skt_str_add_text(out, row->source);
	else
		skt_str_add_format(out, "%" PRIu64 " sender%s", row->senders,
			skt_plural(row->senders, "", "s"));
	skt_str_add_format(out, ": %" PRIu64 " datagram%s, %" PRIu64 " byte%s in %s",
		row->datagrams, skt_plural(row->datagrams, "", "s"), row->bytes,
		skt_plural(row->bytes, "", "s"), skt_short_time(row->duration_ns, time));
	if (row->duration_ns)
		skt_str_add_format(out, ": %s/s, %sbit/s",
			skt_short_number(skt_per_second(row->datagrams, row->duration_ns), pps),
			skt_short_number(8 * skt_per_second(row->bytes, row->duration_ns), bps));
}

static void add_loss(struct skt_str *out, const struct stats_row *row, const char *before)
{
	skt_str_add_format(out,
		"%slost %" PRId64 " of %" PRIu64 " (%.3g %%), %" PRIu64 " duplicate, %" PRIu64
		" out of order",
		before, row->lost, row->expected,
		skt_percent(row->lost > 0 ? (uint64_t)row->lost : 0, row->expected), row->duplicate,
		row->reordered);
	if (row->stale)
		skt_str_add_format(out, ", %" PRIu64 " too late to tell", row->stale);
}

static void add_times(struct skt_str *out, const struct stats_row *row)
{
	char a[SKT_SHORT_MAX], b[SKT_SHORT_MAX], c[SKT_SHORT_MAX], d[SKT_SHORT_MAX];

	if (known(row, ROW_JITTER))
		skt_str_add_format(out, "  jitter %s\n", skt_short_time(row->jitter_ns, a));
	if (known(row, ROW_DELAY)) {
		skt_str_add_text(out, "  one-way delay ");
		add_signed_time(out, row->delay_min_ns);
		skt_str_add_char(out, '/');
		add_signed_time(out, row->delay_mean_ns);
		skt_str_add_char(out, '/');
		add_signed_time(out, row->delay_max_ns);
		skt_str_add_text(out, " min/avg/max (as true as both ends' clocks agree)\n");
	}
	if (known(row, ROW_GAPS))
		skt_str_add_format(out, "  gaps %s/%s/%s/%s p50/p99/p99.9/max\n",
			skt_short_time(row->gap_p50_ns, a), skt_short_time(row->gap_p99_ns, b),
			skt_short_time(row->gap_p999_ns, c), skt_short_time(row->gap_max_ns, d));
}

static void add_drops(struct skt_str *out, const struct stats_row *row)
{
	const char *remedy = strcmp(row->event, "received") == 0 ? "net.core.rmem_max" : "--buffer";

	if (!known(row, ROW_DROPS))
		return;
	skt_str_add_format(out, "  dropped here %" PRIu64 "%s", row->dropped_here,
		known(row, ROW_CLUSTERS) ? " clusters of datagrams" : "");
	if (row->dropped_here)
		skt_str_add_format(out, " (this socket's buffer was full: see %s)", remedy);
	if (known(row, ROW_NETWORK))
		skt_str_add_format(out, "; lost in the network %" PRIu64, row->lost_network);
	skt_str_add_char(out, '\n');
}

/* ---- lines in between ---- */

/* What fits 80 columns beside the address of an IPv4 sender: units are in the heading. */
#define LINE "%8s %9s %6s %6s %6s %7s %7s %6s  "

void stats_write_head(void)
{
	struct skt_str out = {0};

	skt_str_add_format(&out, LINE "from\n", "time", "datagrams", "per s", "bit/s", "lost",
		"of all", "jitter", "here");
	skt_report_text(&out);
	skt_str_fini(&out);
}

static void add_from(struct skt_str *out, const struct stats_row *row)
{
	if (row->source)
		(void)skt_text_add_escaped(out, row->source, strlen(row->source));
	else
		skt_str_add_format(out, "%" PRIu64 " sender%s%s", row->senders,
			skt_plural(row->senders, "", "s"),
			known(row, ROW_OTHERS) ? " and others" : "");
	/* What is rare has no column. */
	if (row->duplicate)
		skt_str_add_format(out, ", %" PRIu64 " duplicate", row->duplicate);
	if (row->reordered)
		skt_str_add_format(out, ", %" PRIu64 " out of order", row->reordered);
	if (row->stale)
		skt_str_add_format(out, ", %" PRIu64 " too late to tell", row->stale);
}

static void add_interval(struct skt_str *out, const struct stats_row *row)
{
	char time[SKT_SHORT_MAX], count[SKT_SHORT_MAX], pps[SKT_SHORT_MAX], bps[SKT_SHORT_MAX],
		lost[SKT_SHORT_MAX] = "-", percent[SKT_SHORT_MAX] = "-",
		jitter[SKT_SHORT_MAX] = "-", here[SKT_SHORT_MAX] = "-";

	(void)snprintf(time, sizeof(time), "%.2fs", (double)row->elapsed_ns / SKT_NS_PER_SEC);
	(void)snprintf(count, sizeof(count), "%" PRIu64, row->datagrams);
	if (known(row, ROW_STAMPED)) {
		(void)snprintf(lost, sizeof(lost), "%" PRId64, row->lost);
		(void)snprintf(percent, sizeof(percent), "%.2f%%",
			skt_percent(row->lost > 0 ? (uint64_t)row->lost : 0, row->expected));
	}
	if (known(row, ROW_JITTER))
		(void)skt_short_time(row->jitter_ns, jitter);
	if (known(row, ROW_DROPS))
		(void)snprintf(here, sizeof(here), "%" PRIu64, row->dropped_here);
	skt_str_add_format(out, LINE, time, count,
		skt_short_number(skt_per_second(row->datagrams, row->duration_ns), pps),
		skt_short_number(8 * skt_per_second(row->bytes, row->duration_ns), bps), lost,
		percent, jitter, here);
	add_from(out, row);
	skt_str_add_char(out, '\n');
}

/* ---- the report ---- */

/* Words for what the numbers alone do not say. */
static void add_remarks(struct skt_str *out, const struct stats_row *row)
{
	if (known(row, ROW_JOINED))
		skt_str_add_format(out,
			"  joined at number %" PRIu64 ": what was sent before is not counted\n",
			row->joined);
	if (known(row, ROW_OTHERS))
		skt_str_add_format(out,
			"  %" PRIu64 " datagram%s came from more senders than are told apart "
			"(see --senders)\n",
			row->others, skt_plural(row->others, "", "s"));
	if (row->format && strcmp(row->format, "iperf2-reverse") == 0)
		skt_str_add_text(out,
			"  it asks for a stream the other way (iperf -R), and sends none: "
			"nothing here answers that\n");
	if (row->format && strcmp(row->format, "iperf3") == 0)
		skt_str_add_text(out,
			"  these are iperf3's datagrams, whose numbers are not read: iperf 2 "
			"(iperf -u) is what is spoken here\n");
}

static void add_report(struct skt_str *out, const struct stats_row *row, bool draw)
{
	add_counts(out, row);
	skt_str_add_char(out, '\n');
	if (known(row, ROW_STAMPED)) {
		add_loss(out, row, "  ");
		skt_str_add_text(out,
			known(row, ROW_ENDED) && !row->ended
				? " (no end mark: what was lost at the end is not known)\n"
				: "\n");
	}
	add_remarks(out, row);
	add_times(out, row);
	if (draw)
		skt_bars_add(out, row->gaps.items, row->gaps.count);
	add_drops(out, row);
}

void stats_write(const struct stats_row *row, bool json, bool draw)
{
	struct skt_str out = {0};

	if (json) {
		skt_report_json(stats_columns, row);
		return;
	}
	if (strncmp(row->event, "interval", strlen("interval")) == 0)
		add_interval(&out, row);
	else
		add_report(&out, row, draw);
	skt_report_text(&out);
	skt_str_fini(&out);
}
