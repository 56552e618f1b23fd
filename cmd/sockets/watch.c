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
	skt_watch_take_fn *take, void *take_ctx, const void *look_ctx)
{
	struct taking taking = {take, take_ctx};

	(void)look_ctx;
	return sockets_rates_each(listing, ctx, take_row, &taking);
}

/* LOOK_CTX: the modes. */
static int look_at_groups(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_watch_take_fn *take, void *take_ctx, const void *look_ctx)
{
	return sockets_summary_each(look_ctx, listing, ctx, take, take_ctx);
}

int sockets_watch(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	const bool groups = modes->mode == SOCKETS_SUMMARY;
	const struct skt_watch_source source = {
		.listing = listing,
		.noun = groups ? "group" : "socket",
		.row_size = groups ? sockets_summary_row_size : sizeof(struct skt_socket_row),
		.sockets = !groups,
		.look = groups ? look_at_groups : look,
		.look_ctx = modes,
		.interval_ns = modes->interval_ns,
		.timeout_ns = modes->limited ? modes->timeout_ns : SKT_NEVER,
	};

	return skt_watch(&source, ctx, ret_count);
}
