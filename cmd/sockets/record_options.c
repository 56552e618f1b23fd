#include "cmd/sockets/record_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "cmd/moment.h"
#include "cmd/parse.h"
#include "cmd/values.h"

enum {
	KEY_RECORD = SKT_KEY_COMMAND + 0xc0,
	KEY_INTERVAL,
	KEY_KEEP,
	KEY_REPLAY,
	KEY_AT,
	KEY_BETWEEN,
};

/* Less than this is no recording of anything, and not kept to. */
enum { KEEP_BYTES_MIN = 64 * 1024, KEEP_SECONDS_MIN = 1 };

static const struct argp_option options_table[] = {
	{"record", KEY_RECORD, "FILE", 0,
		"Write all sockets, and who holds them, to FILE at each --interval, for --replay",
		SKT_GROUP_MODE},
	{"interval", KEY_INTERVAL, "DURATION", 0, "With --record: between two looks (default: 10s)",
		SKT_GROUP_MODE},
	{"keep", KEY_KEEP, "BOUND", 0,
		"With --record: FILE is a directory; keep so many bytes (100M), or so long (7d), in it",
		SKT_GROUP_MODE},
	{"replay", KEY_REPLAY, "FILE", 0,
		"Show what was recorded in FILE, or in the files of a directory", SKT_GROUP_MODE},
	{"at", KEY_AT, "TIME", 0,
		"With --replay: at this time, as in 14:05, '2026-11-29 14:05:30', -5m (default: the "
		"end)",
		SKT_GROUP_MODE},
	{"between", KEY_BETWEEN, "TIME,TIME", 0,
		"With --replay: all that was there at any time from the first to the second",
		SKT_GROUP_MODE},
	{0},
};

static error_t parse_keep(
	const struct argp_state *state, struct sockets_record_options *record, const char *arg)
{
	const bool bare = !arg[strspn(arg, "0123456789.")];
	uint64_t value;

	if (!bare && !skt_duration_parse(arg, &value) &&
		value >= KEEP_SECONDS_MIN * SKT_NS_PER_SEC) {
		record->keep.ns = value;
		return 0;
	}
	if (!bare && !skt_size_parse(arg, &value) && value >= KEEP_BYTES_MIN) {
		record->keep.bytes = value;
		return 0;
	}
	return skt_usage_error(state,
		"--keep '%s': expected a size from 64k on, as in 100M, or a duration from 1s on, as in "
		"24h",
		arg);
}

/* Whether TEXT is a moment, whatever was recorded. */
static bool is_moment(const char *text, size_t len)
{
	const struct skt_moment_span span = {.last_ns = skt_clock_real_ns()};
	uint64_t ns;

	return !skt_moment_parse(text, len, &span, &ns);
}

static error_t parse_at(
	const struct argp_state *state, struct sockets_record_options *record, const char *arg)
{
	record->when.at = (struct skt_bytes){.data = arg, .len = strlen(arg)};
	if (is_moment(arg, strlen(arg)))
		return 0;
	return skt_usage_error(state,
		"--at '%s': expected a time as in 14:05, '2026-11-29 14:05:30', @1795961130, or -5m "
		"before the end",
		arg);
}

/* Either of the two may be left out: since it was begun, up to the end. */
static error_t parse_between(
	const struct argp_state *state, struct sockets_record_options *record, char *arg)
{
	char *comma = strchr(arg, ',');

	record->when.between = true;
	if (!comma || (comma > arg && !is_moment(arg, (size_t)(comma - arg))) ||
		(comma[1] && !is_moment(comma + 1, strlen(comma + 1))))
		return skt_usage_error(state,
			"--between '%s': expected two times as in 14:00,14:05 or -10m,-5m", arg);
	record->when.from = (struct skt_bytes){.data = arg, .len = (size_t)(comma - arg)};
	record->when.to = (struct skt_bytes){.data = comma + 1, .len = strlen(comma + 1)};
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct sockets_record_options *record = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		record->interval_ns = 10 * SKT_NS_PER_SEC;
		return 0;
	case KEY_RECORD:
		record->path = arg;
		return 0;
	case KEY_INTERVAL:
		record->record_option = "--interval";
		return skt_parse_duration(state, "--interval", arg, &record->interval_ns);
	case KEY_KEEP:
		record->record_option = "--keep";
		return parse_keep(state, record, arg);
	case KEY_REPLAY:
		record->replay = arg;
		return 0;
	case KEY_AT:
		record->replay_option = "--at";
		return parse_at(state, record, arg);
	case KEY_BETWEEN:
		record->replay_option = "--between";
		return parse_between(state, record, arg);
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp sockets_record_argp = {.options = options_table, .parser = parse_option};

static error_t check_record(const struct argp_state *state, struct sockets_modes *modes,
	const struct skt_rows_options *rows, const struct sockets_given *given)
{
	if (modes->watches)
		return skt_usage_error(state, "--record and --watch do not go together");
	if (modes->mode != SOCKETS_LIST || modes->why || modes->rates)
		return skt_usage_error(state, "--record and %s do not go together",
			modes->chosen        ? modes->chosen
				: modes->why ? "--why"
					     : "--rates");
	if (given->filtered || given->narrowed)
		return skt_usage_error(state,
			"--record writes all sockets: give the FILTER, and -l, -4 and -6, to --replay");
	if (rows->chosen || rows->sort_text || given->shown)
		return skt_usage_error(state,
			"--record writes what is known, not rows: give --format, --columns, --sort and "
			"the like to --replay");
	modes->mode = SOCKETS_RECORD;
	modes->chosen = "--record";
	return 0;
}

static error_t check_replay(const struct argp_state *state, const struct sockets_modes *modes,
	const struct sockets_given *given)
{
	if (given->owners != SKT_OWNERS_AUTO)
		return skt_usage_error(state, "--replay and --owners do not go together");
	if (modes->watches || modes->rates)
		return skt_usage_error(state, "--replay and %s do not go together",
			modes->watches ? "--watch" : "--rates");
	if (modes->mode == SOCKETS_KILL || modes->mode == SOCKETS_FOLLOW ||
		modes->mode == SOCKETS_DROPS)
		return skt_usage_error(state, "--replay and %s do not go together", modes->chosen);
	return 0;
}

error_t sockets_record_settle(const struct argp_state *state,
	const struct sockets_record_options *record, struct sockets_modes *modes,
	const struct skt_rows_options *rows, const struct sockets_given *given)
{
	const char *chosen = record->path ? "--record" : "--replay";

	if (!record->path && record->record_option)
		return skt_usage_error(state, "%s: only with --record", record->record_option);
	if (!record->replay && record->replay_option)
		return skt_usage_error(state, "%s: only with --replay", record->replay_option);
	if (!record->path && !record->replay)
		return 0;
	if (record->path && record->replay)
		return skt_usage_error(state, "--record and --replay do not go together");
	if (record->when.at.len && record->when.between)
		return skt_usage_error(state, "--at and --between do not go together");
	if (given->netns)
		return skt_usage_error(state,
			"%s and --netns do not go together: a recording is of the namespace that it is "
			"made in ('ip netns exec')",
			chosen);
	if (given->source != SKT_SOURCE_AUTO)
		return skt_usage_error(state, "%s and --source do not go together", chosen);
	return record->path ? check_record(state, modes, rows, given)
			    : check_replay(state, modes, given);
}
