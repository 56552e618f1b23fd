#include "cmd/scan/up.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/vec.h"
#include "base/zone.h"
#include "cmd/naming.h"
#include "cmd/scan/accounts.h"
#include "cmd/scan/config.h"
#include "cmd/scan/privilege.h"
#include "cmd/scan/ranges.h"
#include "cmd/scan/up_rows.h"
#include "cmd/scan/waits.h"
#include "cmd/waiting.h"
#include "out/output.h"
#include "out/progress.h"
#include "scan/narrow.h"
#include "scan/scan.h"

enum { DIFFERENCES_SHOWN = 20 };

SKT_VEC_DECLARE(up_results, struct skt_scan_result);

struct up_run {
	const struct scan_options *options;
	struct skt_context *ctx;
	struct skt_plan plan; /* of hosts */
	struct skt_scan_stats stats;
	struct skt_progress progress;
	struct scan_waits waits;
	struct skt_sink sink;
	struct skt_output *output; /* NULL: nothing is listed */
	struct skt_naming naming;
	struct up_results kept; /* in place of rows, until all are known */
	bool keep, people;
	struct skt_arena words;
	struct scan_diff diff; /* for --diff */
	uint64_t differences;
	uint64_t *down; /* one bit for each host; NULL: not wanted */
	uint64_t counts[SCAN_UP_STATES];
};

/* ---- what is right ---- */

static void note_difference(
	struct up_run *run, const struct skt_scan_result *result, unsigned int expected)
{
	char address[SKT_ADDR_TEXT_MAX], states[64];

	if (run->differences++ >= DIFFERENCES_SHOWN)
		return;
	skt_progress_erase(&run->progress);
	skt_warn(run->ctx, "%s: expected %s, is %s (%s)", skt_zone_text(&result->addr, address),
		scan_expect_hosts_text(expected, states),
		scan_up_state_names[scan_up_state_of(result)],
		skt_scan_reason_names[result->reason]);
}

/* Whether RESULT is to be shown, as far as --diff goes. */
static bool check(struct up_run *run, const struct skt_scan_result *result)
{
	const enum scan_up_state state = scan_up_state_of(result);
	const unsigned int expected = scan_expect_hosts_states(&run->options->expect_hosts, result);

	if (!(expected >> state & 1))
		note_difference(run, result, expected);
	return !run->diff.was ||
		scan_diff_note(&run->diff, result->index,
			result->state == SKT_SCAN_ERROR ? (uint8_t)SKT_SCAN_ERROR : (uint8_t)state);
}

/* ---- rows ---- */

static int write_row(struct up_run *run, const struct skt_scan_result *result, const char *name)
{
	struct scan_up_row row = scan_up_row_of(result, name, run->diff.was ? &run->diff : NULL);

	return skt_output_row(run->output, &row);
}

static int take_result(void *ctx, const struct skt_scan_result *result)
{
	struct up_run *run = ctx;
	const enum scan_up_state state = scan_up_state_of(result);
	const bool differs = check(run, result);

	run->counts[state]++;
	if (run->down && state == SCAN_DOWN)
		run->down[result->host / 64] |= UINT64_C(1) << result->host % 64;
	/* Shown is what differs; else people look for who is there, and who is not is counted. */
	if (!run->output || (run->diff.was ? !differs : run->people && state == SCAN_DOWN))
		return 0;
	if (!run->keep)
		return write_row(run, result, NULL);
	if (run->naming.names && !result->label)
		skt_naming_ask(&run->naming, &result->addr);
	return skt_vec_push(&run->kept, *result);
}

static int compare(const void *left, const void *right)
{
	const struct skt_scan_result *a = left, *b = right;

	return (a->host > b->host) - (a->host < b->host);
}

static const char *name_of(struct up_run *run, const struct skt_scan_result *result)
{
	return run->naming.names ? skt_naming_host(&run->naming, &result->addr) : NULL;
}

