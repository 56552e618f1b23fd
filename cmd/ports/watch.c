#include "cmd/ports/watch.h"

#include "base/clock.h"
#include "cmd/listing/watch.h"
#include "cmd/ports/row.h"

struct taking {
	skt_watch_take_fn *take;
	void *ctx;
};

static int take_row(struct skt_socket_row *socket, void *ctx)
{
	const struct taking *taking = ctx;
	struct skt_socket_id id;
	struct ports_row row;

	ports_row_make(socket, &row);
	return taking->take(&row, skt_watch_id(socket, &id), taking->ctx);
}

static int look(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_watch_take_fn *take, void *take_ctx, void *look_ctx)
{
	struct taking taking = {take, take_ctx};

	(void)look_ctx;
	return skt_listing_each(listing, ctx, take_row, &taking);
}

int ports_watch(const struct ports_options *o, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	const struct skt_watch_source source = {
		.listing = listing,
		.noun = "port",
		.row_size = sizeof(struct ports_row),
		.sockets = true,
		.look = look,
		.interval_ns = o->interval_ns,
		.timeout_ns = SKT_NEVER,
	};

	return skt_watch(&source, ctx, ret_count);
}
