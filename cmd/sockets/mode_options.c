#include "cmd/sockets/mode_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cmd/listing/columns.h"
#include "cmd/parse.h"
#include "cmd/sockets/drop_row.h"
#include "cmd/sockets/follow.h"
#include "cmd/sockets/kill.h"
#include "cmd/sockets/summary.h"
#include "cmd/sockets/why.h"

enum {
	KEY_GROUP_BY = SKT_KEY_COMMAND + 0x80,
	KEY_SUM,
	KEY_MAX,
	KEY_DRY_RUN,
	KEY_FORCE,
	KEY_FOLLOW,
	KEY_WATCH,
	KEY_RATES,
	KEY_TIMEOUT,
	KEY_WHY,
	KEY_DROPS,
};

enum { DROPS_MS = 5000, FOLLOW_MS = 100, WATCH_MS = 1000, RATES_MS = 1000, INTERVAL_MIN_MS = 1 };

static const struct argp_option options_table[] = {
	SKT_HEADING("Modes", SKT_GROUP_MODE),
	{"summary", 's', NULL, 0, "Count sockets by protocol and state", SKT_GROUP_MODE},
	{"group-by", KEY_GROUP_BY, "COLUMNS", 0, "Count sockets by these columns", SKT_GROUP_MODE},
	{"sum", KEY_SUM, "COLUMNS", 0, "Count, and add up these columns of each group",
		SKT_GROUP_MODE},
	{"max", KEY_MAX, "COLUMNS", 0, "Count, and show the most that these columns have",
		SKT_GROUP_MODE},
	{"kill", 'K', NULL, 0, "Destroy the sockets that FILTER matches", SKT_GROUP_MODE},
	{"dry-run", KEY_DRY_RUN, NULL, 0, "With --kill: only show what would be destroyed",
		SKT_GROUP_MODE},
	{"force", KEY_FORCE, NULL, 0,
		"With --kill: also the connection that sockkit itself runs over", SKT_GROUP_MODE},
	{"follow", KEY_FOLLOW, "DURATION", OPTION_ARG_OPTIONAL,
		"Show sockets as they are opened and closed; look each DURATION (default: 100ms)",
		SKT_GROUP_MODE},
	{"watch", KEY_WATCH, "DURATION", OPTION_ARG_OPTIONAL,
		"Show the list on the terminal, anew each DURATION (default: 1s)", SKT_GROUP_MODE},
	{"why", KEY_WHY, NULL, 0, "Say of each TCP connection what holds it back", SKT_GROUP_MODE},
	{"rates", KEY_RATES, "DURATION", OPTION_ARG_OPTIONAL,
		"Look twice, DURATION apart (default: 1s), and show how fast sockets receive and "
		"send",
		SKT_GROUP_MODE},
	{"drops", KEY_DROPS, "DURATION", OPTION_ARG_OPTIONAL,
		"Count for DURATION (default: 5s) the packets that the kernel drops, and say why",
		SKT_GROUP_MODE},
	{"timeout", KEY_TIMEOUT, "DURATION", 0,
		"With --follow, --watch, --record: end after this time", SKT_GROUP_MODE},
	{0},
};

/* Chooses MODE by OPTION; two modes at once are one too many. */
static error_t choose(const struct argp_state *state, struct sockets_modes *modes,
	enum sockets_mode mode, const char *option)
{
	if (modes->mode != SOCKETS_LIST && modes->mode != mode)
		return skt_usage_error(
			state, "%s and %s do not go together", modes->chosen, option);
	modes->mode = mode;
	modes->chosen = option;
	return 0;
}

static error_t parse_interval(const struct argp_state *state, struct sockets_modes *modes,
	enum sockets_mode mode, const char *option, const char *arg, uint64_t usual_ns)
{
	modes->interval_ns = usual_ns;
	if (arg && skt_duration_parse(arg, &modes->interval_ns))
		return skt_usage_error(
			state, "%s '%s': expected a duration as in 500ms or 2s", option, arg);
	modes->interval_ns = SKT_MAX(modes->interval_ns, INTERVAL_MIN_MS * SKT_NS_PER_MS);
	/* A summary can be watched as well as a list. */
	if (mode == SOCKETS_WATCH) {
		modes->watches = true;
		return 0;
	}
	return choose(state, modes, mode, option);
}

