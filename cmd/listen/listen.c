/* `sockkit listen`: a TCP or unix server. Options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cmd/bytes.h"
#include "cmd/listen/options.h"
#include "cmd/listen/serve.h"
#include "cmd/listen/service.h"
#include "cmd/listen/settle.h"
#include "cmd/listen/targets.h"
#include "cmd/manager.h"
#include "cmd/options.h"
#include "cmd/parse.h"
#include "cmd/setting.h"
#include "cmd/stream/exec.h"
#include "cmd/values.h"

enum {
	KEY_ECHO = SKT_KEY_COMMAND,
	KEY_DISCARD,
	KEY_CHARGEN,
	KEY_BROADCAST,
	KEY_JOIN,
	KEY_LABEL,
	KEY_END_WITH_STDIN,
	KEY_SH,
	KEY_FORWARD,
	KEY_BALANCE,
	KEY_CHECK,
	KEY_PRINT_PORT,
	KEY_MAX_CLIENTS,
	KEY_WHEN_FULL,
	KEY_MAX_PER_HOST,
	KEY_ALLOW,
	KEY_DENY,
	KEY_BACKLOG,
	KEY_REUSE_PORT,
	KEY_SEQPACKET,
	KEY_MODE,
	KEY_RECORD,
	KEY_USER,
	KEY_CHROOT,
	KEY_GREET,
	KEY_HANGUP,
	KEY_LEAVE_RUNNING,
	KEY_PROXY_PROTOCOL,
	KEY_PROXY_FROM,
	KEY_SOCKS,
	KEY_HTTP_PROXY,
	KEY_PROXY_USERS,
	KEY_ALLOW_TARGET,
	KEY_DENY_TARGET,
	KEY_FDNAME,
	KEY_EXIT_IDLE,
};

/* Bytes: they fit into any send buffer. */
enum { GREETING_MAX = 1024 };

