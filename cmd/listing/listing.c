#include "cmd/listing/listing.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/listing/unlisted.h"
#include "cmd/look_up.h"
#include "diag/sweep.h"

enum { METERED_AT_ONCE = 32 };

struct run {
	const struct skt_listing *listing;
	struct skt_join join;
	struct skt_directory own;        /* where the run has none */
	struct skt_netns_set namespaces; /* that are read; none: the own one, which has no name */
	bool unmarked;                   /* a socket that has a mark came without */
	size_t metered;                  /* sockets of this dump */
};

/* Before any filter: what passes it only now is none that was made since. */
static int meter(struct run *run, const struct skt_socket *socket)
{
	const struct skt_netns *netns = run->join.row.netns;

	/* Each time that the kernel has sent a piece of the table, or so. */
	if (!(run->metered++ % METERED_AT_ONCE))
		skt_meter_go_on(run->listing->meter, skt_clock_ns());
	return skt_meter_see(
		run->listing->meter, socket, netns ? netns->inode : 0, &run->join.row.rates);
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct run *run = ctx;
	struct skt_socket named;

	if (SKT_UNLIKELY(socket->proto == SKT_PROTO_UNIX)) {
		named = *socket;
		skt_composer_name(&run->join.row, &named);
		socket = &named;
	}
	run->unmarked |= (socket->present >> SKT_SOCKET_INODE & 1) &&
		!(socket->present >> SKT_SOCKET_MARK & 1);
	if (run->listing->meter && meter(run, socket))
		return -ENOMEM;
	if (!skt_filter_match(run->listing->filter, socket))
		return 0;
	if (run->listing->match && !run->listing->match(socket, run->listing->ctx))
		return 0;
	if (run->listing->take &&
		run->listing->take(socket, run->join.row.rates, run->listing->take_ctx))
		return 0;
	return skt_join_socket(socket, &run->join);
}

/* Whether an answer was no for want of privilege. */
static bool is_denial(int rc)
{
	return rc == -EPERM || rc == -EACCES;
}

bool skt_listing_warn(const struct skt_context *ctx, const struct skt_dump_report *report)
{
	if (report->refused)
		skt_warn(ctx,
			"netlink was refused (%s): read from /proc/net, which knows no backlogs, "
			"interfaces, or sockets that are only bound",
			strerror(-report->refused));
	if (report->bad_lines)
		skt_warn(ctx, "%zu line%s of /proc/net could not be read", report->bad_lines,
			skt_plural(report->bad_lines, "", "s"));
	if (report->interrupted)
		skt_warn(ctx, "sockets changed while they were listed: rows may be missing");
	if (report->truncated)
		skt_warn(ctx, "the kernel's answer was cut short: rows are missing");
	return report->bad_lines || report->interrupted || report->truncated;
}

static void merge(struct skt_dump_report *sum, const struct skt_dump_report *report)
{
	if (!sum->refused)
		sum->refused = report->refused;
	sum->bad_lines += report->bad_lines;
	sum->interrupted |= report->interrupted;
	sum->truncated |= report->truncated;
}

static int take_unlisted(const struct skt_socket *socket, struct skt_netns *netns, void *ctx)
{
	struct run *run = ctx;
	int rc = netns == run->join.row.netns ? 0 : skt_join_from(&run->join, netns);

	return rc ? rc : take_socket(socket, run);
}

/* What no table has, behind what they have, if it is asked for. */
static int add_unlisted(struct run *run, const struct skt_context *ctx)
{
	const struct skt_unlisted_search search = {
		.system = &ctx->system,
		.query = &run->listing->query,
		.namespaces = &run->namespaces.list,
		.owners = run->listing->owners,
	};
	struct skt_err err = {0};
	int rc;

	if (!run->listing->query.unlisted || ctx->system.netlink)
		return 0;
	rc = skt_unlisted_find(&search, take_unlisted, run, &err);
	if (!rc || !err.text[0])
		return rc;
	skt_warn(ctx, "cannot look for sockets that are in no table: %s", err.text);
	run->join.incomplete = true;
	return 0;
}

/* ---- namespaces ---- */

/* What became of several namespaces. */
struct tally {
	struct skt_dump_report report; /* of those that were read as they should be */
	size_t unentered;              /* denied */
	size_t glimpsed;               /* of these: read from /proc/PID/net */
	size_t failed;
	struct skt_err failure; /* the first */
};