static error_t parse_rates(
	const struct argp_state *state, struct sockets_modes *modes, const char *arg)
{
	modes->rates = true;
	modes->rates_ns = 0;
	if (!arg)
		return 0;
	if (skt_duration_parse(arg, &modes->rates_ns) || !modes->rates_ns)
		return skt_usage_error(
			state, "--rates '%s': expected a duration as in 500ms or 2s", arg);
	modes->rates_ns = SKT_MAX(modes->rates_ns, INTERVAL_MIN_MS * SKT_NS_PER_MS);
	return 0;
}

static error_t parse_timeout(
	const struct argp_state *state, struct sockets_modes *modes, const char *arg)
{
	if (skt_duration_parse(arg, &modes->timeout_ns))
		return skt_usage_error(
			state, "--timeout '%s': expected a duration as in 500ms or 2s", arg);
	modes->limited = true;
	return 0;
}

/* --sum and --max: those of a summary, by protocol and state where no other is asked for. */
static error_t parse_totals(const struct argp_state *state, struct sockets_modes *modes,
	enum sockets_total_kind kind, const char *option, const char *arg)
{
	struct skt_err err;
	int rc = sockets_totals_add(&modes->totals, kind, skt_socket_columns, arg, &err);

	if (rc == -ENOMEM)
		return ENOMEM;
	return rc ? skt_usage_error_of(state, &err, "%s", err.text)
		  : choose(state, modes, SOCKETS_SUMMARY, option);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sockets_modes *modes = state->input;

