/* The run of a scan: input, scan, rows, accounts, exit status. */
#include "cmd/scan/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/zone.h"
#include "cmd/scan/accounts.h"
#include "cmd/scan/asker.h"
#include "cmd/scan/config.h"
#include "cmd/scan/input.h"
#include "cmd/scan/nmap.h"
#include "cmd/scan/options.h"
#include "cmd/scan/privilege.h"
#include "cmd/scan/report.h"
#include "cmd/scan/up.h"
#include "cmd/scan/waits.h"
#include "cmd/waiting.h"
#include "out/progress.h"
#include "scan/journal.h"
#include "scan/ports.h"

enum { DIFFERENCES_SHOWN = 20 };

struct run {
	const struct scan_options *options;
	struct skt_context *ctx;
	struct scan_input input;
	struct scan_report report;
	struct skt_progress progress;
	struct skt_scan_stats stats;
	struct skt_journal journal; /* for --resume */
	uint64_t *resolved;   /* with a journal: what the scan knows, ahead of what is written */
	uint64_t opened_then; /* ports that it has as open */
	uint64_t seed;
	struct scan_asker asker; /* for --banner and --service */
	struct scan_tally tally;
	struct scan_diff diff; /* for --diff */
	struct scan_waits waits;
	uint64_t differences;
	uint64_t begin_ns;
	int failed; /* of a row that was written behind the scan's back */
};

/* ---- while it runs ---- */

/* WHY: the reason, or when it was found. */
static void note_difference(
	struct run *run, const struct skt_addr *addr, uint16_t port, uint8_t state, const char *why)
{
	char address[SKT_ADDR_TEXT_MAX], expected[128];

	if (run->differences++ >= DIFFERENCES_SHOWN)
		return;
	skt_progress_erase(&run->progress);
	skt_warn(run->ctx, "%s port %u: expected %s, is %s (%s)", skt_zone_text(addr, address),
		port, scan_expect_text(&run->options->expect, port, expected),
		skt_scan_state_names[state], why);
}

/* What could not be asked is asked again when the scan goes on. */
static int note_done(struct run *run, const struct skt_scan_result *result)
{
	if (run->journal.fd < 0 || result->state == SKT_SCAN_SKIPPED ||
		result->state == SKT_SCAN_ERROR)
		return 0;
	return skt_journal_note(&run->journal, result->index, result->state);
}

/* Written before it counts as done, so that none is lost where the program is killed. */
static int note_written(void *arg, const struct skt_scan_result *result)
{
	struct run *run = arg;
	int rc = run->journal.fd >= 0 ? skt_sink_flush(run->report.sink) : 0;

	return rc ? rc : note_done(run, result);
}

static int write_result(
	struct run *run, const struct skt_scan_result *result, const struct scan_said *said)
{
	int rc = scan_report_add(&run->report, result, said);

	if (rc)
		return SKT_MIN(rc, 0);
	return note_written(run, result);
}

/* Whether RESULT, whose state is final, has a row. */
static bool is_shown(struct run *run, const struct skt_scan_result *result)
{
	if (!scan_expect_holds(&run->options->expect, result->port, result->state))
		note_difference(run, &result->addr, result->port, result->state,
			skt_scan_reason_names[result->reason]);
	/* Shown is what differs. */
	return !run->diff.was || scan_diff_note(&run->diff, result->index, result->state);
}

/* A port that might be open has answered what it was asked. */
static struct skt_scan_result now_open(struct run *run, const struct skt_scan_result *result)
{
	struct skt_scan_result open = *result;

	open.state = SKT_SCAN_OPEN;
	open.reason = SKT_REASON_UDP_RESPONSE;
	open.from = result->addr;
	run->stats.counts[result->state]--;
	run->stats.counts[SKT_SCAN_OPEN]++;
	return open;
}

