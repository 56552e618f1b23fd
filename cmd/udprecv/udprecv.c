/* `sockkit udprecv`: datagrams as they come. Options. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "cmd/command.h"
#include "cmd/datagram/options.h"
#include "cmd/datagram/stats_report.h"
#include "cmd/manager.h"
#include "cmd/parse.h"
#include "cmd/setting.h"
#include "cmd/stream/exec.h"
#include "cmd/udprecv/answer.h"
#include "cmd/udprecv/options.h"
#include "cmd/udprecv/payload.h"
#include "cmd/udprecv/run.h"
#include "cmd/values.h"
#include "net/guard.h"

enum {
	KEY_RAW = SKT_KEY_COMMAND,
	KEY_LINES,
	KEY_HEX,
	KEY_DISCARD,
	KEY_JOIN,
	KEY_COUNT,
	KEY_TIMEOUT,
	KEY_IDLE_TIMEOUT,
	KEY_ECHO,
	KEY_STATS,
	KEY_STAMP,
	KEY_GRO,
	KEY_NO_TIMING,
	KEY_REUSE_PORT,
	KEY_BUFFER,
	KEY_SENDERS,
	KEY_ALLOW,
	KEY_DENY,
	KEY_RATE,
	KEY_SH,
	KEY_TALK,
	KEY_PULL,
	KEY_FDNAME,
	KEY_EXIT_IDLE,
};

/* Senders can be forged, and each takes some 9 kB once it numbers its datagrams. */
enum { SENDERS_DEFAULT = 8192, SENDERS_MAX = 1 << 20 };

static const struct argp_option options_table[] = {
	SKT_HEADING("Payload", SKT_GROUP_MAIN),
	SKT_HEADING("Services", SKT_GROUP_MODE),
	SKT_HEADING("Limits", SKT_GROUP_LIMIT),
	SKT_HEADING("Statistics", SKT_GROUP_REPORT),
	{"join", KEY_JOIN, "GROUP", 0,
		"Join a multicast group; GROUP,SOURCE hears that source only, GROUP%IFACE joins on "
		"that interface, GROUP%all on all (repeatable)",
		SKT_GROUP_SOCKET},
	{"pull", KEY_PULL, "ENDPOINT", 0,
		"Ask there for the stream of udpsend --pulled, which comes back through NAT",
		SKT_GROUP_SOCKET},
	{"count", KEY_COUNT, "COUNT", 0, "End after COUNT datagrams", SKT_GROUP_LIMIT},
	{"timeout", KEY_TIMEOUT, "DURATION", 0,
		"End after DURATION; exit 1 when less came than was waited for", SKT_GROUP_LIMIT},
	{"idle-timeout", KEY_IDLE_TIMEOUT, "DURATION", 0, "End when nothing has come for DURATION",
		SKT_GROUP_LIMIT},
	{"exit-idle", KEY_EXIT_IDLE, "DURATION", 0, "The same, and it has done its work: status 0",
		SKT_GROUP_LIMIT},
	{"fdname", KEY_FDNAME, "NAME", 0,
		"Of the sockets that a service manager passes on, the one of this name",
		SKT_GROUP_SOCKET},
	{"reuse-port", KEY_REUSE_PORT, NULL, 0, "Share the port with others that do so too",
		SKT_GROUP_SOCKET},
	{"buffer", KEY_BUFFER, "SIZE", 0, "Size of the socket's receive buffer", SKT_GROUP_SOCKET},
	{"senders", KEY_SENDERS, "COUNT", 0,
		"With --stats: tell so many senders apart, and count the others together "
		"(default: 8192)",
		SKT_GROUP_REPORT},
	{"allow", KEY_ALLOW, "CIDR", 0,
		"Receive from these only: prefixes, hosts, @FILE with one a line (repeatable)",
		SKT_GROUP_LIMIT},
	{"deny", KEY_DENY, "CIDR", 0, "Do not receive from these (repeatable)", SKT_GROUP_LIMIT},
	{"gro", KEY_GRO, NULL, 0,
		"Take datagrams in clusters, which share one time: less work at high rates",
		SKT_GROUP_SOCKET},
	{"no-timing", KEY_NO_TIMING, NULL, 0,
		"With --stats: count only, without jitter, delays and gaps: less work for each "
		"datagram",
		SKT_GROUP_REPORT},
	{"raw", KEY_RAW, NULL, 0, "Write payload as it is (default)", SKT_GROUP_MAIN},
	{"lines", KEY_LINES, NULL, 0, "Write payload with a newline behind each datagram",
		SKT_GROUP_MAIN},
	{"hex", KEY_HEX, NULL, 0, "Write payload in hexadecimal, a line for each datagram",
		SKT_GROUP_MAIN},
	{"discard", KEY_DISCARD, NULL, 0, "Write no payload (default with --stats and --echo)",
		SKT_GROUP_MAIN},
	{"echo", KEY_ECHO, NULL, 0, "Send every datagram back to where it came from",
		SKT_GROUP_MODE},
	{"exec", 'e', "CMD", 0,
		"Run a program for each datagram, which is its stdin; its stdout is the answer",
		SKT_GROUP_MODE},
	{"sh", KEY_SH, "CMD", 0, "The same by way of /bin/sh", SKT_GROUP_MODE},
	{"talk", KEY_TALK, "last|all", OPTION_ARG_OPTIONAL,
		"Send lines of stdin to who spoke last (default), or to all who have spoken",
		SKT_GROUP_MODE},
	{"rate", KEY_RATE, "RATE", 0, "Answer each sender no more often (default: 10kpps)",
		SKT_GROUP_MODE},
	{"stats", KEY_STATS, "DURATION", OPTION_ARG_OPTIONAL,
		"Report rate, loss, duplicates, order, jitter and delay of each sender; every "
		"DURATION, and at the end",
		SKT_GROUP_REPORT},
	{"stamp", KEY_STAMP, "auto|always|never", 0,
		"Whether payload begins with iperf 2's header (default: auto, by its looks)",
		SKT_GROUP_REPORT},
	{0},
};

