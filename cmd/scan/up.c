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
#include "cmd/naming.h"
#include "cmd/scan/accounts.h"
#include "cmd/scan/config.h"
#include "cmd/scan/waits.h"
#include "out/output.h"
#include "out/progress.h"
#include "out/terminal.h"
#include "scan/narrow.h"
#include "scan/scan.h"

enum up_state { UP, DOWN, UNKNOWN, STATES };

static const char *const state_names[] = {[UP] = "up", [DOWN] = "down", [UNKNOWN] = "unknown"};
static const uint8_t state_tones[] = {
	[UP] = SKT_TONE_GOOD, [DOWN] = SKT_TONE_FAINT, [UNKNOWN] = SKT_TONE_NOTICE};

struct up_row {
	uint64_t present, rtt_us;
	const char *host;
	struct skt_addr address, from;
	char mac[3 * sizeof(((struct skt_scan_result *)0)->lladdr)];
	uint8_t state, reason;
};

enum { HAS_FROM, HAS_RTT };

#define ROW(field, text, ...) SKT_COLUMN(struct up_row, field, .help = (text), __VA_ARGS__)

const struct skt_column scan_up_columns[] = {
	ROW(host, "name that was given for the address, or that it has (--resolve)",
		.flags = SKT_COLUMN_DATA),
	ROW(address, "address that was asked", .flags = SKT_COLUMN_BOTH | SKT_COLUMN_ZONED),
	SKT_COLUMN_NAME(struct up_row, "state", state, state_names, .help = "up, down or unknown",
		.flags = SKT_COLUMN_BOTH, .tones = state_tones),
	SKT_COLUMN_NAME(struct up_row, "reason", reason, skt_scan_reason_names,
		.help = "what says so", .flags = SKT_COLUMN_BOTH),
	ROW(mac, "link-layer address, of hosts on networks of this host", .flags = SKT_COLUMN_BOTH),
	ROW(from, "who said so", .flags = SKT_COLUMN_DATA | SKT_COLUMN_ZONED,
		.present = SKT_PRESENT(HAS_FROM)),
	ROW(rtt_us, "time until the answer, in microseconds", .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_US, .title = "RTT", .present = SKT_PRESENT(HAS_RTT)),
	SKT_COLUMN_END,
};

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
	uint64_t *down; /* one bit for each host; NULL: not wanted */
	uint64_t counts[STATES];
};

static enum up_state state_of(const struct skt_scan_result *result)
{
	switch ((enum skt_scan_state)result->state) {
	case SKT_SCAN_OPEN:
		return UP;
	case SKT_SCAN_UNREACHABLE:
		return DOWN;
	case SKT_SCAN_CLOSED:
	case SKT_SCAN_FILTERED:
	case SKT_SCAN_OPEN_FILTERED:
	case SKT_SCAN_ERROR:
	case SKT_SCAN_SKIPPED:
	case SKT_SCAN_STATES:
		break;
	}
	return UNKNOWN;
}

/* ---- rows ---- */

static void put_mac(const struct skt_scan_result *result, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < result->lladdr_len; i++) {
		*text++ = digits[result->lladdr[i] >> 4];
		*text++ = digits[result->lladdr[i] & 15];
		*text++ = i + 1 < result->lladdr_len ? ':' : '\0';
	}
}

static int write_row(struct up_run *run, const struct skt_scan_result *result, const char *name)
{
	struct up_row row = {
		.host = result->label ? result->label : name,
		.address = result->addr,
		.from = result->from,
		.rtt_us = result->rtt_ns / SKT_NS_PER_US,
		.state = (uint8_t)state_of(result),
		.reason = result->reason,
	};

	row.present = (uint64_t)(result->from.family != AF_UNSPEC) << HAS_FROM |
		(uint64_t)(result->rtt_ns != 0) << HAS_RTT;
	put_mac(result, row.mac);
	return skt_output_row(run->output, &row);
}

