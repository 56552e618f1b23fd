/* The ports that are listened on: one row for each socket that takes what strangers send. */
#include "cmd/ports/listening.h"

#include "cmd/listing/listing.h"
#include "cmd/ports/metrics.h"
#include "cmd/ports/pairs.h"
#include "cmd/ports/row.h"
#include "cmd/ports/wanted.h"
#include "cmd/ports/watch.h"
#include "diag/socket_detail.h"

static int write_row(struct skt_output *output, const struct skt_socket_row *socket)
{
	struct ports_row row;

	ports_row_make(socket, &row);
	return skt_output_row(output, &row);
}

struct wanted {
	const struct ports_options *options;
	const struct skt_portset *ports; /* NULL: any */
};

static bool match(const struct skt_socket *socket, const void *ctx)
{
	const struct wanted *wanted = ctx;

	return ports_match(socket, wanted->ports) && ports_match_address(wanted->options, socket);
}

static int list(const struct ports_options *o, const struct skt_context *ctx,
	const struct skt_portset *wanted)
{
	const struct wanted match_ctx = {o, wanted};
	const uint32_t needs = skt_selection_needs(&o->rows.selection, &o->rows.sort);
	struct skt_listing listing = {
		.rows = &o->rows,
		.netns = o->netns.selector,
		.query = ports_query(o, wanted),
		.row_size = sizeof(struct ports_row),
		.match = match,
		.write = write_row,
		.ctx = &match_ctx,
		.owners = o->owners,
		.needs = needs,
	};
	uint64_t count;
	int status;

	listing.query.detail = needs & SKT_DETAIL_ALL;
	if (o->watches)
		status = ports_watch(o, &listing, ctx, &count);
	else if (o->rows.format == SKT_FORMAT_OPENMETRICS)
		status = ports_metrics(o, &listing, wanted, ctx, &count);
	else if (ports_pairs_wanted(&o->rows, ctx))
		status = ports_pairs(&listing, ctx, &count);
	else
		status = skt_listing_run(&listing, ctx, &count);
	if (!o->watches)
		skt_rows_tell_none(&o->rows, ctx, count, status,
			wanted ? "nothing listens there" : "nothing listens");
	return status == SKT_EXIT_YES && wanted && !count ? SKT_EXIT_NO : status;
}

int ports_listening(const struct ports_options *o, const struct skt_context *ctx)
{
	struct skt_services *services = NULL;
	struct skt_portset wanted = {0};
	int status;

	if (!o->ports.len)
		return list(o, ctx, NULL);
	status = ports_resolve(o, ctx, &services, &wanted);
	skt_services_free(services);
	return status == SKT_EXIT_YES ? list(o, ctx, &wanted) : status;
}
