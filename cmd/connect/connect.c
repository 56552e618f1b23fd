/* `sockkit connect`: a client for streams. Options, and the choice of a mode. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cmd/command.h"
#include "cmd/connect/columns.h"
#include "cmd/connect/options.h"
#include "cmd/connect/pipe.h"
#include "cmd/connect/probe.h"
#include "cmd/connect/row.h"
#include "cmd/parse.h"
#include "cmd/setting.h"
#include "cmd/stream/exec.h"
#include "cmd/values.h"

/* ---- options ---- */

enum {
	KEY_CONNECT_TIMEOUT = SKT_KEY_COMMAND,
	KEY_WAIT,
	KEY_RECONNECT,
	KEY_TIMING,
	KEY_COUNT,
	KEY_INTERVAL,
	KEY_RECORD,
	KEY_APPEND,
	KEY_PROGRESS,
	KEY_SEND,
	KEY_EXPECT,
	KEY_FDPASS,
};

/* Where --wait is given without a time. */
#define WAIT_DEFAULT_NS (60 * SKT_NS_PER_SEC)

/* The same of --reconnect: long enough for a machine to boot. */
#define RECONNECT_DEFAULT_NS (300 * SKT_NS_PER_SEC)

/* A connection that is to be replaced must be known to be gone. */
#define RECONNECT_KEEPALIVE_S 60

static const struct argp_option options_table[] = {
	SKT_HEADING("Modes", SKT_GROUP_MODE),
	{"source", 's', "ADDR", 0, "Come from this ADDR, ADDR:PORT or :PORT", SKT_GROUP_SOCKET},
	{"connect-timeout", 'w', "DURATION", 0,
		"Give a connection this long to come about (default: 30s; --probe: 5s, -u: 2s)",
		SKT_GROUP_LIMIT},
	{"wait", KEY_WAIT, "DURATION", OPTION_ARG_OPTIONAL,
		"Try again until it is up, for this long (default: 1m)", SKT_GROUP_LIMIT},
	{"reconnect", KEY_RECONNECT, "DURATION", OPTION_ARG_OPTIONAL,
		"When the connection is lost, connect again, trying for this long (default: 5m)",
		SKT_GROUP_LIMIT},
	{"record", KEY_RECORD, "FILE", 0, "Keep both directions, with times, in a file",
		SKT_GROUP_PIPE},
	{"append", KEY_APPEND, NULL, 0, "With --record: add to the file", SKT_GROUP_PIPE},
	{"exec", 'e', "CMD", 0, "Run a program with the connection as its stdin and stdout",
		SKT_GROUP_PIPE},
	{"fdpass", KEY_FDPASS, NULL, 0,
		"Hand the connection to the program at stdout: ssh with ProxyUseFdpass",
		SKT_GROUP_PIPE},
	{"progress", KEY_PROGRESS, NULL, 0, "Show on the terminal how far it is", SKT_GROUP_PIPE},
	{"timing", KEY_TIMING, NULL, 0, "Report at the end how long each phase took",
		SKT_GROUP_MODE},
	{"probe", 'z', NULL, 0, "Connect, report and disconnect; takes several ENDPOINTs",
		SKT_GROUP_MODE},
	{"udp", 'u', NULL, 0, "With --probe: UDP ports", SKT_GROUP_MODE},
	{"expect", KEY_EXPECT, "TEXT", 0,
		"With --probe: ready is what says something that matches this", SKT_GROUP_MODE},
	{"send", KEY_SEND, "TEXT", 0, "With --expect: say this first (\\r \\n \\t \\0 \\xHH)",
		SKT_GROUP_MODE},
	{"count", KEY_COUNT, "COUNT", 0, "With --probe: this many times, with statistics",
		SKT_GROUP_MODE},
	{"interval", 'i', "DURATION", 0,
		"With --probe: time between two (default: 1s); until interrupted without --count",
		SKT_GROUP_MODE},
	{0},
};

static error_t parse_count(const struct argp_state *state, const char *arg, uint64_t *ret)
{
	if (skt_num_parse(arg, 1, UINT32_MAX, ret))
		return skt_usage_error(state, "--count '%s': expected a number from 1", arg);
	return 0;
}

static error_t parse_source(
	const struct argp_state *state, const char *arg, struct connect_options *o)
{
	struct skt_err err;

	if (*arg == '\0')
		return skt_usage_error(state, "--source '': expected ADDR, ADDR:PORT or :PORT");
	if (skt_endpoint_parse(arg, SKT_ENDPOINT_SOURCE, &o->source, &err))
		return skt_usage_error_of(state, &err, "--source %s", err.text);
	if (o->source.service[0])
		return skt_usage_error(state, "--source '%s': the port is a number", arg);
	o->has_source = true;
	return 0;
}

