/* `sockkit udpsend`: datagrams out of lines, chunks, text, hexadecimal or nothing. Options. */
#include <string.h>

#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/datagram/rows.h"
#include "cmd/datagram/stats_report.h"
#include "cmd/options.h"
#include "cmd/parse.h"
#include "cmd/setting.h"
#include "cmd/udpsend/options.h"
#include "cmd/udpsend/report.h"
#include "cmd/udpsend/run.h"
#include "cmd/values.h"
#include "net/iperf2.h"
#include "net/sender.h"

enum {
	KEY_RAW = SKT_KEY_COMMAND,
	KEY_CHUNK,
	KEY_DATA,
	KEY_HEX,
	KEY_FILE,
	KEY_SIZE,
	KEY_COUNT,
	KEY_DURATION,
	KEY_RATE,
	KEY_BURST,
	KEY_REPLY,
	KEY_STAMP,
	KEY_BROADCAST,
	KEY_TTL,
	KEY_DSCP,
	KEY_LOOP,
	KEY_NO_FRAGMENT,
	KEY_GSO,
	KEY_REPLIES,
	KEY_WAKE,
	KEY_PULLED,
	KEY_BIDIR,
};

/* Answers are waited for this long where no time is given. */
#define REPLY_DEFAULT_NS SKT_NS_PER_SEC

/* Everybody on the link, since who sleeps answers no ARP. */
#define WAKE_ENDPOINT "255.255.255.255:9"

static const struct argp_option options_table[] = {
	SKT_HEADING("Datagrams", SKT_GROUP_MAIN),
	SKT_HEADING("Answers", SKT_GROUP_MODE),
	SKT_HEADING("Pace", SKT_GROUP_LIMIT),
	{"source", 's', "ADDR", 0, "Send from this address, ADDR:PORT, :PORT or unix path",
		SKT_GROUP_SOCKET},
	{"broadcast", KEY_BROADCAST, NULL, 0, "Allow broadcast addresses", SKT_GROUP_SOCKET},
	{"ttl", KEY_TTL, "TTL", 0, "Time to live, or hop limit (multicast: 1 by default)",
		SKT_GROUP_SOCKET},
	{"dscp", KEY_DSCP, "DSCP", 0, "Differentiated services code point, 0 to 63",
		SKT_GROUP_SOCKET},
	{"loop", KEY_LOOP, "on|off", 0, "Whether this host hears its own multicast (default: on)",
		SKT_GROUP_SOCKET},
	{"no-fragment", KEY_NO_FRAGMENT, NULL, 0,
		"Never fragment; report the path MTU that is learned", SKT_GROUP_SOCKET},
	{"reply", KEY_REPLY, "DURATION", OPTION_ARG_OPTIONAL,
		"Write answers to standard output, and wait for them DURATION (1s) after the last "
		"datagram or answer",
		SKT_GROUP_MODE},
	{"replies", KEY_REPLIES, "COUNT", 0,
		"End with COUNT answers, from whomever; exit 1 when fewer came in the time of "
		"--reply",
		SKT_GROUP_MODE},
	{"pulled", KEY_PULLED, NULL, 0,
		"Wait at ENDPOINT until udprecv --pull asks, and send there: through NAT",
		SKT_GROUP_SOCKET},
	{"bidir", KEY_BIDIR, NULL, 0,
		"Both ways: count the stream of the other end, udpsend --bidir too; one of the two "
		"is --pulled",
		SKT_GROUP_SOCKET},
	{"raw", KEY_RAW, NULL, 0, "Keep the newline of each line", SKT_GROUP_MAIN},
	{"chunk", KEY_CHUNK, "SIZE", 0, "Send datagrams of SIZE bytes of input, not lines",
		SKT_GROUP_MAIN},
	{"data", KEY_DATA, "TEXT", 0, "Send TEXT, not standard input", SKT_GROUP_MAIN},
	{"hex", KEY_HEX, NULL, 0, "Lines or TEXT are hexadecimal", SKT_GROUP_MAIN},
	{"file", KEY_FILE, "FILE", 0, "Read FILE, not standard input", SKT_GROUP_MAIN},
	{"wake", KEY_WAKE, "MAC", 0,
		"Send the packet that wakes a machine: to ENDPOINT, or 255.255.255.255:9",
		SKT_GROUP_MAIN},
	{"size", KEY_SIZE, "SIZE", 0, "Send generated datagrams of SIZE bytes", SKT_GROUP_MAIN},
	{"count", KEY_COUNT, "COUNT", 0, "End after COUNT datagrams", SKT_GROUP_LIMIT},
	{"duration", KEY_DURATION, "DURATION", 0, "End after DURATION", SKT_GROUP_LIMIT},
	{"rate", KEY_RATE, "RATE", 0, "Pace: 1000pps, 10Mbit or 2MB a second (default: no limit)",
		SKT_GROUP_LIMIT},
	{"burst", KEY_BURST, "COUNT", 0, "Datagrams sent back to back (default: 1 up to 150kpps)",
		SKT_GROUP_LIMIT},
	{"stamp", KEY_STAMP, NULL, 0,
		"Put iperf 2's header in front: number and time, for udprecv --stats and iperf -u -s",
		SKT_GROUP_MAIN},
	{"gso", KEY_GSO, "auto|on|off", 0, "Let the kernel cut large sends into datagrams",
		SKT_GROUP_LIMIT},
	{0},
};