/* SKT_EXIT_YES, or the status to end with, told. */
static int find_namespaces(struct run *run, const struct skt_context *ctx)
{
	const struct skt_listing *listing = run->listing;
	struct skt_err err = {0};
	struct rlimit files;
	int rc;

	if (!listing->netns && !(listing->needs & SKT_NEED_NETNS))
		return SKT_EXIT_YES;
	/* Each of many takes a descriptor. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	rc = skt_netns_find(ctx->system.proc_root, listing->netns, &run->namespaces, &err);
	if (rc) {
		skt_warn(ctx, "--netns '%s': %s", listing->netns ? listing->netns : "",
			err.text[0] ? err.text : strerror(-rc));
		return skt_look_up_status(rc);
	}
	return SKT_EXIT_YES;
}

/*
 * Before the first dump: connections between unix sockets go from one namespace to another, most of
 * all to the own one, where daemons are whose sockets containers are given.
 */
static void prepare_unix(struct run *run, const struct skt_context *ctx)
{
	struct skt_dump_system system = ctx->system;
	bool own = false;

	for (size_t i = 0; i < run->namespaces.list.len; i++) {
		system.netns = &run->namespaces.list.data[i];
		own |= system.netns->own;
		skt_composer_prepare_unix(&run->join.row, &system, &run->listing->query);
	}
	system.netns = NULL;
	if (!own)
		skt_composer_prepare_unix(&run->join.row, &system, &run->listing->query);
}

/* SWEEP, in which NETNS is one of many, or NULL. */
static int dump(struct run *run, const struct skt_context *ctx, struct skt_netns *netns,
	struct skt_sweep *sweep, struct skt_dump_report *report, struct skt_err *err)
{
	const size_t index = sweep ? (size_t)(netns - run->namespaces.list.data) : 0;
	struct skt_dump_system system = ctx->system;
	int rc = skt_join_from(&run->join, netns);

	if (rc)
		return rc;
	if (sweep)
		skt_sweep_reach(sweep, index);
	system.netns = netns;
	run->metered = 0;
	skt_composer_prepare(&run->join.row, &system, &run->listing->query);
	if (sweep && skt_sweep_take(sweep, index, take_socket, run, &rc, report, err))
		return rc;
	return skt_dump_sockets(&system, &run->listing->query, take_socket, run, report, err);
}

/* Reads one of several. What is wrong with it is counted; an error ends the run. */
static int dump_one(struct run *run, const struct skt_context *ctx, struct skt_netns *netns,
	struct skt_sweep *sweep, struct tally *tally)
{
	struct skt_dump_report report = {0};
	struct skt_err err = {0};
	int rc = dump(run, ctx, netns, sweep, &report, &err);

	/* Without words it is of our own making, or a signal. */
	if (rc && !err.text[0])
		return rc;
	if (is_denial(rc) || (is_denial(report.refused) && !netns->own)) {
		tally->unentered++;
		tally->glimpsed += !rc;
		report.refused = 0;
	} else if (rc && rc != -ENOENT && rc != -ESRCH) {
		/* The others are gone: their last process has ended. */
		if (!tally->failed++)
			tally->failure = err;
	}
	if (!rc)
		merge(&tally->report, &report);
	return 0;
}

/* One line for all that want of privilege left out. */
static void report_unseen(const struct skt_context *ctx, const struct tally *tally, size_t hidden)
{
	if (tally->unentered)
		skt_warn(ctx,
			"network namespaces not entered: %zu, read from /proc/PID/net: %zu; "
			"processes that hide theirs: %zu: run as root of the host or with "
			"CAP_SYS_ADMIN and CAP_SYS_PTRACE",
			tally->unentered, tally->glimpsed, hidden);
	else if (hidden)
		skt_warn(ctx, "processes that hide their network namespace: %zu%s", hidden,
			geteuid() ? ": run as root or with CAP_SYS_PTRACE" : "");
}

static int dump_all(struct run *run, const struct skt_context *ctx)
{
	struct skt_netns_set *set = &run->namespaces;
	struct skt_sweep *sweep =
		skt_sweep_new(&ctx->system, &run->listing->query, set->list.data, set->list.len);
	struct tally tally = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < set->list.len; i++)
		rc = dump_one(run, ctx, &set->list.data[i], sweep, &tally);
	skt_sweep_free(sweep);
	if (!rc)
		rc = add_unlisted(run, ctx);
	if (!rc)
		rc = skt_join_finish(&run->join);
	if (rc)
		return rc;
	if (run->listing->quiet)
		return 0;
	report_unseen(ctx, &tally, set->hidden);
	if (tally.failed)
		skt_warn(ctx, "network namespaces that could not be read: %zu (%s)", tally.failed,
			tally.failure.text);
	return skt_listing_warn(ctx, &tally.report) || tally.failed ? -EIO : 0;
}