static const struct argp_option options_table[] = {
	SKT_HEADING("Main", SKT_GROUP_MAIN),
	SKT_HEADING("Services", SKT_GROUP_MODE),
	{"keep", 'k', NULL, 0, "Serve client after client, many at once", SKT_GROUP_MAIN},
	{"keep-open", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0}, /* ncat's */
	{"print-port", KEY_PRINT_PORT, NULL, 0, "Write the bare port on stdout first",
		SKT_GROUP_MAIN},
	{"echo", KEY_ECHO, NULL, 0, "Send back what comes", SKT_GROUP_MODE},
	{"discard", KEY_DISCARD, NULL, 0, "Throw away what comes", SKT_GROUP_MODE},
	{"chargen", KEY_CHARGEN, NULL, 0, "Send characters without end", SKT_GROUP_MODE},
	{"broadcast", KEY_BROADCAST, NULL, 0, "Send what one client says to all others",
		SKT_GROUP_MODE},
	{"join", KEY_JOIN, NULL, 0, "With --broadcast: stdin and stdout take part", SKT_GROUP_MODE},
	{"label", KEY_LABEL, NULL, 0,
		"Pass on whole lines, with the client's address in front, harmless to terminals",
		SKT_GROUP_MODE},
	{"end-with-stdin", KEY_END_WITH_STDIN, NULL, 0,
		"With many clients: end once they have all that stdin had", SKT_GROUP_MODE},
	{"exec", 'e', "CMD", 0, "Run a program for each client, with the socket as 0 and 1",
		SKT_GROUP_MODE},
	{"sh", KEY_SH, "CMD", 0, "The same by way of /bin/sh", SKT_GROUP_MODE},
	{"sh-exec", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0}, /* ncat's */
	{"hangup", KEY_HANGUP, "gone|end", 0,
		"Send SIGHUP to a program whose client is gone, or has ended its side",
		SKT_GROUP_MODE},
	{"leave-running", KEY_LEAVE_RUNNING, NULL, 0,
		"Let programs go on when the server ends: no SIGTERM for them", SKT_GROUP_MODE},
	{"forward", KEY_FORWARD, "ENDPOINT", 0,
		"Connect each client to ENDPOINT; again: to another, where it does not answer",
		SKT_GROUP_MODE},
	{"balance", KEY_BALANCE, "first|round-robin|leastconn", 0,
		"Which of several gets a client: the first that is up (default), each in turn, or the one with the fewest",
		SKT_GROUP_MODE},
	{"check", KEY_CHECK, "DURATION", 0,
		"Connect to each endpoint of --forward so often to see whether it is up",
		SKT_GROUP_MODE},
	{"socks", KEY_SOCKS, NULL, 0,
		"Be a proxy: connect each client to where it asks (SOCKS 4, 4a, 5)",
		SKT_GROUP_MODE},
	{"http-proxy", KEY_HTTP_PROXY, NULL, 0,
		"Be a proxy of HTTP: CONNECT, and requests for http://", SKT_GROUP_MODE},
	{"proxy-users", KEY_PROXY_USERS, "FILE", 0,
		"Be a proxy for these only: USER:PASSWORD on each line", SKT_GROUP_LIMIT},
	{"allow-target", KEY_ALLOW_TARGET, "TARGET", 0,
		"Be a proxy to these only: HOST, .DOMAIN, *, or a prefix, with :PORTS or not",
		SKT_GROUP_LIMIT},
	{"deny-target", KEY_DENY_TARGET, "TARGET", 0, "Be a proxy, but not to these",
		SKT_GROUP_LIMIT},
	{"reuse-port", KEY_REUSE_PORT, NULL, 0, "Share the port with others of the same user",
		SKT_GROUP_SOCKET},
	{"seqpacket", KEY_SEQPACKET, NULL, 0, "A unix socket that keeps records apart",
		SKT_GROUP_SOCKET},
	{"mode", KEY_MODE, "MODE", 0, "Permissions of a unix socket, such as 660",
		SKT_GROUP_SOCKET},
	{"backlog", KEY_BACKLOG, "COUNT", 0,
		"How many may wait to be accepted (default: the system's maximum)",
		SKT_GROUP_SOCKET},
	{"fdname", KEY_FDNAME, "NAME", 0,
		"Of the sockets that a service manager passes on, those of this name",
		SKT_GROUP_SOCKET},
	{"exit-idle", KEY_EXIT_IDLE, "DURATION", 0, "End when there was no client for so long",
		SKT_GROUP_LIMIT},
	{"max-clients", KEY_MAX_CLIENTS, "COUNT", 0, "Serve this many at once, others wait",
		SKT_GROUP_LIMIT},
	{"when-full", KEY_WHEN_FULL, "wait|refuse", 0,
		"What becomes of others: they wait (default), or are reset", SKT_GROUP_LIMIT},
	{"max-per-host", KEY_MAX_PER_HOST, "COUNT", 0,
		"Serve this many of one address at once, others are reset", SKT_GROUP_LIMIT},
	{"allow", KEY_ALLOW, "CIDR", 0,
		"Serve these addresses, or hosts, only; @FILE: those in FILE", SKT_GROUP_LIMIT},
	{"deny", KEY_DENY, "CIDR", 0,
		"Do not serve these addresses, or hosts; @FILE: those in FILE", SKT_GROUP_LIMIT},
	{"proxy-protocol", KEY_PROXY_PROTOCOL, NULL, 0,
		"Each client comes with a header of the PROXY protocol that tells its address",
		SKT_GROUP_CHAIN},
	{"proxy-from", KEY_PROXY_FROM, "CIDR", 0,
		"Take that from these addresses only (default: from this host); @FILE",
		SKT_GROUP_CHAIN},
	{"record", KEY_RECORD, "DIR", 0, "Write a file for each connection: what went, and when",
		SKT_GROUP_PIPE},
	{"greet", KEY_GREET, "TEXT", 0, "Tell each client this first (\\r \\n \\t \\0 \\xHH)",
		SKT_GROUP_MODE},
	{"user", KEY_USER, "USER", 0, "Become USER once the port is bound", SKT_GROUP_LIMIT},
	{"chroot", KEY_CHROOT, "DIR", 0, "With --user: see no file outside of DIR by then",
		SKT_GROUP_LIMIT},
	{0},
};

static error_t choose(const struct argp_state *state, struct listen_options *o,
	const struct listen_service *service, const char *option)
{
	if (o->service && (o->service != service || service == &listen_exec))
		return skt_usage_error(
			state, "%s and %s exclude each other", o->service_option, option);
	o->service = service;
	o->service_option = option;
	return 0;
}

static error_t parse_command(
	struct argp_state *state, struct listen_options *o, const char *option, const char *arg)
{
	struct skt_err err = {0};

	if (!arg[strspn(arg, " \t\n")])
		return skt_usage_error(state, "%s '%s': expected a command", option, arg);
	o->command = arg;
	o->shell = strcmp(option, "--sh") == 0;
	if (!o->shell && skt_exec_check(arg, &err))
		return skt_usage_error_of(state, &err, "%s %s", option, err.text);
	return choose(state, o, &listen_exec, option);
}

static error_t parse_forward(struct argp_state *state, struct listen_options *o, const char *arg)
{
	struct skt_endpoint endpoint;
	struct skt_err err;

	if (skt_endpoint_parse(arg, SKT_ENDPOINT_REMOTE, &endpoint, &err))
		return skt_usage_error_of(state, &err, "--forward: %s", err.text);
	if (o->forwards.len == SKT_BALANCE_MAX)
		return skt_usage_error(state, "--forward: at most %d endpoints", SKT_BALANCE_MAX);
	if (skt_vec_push(&o->forwards, endpoint))
		return ENOMEM;
	return choose(state, o, &listen_forward, "--forward");
}

