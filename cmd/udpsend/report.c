/* What udpsend has to say at its end. */
#include "cmd/udpsend/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/report.h"
#include "out/text.h"

/* So late one may be at the end of a short stream. */
#define HICCUP_NS (20 * SKT_NS_PER_MS)

enum { HAS_GAPS, HAS_GAP_ERRORS, HAS_ROUND_TRIPS, HAS_PEER, HAS_MTU, HAS_REPLIES, HAS_RATE };

struct refusal_row {
	uint64_t present;
	const char *from, *reason;
	struct skt_addr address;
	uint8_t type, code;
	uint64_t count;
};

struct report_row {
	uint64_t present;
	const char *event, *to;
	uint64_t sent, bytes, duration_ns, pps, bps;
	uint64_t refused, failed;
	const char *failed_reason;
	struct skt_list refusals;
	uint64_t calls, gso_calls, path_mtu;
	uint64_t gap_p50_ns, gap_p99_ns, gap_p999_ns, gap_max_ns, gap_error_p99_ns,
		late_forgiven_ns;
	bool rate_kept;
	uint64_t replies, reply_bytes, elsewhere;
	uint64_t rtt_min_ns, rtt_mean_ns, rtt_p50_ns, rtt_p99_ns, rtt_p999_ns, rtt_max_ns;
	uint64_t peer_datagrams, peer_lost, peer_reordered, peer_jitter_ns;
};

static const struct skt_column refusal_columns[] = {
	SKT_COLUMN_AS(struct refusal_row, "from", address, .help = "who sent the ICMP message"),
	SKT_COLUMN(struct refusal_row, reason, .help = "what it says"),
	SKT_COLUMN(struct refusal_row, type, .help = "type of ICMP"),
	SKT_COLUMN(struct refusal_row, code, .help = "code of ICMP"),
	SKT_COLUMN(struct refusal_row, count, .help = "how many"),
	SKT_COLUMN_END,
};

static void refusal_text(struct skt_str *out, const void *item)
{
	skt_str_add_text(out, ((const struct refusal_row *)item)->reason);
}

#define FIELD(field, ...) SKT_COLUMN(struct report_row, field, __VA_ARGS__)
#define KNOWN(field, bit, text) FIELD(field, .help = (text), .present = SKT_PRESENT(bit))

const struct skt_column udpsend_report_columns[] = {
	FIELD(event, .help = "report"),
	FIELD(to, .help = "where to"),
	FIELD(sent, .help = "datagrams"),
	FIELD(bytes, .help = "of payload"),
	FIELD(duration_ns, .help = "of sending"),
	FIELD(pps, .help = "datagrams a second"),
	FIELD(bps, .help = "bits of payload a second"),
	FIELD(refused, .help = "ICMP errors that came back"),
	FIELD(refusals, .help = "of these, by who sent them", .items = refusal_columns,
		.item_size = sizeof(struct refusal_row), .item_text = refusal_text),
	KNOWN(elsewhere, HAS_REPLIES, "answers from elsewhere than where was sent to"),
	FIELD(failed, .help = "datagrams that could not be sent"),
	FIELD(failed_reason, .help = "of the last one"),
	FIELD(calls, .help = "system calls that sent"),
	FIELD(gso_calls, .help = "of these, cut into datagrams by the kernel"),
	KNOWN(path_mtu, HAS_MTU, "largest packet that the path takes"),
	KNOWN(gap_p50_ns, HAS_GAPS, "time between datagrams: median"),
	KNOWN(gap_p99_ns, HAS_GAPS, "the same: 99th percentile"),
	KNOWN(gap_p999_ns, HAS_GAPS, "the same: 99.9th percentile"),
	KNOWN(gap_max_ns, HAS_GAPS, "the longest time between datagrams"),
	KNOWN(gap_error_p99_ns, HAS_GAP_ERRORS,
		"how far from what --rate asks for: 99th percentile"),
	KNOWN(late_forgiven_ns, HAS_GAP_ERRORS, "time that --rate did not make up for"),
	KNOWN(rate_kept, HAS_RATE, "whether what went is what --rate asked for"),
	KNOWN(replies, HAS_REPLIES, "answers"),
	KNOWN(reply_bytes, HAS_REPLIES, "of payload of answers"),
	KNOWN(rtt_min_ns, HAS_ROUND_TRIPS, "the shortest time until an answer"),
	KNOWN(rtt_mean_ns, HAS_ROUND_TRIPS, "the mean time until an answer"),
	KNOWN(rtt_p50_ns, HAS_ROUND_TRIPS, "time until an answer: median"),
	KNOWN(rtt_p99_ns, HAS_ROUND_TRIPS, "the same: 99th percentile"),
	KNOWN(rtt_p999_ns, HAS_ROUND_TRIPS, "the same: 99.9th percentile"),
	KNOWN(rtt_max_ns, HAS_ROUND_TRIPS, "the longest time until an answer"),
	KNOWN(peer_datagrams, HAS_PEER, "what an iperf server received: datagrams"),
	KNOWN(peer_lost, HAS_PEER, "the same: lost"),
	KNOWN(peer_reordered, HAS_PEER, "the same: reordered"),
	KNOWN(peer_jitter_ns, HAS_PEER, "the same: jitter"),
	SKT_COLUMN_END,
};

