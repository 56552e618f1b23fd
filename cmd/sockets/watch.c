#include "cmd/sockets/watch.h"

#include "base/clock.h"
#include "cmd/listing/watch.h"
#include "cmd/sockets/rates.h"
#include "cmd/sockets/summary.h"

struct taking {
	skt_watch_take_fn *take;
	void *ctx;
};

static int take_row(struct skt_socket_row *row, void *ctx)
{
	const struct taking *taking = ctx;
	struct skt_socket_id id;

	return taking->take(row, skt_watch_id(row, &id), taking->ctx);
}

static int look(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_watch_take_fn *take, void *take_ctx, void *look_ctx)
{
	struct taking taking = {take, take_ctx};

	(void)look_ctx;
	return sockets_rates_each(listing, ctx, take_row, &taking);
}

/* LOOK_CTX of what follows: the struct sockets_summary. */
static int look_at_groups(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_watch_take_fn *take, void *take_ctx, void *look_ctx)
{
	(void)ctx;
	return sockets_summary_each(look_ctx, listing, take, take_ctx);
}

static size_t fds_of_groups(void *look_ctx, int *fds)
{
	return sockets_summary_fds(look_ctx, fds);
}

static int news_of_groups(void *look_ctx)
{
	return sockets_summary_news(look_ctx);
}

static int watch_groups(const struct sockets_modes *modes, const struct skt_context *ctx,
	struct skt_watch_source *source, uint64_t *ret_count)
{
	struct sockets_summary *summary;
	int status;

	*ret_count = 0;
	if (sockets_summary_new(modes, source->listing, ctx, &summary))
		return SKT_EXIT_TROUBLE;
	source->noun = "group";
	source->row_size = sockets_summary_row_size;
	source->look = look_at_groups;
	source->look_ctx = summary;
	source->bar = modes->rates ? sockets_summary_bar(modes) : NULL;
	source->fds = fds_of_groups;
	source->news = news_of_groups;
	status = skt_watch(source, ctx, ret_count);
	sockets_summary_free(summary);
	return status;
}

int sockets_watch(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	const bool groups = modes->mode == SOCKETS_SUMMARY;
	struct skt_watch_source source = {
		.listing = listing,
		.noun = "socket",
		.row_size = sizeof(struct skt_socket_row),
		.sockets = !groups,
		.look = look,
		.interval_ns = modes->interval_ns,
		.timeout_ns = modes->limited ? modes->timeout_ns : SKT_NEVER,
	};

	return groups ? watch_groups(modes, ctx, &source, ret_count)
		      : skt_watch(&source, ctx, ret_count);
}