static error_t parse_target(const struct argp_state *state, struct listen_options *o,
	const char *arg, const char *option, bool allows)
{
	struct skt_err err;
	int r = targets_add(&o->targets, arg, allows, &err);

	if (r == -ENOMEM)
		return ENOMEM;
	return r ? skt_usage_error_of(state, &err, "%s '%s': %s", option, arg, err.text) : 0;
}

static error_t parse_balance(
	const struct argp_state *state, const char *arg, enum skt_balance_policy *ret)
{
	static const char *const words[] = {"first", "round-robin", "leastconn"};
	int chosen;
	error_t r = skt_parse_choice(state, "--balance", arg, words, SKT_COUNT(words), &chosen);

	if (r == 0)
		*ret = (enum skt_balance_policy)chosen;
	return r;
}

static error_t parse_count(const struct argp_state *state, const char *option, const char *arg,
	uint64_t max, uint64_t *ret)
{
	if (skt_num_parse(arg, 1, max, ret))
		return skt_usage_error(state, "%s '%s': expected a number of 1 to %llu", option,
			arg, (unsigned long long)max);
	return 0;
}

static error_t parse_greeting(
	const struct argp_state *state, struct listen_options *o, const char *arg)
{
	struct skt_err err;
	size_t len;
	char *bytes;
	int r = skt_bytes_parse(arg, GREETING_MAX, &bytes, &len, &err);

	if (r == -ENOMEM)
		return ENOMEM;
	if (r)
		return skt_usage_error_of(state, &err, "--greet %s", err.text);
	free(o->greeting);
	o->greeting = bytes;
	o->greeting_len = len;
	return 0;
}

static error_t parse_hangup(
	const struct argp_state *state, const char *arg, enum listen_hangup *ret)
{
	*ret = strcmp(arg, "end") == 0 ? LISTEN_HANGUP_END : LISTEN_HANGUP_GONE;
	if (*ret != LISTEN_HANGUP_END && strcmp(arg, "gone") != 0)
		return skt_usage_error(state, "--hangup '%s': expected gone or end", arg);
	return 0;
}

static error_t parse_when_full(const struct argp_state *state, const char *arg, bool *ret_refuse)
{
	*ret_refuse = strcmp(arg, "refuse") == 0;
	if (!*ret_refuse && strcmp(arg, "wait") != 0)
		return skt_usage_error(state, "--when-full '%s': expected wait or refuse", arg);
	return 0;
}

static error_t parse_mode(const struct argp_state *state, const char *arg, unsigned int *ret)
{
	unsigned long mode = 0;
	size_t len = strspn(arg, "01234567");

	if (len > 0 && len <= 4 && !arg[len])
		mode = strtoul(arg, NULL, 8);
	if (mode == 0 || mode > 0777)
		return skt_usage_error(state, "--mode '%s': expected permissions such as 660", arg);
	*ret = (unsigned int)mode;
	return 0;
}

static error_t parse_argument(
	const struct argp_state *state, struct listen_options *o, const char *arg)
{
	if (!o->argument)
		o->argument = arg;
	else if (!o->argument_port)
		o->argument_port = arg;
	else
		return skt_usage_error(state, "unexpected argument '%s'", arg);
	return 0;
}

static const struct skt_setting settings[] = {
	SKT_SETTING('k', struct listen_options, keep),
	SKT_SETTING(KEY_PRINT_PORT, struct listen_options, print_port),
	SKT_SETTING(KEY_JOIN, struct listen_options, join),
	SKT_SETTING(KEY_LABEL, struct listen_options, label),
	SKT_SETTING(KEY_END_WITH_STDIN, struct listen_options, end_with_stdin),
	SKT_SETTING(KEY_REUSE_PORT, struct listen_options, reuse_port),
	SKT_SETTING(KEY_SEQPACKET, struct listen_options, seqpacket),
	SKT_SETTING(KEY_PROXY_PROTOCOL, struct listen_options, proxy_protocol),
	SKT_SETTING(KEY_LEAVE_RUNNING, struct listen_options, leave_running),
	SKT_SETTING(KEY_CHECK, struct listen_options, check_ns),
	SKT_SETTING(KEY_EXIT_IDLE, struct listen_options, exit_idle_ns),
	SKT_SETTING(KEY_PROXY_USERS, struct listen_options, proxy_users),
	SKT_SETTING(KEY_RECORD, struct listen_options, record),
	SKT_SETTING(KEY_USER, struct listen_options, user),
	SKT_SETTING(KEY_CHROOT, struct listen_options, chroot),
};

