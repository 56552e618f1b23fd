#include "cmd/socket_listing.h"

#include <errno.h>
#include <string.h>

#include "cmd/socket_join.h"

struct run {
	const struct skt_listing *listing;
	struct skt_join join;
	struct skt_output *output;
};

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct run *run = ctx;

	if (!run->listing->match(socket, run->listing->ctx))
		return 0;
	return skt_join_socket(socket, &run->join);
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct run *run = ctx;

	return run->listing->write(run->output, row);
}

/* Says what the dump could not tell. Whether rows may be missing. */
static bool report_dump(const struct skt_context *ctx, const struct skt_dump_report *report)
{
	if (report->refused)
		skt_warn(ctx,
			"netlink was refused (%s): read from /proc/net, which knows no backlogs, "
			"interfaces, or sockets that are only bound",
			strerror(-report->refused));
	if (report->bad_lines)
		skt_warn(ctx, "%zu lines of /proc/net could not be read", report->bad_lines);
	if (report->interrupted)
		skt_warn(ctx, "sockets changed while they were listed: rows may be missing");
	if (report->truncated)
		skt_warn(ctx, "the kernel's answer was cut short: rows are missing");
	return report->bad_lines || report->interrupted || report->truncated;
}

/* Everything between the first row and the last one. */
static int list(struct run *run, const struct skt_context *ctx)
{
	struct skt_dump_report report = {0};
	struct skt_err err = {0};
	int rc = skt_dump_sockets(
		&ctx->system, &run->listing->query, take_socket, run, &report, &err);

	if (!rc)
		rc = skt_join_finish(&run->join);
	/* What could not be written is told at the end of the output; a signal is no trouble. */
	if (rc && rc != -ECANCELED && err.text[0])
		skt_warn(ctx, "%s", err.text);
	if (rc == -ENOMEM && !err.text[0])
		skt_warn(ctx, "%s", strerror(ENOMEM));
	if (rc != -ECANCELED && report_dump(ctx, &report) && !rc)
		rc = -EIO;
	if (!rc && run->join.incomplete)
		rc = -EMFILE;
	return rc && rc != -ECANCELED ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

int skt_listing_run(
	const struct skt_listing *listing, const struct skt_context *ctx, uint64_t *ret_count)
{
	struct run run = {.listing = listing};
	int rc, status = SKT_EXIT_TROUBLE;
	struct skt_sink sink;

	*ret_count = 0;
	rc = skt_join_init(
		&run.join, ctx, &listing->rows->selection, listing->rows->resolve, take_row, &run);
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	if (run.join.owners)
		skt_owners_use(run.join.finder, listing->owners);
	run.join.keep = listing->rows->sort.count > 0;
	if (!skt_rows_begin(listing->rows, ctx, listing->row_size, &sink, &run.output)) {
		status = list(&run, ctx);
		*ret_count = skt_output_count(run.output);
		status = skt_rows_end(ctx, &sink, run.output, status);
		skt_join_report(&run.join);
	}
	skt_join_fini(&run.join);
	return status;
}