static error_t parse_address(const struct argp_state *state, const char *arg, const char *text,
	size_t len, struct skt_addr *ret)
{
	if (skt_addr_parse(text, len, ret))
		return skt_usage_error(
			state, "--join '%s': '%.*s' is not an address", arg, (int)len, text);
	return 0;
}

/* GROUP[%IFACE][,SOURCE] */
static error_t parse_join(
	const struct argp_state *state, const char *arg, struct udprecv_options *o)
{
	const size_t len = strcspn(arg, ",@"), group_len = strcspn(arg, "%,@");
	struct udprecv_join join = {0};
	struct skt_udp_group *group = &join.group;
	error_t rc = parse_address(state, arg, arg, group_len, &group->group);

	if (!rc && arg[len])
		rc = parse_address(
			state, arg, arg + len + 1, strlen(arg + len + 1), &group->source);
	if (rc)
		return rc;
	if (group_len < len) {
		const size_t name_len = len - group_len - 1;

		if (!name_len || name_len >= sizeof(join.interface))
			return skt_usage_error(
				state, "--join '%s': no name of an interface behind %%", arg);
		memcpy(join.interface, arg + group_len + 1, name_len);
		/* No interface can have this name: it is a directory of sysctls. */
		join.everywhere = strcmp(join.interface, "all") == 0;
	}
	if (!skt_addr_is_multicast(&group->group))
		return skt_usage_error(state, "--join '%s': not a multicast address", arg);
	if (group->source.family != AF_UNSPEC && group->source.family != group->group.family)
		return skt_usage_error(
			state, "--join '%s': group and source are of two families", arg);
	return skt_vec_push(&o->joins, join) ? ENOMEM : 0;
}

static error_t parse_rate(
	const struct argp_state *state, const char *arg, struct udprecv_options *o)
{
	struct skt_rate rate;

	if (skt_rate_parse(arg, &rate) || !rate.per_second || rate.unit != SKT_RATE_EVENTS)
		return skt_usage_error(state,
			"--rate '%s': expected answers a second, such as 100 or 10kpps", arg);
	o->answer_rate = rate.per_second;
	return 0;
}