static void take_said(void *ctx, const struct skt_scan_result *asked, const struct scan_said *said)
{
	struct run *run = ctx;
	struct skt_scan_result result = *asked;

	if (scan_asker_doubts(&run->asker, asked)) {
		if (said->end == SKT_GREETING_WORDS || said->end == SKT_GREETING_ECHO)
			result = now_open(run, asked);
		if (!is_shown(run, &result)) {
			run->failed = run->failed ? run->failed : note_done(run, &result);
			return;
		}
	}
	if (result.state == SKT_SCAN_OPEN) {
		run->tally.asked++;
		run->tally.greeted += said->end == SKT_GREETING_WORDS;
		run->tally.known += said->service != NULL;
	}
	if (!run->failed)
		run->failed = write_result(run, &result, said);
}

static int take_result(void *ctx, const struct skt_scan_result *result)
{
	struct run *run = ctx;

	if (run->failed)
		return run->failed;
	if (scan_asker_doubts(&run->asker, result))
		return scan_asker_add(&run->asker, result);
	if (!is_shown(run, result))
		return note_done(run, result);
	if (scan_asker_wants(&run->asker, result))
		return scan_asker_add(&run->asker, result);
	return write_result(run, result, NULL);
}

static void take_tick(void *ctx, const struct skt_scan_stats *stats)
{
	struct run *run = ctx;
	uint64_t now_ns = skt_clock_ns(), done = 0;
	double seconds = (double)stats->elapsed_ns / 1e9;
	enum skt_scan_wait wait = scan_waits_look(&run->waits, stats, now_ns);

	if (wait && !run->options->quiet) {
		skt_progress_erase(&run->progress);
		skt_warn(run->ctx, "waiting for %s", skt_scan_wait_words[wait]);
	}
	/* Results are seen as they come; a failure is kept for the next one. */
	if (!run->failed)
		run->failed = scan_report_settle(&run->report);
	(void)skt_sink_flush(run->report.sink);
	/* A rate is one for both: the probes have it first. */
	if (!run->options->rate && !run->options->rate_per_host && !run->failed)
		run->failed = scan_asker_step(&run->asker, 0);
	if (!skt_progress_due(&run->progress, now_ns))
		return;
	for (size_t i = 0; i < SKT_SCAN_STATES; i++)
		done += stats->counts[i];
	wait = scan_waits_now(&run->waits, now_ns);
	skt_progress_draw(&run->progress, now_ns,
		"%" PRIu64 " of %" PRIu64 " known, %" PRIu64 " open, %s%s%s%.0f probes/s%s%.0f%s",
		done, stats->planned, stats->counts[SKT_SCAN_OPEN], wait ? "waiting for " : "",
		skt_scan_wait_words[wait], wait ? ", " : "",
		seconds > 0 ? (double)stats->sent / seconds : 0, done ? ", about " : "",
		done ? seconds * (double)(stats->planned - done) / (double)done : seconds,
		done ? " s left" : " s");
}

/* ---- run ---- */

static bool adds_up(const struct skt_scan_stats *stats)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SKT_SCAN_STATES; i++)
		sum += stats->counts[i];
	return sum == stats->planned;
}

static int status_of(const struct run *run)
{
	const struct skt_scan_stats *s = &run->stats;

	if (!adds_up(s))
		skt_warn(run->ctx, "the results do not add up to what was planned: this is a bug");
	if (!adds_up(s) || s->counts[SKT_SCAN_ERROR] || s->counts[SKT_SCAN_SKIPPED] ||
		run->input.missed || !s->complete)
		return SKT_EXIT_TROUBLE;
	if (run->input.unknown)
		return SKT_EXIT_NO;
	if (run->options->expect.len || run->options->expect_hosts.len || run->diff.was)
		return run->differences + run->diff.opened + run->diff.closed + run->diff.changed
			? SKT_EXIT_NO
			: SKT_EXIT_YES;
	return s->counts[SKT_SCAN_OPEN] + run->opened_then ? SKT_EXIT_YES : SKT_EXIT_NO;
}

static void opened(void *ctx)
{
	const struct run *run = ctx;

	scan_confine(run->options, true, run->ctx);
}