static void set(struct report_row *row, int bit, bool known)
{
	row->present |= (uint64_t)known << bit;
}

/*
 * Whether what went is what --rate asked for: nothing was given up, and the end came no later than
 * a busy machine's hiccup behind its time.
 */
static bool kept_rate(const struct udpsend_flow *flow)
{
	const uint64_t duration = flow->end_ns - flow->begin_ns;
	const uint64_t late = skt_pace_late_ns(&flow->pace, flow->last_ns);

	return !flow->pace.forgiven_ns &&
		late <= flow->interval_ns + SKT_MAX(duration / 50, HICCUP_NS);
}

static struct report_row row_of(const struct udpsend_flow *flow)
{
	const struct skt_histogram *gaps = &flow->gaps, *rtt = &flow->round_trips;
	struct report_row row = {
		.event = "report",
		.to = flow->to_text,
		.sent = flow->sent,
		.bytes = flow->bytes,
		.duration_ns = flow->end_ns - flow->begin_ns,
		.refused = flow->refused,
		.failed = flow->failed,
		.failed_reason = flow->failed ? strerror(flow->failed_errno) : NULL,
		.calls = flow->sender.calls,
		.gso_calls = flow->sender.gso_calls,
		.path_mtu = flow->path_mtu,
		.gap_p50_ns = skt_histogram_at(gaps, 500),
		.gap_p99_ns = skt_histogram_at(gaps, 990),
		.gap_p999_ns = skt_histogram_at(gaps, 999),
		.gap_max_ns = gaps->max,
		.gap_error_p99_ns = skt_histogram_at(&flow->gap_errors, 990),
		.late_forgiven_ns = flow->pace.forgiven_ns,
		.replies = flow->replies,
		.reply_bytes = flow->reply_bytes,
		.elsewhere = flow->elsewhere,
		.rtt_min_ns = rtt->min,
		.rtt_mean_ns = skt_histogram_mean(rtt),
		.rtt_p50_ns = skt_histogram_at(rtt, 500),
		.rtt_p99_ns = skt_histogram_at(rtt, 990),
		.rtt_p999_ns = skt_histogram_at(rtt, 999),
		.rtt_max_ns = rtt->max,
		.peer_datagrams = flow->peer.datagrams,
		.peer_lost = flow->peer.lost,
		.peer_reordered = flow->peer.reordered,
		.peer_jitter_ns = flow->peer.jitter_ns,
	};