static error_t parse_expect(
	const struct argp_state *state, int key, const char *arg, struct connect_options *o)
{
	struct skt_err err;
	int r = key == KEY_SEND ? connect_send_parse(&o->expect, arg, &err)
				: connect_expect_parse(&o->expect, arg, &err);

	if (r == -ENOMEM)
		return ENOMEM;
	return r ? skt_usage_error_of(
			   state, &err, "--%s %s", key == KEY_SEND ? "send" : "expect", err.text)
		 : 0;
}

/* What is about the bytes between stdin, stdout and the connection. */
static error_t check_pipe(
	const struct argp_state *state, const struct connect_options *o, const char *mode)
{
	const struct {
		bool given;
		const char *name;
	} pipe_only[] = {
		{o->pipe.no_half_close, "--no-half-close"},
		{o->pipe.end_with_peer, "--end-with-peer"},
		{o->pipe.lingers, "--linger"},
		{o->pipe.send_only, "--send-only"},
		{o->pipe.recv_only, "--recv-only"},
		{o->pipe.crlf, "--crlf"},
		{o->pipe.hex, "--hex"},
		{o->pipe.rate, "--rate"},
		{o->record, "--record"},
		{o->pipe.dump, "--dump"},
		{o->progress, "--progress"},
		{o->limits.idle_timeout_ns, "--idle-timeout"},
		{o->reconnect_ns, "--reconnect"},
	};

	for (size_t i = 0; mode && i < SKT_COUNT(pipe_only); i++)
		if (pipe_only[i].given)
			return skt_usage_error(
				state, "%s has no effect with %s", pipe_only[i].name, mode);
	if (o->exec && o->fdpass)
		return skt_usage_error(state, "--exec and --fdpass exclude each other");
	if (o->reconnect_ns && (o->timing || o->pipe.end_with_peer))
		return skt_usage_error(state, "%s and --reconnect exclude each other",
			o->timing ? "--timing" : "--end-with-peer");
	if (o->append && !o->record)
		return skt_usage_error(state, "--append is for --record");
	if (o->fdpass && o->tls.tls)
		return skt_usage_error(state,
			"--fdpass and --tls exclude each other: the program would have to speak it");
	return 0;
}

/* What is about --probe, or is not. */
static error_t check_probe(
	const struct argp_state *state, const struct connect_options *o, const char *handed)
{
	if (o->probe && (handed || o->socket.fastopen))
		return skt_usage_error(
			state, "%s has no effect with --probe", handed ? handed : "--fastopen");
	if (!o->probe && (o->udp || o->has_count || o->has_interval || o->expect.given))
		return skt_usage_error(state, "%s",
			o->udp ? "--udp is for --probe; datagrams are sent by sockkit udpsend"
				: o->has_count ? "--count is for --probe"
				: o->has_interval
				? "--interval is for --probe; ncat's -i is --idle-timeout"
				: "--expect is for --probe");
	if (o->expect.send && !o->expect.given)
		return skt_usage_error(state, "--send needs --expect: what is the answer to be?");
	if (o->probe && o->tls.common.has_end)
		return skt_usage_error(state, "--tls-end has no effect with --probe");
	if (!o->probe && o->tls.expires_within_ns)
		return skt_usage_error(state, "--expires-within is for --probe");
	if (o->rows.chosen && !o->probe && !o->timing)
		return skt_usage_error(state,
			"-f, -j and -c are for --probe and --timing; "
			"ncat's -c is --exec");
	return 0;
}

/* A port of UDP neither takes a connection nor need it answer. */
static error_t check_udp(const struct argp_state *state, const struct connect_options *o)
{
	const char *lost = skt_chain_given(&o->chain);

	if (!o->udp)
		return 0;
	if (!lost)
		lost = o->tls.tls ? "--tls" : o->expect.given ? "--expect" : NULL;
	if (lost)
		return skt_usage_error(state, "%s has no effect with --udp", lost);
	if (o->wait)
		return skt_usage_error(
			state, "--wait needs a port that answers when it is up: UDP need not");
	return 0;
}

