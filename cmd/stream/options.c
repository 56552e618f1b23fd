#include "cmd/stream/options.h"

#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/num.h"
#include "cmd/options.h"
#include "cmd/parse.h"
#include "cmd/setting.h"
#include "cmd/stream/record.h"
#include "cmd/values.h"

enum {
	KEY_MPTCP = SKT_KEY_STREAM,
	KEY_FASTOPEN,
	KEY_KEEPALIVE,
	KEY_NO_HALF_CLOSE,
	KEY_END_WITH_PEER,
	KEY_LINGER,
	KEY_SEND_ONLY,
	KEY_RECV_ONLY,
	KEY_HEX,
	KEY_DUMP,
	KEY_RATE,
	KEY_TIMEOUT,
	KEY_IDLE_TIMEOUT,
};

/* Where --keepalive is given without a time. The kernel's own two hours help nobody. */
enum { KEEPALIVE_DEFAULT_S = 30 };

error_t skt_parse_byte_rate(
	const struct argp_state *state, const char *option, const char *text, uint64_t *ret)
{
	struct skt_rate rate;

	if (skt_rate_parse(text, &rate) || rate.per_second == 0)
		return skt_usage_error(
			state, "%s '%s': expected a rate such as 10Mbit or 2MB", option, text);
	if (rate.unit == SKT_RATE_EVENTS)
		return skt_usage_error(state,
			"%s '%s': a stream has no packets: give bytes (%sB) or bits (%sbit)",
			option, text, text, text);
	*ret = rate.unit == SKT_RATE_BITS ? (rate.per_second + 7) / 8 : rate.per_second;
	return 0;
}

/* ---- sockets ---- */

static const struct argp_option socket_options[] = {
	{"mptcp", KEY_MPTCP, NULL, 0, "Multipath TCP, where the kernel has it", SKT_GROUP_SOCKET},
	{"fastopen", KEY_FASTOPEN, NULL, 0, "TCP Fast Open: data go with the SYN",
		SKT_GROUP_SOCKET},
	{"keepalive", KEY_KEEPALIVE, "DURATION", OPTION_ARG_OPTIONAL,
		"Probe a silent peer after this long (default: 30s)", SKT_GROUP_SOCKET},
	{0},
};

static error_t parse_keepalive(
	const struct argp_state *state, const char *arg, struct skt_socket_options *o)
{
	uint64_t ns = 0;
	error_t r;

	if (!arg) {
		o->keepalive_s = KEEPALIVE_DEFAULT_S;
		o->bare_keepalive = true;
		return 0;
	}
	r = skt_parse_duration(state, "--keepalive", arg, &ns);
	if (r)
		return r;
	if (ns > 32767 * SKT_NS_PER_SEC)
		return skt_usage_error(
			state, "--keepalive '%s': the kernel takes at most 32767s", arg);
	/* It counts in whole seconds. */
	o->keepalive_s = (unsigned int)((ns + SKT_NS_PER_SEC - 1) / SKT_NS_PER_SEC);
	return 0;
}