static int take_result(void *ctx, const struct skt_scan_result *result)
{
	struct up_run *run = ctx;
	const enum up_state state = state_of(result);

	run->counts[state]++;
	if (run->down && state == DOWN)
		run->down[result->host / 64] |= UINT64_C(1) << result->host % 64;
	/* People look for who is there; who is not is counted. */
	if (!run->output || (run->people && state == DOWN))
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

static int write_kept(struct up_run *run)
{
	int rc = run->naming.names ? skt_naming_finish(&run->naming, run->ctx->interrupted) : 0;

	if (run->kept.len)
		qsort(run->kept.data, run->kept.len, sizeof(*run->kept.data), compare);
	for (size_t i = 0; !rc && i < run->kept.len; i++) {
		const struct skt_scan_result *result = &run->kept.data[i];

		rc = write_row(run, result,
			run->naming.names ? skt_naming_host(&run->naming, &result->addr) : NULL);
	}
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
			run->counts[UP] + run->counts[DOWN] + run->counts[UNKNOWN], stats->planned,
			run->counts[UP]);
}

static int look(struct up_run *run, const struct scan_input *input)
{
	struct skt_scan_config config = scan_config_of(run->options, run->ctx, input);
	struct skt_err err;
	int rc = skt_plan_hosts(&input->plan, &run->plan);

	if (rc) {
		skt_warn(run->ctx, "%s", strerror(-rc));
		return rc;
	}
	config.plan = &run->plan;
	config.method = SKT_SCAN_HOSTS;
	config.seed = run->options->seed_given ? run->options->seed : skt_random_seed();
	config.result = take_result;
	config.tick = take_tick;
	config.ctx = run;
	skt_progress_init(&run->progress, STDERR_FILENO,
		skt_terminal_width(STDERR_FILENO, run->ctx->columns_env));
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
	skt_plan_fini(&run->plan);
	free(run->down);
}

static bool is_whole(const struct up_run *run)
{
	return run->stats.complete && !run->stats.counts[SKT_SCAN_ERROR];
}

static void tell_accounts(const struct up_run *run)
{
	if (!run->options->quiet)
		scan_accounts_hosts(run->ctx, &run->stats, run->counts[UP], run->counts[DOWN]);
}

int scan_up_list(
	const struct scan_options *options, struct skt_context *ctx, const struct scan_input *input)
{
	const bool table = options->rows.format == SKT_FORMAT_TABLE;
	struct up_run run = {.options = options, .ctx = ctx, .people = table};
	int rc, status;

	run.keep = table || options->rows.resolve;
	rc = options->rows.resolve ? skt_naming_open(&run.naming, NULL) : 0;
	if (rc)
		skt_warn(ctx, "--resolve: %s", strerror(-rc));
	if (rc ||
		skt_rows_begin(
			&options->rows, ctx, sizeof(struct up_row), &run.sink, &run.output)) {
		run_fini(&run);
		return SKT_EXIT_TROUBLE;
	}
	rc = look(&run, input);
	rc = rc ? rc : write_kept(&run);
	status = rc || !is_whole(&run) || input->missed ? SKT_EXIT_TROUBLE
		: run.counts[UP]                        ? SKT_EXIT_YES
							: SKT_EXIT_NO;
	status = skt_rows_end(ctx, &run.sink, run.output, status);
	if (!rc)
		tell_accounts(&run);
	run_fini(&run);
	return status;
}

int scan_up_narrow(const struct scan_options *options, struct skt_context *ctx,
	struct scan_input *input, bool *ret_left)
{
	struct up_run run = {.options = options, .ctx = ctx};
	struct skt_plan rest = {0};
	int rc;

	run.down = calloc(input->plan.hosts / 64 + 1, sizeof(*run.down));
	rc = run.down ? look(&run, input) : -ENOMEM;
	rc = rc ? rc : skt_plan_without(&input->plan, run.down, &rest);
	if (!rc) {
		tell_accounts(&run);
		skt_plan_fini(&input->plan);
		input->plan = rest;
		rest = (struct skt_plan){0};
		*ret_left = input->plan.count > 0;
	} else if (rc == -ENOMEM) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
	}
	skt_plan_fini(&rest);
	run_fini(&run);
	return rc ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}