	row.pps = (uint64_t)(skt_per_second(row.sent, row.duration_ns) + 0.5);
	row.bps = (uint64_t)(skt_per_second(row.bytes, row.duration_ns) * 8 + 0.5);
	set(&row, HAS_GAPS, gaps->count > 0);
	set(&row, HAS_GAP_ERRORS, flow->gap_errors.count > 0);
	set(&row, HAS_ROUND_TRIPS, rtt->count > 0);
	set(&row, HAS_PEER, flow->peer.datagrams > 0);
	set(&row, HAS_MTU, flow->path_mtu > 0);
	set(&row, HAS_REPLIES, flow->o->reply);
	set(&row, HAS_RATE, flow->paced && flow->sent > 0);
	row.rate_kept = flow->paced && kept_rate(flow);
	return row;
}

static const char *reason_of(const struct skt_icmp_error *error)
{
	const char *name = skt_icmp_name(error->v6, error->type, error->code);

	return name ? name : strerror(error->error);
}

/* ---- text ---- */

static void add_refusals(struct skt_str *out, const struct udpsend_flow *flow)
{
	for (size_t i = 0; i < flow->refusal_count; i++) {
		const struct skt_icmp_error *error = &flow->refusals[i].error;
		char text[SKT_ADDR_TEXT_MAX];

		skt_str_add_format(out,
			"  refused %" PRIu64 ": %s (ICMP%s type %u code %u) from %s\n",
			flow->refusals[i].count, reason_of(error), error->v6 ? "v6" : "",
			error->type, error->code, skt_addr_text(&error->sender, text));
	}
}

static void add_gaps(struct skt_str *out, const struct report_row *row)
{
	char a[SKT_SHORT_MAX], b[SKT_SHORT_MAX], c[SKT_SHORT_MAX], d[SKT_SHORT_MAX];

	skt_str_add_format(out, "  gaps %s/%s/%s/%s p50/p99/p99.9/max",
		skt_short_time(row->gap_p50_ns, a), skt_short_time(row->gap_p99_ns, b),
		skt_short_time(row->gap_p999_ns, c), skt_short_time(row->gap_max_ns, d));
	if (row->present >> HAS_GAP_ERRORS & 1)
		skt_str_add_format(
			out, ", off by %s at p99", skt_short_time(row->gap_error_p99_ns, a));
	if (row->late_forgiven_ns)
		skt_str_add_format(
			out, ", %s behind and given up", skt_short_time(row->late_forgiven_ns, a));
	skt_str_add_char(out, '\n');
}

static void add_rate(struct skt_str *out, const struct udpsend_flow *flow)
{
	static const char *const units[] = {
		[SKT_RATE_EVENTS] = " datagrams", [SKT_RATE_BITS] = "bit", [SKT_RATE_BYTES] = "B"};
	const struct skt_rate *rate = &flow->o->rate;
	char text[SKT_SHORT_MAX];

	skt_str_add_format(out,
		"  the rate of %s%s/s was not kept: this host, or its way out, cannot\n",
		skt_short_number((double)rate->per_second, text), units[rate->unit]);
}

static void add_replies(struct skt_str *out, const struct report_row *row)
{
	char a[SKT_SHORT_MAX], b[SKT_SHORT_MAX], c[SKT_SHORT_MAX], d[SKT_SHORT_MAX],
		e[SKT_SHORT_MAX];

	skt_str_add_format(out, "  answers %" PRIu64 " (%.4g %%), %" PRIu64 " byte%s\n",
		row->replies, skt_percent(row->replies, row->sent), row->reply_bytes,
		skt_plural(row->reply_bytes, "", "s"));
	if (row->present >> HAS_ROUND_TRIPS & 1)
		skt_str_add_format(out, "  round trip %s/%s/%s/%s/%s min/p50/p99/p99.9/max\n",
			skt_short_time(row->rtt_min_ns, a), skt_short_time(row->rtt_p50_ns, b),
			skt_short_time(row->rtt_p99_ns, c), skt_short_time(row->rtt_p999_ns, d),
			skt_short_time(row->rtt_max_ns, e));
}

static bool is_iperf3_port(const struct udpsend_flow *flow)
{
	struct skt_addr addr;
	uint16_t port;

	return skt_udp_inet(&flow->to.sa, flow->to.len, &addr, &port) && port == SKT_IPERF3_PORT;
}