static error_t parse_socket(int key, char *arg, struct argp_state *state)
{
	struct skt_socket_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->way;
		return 0;
	case KEY_MPTCP:
		o->mptcp = true;
		return 0;
	case KEY_FASTOPEN:
		o->fastopen = true;
		return 0;
	case KEY_KEEPALIVE:
		return parse_keepalive(state, arg, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child socket_children[] = {{.argp = &skt_way_argp}, {0}};

const struct argp skt_socket_argp = {
	.options = socket_options, .parser = parse_socket, .children = socket_children};

/* ---- joined to stdin and stdout ---- */

static const struct argp_option pipe_options[] = {
	SKT_HEADING("Joining", SKT_GROUP_PIPE),
	{"no-half-close", KEY_NO_HALF_CLOSE, NULL, 0,
		"Do not tell the other side that stdin has ended", SKT_GROUP_PIPE},
	{"end-with-peer", KEY_END_WITH_PEER, NULL, 0,
		"End when the other side ends its half, though stdin has not ended",
		SKT_GROUP_PIPE},
	{"linger", KEY_LINGER, "DURATION", 0,
		"After the end of stdin, end when the other side is silent for this long",
		SKT_GROUP_PIPE},
	{"send-only", KEY_SEND_ONLY, NULL, 0, "Throw away what is received; end with stdin",
		SKT_GROUP_PIPE},
	{"recv-only", KEY_RECV_ONLY, NULL, 0, "Do not read stdin", SKT_GROUP_PIPE},
	{"crlf", 'C', NULL, 0, "Send line ends as CR LF", SKT_GROUP_PIPE},
	{"hex", KEY_HEX, NULL, 0, "Write what is received as a hex dump", SKT_GROUP_PIPE},
	{"dump", KEY_DUMP, "text|hex", 0, "Show on stderr what goes each way, and when",
		SKT_GROUP_PIPE},
	{"rate", KEY_RATE, "RATE", 0, "At most this much each way, such as 10Mbit or 2MB",
		SKT_GROUP_PIPE},
	{0},
};

static const struct skt_setting pipe_settings[] = {
	SKT_SETTING(KEY_NO_HALF_CLOSE, struct skt_pipe_options, no_half_close),
	SKT_SETTING(KEY_END_WITH_PEER, struct skt_pipe_options, end_with_peer),
	SKT_SETTING(KEY_SEND_ONLY, struct skt_pipe_options, send_only),
	SKT_SETTING(KEY_RECV_ONLY, struct skt_pipe_options, recv_only),
	SKT_SETTING('C', struct skt_pipe_options, crlf),
	SKT_SETTING(KEY_HEX, struct skt_pipe_options, hex),
};

static error_t parse_pipe(int key, char *arg, struct argp_state *state)
{
	static const char *const dumps[] = {"text", "hex"};
	struct skt_pipe_options *o = state->input;
	int dump = 0;
	error_t r;

	switch (key) {
	case KEY_LINGER:
		if (skt_duration_parse(arg, &o->linger_ns))
			return skt_usage_error(state,
				"--linger '%s': expected a duration, such as 250ms or 2s", arg);
		o->lingers = true;
		return 0;
	case KEY_DUMP:
		r = skt_parse_choice(state, "--dump", arg, dumps, SKT_COUNT(dumps), &dump);
		if (r == 0)
			o->dump = dump ? SKT_DUMP_HEX : SKT_DUMP_TEXT;
		return r;
	case KEY_RATE:
		return skt_parse_byte_rate(state, "--rate", arg, &o->rate);
	case ARGP_KEY_END:
		if (o->send_only && o->recv_only)
			return skt_usage_error(
				state, "--send-only and --recv-only exclude each other");
		return 0;
	}
	return skt_setting_parse(
		state, pipe_options, pipe_settings, SKT_COUNT(pipe_settings), key, arg, o);
}

const struct argp skt_pipe_argp = {.options = pipe_options, .parser = parse_pipe};

/* ---- limits ---- */

static const struct argp_option limit_options[] = {
	SKT_HEADING("Limits", SKT_GROUP_LIMIT),
	{"timeout", KEY_TIMEOUT, "DURATION", 0, "End everything after this long", SKT_GROUP_LIMIT},
	{"idle-timeout", KEY_IDLE_TIMEOUT, "DURATION", 0,
		"End a connection on which nothing moves for this long", SKT_GROUP_LIMIT},
	{0},
};

static error_t parse_limit(int key, char *arg, struct argp_state *state)
{
	struct skt_limit_options *o = state->input;

	switch (key) {
	case KEY_TIMEOUT:
		return skt_parse_duration(state, "--timeout", arg, &o->timeout_ns);
	case KEY_IDLE_TIMEOUT:
		return skt_parse_duration(state, "--idle-timeout", arg, &o->idle_timeout_ns);
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_limit_argp = {.options = limit_options, .parser = parse_limit};