	switch (key) {
	case 's':
		return choose(state, modes, SOCKETS_SUMMARY, "--summary");
	case KEY_GROUP_BY:
		modes->group_by = arg;
		return choose(state, modes, SOCKETS_SUMMARY, "--group-by");
	case KEY_SUM:
		return parse_totals(state, modes, SOCKETS_SUM, "--sum", arg);
	case KEY_MAX:
		return parse_totals(state, modes, SOCKETS_MAX, "--max", arg);
	case 'K':
		return choose(state, modes, SOCKETS_KILL, "--kill");
	case KEY_DRY_RUN:
		modes->dry_run = true;
		modes->kill_option = "--dry-run";
		return 0;
	case KEY_FORCE:
		modes->force = true;
		modes->kill_option = "--force";
		return 0;
	case KEY_FOLLOW:
		return parse_interval(
			state, modes, SOCKETS_FOLLOW, "--follow", arg, FOLLOW_MS * SKT_NS_PER_MS);
	case KEY_WATCH:
		return parse_interval(
			state, modes, SOCKETS_WATCH, "--watch", arg, WATCH_MS * SKT_NS_PER_MS);
	case KEY_DROPS:
		return parse_interval(
			state, modes, SOCKETS_DROPS, "--drops", arg, DROPS_MS * SKT_NS_PER_MS);
	case KEY_RATES:
		return parse_rates(state, modes, arg);
	case KEY_TIMEOUT:
		return parse_timeout(state, modes, arg);
	case KEY_WHY:
		modes->why = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp sockets_modes_argp = {.options = options_table, .parser = parse_option};

/* Sums of rates, which --rates adds to those that were asked for. *RET: the total is one of them.
 */
static error_t add_rates(
	const struct argp_state *state, struct sockets_modes *modes, bool *ret_total)
{
	static const char *const names[] = {"recv_rate", "send_rate", "total_rate"};
	error_t rc = 0;

	for (size_t i = 0; i < SKT_COUNT(names) && !rc; i++) {
		*ret_total = !sockets_totals_have(&modes->totals, names[i]);
		if (*ret_total)
			rc = parse_totals(state, modes, SOCKETS_SUM, "--rates", names[i]);
	}
	return rc;
}

/* A summary is read by protocol, anything else from the largest group on, or the fastest. */
static error_t settle_order(struct sockets_modes *modes, const struct skt_column *columns)
{
	struct skt_str *sort = &modes->sort;

	if (modes->rates)
		skt_str_add_text(sort, "-sum_total_rate,");
	skt_str_add_text(sort, modes->group_by ? "-count" : "proto,-count,state");
	for (size_t i = 0; modes->group_by && i < modes->groups.count; i++) {
		skt_str_add_char(sort, ',');
		skt_str_add_text(sort, columns[i].name);
	}
	skt_str_add_char(sort, '\0');
	return sort->failed ? ENOMEM : 0;
}

/* The columns that are counted by, the count, and the totals: the table of a summary. */
static void fill_groups(struct sockets_modes *modes, bool more, bool total, struct skt_column *next)
{
	const struct skt_column *own = sockets_summary_columns;

	for (size_t i = 0; i < modes->groups.count; i++) {
		*next = *modes->groups.columns[i];
		next++->flags |= SKT_COLUMN_BOTH;
	}
	*next++ = own[SOCKETS_SUMMARY_COUNT];
	for (size_t i = SOCKETS_SUMMARY_PARTS; more && i < SOCKETS_SUMMARY_OPEN_RATE; i++)
		*next++ = own[i];
	sockets_summary_totals(&modes->totals, next);
	next += modes->totals.count;
	/* People see it as the trend, and in the order. */
	if (total)
		next[-1].flags = SKT_COLUMN_DATA;
	if (modes->rates)
		*next++ = own[SOCKETS_SUMMARY_OPEN_RATE];
	if (modes->rates && modes->watches)
		*next++ = own[SOCKETS_SUMMARY_TREND];
}

/* The most of pacing_rate is called as the column max_pacing_rate: one name, one column. */
static error_t check_names(const struct argp_state *state, const struct sockets_modes *modes)
{
	for (size_t i = 0; i < modes->totals.count; i++)
		if (skt_selection_has(&modes->groups, modes->totals.list[i].name))
			return skt_usage_error(state,
				"--group-by: column '%s' is already what --sum or --max is called: "
				"leave out one of them",
				modes->totals.list[i].name);
	return 0;
}

static error_t settle_groups(
	const struct argp_state *state, struct sockets_modes *modes, bool metrics)
{
	/* By protocol and state there is more to tell, as ss -s does; a gauge is the count alone.
	 */
	const bool more = !modes->group_by && !modes->totals.count && !modes->rates && !metrics;
	const char *spec = modes->group_by ? modes->group_by : "proto,state";
	struct skt_err err;
	bool total = false;
	error_t rc;

	if (*spec == '+' || *spec == '-')
		return skt_usage_error(state, "--group-by '%s': expected a list of columns", spec);
	if (skt_selection_parse(skt_socket_columns, spec, 0, NULL, &modes->groups, &err))
		return skt_usage_error_of(state, &err, "--group-by: %s", err.text);
	rc = modes->rates ? add_rates(state, modes, &total) : 0;
	if (!rc)
		rc = check_names(state, modes);
	if (rc)
		return rc;
	modes->table.columns =
		calloc(modes->groups.count + modes->totals.count + SOCKETS_SUMMARY_TREND + 2,
			sizeof(struct skt_column));
	if (!modes->table.columns)
		return ENOMEM;
	fill_groups(modes, more, total, modes->table.columns);
	return settle_order(modes, modes->table.columns);
}

static error_t settle_table(
	const struct argp_state *state, struct sockets_modes *modes, bool metrics)
{
	switch (modes->mode) {
	case SOCKETS_LIST:
	case SOCKETS_WATCH:
		return modes->why ? -sockets_why_table(&modes->table) : 0;
	case SOCKETS_RECORD:
		return 0;
	case SOCKETS_SUMMARY:
		return settle_groups(state, modes, metrics);
	case SOCKETS_KILL:
		return -sockets_table_add(&modes->table, sockets_kill_columns, 0);
	case SOCKETS_DROPS:
		skt_str_add(&modes->sort, "-count", sizeof("-count"));
		return modes->sort.failed ? ENOMEM : -sockets_drops_table(&modes->table);
	case SOCKETS_FOLLOW:
		return -sockets_table_add(
			&modes->table, sockets_follow_columns, SOCKETS_FOLLOW_FRONT);
	}
	return 0;
}

/* How many of UNIT, of time, are a second: metrics are told in seconds. 0: of no time. */
static uint64_t parts_of(uint8_t unit)
{
	switch ((enum skt_unit)unit) {
	case SKT_UNIT_NS:
		return SKT_NS_PER_SEC;
	case SKT_UNIT_US:
		return SKT_NS_PER_SEC / SKT_NS_PER_US;
	case SKT_UNIT_MS:
		return SKT_NS_PER_SEC / SKT_NS_PER_MS;
	case SKT_UNIT_NONE:
	case SKT_UNIT_BYTES:
	case SKT_UNIT_BYTES_PER_S:
		break;
	}
	return 0;
}

/* sockkit_sockets, sockkit_sockets_sum_recv_queue, sockkit_sockets_max_rtt_seconds, ... */
static error_t settle_metrics(struct sockets_modes *modes, struct skt_rows_options *rows)
{
	static const char name[] = "sockkit_sockets";
	const struct sockets_totals *totals = &modes->totals;
	struct skt_metric *metrics = calloc(totals->count + 2, sizeof(*metrics));

	modes->metrics = metrics;
	if (!metrics)
		return ENOMEM;
	metrics[0] = (struct skt_metric){
		.name = name, .help = "Sockets on this host.", .labels = modes->groups.count};
	for (size_t i = 0; i < totals->count; i++) {
		static const char seconds[] = "_seconds";
		const struct skt_column named = {.name = totals->list[i].name};
		const uint64_t parts = parts_of(totals->list[i].of->unit);
		const size_t brief = parts ? skt_column_brief_len(&named) : 0;
		const size_t len = brief ? brief : strlen(named.name);
		const size_t size = sizeof(name) + 1 + len + sizeof(seconds);
		char *text = skt_arena_alloc(&modes->totals.texts, size);

		if (!text)
			return ENOMEM;
		(void)snprintf(
			text, size, "%s_%.*s%s", name, (int)len, named.name, parts ? seconds : "");
		metrics[i + 1] =
			(struct skt_metric){text, totals->list[i].help, modes->groups.count, parts};
	}
	if (modes->rates)
		metrics[totals->count + 1] = (struct skt_metric){"sockkit_sockets_open_rate",
			"TCP connections made since the look before, a second.",
			modes->groups.count, 0};
	rows->metrics = metrics;
	rows->metrics_count = totals->count + 1 + modes->rates;
	return 0;
}

/* Formats and modes that do not go together. */
static error_t check_format(
	const struct argp_state *state, struct sockets_modes *modes, struct skt_rows_options *rows)
{
	if (rows->format != SKT_FORMAT_OPENMETRICS)
		return 0;
	if (modes->watches)
		return skt_usage_error(
			state, "--watch and --format=openmetrics do not go together");
	if (modes->mode != SOCKETS_SUMMARY && modes->mode != SOCKETS_LIST)
		return skt_usage_error(
			state, "%s and --format=openmetrics do not go together", modes->chosen);
	/* Two series of the same labels would be no metrics. */
	if (rows->columns_text)
		return skt_usage_error(
			state, "--columns: openmetrics has the columns of --group-by");
	modes->mode = SOCKETS_SUMMARY;
	modes->zeros = !modes->group_by;
	return 0;
}

static error_t check_kill(const struct argp_state *state, const struct sockets_modes *modes,
	const struct sockets_given *given)
{
	if (modes->mode != SOCKETS_KILL && modes->kill_option)
		return skt_usage_error(state, "%s: only with --kill", modes->kill_option);
	if (modes->mode != SOCKETS_KILL)
		return 0;
	if (!given->filtered)
		return skt_usage_error(state, "--kill: which sockets? It needs a FILTER");
	if (given->source == SKT_SOURCE_PROC)
		return skt_usage_error(state, "--kill and --source=proc do not go together");
	return 0;
}

static error_t check_live(const struct argp_state *state, struct sockets_modes *modes,
	struct skt_rows_options *rows, const struct sockets_given *given)
{
	const bool follow = modes->mode == SOCKETS_FOLLOW, watch = modes->watches;

	if (watch && modes->mode == SOCKETS_LIST) {
		modes->mode = SOCKETS_WATCH;
		modes->chosen = "--watch";
	}
	if (watch && modes->mode != SOCKETS_WATCH && modes->mode != SOCKETS_SUMMARY)
		return skt_usage_error(state, "%s and --watch do not go together", modes->chosen);
	if (!follow && !watch)
		return modes->limited && modes->mode != SOCKETS_RECORD
			? skt_usage_error(
				  state, "--timeout: only with --follow, --watch or --record")
			: 0;
	/* There are no cookies in /proc/net, by which sockets are told apart. */
	if (modes->mode != SOCKETS_SUMMARY && given->source == SKT_SOURCE_PROC)
		return skt_usage_error(
			state, "%s and --source=proc do not go together", modes->chosen);
	if (follow && rows->sort_text)
		return skt_usage_error(state, "--sort: rows of --follow come as things happen");
	if (watch && (rows->format != SKT_FORMAT_TABLE || rows->blocks))
		return skt_usage_error(
			state, "--format: --watch shows a table; --follow writes any format");
	rows->live = follow;
	return 0;
}

/* The others have columns of their own to show. */
static error_t check_why(const struct argp_state *state, const struct sockets_modes *modes)
{
	if (!modes->why || modes->mode == SOCKETS_LIST || modes->mode == SOCKETS_WATCH)
		return 0;
	return skt_usage_error(state, "--why and %s do not go together",
		modes->chosen ? modes->chosen : "--format=openmetrics");
}

/* Rates are of what is shown more than once, or looked at twice, and of TCP. */
static error_t check_rates(const struct argp_state *state, struct sockets_modes *modes,
	const struct sockets_given *given)
{
	if (!modes->rates)
		return 0;
	if (modes->mode == SOCKETS_FOLLOW || modes->mode == SOCKETS_KILL ||
		modes->mode == SOCKETS_DROPS)
		return skt_usage_error(state, "%s and --rates do not go together", modes->chosen);
	if (given->source == SKT_SOURCE_PROC)
		return skt_usage_error(state, "--rates and --source=proc do not go together");
	if (!given->connections)
		return skt_usage_error(state,
			"--rates: the kernel counts the bytes of TCP connections only, and there "
			"are none of these");
	if (modes->watches && modes->rates_ns)
		return skt_usage_error(state,
			"--rates=DURATION and --watch do not go together: use --watch=DURATION");
	if (!modes->rates_ns)
		modes->rates_ns = RATES_MS * SKT_NS_PER_MS;
	/* The fastest first. */
	if (modes->mode != SOCKETS_SUMMARY)
		skt_str_add(&modes->sort, "-total_rate", sizeof("-total_rate"));
	return modes->sort.failed ? ENOMEM : 0;
}

error_t sockets_modes_settle(const struct argp_state *state, struct sockets_modes *modes,
	struct skt_rows_options *rows, const struct sockets_given *given, const char *const *extra)
{
	const struct skt_column *table;
	error_t rc = check_format(state, modes, rows);

	/* What is destroyed is this namespace's. */
	if (!rc && given->netns && modes->mode == SOCKETS_KILL)
		rc = skt_usage_error(state,
			"%s and --netns do not go together: use 'ip netns exec' or nsenter",
			modes->chosen);
	if (!rc)
		rc = check_kill(state, modes, given);
	if (!rc)
		rc = check_live(state, modes, rows, given);
	if (!rc)
		rc = check_why(state, modes);
	if (!rc)
		rc = check_rates(state, modes, given);
	if (!rc)
		rc = settle_table(state, modes, rows->format == SKT_FORMAT_OPENMETRICS);
	if (!rc && rows->format == SKT_FORMAT_OPENMETRICS)
		rc = settle_metrics(modes, rows);
	if (rc)
		return rc;
	table = modes->table.columns ? modes->table.columns : skt_socket_columns;
	/* A summary has the columns that it counts by, whatever -p and the like would add. */
	return skt_rows_settle(state, rows, table, modes->mode == SOCKETS_SUMMARY ? NULL : extra,
		modes->sort.data);
}

void sockets_modes_fini(struct sockets_modes *modes)
{
	skt_selection_fini(&modes->groups);
	sockets_table_fini(&modes->table);
	sockets_totals_fini(&modes->totals);
	free(modes->metrics);
	skt_str_fini(&modes->sort);
}