/* For people: hosts of which the same little is known are one row. */
static int write_lines(struct up_run *run)
{
	struct scan_line *lines = calloc(run->kept.len + 1, sizeof(*lines));
	ssize_t left = lines ? (ssize_t)run->kept.len : -ENOMEM;
	int rc = 0;

	for (ssize_t i = 0; i < left; i++) {
		lines[i].result = &run->kept.data[i];
		lines[i].own_name = lines[i].result->label || name_of(run, lines[i].result);
	}
	if (left > 0)
		left = scan_ranges_collapse(lines, (size_t)left, &run->words);
	for (ssize_t i = 0; !rc && i < left; i++) {
		struct scan_up_row row =
			scan_up_row_of_line(&lines[i], name_of(run, lines[i].result));

		rc = skt_output_row(run->output, &row);
	}
	free(lines);
	return left < 0 ? (int)left : rc;
}

static int write_kept(struct up_run *run)
{
	int rc = run->naming.names ? skt_naming_finish(&run->naming, run->ctx->interrupted) : 0;

	if (run->kept.len)
		qsort(run->kept.data, run->kept.len, sizeof(*run->kept.data), compare);
	if (!rc && run->people && !run->diff.was)
		return write_lines(run);
	for (size_t i = 0; !rc && i < run->kept.len; i++)
		rc = write_row(run, &run->kept.data[i], name_of(run, &run->kept.data[i]));
	return rc;
}

/* ---- the run ---- */

static void take_tick(void *ctx, const struct skt_scan_stats *stats)
{
	struct up_run *run = ctx;
	const uint64_t now_ns = skt_clock_ns();
	enum skt_scan_wait wait = scan_waits_look(&run->waits, stats, now_ns);

	if (wait && !run->options->quiet) {
		skt_progress_erase(&run->progress);
		skt_warn(run->ctx, "waiting for %s", skt_scan_wait_words[wait]);
	}
	if (run->output && !run->keep)
		(void)skt_sink_flush(&run->sink);
	if (skt_progress_due(&run->progress, now_ns))
		skt_progress_draw(&run->progress, now_ns,
			"%" PRIu64 " of %" PRIu64 " hosts known, %" PRIu64 " up",
			run->counts[SCAN_UP] + run->counts[SCAN_DOWN] + run->counts[SCAN_UNKNOWN],
			stats->planned, run->counts[SCAN_UP]);
}

/* The hosts to ask, and what was known of them. -EINVAL: nothing was. */
static int prepare(struct up_run *run, const struct scan_input *input)
{
	const char *diff = run->options->hosts_only ? run->options->diff : NULL;
	int rc = skt_plan_hosts(&input->plan, &run->plan);

	if (!rc && diff)
		rc = scan_diff_of_hosts(&input->earlier, &run->plan, &run->diff);
	if (rc == -EINVAL)
		skt_warn(run->ctx, "--diff: '%s': has nothing of the hosts to be asked", diff);
	else if (rc)
		skt_warn(run->ctx, "%s", strerror(-rc));
	return rc;
}

/* Where ports are scanned after that, sockets are yet to be opened. */
static void opened(void *ctx)
{
	const struct up_run *run = ctx;

	if (run->options->hosts_only)
		scan_confine(run->options, true, run->ctx);
}

static int look(struct up_run *run, const struct scan_input *input)
{
	struct skt_scan_config config = scan_config_of(run->options, run->ctx, input);
	struct skt_err err;
	int rc;

	config.plan = &run->plan;
	config.method = SKT_SCAN_HOSTS;
	config.seed = run->options->seed_given ? run->options->seed : skt_random_seed();
	config.result = take_result;
	config.opened = opened;
	config.tick = take_tick;
	config.ctx = run;
	skt_waiting_open(&run->progress, run->ctx);
	run->progress.enabled = run->progress.enabled && !run->options->quiet;
	rc = skt_scan_run(&config, &run->stats, &err);
	skt_progress_erase(&run->progress);
	if (rc && !run->sink.failed)
		skt_warn(run->ctx, "%s", err.text);
	return rc;
}