static error_t check_wait(const struct argp_state *state, const struct connect_options *o)
{
	if (o->wait && (o->has_count || o->has_interval))
		return skt_usage_error(state, "--wait and --count exclude each other");
	if (o->wait && o->socket.fastopen)
		return skt_usage_error(state,
			"--wait and --fastopen exclude each other: what goes "
			"with the SYN is lost where nobody listens yet");
	return 0;
}

/* An option that would do nothing is refused. */
static error_t check_modes(const struct argp_state *state, const struct connect_options *o)
{
	const char *handed = connect_hands_over(o);
	error_t r = check_pipe(state, o, o->probe ? "--probe" : handed);

	if (r == 0)
		r = check_probe(state, o, handed);
	if (r == 0 && handed && o->timing)
		r = skt_usage_error(state, "--timing has no effect with %s", handed);
	if (r == 0)
		r = check_udp(state, o);
	return r ? r : check_wait(state, o);
}

/*
 * `--wait 2s host 80`: the value of an option that may do without one is joined to it. No host is
 * called like a duration, so that the first word says what was meant.
 */
static error_t check_blank(const struct argp_state *state, const struct connect_options *o)
{
	const char *word = o->words.len > 1 ? o->words.data[0] : NULL;
	const char *option = o->bare_wait  ? "wait"
		: o->bare_reconnect        ? "reconnect"
		: o->socket.bare_keepalive ? "keepalive"
					   : NULL;
	uint64_t ns;

	if (!word || !option || skt_duration_parse(word, &ns))
		return 0;
	return skt_usage_error(
		state, "--%s %s: the value is joined by =: --%s=%s", option, word, option, word);
}

static error_t check_zones(const struct argp_state *state, const struct connect_options *o)
{
	const char *interface = o->socket.way.interface;
	struct skt_err err;

	if (o->has_source && (o->source.zone[0] || o->source.addr.scope_id))
		interface = o->source.zone;
	for (size_t i = 0; i < o->targets.len; i++)
		if (skt_endpoint_check_zone(&o->targets.data[i].endpoint, interface, &err))
			return skt_usage_error_of(state, &err, "%s", err.text);
	return 0;
}

/* TLS to what has no name is no TLS. */
static error_t check_names(const struct argp_state *state, const struct connect_options *o)
{
	struct skt_err err;

	for (size_t i = 0; i < o->targets.len; i++)
		if (o->tls.tls &&
			skt_tls_client_check(&o->tls.client, &o->targets.data[i].endpoint, &err))
			return skt_usage_error_of(state, &err, "%s", err.text);
	return 0;
}

static const struct skt_column *columns_of(const struct connect_options *o)
{
	if (o->tls.tls)
		return o->timing ? connect_tls_timing_columns : connect_tls_columns;
	return o->timing ? connect_timing_columns : connect_probe_columns;
}

static error_t settle(const struct argp_state *state, struct connect_options *o)
{
	static const char *const timing[] = {"seq", NULL}, *const named[] = {"host", NULL};
	static const char *const both[] = {"seq", "host", NULL};
	bool repeats = o->has_count || o->has_interval;
	struct skt_err err;
	error_t r = check_modes(state, o);
	int rc;

	if (r == 0)
		r = check_blank(state, o);

	if (r)
		return r;
	if (o->reconnect_ns && !o->socket.keepalive_s)
		o->socket.keepalive_s = RECONNECT_KEEPALIVE_S;
	if (!repeats)
		o->count = 1;
	if (!o->interval_ns)
		o->interval_ns = SKT_NS_PER_SEC;
	o->rows.live = repeats;
	rc = connect_targets_parse(o->words.data, o->words.len, o->probe, &o->targets, &err);
	if (rc == -ENOMEM)
		return ENOMEM;
	if (rc)
		return skt_usage_error_of(state, &err, "%s", err.text);
	r = check_zones(state, o);
	if (r == 0)
		r = check_names(state, o);
	if (r)
		return r;
	for (size_t i = 0; i < o->targets.len; i++)
		if (skt_chain_check(&o->chain, &o->targets.data[i].endpoint, &err))
			return skt_usage_error_of(state, &err, "--proxy: %s", err.text);
	return skt_rows_settle(state, &o->rows, columns_of(o),
		repeats && o->rows.resolve ? both
			: repeats          ? timing
			: o->rows.resolve  ? named
					   : NULL,
		NULL);
}

static error_t parse_command(const struct argp_state *state, const char *arg)
{
	struct skt_err err = {0};

	return skt_exec_check(arg, &err) ? skt_usage_error_of(state, &err, "--exec %s", err.text)
					 : 0;
}