static error_t settle_output(const struct argp_state *state, struct udprecv_options *o)
{
	const int chosen = o->raw + o->lines + o->discard;

	if (chosen + (o->hex && !o->rows.chosen) > 1)
		return skt_usage_error(
			state, "--raw, --lines, --hex and --discard exclude each other");
	if (o->rows.chosen && chosen)
		return skt_usage_error(state, "rows and --%s exclude each other",
			o->raw             ? "raw"
				: o->lines ? "lines"
					   : "discard");
	if (o->rows.chosen)
		o->output = OUTPUT_ROWS;
	else if (o->lines)
		o->output = OUTPUT_LINES;
	else if (o->hex)
		o->output = OUTPUT_HEX;
	else if (o->discard || (!o->raw && (o->stats || o->echo || o->command)))
		o->output = OUTPUT_NONE;
	return 0;
}

static error_t settle(const struct argp_state *state, struct udprecv_options *o)
{
	static const char *const extra[] = {"source_path", NULL};
	error_t rc;

	rc = skt_datagram_settle(state, &o->at, SKT_ENDPOINT_LOCAL);
	if (!rc && o->at.endpoint.kind == SKT_ENDPOINT_UNIX && o->joins.len)
		rc = skt_usage_error(state, "--join: a unix socket joins no groups");
	for (size_t i = 0; !rc && o->at.way.interface && i < o->joins.len; i++)
		if (o->joins.data[i].interface[0] &&
			strcmp(o->joins.data[i].interface, o->at.way.interface) != 0)
			rc = skt_usage_error(state,
				"--join: -I %s receives nothing of another interface, %s",
				o->at.way.interface, o->joins.data[i].interface);
	if (!rc && o->at.endpoint.kind == SKT_ENDPOINT_UNIX &&
		(skt_access_given(&o->allow) || skt_access_given(&o->deny)))
		rc = skt_usage_error(state, "--allow and --deny are for senders with IP addresses");
	if (!rc && o->echo + (o->command != NULL) + (o->talk != TALK_NONE) > 1)
		rc = skt_usage_error(state, "--echo, --exec, --sh and --talk exclude each other");
	if (!rc && o->fdname && (o->at.word_count || o->pulls))
		rc = skt_usage_error(state,
			"--fdname is for a socket that is passed on: leave out %s",
			o->pulls ? "--pull" : "the endpoint");
	if (!rc && o->exit_idle_ns && o->idle_ns)
		rc = skt_usage_error(state, "--exit-idle and --idle-timeout exclude each other");
	if (!rc && o->pulls && (o->joins.len || o->at.endpoint.kind == SKT_ENDPOINT_UNIX))
		rc = skt_usage_error(state, "--pull: a stream that is asked for is no group's");
	if (!rc && o->answer_rate && !o->echo && !o->command)
		rc = skt_usage_error(
			state, "--rate is for answers: it goes with --echo, --exec or --sh");
	if (!o->answer_rate)
		o->answer_rate = SKT_GUARD_RATE_DEFAULT;
	if (!rc)
		rc = settle_output(state, o);
	if (rc)
		return rc;
	o->rows.live = true;
	return skt_rows_settle(state, &o->rows, udprecv_columns,
		o->at.endpoint.kind == SKT_ENDPOINT_UNIX ? extra : NULL, NULL);
}

static const struct skt_setting settings[] = {
	SKT_SETTING(KEY_RAW, struct udprecv_options, raw),
	SKT_SETTING(KEY_LINES, struct udprecv_options, lines),
	SKT_SETTING(KEY_HEX, struct udprecv_options, hex),
	SKT_SETTING(KEY_DISCARD, struct udprecv_options, discard),
	SKT_SETTING(KEY_ECHO, struct udprecv_options, echo),
	SKT_SETTING(KEY_GRO, struct udprecv_options, gro),
	SKT_SETTING(KEY_NO_TIMING, struct udprecv_options, counting.no_timing),
	SKT_SETTING(KEY_REUSE_PORT, struct udprecv_options, reuse_port),
	SKT_SETTING(KEY_TIMEOUT, struct udprecv_options, timeout_ns),
	SKT_SETTING(KEY_IDLE_TIMEOUT, struct udprecv_options, idle_ns),
	SKT_SETTING(KEY_EXIT_IDLE, struct udprecv_options, exit_idle_ns),
};

