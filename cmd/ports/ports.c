/* `sockkit ports`: who owns which port. Options, and the choice of a mode. */
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cmd/parse.h"
#include "cmd/policy.h"
#include "cmd/ports/free.h"
#include "cmd/ports/kill.h"
#include "cmd/ports/listening.h"
#include "cmd/ports/metrics.h"
#include "cmd/ports/registry.h"
#include "cmd/ports/row.h"
#include "cmd/ports/settle.h"
#include "cmd/ports/signal.h"
#include "cmd/ports/tree.h"
#include "cmd/ports/tree_rows.h"
#include "cmd/ports/wait.h"
#include "cmd/ports/why.h"
#include "cmd/ports/why_row.h"
#include "cmd/ports/words.h"

/* ---- options ---- */

enum {
	KEY_REGISTRY = SKT_KEY_COMMAND,
	KEY_WHY,
	KEY_FREE,
	KEY_HOLD,
	KEY_WAIT,
	KEY_WAIT_CLOSED,
	KEY_KILL,
	KEY_GRACE,
	KEY_DRY_RUN,
	KEY_FORCE,
	KEY_TREE,
	KEY_WATCH,
};

enum { WAIT_DEFAULT_S = 30, GRACE_DEFAULT_S = 5 };

static const struct argp_option options_table[] = {
	SKT_HEADING("Which ports", SKT_GROUP_MAIN),
	SKT_HEADING("Modes", SKT_GROUP_MODE),
	SKT_HEADING("Columns", SKT_GROUP_COLUMNS),
	{"listening", 'l', NULL, 0,
		"Who listens: in the list in any case, for fingers used to -tulpn", SKT_GROUP_MAIN},
	{"processes", 'p', NULL, 0, "Also column command", SKT_GROUP_COLUMNS},
	{"watch", KEY_WATCH, "DURATION", OPTION_ARG_OPTIONAL,
		"Show the list on the terminal, anew each DURATION (default: 1s)", SKT_GROUP_MODE},
	{"tree", KEY_TREE, NULL, 0,
		"Each process that listens, where, and its clients with their processes",
		SKT_GROUP_MODE},
	{"registry", KEY_REGISTRY, NULL, 0,
		"What ports and service names are registered for, instead of what is listening",
		SKT_GROUP_MODE},
	{"why", KEY_WHY, NULL, 0, "Everything that holds PORT, and whether it can be bound",
		SKT_GROUP_MODE},
	{"free", KEY_FREE, "COUNT", OPTION_ARG_OPTIONAL,
		"Find COUNT free ports (default: 1), among PORTS where these are given",
		SKT_GROUP_MODE},
	{"hold", KEY_HOLD, NULL, 0,
		"With --free: run the command behind -- with the ports already bound and passed on",
		SKT_GROUP_MODE},
	{"wait", KEY_WAIT, "DURATION", OPTION_ARG_OPTIONAL,
		"Wait until all PORTS are listened on, at most DURATION (default: 30s)",
		SKT_GROUP_MODE},
	{"wait-closed", KEY_WAIT_CLOSED, "DURATION", OPTION_ARG_OPTIONAL,
		"Wait until none of PORTS is listened on, at most DURATION (default: 30s)",
		SKT_GROUP_MODE},
	{"kill", KEY_KILL, "SIGNAL", OPTION_ARG_OPTIONAL,
		"End the processes that listen on PORTS: by SIGNAL, or by TERM and then KILL",
		SKT_GROUP_MODE},
	{"grace", KEY_GRACE, "DURATION", 0,
		"With --kill: how long a process may take to end (default: 5s)", SKT_GROUP_MODE},
	{"dry-run", KEY_DRY_RUN, NULL, 0, "With --kill: only say what would be done",
		SKT_GROUP_MODE},
	{"force", KEY_FORCE, NULL, 0,
		"With --kill: also PID 1, sockkit itself, who started it, and docker-proxy",
		SKT_GROUP_MODE},
	{0},
};