static void run_fini(struct up_run *run)
{
	skt_naming_close(&run->naming);
	skt_vec_free(&run->kept);
	skt_arena_fini(&run->words);
	scan_diff_fini(&run->diff);
	skt_plan_fini(&run->plan);
	free(run->down);
}

static bool is_whole(const struct up_run *run)
{
	return run->stats.complete && !run->stats.counts[SKT_SCAN_ERROR];
}

static void tell_accounts(const struct up_run *run)
{
	if (run->differences > DIFFERENCES_SHOWN)
		skt_warn(run->ctx, "%" PRIu64 " more hosts are not as expected",
			run->differences - DIFFERENCES_SHOWN);
	if (run->diff.was && !run->options->quiet)
		skt_warn(run->ctx,
			"%" PRIu64 " came up, %" PRIu64 " went away, %" PRIu64 " changed otherwise",
			run->diff.opened, run->diff.closed, run->diff.changed);
	if (run->diff.elsewhere)
		skt_warn(run->ctx, "hosts that were up and were not asked now: %" PRIu64,
			run->diff.elsewhere);
	if (!run->options->quiet)
		scan_accounts_hosts(
			run->ctx, &run->stats, run->counts[SCAN_UP], run->counts[SCAN_DOWN]);
}

/* How it ends where all went well. */
static int status_of(const struct up_run *run)
{
	const struct scan_options *o = run->options;

	if (o->expect_hosts.len || run->diff.was)
		return run->differences + run->diff.opened + run->diff.closed + run->diff.changed
			? SKT_EXIT_NO
			: SKT_EXIT_YES;
	return run->counts[SCAN_UP] ? SKT_EXIT_YES : SKT_EXIT_NO;
}

int scan_up_list(
	const struct scan_options *options, struct skt_context *ctx, const struct scan_input *input)
{
	const bool table = options->rows.format == SKT_FORMAT_TABLE;
	struct up_run run = {.options = options, .ctx = ctx, .people = table};
	int rc, status;

	run.keep = table || options->rows.resolve;
	rc = prepare(&run, input);
	if (rc) {
		run_fini(&run);
		return rc == -EINVAL ? SKT_EXIT_USAGE : SKT_EXIT_TROUBLE;
	}
	rc = options->rows.resolve ? skt_naming_open(&run.naming, NULL) : 0;
	if (rc)
		skt_warn(ctx, "--resolve: %s", strerror(-rc));
	if (rc ||
		skt_rows_begin(
			&options->rows, ctx, sizeof(struct scan_up_row), &run.sink, &run.output)) {
		run_fini(&run);
		return SKT_EXIT_TROUBLE;
	}
	rc = look(&run, input);
	rc = rc ? rc : write_kept(&run);
	status = SKT_EXIT_TROUBLE;
	if (!rc && is_whole(&run) && !input->missed)
		status = input->unknown ? SKT_EXIT_NO : status_of(&run);
	status = skt_rows_end(ctx, &run.sink, run.output, status);
	if (!rc)
		tell_accounts(&run);
	run_fini(&run);
	return status;
}

int scan_up_narrow(const struct scan_options *options, struct skt_context *ctx,
	struct scan_input *input, bool *ret_left, bool *ret_expected)
{
	struct up_run run = {.options = options, .ctx = ctx};
	struct skt_plan rest = {0};
	int rc;

	run.down = calloc(input->plan.hosts / 64 + 1, sizeof(*run.down));
	rc = run.down ? prepare(&run, input) : -ENOMEM;
	rc = rc ? rc : look(&run, input);
	rc = rc ? rc : skt_plan_without(&input->plan, run.down, &rest);
	if (!rc) {
		tell_accounts(&run);
		skt_plan_fini(&input->plan);
		input->plan = rest;
		rest = (struct skt_plan){0};
		*ret_left = input->plan.count > 0;
		*ret_expected = !run.differences;
	} else if (rc == -ENOMEM) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
	}
	skt_plan_fini(&rest);
	run_fini(&run);
	return rc ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}