/* What is done for clients: one thing. */
static error_t parse_service(
	int key, const char *arg, struct argp_state *state, struct listen_options *o)
{
	switch (key) {
	case KEY_ECHO:
		return choose(state, o, &listen_echo, "--echo");
	case KEY_DISCARD:
		return choose(state, o, &listen_discard, "--discard");
	case KEY_CHARGEN:
		return choose(state, o, &listen_chargen, "--chargen");
	case KEY_BROADCAST:
		return choose(state, o, &listen_broadcast, "--broadcast");
	case 'e':
		return parse_command(state, o, "--exec", arg);
	case KEY_SH:
		return parse_command(state, o, "--sh", arg);
	case KEY_FORWARD:
		return parse_forward(state, o, arg);
	case KEY_SOCKS:
		o->socks = true;
		return choose(state, o, &listen_proxy, "--socks");
	case KEY_HTTP_PROXY:
		o->http_proxy = true;
		return choose(state, o, &listen_proxy, "--http-proxy");
	}
	return skt_setting_parse(state, options_table, settings, SKT_COUNT(settings), key, arg, o);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct listen_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->socket;
		state->child_inputs[1] = &o->pipe;
		state->child_inputs[2] = &o->limits;
		state->child_inputs[3] = &o->chain;
		state->child_inputs[4] = &o->tls;
		state->child_inputs[5] = &o->far;
		state->child_inputs[6] = &o->events;
		return 0;
	case KEY_BALANCE:
		return parse_balance(state, arg, &o->balance);
	case KEY_ALLOW_TARGET:
		return parse_target(state, o, arg, "--allow-target", true);
	case KEY_DENY_TARGET:
		return parse_target(state, o, arg, "--deny-target", false);
	case KEY_MODE:
		return parse_mode(state, arg, &o->mode);
	case KEY_BACKLOG:
		return parse_count(state, "--backlog", arg, INT32_MAX, &o->backlog);
	case KEY_MAX_CLIENTS:
		return parse_count(state, "--max-clients", arg, INT32_MAX, &o->max_clients);
	case KEY_WHEN_FULL:
		return parse_when_full(state, arg, &o->refuse_full);
	case KEY_MAX_PER_HOST:
		return parse_count(state, "--max-per-host", arg, INT32_MAX, &o->max_per_host);
	case KEY_ALLOW:
		return skt_access_parse(state, "--allow", arg, &o->allow);
	case KEY_DENY:
		return skt_access_parse(state, "--deny", arg, &o->deny);
	case KEY_PROXY_FROM:
		return skt_access_parse(state, "--proxy-from", arg, &o->proxy_from);
	case KEY_FDNAME:
		return skt_fdname_parse(state, arg, &o->fdname);
	case KEY_GREET:
		return parse_greeting(state, o, arg);
	case KEY_HANGUP:
		return parse_hangup(state, arg, &o->hangup);
	case ARGP_KEY_ARG:
		return parse_argument(state, o, arg);
	case ARGP_KEY_END:
		return listen_settle(state, o);
	}
	return parse_service(key, arg, state, o);
}

static void fini(void *options)
{
	struct listen_options *o = options;

	free(o->greeting);
	skt_vec_free(&o->forwards);
	skt_access_free(&o->allow);
	skt_access_free(&o->deny);
	skt_access_free(&o->proxy_from);
	targets_free(&o->targets);
	listen_tls_options_fini(&o->tls);
	listen_far_options_fini(&o->far);
}

static int run(const void *options, struct skt_context *ctx)
{
	return (int)listen_serve(options, ctx);
}

static const struct argp_child children[] = {{.argp = &skt_socket_argp}, {.argp = &skt_pipe_argp},
	{.argp = &skt_limit_argp}, {.argp = &skt_chain_argp}, {.argp = &listen_tls_argp},
	{.argp = &listen_far_argp}, {.argp = &skt_events_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[ENDPOINT] [PORT]",
	.doc = "Wait for clients at ENDPOINT (PORT, ADDR:PORT, unix:PATH, vsock:CID:PORT; without one, "
	       "a free port) and join the first one to stdin and stdout, or serve many of them.\v"
	       "Exit status 1: nobody came, or data were lost.",
	.children = children,
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Take a file from whoever connects first", "sockkit listen 9000 > received"},
	{"Send back what comes, to any number of clients", "sockkit listen -k --echo 7000"},
	{"A port of this host that leads to another",
		"sockkit listen -k --forward=localhost:80 8088"},
};

const struct skt_command skt_listen_command = {
	.name = "listen",
	.brief = "a TCP or unix server",
	.argp = &argp,
	.examples = examples,
	.options_size = sizeof(struct listen_options),
	.run = run,
	.fini = fini,
};