/* The namespace of this process, or the one that was asked for. */
static int dump_single(struct run *run, const struct skt_context *ctx)
{
	struct skt_netns *netns = run->namespaces.list.len ? run->namespaces.list.data : NULL;
	struct skt_dump_report report = {0};
	struct skt_err err = {0};
	int rc = dump(run, ctx, netns, NULL, &report, &err);

	if (!rc)
		rc = add_unlisted(run, ctx);
	if (!rc)
		rc = skt_join_finish(&run->join);
	/* What could not be written is told at the end of the output; a signal is no trouble. */
	if (rc && rc != -ECANCELED && err.text[0])
		skt_warn(ctx, "%s%s", err.text,
			is_denial(rc) && netns && !netns->own
				? ": run as root or with CAP_SYS_ADMIN"
				: "");
	if (run->listing->quiet)
		return rc;
	/* It may be the only one of all that may be seen. */
	report_unseen(ctx, &(struct tally){0}, run->namespaces.hidden);
	if (is_denial(report.refused) && netns && !netns->own) {
		if (!rc)
			skt_warn(ctx,
				"cannot enter network namespace %s: read from /proc/%u/net, which "
				"knows no backlogs, interfaces, or sockets that are only bound: "
				"run as root or with CAP_SYS_ADMIN",
				netns->label, netns->pid);
		report.refused = 0;
	}
	if (rc != -ECANCELED && skt_listing_warn(ctx, &report) && !rc)
		rc = -EIO;
	return rc;
}

/* ---- run ---- */

int skt_listing_directory(
	const struct skt_listing *listing, const struct skt_context *ctx, struct skt_directory *ret)
{
	return skt_directory_init(
		ret, ctx, listing->needs, listing->rows->resolve, listing->owners);
}

/* Everything between the first row and the last one. */
static int list(struct run *run, const struct skt_context *ctx)
{
	const struct skt_owners *owners = run->join.row.directory->owners;
	int rc;

	prepare_unix(run, ctx);
	rc = run->namespaces.list.len > 1 ? dump_all(run, ctx) : dump_single(run, ctx);

	if (rc == -ENOMEM)
		skt_warn(ctx, "%s", strerror(ENOMEM));
	if (run->unmarked && skt_filter_asks_mark(run->listing->filter))
		skt_warn(ctx, "cannot see marks: netlink tells them to root or CAP_NET_ADMIN only");
	if (!rc && owners && skt_owners_starved(owners)) {
		skt_warn(ctx, "cannot name all processes: %s", strerror(ENOMEM));
		run->join.incomplete = true;
	}
	if (!rc && run->join.incomplete)
		rc = -EMFILE;
	return rc && rc != -ECANCELED ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

/*
 * What is needed before the first row; KEEP: what rows point to lives until finish(). Returns an
 * exit status.
 */
static int prepare(struct run *run, const struct skt_listing *listing,
	const struct skt_context *ctx, bool keep, skt_row_fn *take, void *take_ctx)
{
	int rc = 0, status;

	*run = (struct run){.listing = listing};
	status = find_namespaces(run, ctx);
	if (status != SKT_EXIT_YES)
		return status;
	if (!listing->directory)
		rc = skt_listing_directory(listing, ctx, &run->own);
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		skt_directory_fini(&run->own);
		skt_netns_set_fini(&run->namespaces);
		return SKT_EXIT_TROUBLE;
	}
	skt_join_init(&run->join, ctx, listing->directory ? listing->directory : &run->own, take,
		take_ctx);
	run->join.filter = listing->filter;
	run->join.row.keep = keep;
	return SKT_EXIT_YES;
}

static void finish(struct run *run)
{
	if (!run->listing->quiet)
		skt_composer_report(&run->join.row);
	skt_join_fini(&run->join);
	skt_directory_fini(&run->own);
	skt_netns_set_fini(&run->namespaces);
}

int skt_listing_each(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_row_fn *take, void *take_ctx)
{
	struct run run;
	int status = prepare(&run, listing, ctx, false, take, take_ctx);

	if (status != SKT_EXIT_YES)
		return status;
	status = list(&run, ctx);
	finish(&run);
	return status;
}

struct writing {
	const struct skt_listing *listing;
	struct skt_output *output;
};

static int write_row(struct skt_socket_row *row, void *ctx)
{
	struct writing *writing = ctx;

	return writing->listing->write(writing->output, row);
}

int skt_listing_run(
	const struct skt_listing *listing, const struct skt_context *ctx, uint64_t *ret_count)
{
	struct writing writing = {.listing = listing};
	struct skt_sink sink;
	struct run run;
	int status;

	/* The output compares and keeps rows by that size. */
	SKT_ASSERT(listing->row_size >= sizeof(struct skt_socket_row) && listing->write);
	*ret_count = 0;
	status = prepare(&run, listing, ctx, listing->rows->sort.count > 0, write_row, &writing);
	if (status != SKT_EXIT_YES)
		return status;
	status = SKT_EXIT_TROUBLE;
	if (!skt_rows_begin(listing->rows, ctx, listing->row_size, &sink, &writing.output)) {
		status = list(&run, ctx);
		*ret_count = skt_output_count(writing.output);
		status = skt_rows_end(ctx, &sink, writing.output, status);
	}
	finish(&run);
	return status;
}