static int scan_all(struct run *run, struct skt_err *err)
{
	const struct scan_options *o = run->options;
	struct skt_scan_config config = scan_config_of(o, run->ctx, &run->input);
	int rc;

	config.seed = run->seed;
	config.resolved = run->resolved;
	config.result = take_result;
	config.opened = opened;
	config.tick = take_tick;
	config.ctx = run;
	run->report.method = config.method;
	rc = skt_scan_run(&config, &run->stats, err);
	if (rc != -EPERM && rc != -EACCES)
		return rc;
	if (o->method == METHOD_SYN)
		return skt_fail_text(err, EPERM,
			"raw sockets are not allowed: run as root or with CAP_NET_RAW, or leave out "
			"--method=syn");
	if (o->method != METHOD_AUTO)
		return rc;
	config.method = run->report.method = SKT_SCAN_CONNECT;
	return skt_scan_run(&config, &run->stats, err);
}

/* Rows, or one of nmap's formats, which are written to the sink alone. */
static int begin_output(struct run *run, struct skt_sink *sink)
{
	static void (*const foreign[])(struct scan_report *, const struct scan_line *, size_t) = {
		NULL, scan_write_xml, scan_write_grepable};
	const struct skt_rows_options *rows = &run->options->rows;
	int rc;

	run->report.foreign = foreign[rows->more_format];
	run->report.collapse = rows->format == SKT_FORMAT_TABLE || rows->more_format;
	run->report.sink = sink;
	run->report.stats = &run->stats;
	run->report.ports = skt_portset_count(&run->input.ports);
	rc = scan_report_begin(&run->report);
	if (rc) {
		skt_warn(run->ctx, "--resolve: %s", strerror(-rc));
		return rc;
	}
	if (run->report.foreign) {
		skt_sink_init(sink, run->ctx->out);
		return 0;
	}
	return skt_rows_begin(rows, run->ctx, sizeof(struct scan_row), sink, &run->report.output);
}

static int end_output(struct run *run, struct skt_sink *sink, int status)
{
	return run->report.foreign ? skt_bytes_end(run->ctx, sink, status)
				   : skt_rows_end(run->ctx, sink, run->report.output, status);
}

static void take_known(void *arg, uint64_t index, uint8_t state)
{
	struct run *run = arg;
	struct skt_plan_pair pair;

	run->resolved[index / 64] |= UINT64_C(1) << index % 64;
	run->opened_then += state == SKT_SCAN_OPEN;
	if (run->diff.was)
		(void)scan_diff_note(&run->diff, index, state);
	skt_plan_at(&run->input.plan, index, &pair);
	if (!scan_expect_holds(&run->options->expect, pair.port, state))
		note_difference(run, &pair.addr, pair.port, state, "found before");
}

static int open_journal(struct run *run)
{
	const struct scan_options *o = run->options;
	const struct skt_journal_key key = {
		.seed = run->seed,
		.seed_given = o->seed_given,
		.shard = o->shard,
		.shards = o->shards,
		.udp = run->input.udp,
	};
	struct skt_err err;
	int rc;

	rc = skt_journal_open(o->resume, &run->input.plan, &key, &run->journal, &err);
	if (rc) {
		skt_warn(run->ctx, "--resume: %s", err.text);
		return rc == -EINVAL || rc == -EBUSY ? SKT_EXIT_USAGE : SKT_EXIT_TROUBLE;
	}
	run->seed = run->journal.seed;
	run->resolved = calloc(run->input.plan.count / 64 + 1, sizeof(*run->resolved));
	rc = run->resolved ? skt_journal_read(&run->journal, take_known, run) : -ENOMEM;
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(run->ctx, "--resume: %s", strerror(-rc));
	return SKT_EXIT_TROUBLE;
}

/* The earlier scan to compare with. */
static int open_diff(struct run *run)
{
	struct skt_err err;
	int rc = scan_diff_read(
		run->options->diff, &run->input.plan, run->input.udp, &run->diff, &err);

	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(run->ctx, "--diff: %s", err.text);
	return rc == -EINVAL ? SKT_EXIT_USAGE : SKT_EXIT_TROUBLE;
}

/* Waits for what open ports still have to say. */
static int finish_asking(struct run *run)
{
	const uint64_t max_ns = run->options->max_time_ns;
	const uint64_t end_ns = max_ns ? skt_clock_add(run->begin_ns, max_ns) : SKT_NEVER;
	int rc = run->failed;

	while (!rc && scan_asker_waiting(&run->asker)) {
		uint64_t now_ns = skt_clock_ns();

		(void)skt_sink_flush(run->report.sink);
		if (*run->ctx->interrupted || now_ns >= end_ns)
			scan_asker_give_up(&run->asker);
		else
			rc = scan_asker_step(
				&run->asker, SKT_MIN(now_ns + SKT_NS_PER_SEC / 20, end_ns));
		rc = rc ? rc : run->failed;
	}
	return rc;
}