static void write_text(const struct udpsend_flow *flow, const struct report_row *row)
{
	char pps[SKT_SHORT_MAX], bps[SKT_SHORT_MAX], time[SKT_SHORT_MAX];
	struct skt_str out = {0};

	(void)skt_text_add_escaped(&out, flow->to_text, strlen(flow->to_text));
	skt_str_add_format(&out, ": sent %" PRIu64 " datagram%s, %" PRIu64 " byte%s in %s",
		row->sent, skt_plural(row->sent, "", "s"), row->bytes,
		skt_plural(row->bytes, "", "s"), skt_short_time(row->duration_ns, time));
	if (row->sent > 1)
		skt_str_add_format(&out, ": %s/s, %sbit/s",
			skt_short_number(skt_per_second(row->sent, row->duration_ns), pps),
			skt_short_number(8 * skt_per_second(row->bytes, row->duration_ns), bps));
	skt_str_add_char(&out, '\n');
	add_refusals(&out, flow);
	if (row->refused && is_iperf3_port(flow))
		skt_str_add_format(&out,
			"  %d is iperf3's port, which takes datagrams behind a TCP connection "
			"only: 'iperf -u -s' takes these\n",
			SKT_IPERF3_PORT);
	if (row->failed)
		skt_str_add_format(
			&out, "  failed %" PRIu64 ": %s\n", row->failed, row->failed_reason);
	if (row->present >> HAS_MTU & 1)
		skt_str_add_format(&out, "  path MTU %" PRIu64 "\n", row->path_mtu);
	if (row->present >> HAS_GAPS & 1)
		add_gaps(&out, row);
	if (row->present >> HAS_RATE & 1 && !row->rate_kept)
		add_rate(&out, flow);
	if (flow->sender.gso_refused && flow->o->gso != GSO_AUTO)
		skt_str_add_format(
			&out, "  segmentation refused: %s\n", strerror(flow->sender.gso_refused));
	if (row->present >> HAS_REPLIES & 1)
		add_replies(&out, row);
	if (row->elsewhere)
		skt_str_add_format(&out,
			"  %" PRIu64 " of them from another address or port than was asked: %s\n",
			row->elsewhere, flow->elsewhere_text);
	if (row->present >> HAS_PEER & 1)
		skt_str_add_format(&out,
			"  the receiver counted %" PRIu64 ": lost %" PRIu64
			", out of order %" PRIu64 ", jitter %s\n",
			row->peer_datagrams, row->peer_lost, row->peer_reordered,
			skt_short_time(row->peer_jitter_ns, time));
	skt_report_text(&out);
	skt_str_fini(&out);
}

static void write_json(const struct udpsend_flow *flow, struct report_row *row)
{
	struct refusal_row refusals[REFUSALS_MAX];

	for (size_t i = 0; i < flow->refusal_count; i++) {
		const struct skt_icmp_error *error = &flow->refusals[i].error;

		refusals[i] = (struct refusal_row){
			.reason = reason_of(error),
			.address = error->sender,
			.type = error->type,
			.code = error->code,
			.count = flow->refusals[i].count,
		};
	}
	row->refusals = (struct skt_list){refusals, flow->refusal_count};
	skt_report_json(udpsend_report_columns, row);
}

/* Few words where all went well and nobody measures. */
static bool is_wanted(const struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;

	if (o->events.verbose)
		return o->events.verbose > 0;
	return o->events.json || o->rate.per_second || o->stamp || o->duration_ns ||
		(o->size_given && o->count > 1) || flow->refused || flow->failed ||
		(o->reply && !flow->replies) || (o->no_fragment && flow->path_mtu);
}

void udpsend_report(const struct udpsend_flow *flow)
{
	struct report_row row = row_of(flow);

	if (!is_wanted(flow))
		return;
	if (flow->o->events.json)
		write_json(flow, &row);
	else
		write_text(flow, &row);
}