static error_t set_mode(
	const struct argp_state *state, struct ports_options *o, enum ports_mode mode)
{
	if (o->mode != PORTS_LIST && o->mode != mode)
		return skt_usage_error(state, "%s and %s exclude each other",
			ports_mode_option(o->mode), ports_mode_option(mode));
	o->mode = mode;
	return 0;
}

static error_t parse_duration(
	const struct argp_state *state, const char *option, const char *text, uint64_t *ret_ns)
{
	if (!skt_duration_parse(text, ret_ns))
		return 0;
	return skt_usage_error(
		state, "%s '%s': expected a duration such as 250ms, 10s or 2m", option, text);
}

static error_t parse_free(const struct argp_state *state, struct ports_options *o, char *arg)
{
	uint64_t count = 1;

	if (arg && skt_num_parse(arg, 1, UINT16_MAX, &count))
		return skt_usage_error(
			state, "--free '%s': expected how many ports, 1 to 65535", arg);
	o->count = (size_t)count;
	o->counted = arg;
	return set_mode(state, o, PORTS_FREE);
}

static error_t parse_wait(
	const struct argp_state *state, struct ports_options *o, enum ports_mode mode, char *arg)
{
	error_t error = set_mode(state, o, mode);

	o->timeout_ns = WAIT_DEFAULT_S * SKT_NS_PER_SEC;
	return error || !arg ? error
			     : parse_duration(state, ports_mode_option(mode), arg, &o->timeout_ns);
}

static error_t parse_watch(const struct argp_state *state, struct ports_options *o, char *arg)
{
	error_t error = 0;

	o->watches = true;
	o->interval_ns = SKT_NS_PER_SEC;
	if (arg)
		error = parse_duration(state, "--watch", arg, &o->interval_ns);
	o->interval_ns = SKT_MAX(o->interval_ns, (uint64_t)SKT_NS_PER_MS);
	return error;
}

static error_t parse_kill(const struct argp_state *state, struct ports_options *o, char *arg)
{
	o->signal = arg ? ports_signal_parse(arg) : 0;
	if (o->signal < 0)
		return skt_usage_error(
			state, "--kill '%s': expected a signal such as TERM, INT or 9", arg);
	return set_mode(state, o, PORTS_KILL);
}

/* getopt(3) moves PORTS behind a lone `--`: what stood behind it before is counted here. */
static size_t count_behind(const struct argp_state *state)
{
	for (int i = 1; i < state->argc; i++)
		if (strcmp(state->argv[i], "--") == 0)
			return (size_t)(state->argc - i - 1);
	return 0;
}

static error_t parse_argument(struct argp_state *state, struct ports_options *o, char *arg)
{
	size_t left = (size_t)(state->argc - state->next) + 1;

	if (!o->hold || left > o->behind)
		return ports_words_parse(state, o, arg);
	o->command = &state->argv[state->next - 1];
	state->next = state->argc;
	return 0;
}

static error_t parse_mode(int key, char *arg, struct argp_state *state, struct ports_options *o)
{
	switch (key) {
	case 'l':
		o->listening = true;
		return 0;
	case 'p':
		o->processes = true;
		return 0;
	case KEY_WATCH:
		return parse_watch(state, o, arg);
	case KEY_TREE:
		return set_mode(state, o, PORTS_TREE);
	case KEY_REGISTRY:
		return set_mode(state, o, PORTS_REGISTRY);
	case KEY_WHY:
		return set_mode(state, o, PORTS_WHY);
	case KEY_FREE:
		return parse_free(state, o, arg);
	case KEY_HOLD:
		o->hold = true;
		return 0;
	case KEY_WAIT:
		return parse_wait(state, o, PORTS_WAIT, arg);
	case KEY_WAIT_CLOSED:
		return parse_wait(state, o, PORTS_WAIT_CLOSED, arg);
	case KEY_KILL:
		return parse_kill(state, o, arg);
	case KEY_GRACE:
		o->needed = "--grace";
		return parse_duration(state, "--grace", arg, &o->grace_ns);
	case KEY_DRY_RUN:
		o->needed = "--dry-run";
		o->dry_run = true;
		return 0;
	case KEY_FORCE:
		o->needed = "--force";
		o->force = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ports_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->owners;
		state->child_inputs[1] = &o->rows;
		state->child_inputs[2] = &o->netns;
		state->child_inputs[3] = &o->inet;
		o->grace_ns = GRACE_DEFAULT_S * SKT_NS_PER_SEC;
		o->behind = count_behind(state);
		return 0;
	case ARGP_KEY_ARG:
		return parse_argument(state, o, arg);
	case ARGP_KEY_END:
		return ports_settle(state, o);
	}
	return parse_mode(key, arg, state, o);
}