static int scan_and_write(struct run *run)
{
	struct skt_sink sink;
	struct skt_err err;
	int rc, status;

	run->seed = run->options->seed_given ? run->options->seed : skt_random_seed();
	status = run->options->diff ? open_diff(run) : SKT_EXIT_YES;
	if (status == SKT_EXIT_YES && run->options->resume)
		status = open_journal(run);
	if (status != SKT_EXIT_YES)
		return status;
	if (run->diff.was)
		run->report.diff = &run->diff;
	if (scan_asker_open(&run->asker, run->options, &run->input.source) ||
		begin_output(run, &sink))
		return SKT_EXIT_TROUBLE;
	scan_accounts_warn(run->ctx, &run->input);
	rc = scan_all(run, &err);
	if (!rc && finish_asking(run))
		rc = skt_fail(&err, -run->failed, "open ports");
	skt_progress_erase(&run->progress);
	if (!rc)
		rc = scan_report_finish(&run->report);
	else if (!sink.failed)
		skt_warn(run->ctx, "%s", err.text);
	status = end_output(run, &sink, rc ? SKT_EXIT_TROUBLE : status_of(run));
	if (!rc) {
		if (run->differences > DIFFERENCES_SHOWN)
			skt_warn(run->ctx, "%" PRIu64 " more ports are not as expected",
				run->differences - DIFFERENCES_SHOWN);
		if (run->diff.was)
			run->tally.diff = &run->diff;
		run->tally.udp = run->input.udp;
		scan_accounts_tell(run->ctx, &run->stats, &run->tally, run->options->quiet);
	}
	return status;
}

/* The ports of what has been read. */
static int scan_ports(struct run *run)
{
	struct skt_context *ctx = run->ctx;
	bool left = true, expected = true;
	int status = run->options->up
		? scan_up_narrow(run->options, ctx, &run->input, &left, &expected)
		: SKT_EXIT_YES;

	if (status != SKT_EXIT_YES)
		return status;
	run->report.argv = ctx->argv;
	run->report.services = run->input.services;
	run->report.udp = run->input.udp;
	run->report.resolve = run->options->rows.resolve;
	run->report.stop = ctx->interrupted;
	run->report.written = note_written;
	run->report.written_arg = run;
	run->tally.services = run->options->service != SCAN_SERVICE_NONE;
	run->report.identified = run->options->service != SCAN_SERVICE_NONE;
	run->report.open_only = run->options->open_only;
	run->report.sorted = run->options->rows.sort_text != NULL;
	skt_waiting_open(&run->progress, ctx);
	if (run->options->quiet)
		run->progress.enabled = false;
	status = scan_and_write(run);
	/* Where no port was asked none is as expected. */
	if (status == SKT_EXIT_YES &&
		(!expected ||
			(!left && (run->options->expect.len || !run->options->expect_hosts.len))))
		return SKT_EXIT_NO;
	return status;
}

int scan_run(const void *options, struct skt_context *ctx)
{
	struct run run = {.options = options,
		.ctx = ctx,
		.journal.fd = -1,
		.begin_ns = skt_clock_ns(),
		.asker = {.done = take_said, .ctx = &run}};
	int status;

	run.input.udp = run.options->method == METHOD_UDP;
	status = scan_input_read(run.options, ctx, &run.input);
	if (status == SKT_EXIT_YES)
		scan_confine(run.options, false, ctx);
	if (status == SKT_EXIT_YES)
		status = run.options->hosts_only ? scan_up_list(run.options, ctx, &run.input)
						 : scan_ports(&run);
	skt_journal_close(&run.journal);
	scan_asker_close(&run.asker);
	scan_diff_fini(&run.diff);
	free(run.resolved);
	scan_report_fini(&run.report);
	scan_input_fini(&run.input);
	return status;
}