#define ROW(title_text, field, text, ...) \
	SKT_COLUMN_AS(struct skt_datagram_row, title_text, field, .help = (text), __VA_ARGS__)

/* Of answers. */
static const struct skt_column udpsend_columns[] = {
	ROW("time_ns", time_ns, "arrival by the kernel's clock, ns since 1970",
		.flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(SKT_DATAGRAM_HAS_TIME),
		.title = "TIME", .row_text = skt_datagram_time_text, .width = 15),
	ROW("source_address", source, "address of who answered",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE | SKT_COLUMN_ZONED, .title = "SOURCE"),
	ROW("source_port", source.port, "port of who answered", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_PORT), .title = "PORT"),
	ROW("source_path", source_path, "path or @name of who answered on a unix socket"),
	ROW("elsewhere", elsewhere, "it is another address or port than was asked",
		.flags = SKT_COLUMN_BOTH),
	ROW("interface", interface, "interface the answer came in by"),
	ROW("ttl", ttl, "time to live, or hop limit, that is left", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_TTL)),
	ROW("rtt_us", rtt_us, "round trip in microseconds", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_RTT)),
	ROW("length", length, "bytes of payload", .flags = SKT_COLUMN_BOTH),
	ROW("data", data, "payload: text, or hexadecimal with --hex", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

/* Values that end up in an int. */
static error_t parse_small(const struct argp_state *state, const char *option, const char *arg,
	uint64_t min, uint64_t max, int *ret)
{
	uint64_t value = 0;
	error_t rc = skt_parse_count(state, option, arg, min, max, &value);

	if (!rc)
		*ret = (int)value;
	return rc;
}

static error_t settle_endpoints(const struct argp_state *state, struct udpsend_options *o)
{
	error_t rc;

	if (!o->at.word_count && o->wake_len)
		o->at.words[o->at.word_count++] = WAKE_ENDPOINT;
	if (!o->at.word_count)
		return skt_usage_error(state, "where to? ENDPOINT is missing");
	rc = skt_datagram_settle(
		state, &o->at, o->pulled ? SKT_ENDPOINT_LOCAL : SKT_ENDPOINT_REMOTE);
	if (!rc && o->pulled && (o->source_given || o->broadcast || o->reply || o->loop >= 0))
		rc = skt_usage_error(state,
			"--pulled: ENDPOINT is where it is asked at, and who asks is answered");
	if (!rc && o->pulled && o->at.endpoint.kind != SKT_ENDPOINT_INET)
		rc = skt_usage_error(state, "--pulled is for UDP");
	if (!rc && o->source_given && o->source.kind != o->at.endpoint.kind)
		rc = skt_usage_error(state, "--source: not of the same kind as ENDPOINT");
	return rc;
}

/* Whoever wants rows, or so many, wants answers. */
static error_t settle_answers(const struct argp_state *state, struct udpsend_options *o)
{
	static const char *const extra[] = {"source_path", NULL};

	if ((o->rows.chosen || o->replies) && !o->reply) {
		o->reply = true;
		o->reply_ns = REPLY_DEFAULT_NS;
	}
	o->rows.live = true;
	return skt_rows_settle(state, &o->rows, udpsend_columns,
		o->at.endpoint.kind == SKT_ENDPOINT_UNIX ? extra : NULL, NULL);
}

/* Both ends make up a stream that ends, so that each can tell the other what was lost of it. */
static error_t settle_bidir(const struct argp_state *state, const struct udpsend_options *o)
{
	if (o->at.endpoint.kind != SKT_ENDPOINT_INET || o->reply || o->broadcast)
		return skt_usage_error(
			state, "--bidir is for two ends of UDP, and streams without answers");
	if (!o->size_given || (!o->count && !o->duration_ns))
		return skt_usage_error(state,
			"--bidir: each end has a stream with an end: add --size, and --count or "
			"--duration");
	return 0;
}

static error_t settle(const struct argp_state *state, struct udpsend_options *o)
{
	const int sources =
		(o->data != NULL) + o->size_given + (o->file != NULL) + (o->wake_len > 0);
	error_t rc = settle_endpoints(state, o);

	if (!rc)
		rc = settle_answers(state, o);
	if (!rc && o->bidir)
		rc = settle_bidir(state, o);
	if (rc)
		return rc;
	if (sources > 1)
		return skt_usage_error(
			state, "--data, --size, --file and --wake exclude each other");
	if (o->wake_len && (o->raw || o->chunk || o->stamp || o->hex))
		return skt_usage_error(state, "--wake knows what it sends");
	if (o->chunk && (o->data || o->size_given || o->raw || o->hex))
		return skt_usage_error(
			state, "--chunk goes with standard input or --file, as bytes");
	if (o->raw && (o->data || o->size_given || o->hex))
		return skt_usage_error(state, "--raw goes with lines only");
	if (o->hex && o->size_given)
		return skt_usage_error(state, "--hex: generated payload has no digits");
	if (o->stamp && o->size_given && o->size < SKT_IPERF2_HEADER)
		return skt_usage_error(
			state, "--stamp needs --size of %d or more", SKT_IPERF2_HEADER);
	return 0;
}

static const struct skt_setting settings[] = {
	SKT_SETTING(KEY_RAW, struct udpsend_options, raw),
	SKT_SETTING(KEY_HEX, struct udpsend_options, hex),
	SKT_SETTING(KEY_PULLED, struct udpsend_options, pulled),
	SKT_SETTING(KEY_STAMP, struct udpsend_options, stamp),
	SKT_SETTING(KEY_BROADCAST, struct udpsend_options, broadcast),
	SKT_SETTING(KEY_NO_FRAGMENT, struct udpsend_options, no_fragment),
	SKT_SETTING(KEY_DURATION, struct udpsend_options, duration_ns),
	SKT_SETTING(KEY_FILE, struct udpsend_options, file),
};

static error_t parse_value(
	int key, const char *arg, const struct argp_state *state, struct udpsend_options *o)
{
	static const char *const switches[] = {"off", "on"};
	static const char *const gso[] = {"auto", "on", "off"};
	struct skt_err err;
	int value = 0;
	error_t rc;

	switch (key) {
	case 's':
		if (skt_endpoint_parse(arg, SKT_ENDPOINT_SOURCE, &o->source, &err))
			return skt_usage_error_of(state, &err, "--source: %s", err.text);
		o->source_given = true;
		return 0;
	case KEY_CHUNK:
		return skt_parse_size(state, "--chunk", arg, 1, UDPSEND_RECORD_MAX, &o->chunk);
	case KEY_SIZE:
		o->size_given = true;
		return skt_parse_size(state, "--size", arg, 0, INT32_MAX, &o->size);
	case KEY_COUNT:
		return skt_parse_count(state, "--count", arg, 1, UINT64_MAX, &o->count);
	case KEY_RATE:
		if (skt_rate_parse(arg, &o->rate) || !o->rate.per_second)
			return skt_usage_error(state,
				"--rate '%s': expected a rate such as 1000pps, 10Mbit or 2MB", arg);
		return 0;
	case KEY_BURST:
		return skt_parse_count(state, "--burst", arg, 1, SKT_SENDER_BATCH, &o->burst);
	case KEY_REPLY:
		o->reply = true;
		o->reply_ns = REPLY_DEFAULT_NS;
		return arg ? skt_parse_duration(state, "--reply", arg, &o->reply_ns) : 0;
	case KEY_REPLIES:
		return skt_parse_count(state, "--replies", arg, 1, UINT64_MAX, &o->replies);
	case KEY_WAKE:
		o->broadcast = true;
		if (udpsend_wake(arg, o->wake, &o->wake_len))
			return skt_usage_error(state,
				"--wake '%s': expected the address of a network card, such as "
				"52:54:00:12:34:56",
				arg);
		return 0;
	case KEY_TTL:
		return parse_small(state, "--ttl", arg, 0, 255, &o->ttl);
	case KEY_DSCP:
		return parse_small(state, "--dscp", arg, 0, 63, &o->dscp);
	case KEY_LOOP:
		return skt_parse_choice(
			state, "--loop", arg, switches, SKT_COUNT(switches), &o->loop);
	case KEY_GSO:
		rc = skt_parse_choice(state, "--gso", arg, gso, SKT_COUNT(gso), &value);
		o->gso = (enum udpsend_gso)value;
		return rc;
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct udpsend_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		o->ttl = o->dscp = o->loop = -1;
		state->child_inputs[0] = &o->rows;
		state->child_inputs[1] = &o->events;
		state->child_inputs[2] = &o->at;
		return 0;
	case KEY_DATA:
		o->data = arg;
		return 0;
	case KEY_BIDIR:
		o->bidir = o->stamp = true;
		return 0;
	case ARGP_KEY_END:
		return settle(state, o);
	}
	return parse_value(key, arg, state, o);
}

static int run(const void *options, struct skt_context *ctx)
{
	return udpsend_run(options, ctx);
}

static const struct argp_child children[] = {
	{.argp = &skt_rows_argp}, {.argp = &skt_events_argp}, {.argp = &skt_datagram_argp}, {0}};

static void fini(void *options)
{
	struct udpsend_options *o = options;

	skt_rows_options_fini(&o->rows);
}

static const struct skt_column_set column_sets[] = {{.columns = udpsend_columns}, {0}};
static const struct skt_column_set report_sets[] = {
	{.option = "report", .columns = udpsend_report_columns},
	{.option = "received", .columns = stats_columns},
	{0},
};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "ENDPOINT",
	.doc = "Send each line of standard input as a datagram; or chunks of it, one text, or a paced "
	       "stream of generated ones.\v"
	       "ENDPOINT is HOST:PORT, HOST PORT, [V6%ZONE]:PORT, unix:PATH or unix:@NAME. Exit "
	       "status 1: with --reply, nothing answered or ICMP said that nobody is there.",
	.children = children,
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"A line to a syslog server", "echo '<13>hello' | sockkit udpsend localhost 514"},
	{"Ask, and wait for the answer", "echo ping | sockkit udpsend --reply localhost 7"},
	{"A paced stream, numbered and timed, for udprecv --stats",
		"sockkit udpsend --stamp --size=1400 --rate=10Mbit localhost 5001"},
};

const struct skt_command skt_udpsend_command = {
	.name = "udpsend",
	.brief = "send datagrams: lines, data, paced streams",
	.argp = &argp,
	.examples = examples,
	.options_size = sizeof(struct udpsend_options),
	.column_sets = column_sets,
	.report_sets = report_sets,
	.run = run,
	.fini = fini,
};