static void fini(void *options)
{
	struct ports_options *o = options;

	skt_rows_options_fini(&o->rows);
	skt_vec_free(&o->ports);
}

/* ---- run ---- */

static void confine(const struct ports_options *o, const struct skt_context *ctx)
{
	struct skt_needs needs =
		skt_policy_needs(o->hold ? SKT_POLICY_PORTS_HOLD : SKT_POLICY_PORTS);

	/* Of --watch by a key. */
	if (o->mode == PORTS_KILL || o->watches)
		needs.capabilities |= SKT_CAPABILITY(CAP_KILL);
	/* A port that SO_REUSEPORT shares with one user is tried as that user. */
	if (o->mode == PORTS_WHY)
		needs.capabilities |= SKT_CAPABILITY(CAP_SETUID);
	skt_policy_apply(&needs, ctx, NULL);
}

static int run(const void *options, struct skt_context *ctx)
{
	const struct ports_options *o = options;

	confine(o, ctx);
	switch (o->mode) {
	case PORTS_LIST:
		break;
	case PORTS_TREE:
		return ports_tree(o, ctx);
	case PORTS_REGISTRY:
		return ports_registry(o, ctx);
	case PORTS_WHY:
		return ports_why(o, ctx);
	case PORTS_FREE:
		return ports_free(o, ctx);
	case PORTS_WAIT:
	case PORTS_WAIT_CLOSED:
		return ports_wait(o, ctx);
	case PORTS_KILL:
		return ports_kill(o, ctx);
	}
	return ports_listening(o, ctx);
}

static const struct argp_child children[] = {{.argp = &skt_owners_argp},
	{.argp = &skt_rows_metrics_argp}, {.argp = &skt_netns_argp}, {.argp = &skt_inet_argp}, {0}};

static const struct argp argp = {
	.options = options_table,
	.parser = parse_option,
	.args_doc = "[PORTS...]",
	.doc = "List listening TCP and bound UDP ports with the processes behind them, all of them or "
	       "just PORTS (22,80,8000-8100,https). Other modes say why a port cannot be bound, find "
	       "free ports, wait for ports, or end who listens there: these are about TCP unless -u is given.\v"
	       "Exit status 1: PORTS were given and none of them is listened on; --why: not "
	       "everybody who may can bind it now; too few ports are free; the wait timed out; a process still runs.",
	.children = children,
};

static const struct skt_column_set column_sets[] = {
	{.columns = ports_row_columns},
	{.option = "tree", .columns = ports_tree_columns},
	{.option = "registry", .columns = ports_registry_columns},
	{.option = "why", .columns = ports_why_columns},
	{.option = "free", .columns = ports_free_columns},
	{.option = "kill", .columns = ports_kill_columns},
	{0},
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Who listens on this machine?", "sockkit ports"},
	{"Why can a port not be bound, and who has it?", "sockkit ports --why 8080"},
	{"End whoever listens there", "sockkit ports --kill 8080"},
};

const struct skt_command skt_ports_command = {
	.name = "ports",
	.brief = "list who listens on which port",
	.argp = &argp,
	.examples = examples,
	.column_sets = column_sets,
	.options_size = sizeof(struct ports_options),
	.run = run,
	.fini = fini,
};