static error_t parse_value(
	int key, const char *arg, const struct argp_state *state, struct udprecv_options *o)
{
	static const char *const stamps[] = {"auto", "always", "never"};
	static const char *const talks[] = {"last", "all"};
	struct skt_err err;
	int value = 0;
	error_t rc;

	switch (key) {
	case KEY_JOIN:
		return parse_join(state, arg, o);
	case KEY_COUNT:
		return skt_parse_count(state, "--count", arg, 1, UINT64_MAX, &o->count);
	case KEY_FDNAME:
		return skt_fdname_parse(state, arg, &o->fdname);
	case KEY_STATS:
		o->stats = true;
		return arg ? skt_parse_duration(state, "--stats", arg, &o->counting.interval_ns)
			   : 0;
	case KEY_BUFFER:
		return skt_parse_size(state, "--buffer", arg, 1, UINT64_MAX, &o->buffer);
	case KEY_ALLOW:
		return skt_access_parse(state, "--allow", arg, &o->allow);
	case KEY_DENY:
		return skt_access_parse(state, "--deny", arg, &o->deny);
	case 'e':
	case KEY_SH:
		if (o->command)
			return skt_usage_error(state, "--exec and --sh: one command only");
		o->command = arg;
		o->shell = key == KEY_SH;
		return !o->shell && skt_exec_check(arg, &err)
			? skt_usage_error_of(state, &err, "--exec: %s", err.text)
			: 0;
	case KEY_PULL:
		if (skt_endpoint_parse(arg, SKT_ENDPOINT_REMOTE, &o->pull, &err))
			return skt_usage_error_of(state, &err, "--pull: %s", err.text);
		o->pulls = true;
		return o->pull.kind == SKT_ENDPOINT_INET
			? 0
			: skt_usage_error(state, "--pull '%s': not an endpoint of UDP", arg);
	case KEY_TALK:
		o->talk = TALK_LAST;
		rc = arg ? skt_parse_choice(state, "--talk", arg, talks, SKT_COUNT(talks), &value)
			 : 0;
		o->talk = value ? TALK_ALL : TALK_LAST;
		return rc;
	case KEY_RATE:
		return parse_rate(state, arg, o);
	case KEY_SENDERS:
		return skt_parse_count(
			state, "--senders", arg, 1, SENDERS_MAX, &o->counting.senders);
	case KEY_STAMP:
		rc = skt_parse_choice(state, "--stamp", arg, stamps, SKT_COUNT(stamps), &value);
		o->counting.stamp = (enum stats_stamp)value;
		return rc;
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct udprecv_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		o->counting.senders = SENDERS_DEFAULT;
		o->counting.events = &o->events;
		state->child_inputs[0] = &o->rows;
		state->child_inputs[1] = &o->events;
		state->child_inputs[2] = &o->at;
		return 0;
	case ARGP_KEY_END:
		return settle(state, o);
	}
	return parse_value(key, arg, state, o);
}

static void fini(void *options)
{
	struct udprecv_options *o = options;

	skt_rows_options_fini(&o->rows);
	skt_vec_free(&o->joins);
	skt_access_free(&o->allow);
	skt_access_free(&o->deny);
}

static int run(const void *options, struct skt_context *ctx)
{
	return udprecv_run(options, ctx);
}

static const struct argp_child children[] = {
	{.argp = &skt_rows_argp}, {.argp = &skt_events_argp}, {.argp = &skt_datagram_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[ENDPOINT]",
	.doc = "Receive datagrams and write their payload to standard output, or a row for each with "
	       "--format, or what became of them with --stats.\v"
	       "ENDPOINT is PORT, HOST:PORT, [V6%ZONE]:PORT, unix:PATH or unix:@NAME. Exit status 1: "
	       "--timeout or --idle-timeout ended it before --count datagrams (or any) had come.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {{.columns = udprecv_columns}, {0}};
static const struct skt_column_set report_sets[] = {
	{.option = "bound", .columns = udprecv_life_columns},
	{.option = "statistics", .columns = stats_columns},
	{.option = "answers", .columns = udprecv_answers_columns},
	{0},
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"What comes to a port, a line for each datagram", "sockkit udprecv --lines 5000"},
	{"The same as rows: who sent it, when, by which interface",
		"sockkit udprecv -f table 5000"},
	{"How much is lost, doubled, late?", "sockkit udprecv --stats=1s 5001"},
};

const struct skt_command skt_udprecv_command = {
	.name = "udprecv",
	.brief = "receive datagrams, measure what became of them",
	.argp = &argp,
	.examples = examples,
	.column_sets = column_sets,
	.report_sets = report_sets,
	.options_size = sizeof(struct udprecv_options),
	.run = run,
	.fini = fini,
};