static const struct skt_setting settings[] = {
	SKT_SETTING('z', struct connect_options, probe),
	SKT_SETTING('u', struct connect_options, udp),
	SKT_SETTING(KEY_TIMING, struct connect_options, timing),
	SKT_SETTING(KEY_APPEND, struct connect_options, append),
	SKT_SETTING(KEY_FDPASS, struct connect_options, fdpass),
	SKT_SETTING(KEY_PROGRESS, struct connect_options, progress),
	SKT_SETTING('w', struct connect_options, connect_timeout_ns),
	SKT_SETTING(KEY_RECORD, struct connect_options, record),
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct connect_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->socket;
		state->child_inputs[1] = &o->pipe;
		state->child_inputs[2] = &o->limits;
		state->child_inputs[3] = &o->chain;
		state->child_inputs[4] = &o->events;
		state->child_inputs[5] = &o->rows;
		state->child_inputs[6] = &o->tls;
		return 0;
	case 's':
		return parse_source(state, arg, o);
	case KEY_WAIT:
		o->wait = true;
		o->bare_wait = !arg;
		o->wait_ns = WAIT_DEFAULT_NS;
		return arg ? skt_parse_duration(state, "--wait", arg, &o->wait_ns) : 0;
	case KEY_RECONNECT:
		o->bare_reconnect = !arg;
		o->reconnect_ns = RECONNECT_DEFAULT_NS;
		return arg ? skt_parse_duration(state, "--reconnect", arg, &o->reconnect_ns) : 0;
	case KEY_COUNT:
		o->has_count = true;
		return parse_count(state, arg, &o->count);
	case 'i':
		o->has_interval = true;
		return skt_parse_duration(state, "--interval", arg, &o->interval_ns);
	case 'e':
		o->exec = arg;
		return parse_command(state, arg);
	case KEY_SEND:
	case KEY_EXPECT:
		return parse_expect(state, key, arg, o);
	case ARGP_KEY_ARG:
		return skt_vec_push(&o->words, arg) ? ENOMEM : 0;
	case ARGP_KEY_END:
		return settle(state, o);
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static void fini(void *options)
{
	struct connect_options *o = options;

	skt_rows_options_fini(&o->rows);
	connect_targets_fini(&o->targets);
	connect_expect_fini(&o->expect);
	skt_tls_client_options_fini(&o->tls.client);
	skt_vec_free(&o->words);
}

/* ---- run ---- */

static int run(const void *options, struct skt_context *ctx)
{
	const struct connect_options *o = options;

	return o->probe ? connect_probe(o, ctx) : connect_pipe(o, ctx);
}

static const struct argp_child children[] = {{.argp = &skt_socket_argp}, {.argp = &skt_pipe_argp},
	{.argp = &skt_limit_argp}, {.argp = &skt_chain_argp}, {.argp = &skt_events_argp},
	{.argp = &skt_rows_argp}, {.argp = &connect_tls_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "ENDPOINT...",
	.doc = "Join stdin and stdout to a connection, or with --probe find out whether one comes "
	       "about. ENDPOINT is HOST:PORT, HOST PORT, [V6%ZONE]:PORT, unix:PATH, unix:@NAME or "
	       "vsock:CID:PORT.\v"
	       "A half-close is the end of one direction: the end of stdin half-closes the "
	       "connection, and reading goes on; the other side's end ends stdout, and sending goes "
	       "on. From a terminal the command ends with the other side. A stdin that is "
	       "/dev/null half-closes nothing.\n"
	       "Exit status 1: refused, timed out, unreachable, unknown, or data may be lost.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.option = "probe", .columns = connect_probe_columns},
	{.option = "timing", .columns = connect_timing_columns},
	{.option = "tls", .columns = connect_tls_columns},
	{0},
};

static const struct skt_column_set joint_sets[] = {
	{.option = "tls-timing", .columns = connect_tls_timing_columns}, {0}};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Talk to a server: type, and read what it says", "sockkit connect localhost 25"},
	{"Is it up, and how long do handshakes take?", "sockkit connect -z localhost 22 --count 5"},
	{"Wait until a database takes connections, then go on",
		"sockkit connect -z --wait=30s localhost 5432 && echo up"},
};

const struct skt_command skt_connect_command = {
	.name = "connect",
	.brief = "a TCP or unix client, and a probe for ports",
	.argp = &argp,
	.examples = examples,
	.column_sets = column_sets,
	.joint_sets = joint_sets,
	.options_size = sizeof(struct connect_options),
	.run = run,
	.fini = fini,
};
