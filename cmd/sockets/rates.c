#include "cmd/sockets/rates.h"

#include <poll.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/rest.h"
#include "diag/socket_detail.h"

enum { FDS_MAX = 2 };

/* Where news come in a flood they are taken in batches. */
static const uint64_t batch_ns = 5 * SKT_NS_PER_MS;

/* The states that TCP counts bytes in. */
enum {
	COUNTED = 1 << SKT_STATE_ESTABLISHED | 1 << SKT_STATE_SYN_SENT | 1 << SKT_STATE_FIN_WAIT_1 |
		1 << SKT_STATE_FIN_WAIT_2 | 1 << SKT_STATE_CLOSE_WAIT | 1 << SKT_STATE_LAST_ACK |
		1 << SKT_STATE_CLOSING,
};

void sockets_rates_begin(struct skt_listing *listing, struct skt_meter *meter)
{
	(void)!getrandom(meter->key, sizeof(meter->key), GRND_NONBLOCK);
	listing->meter = meter;
	/* What the filter lets pass at the next look only, is none that was made since this one. */
	if (listing->query.protos[SKT_PROTO_TCP] && listing->filter)
		listing->query.states |= COUNTED;
}

int sockets_rates_each(const struct skt_listing *listing, const struct skt_context *ctx,
	skt_row_fn *take, void *take_ctx)
{
	int status;

	if (!listing->meter)
		return skt_listing_each(listing, ctx, take, take_ctx);
	skt_meter_begin(listing->meter, skt_clock_ns());
	status = skt_listing_each(listing, ctx, take, take_ctx);
	skt_meter_finish(listing->meter);
	return status;
}

static int ignore_row(struct skt_socket_row *row, void *ctx)
{
	(void)row;
	(void)ctx;
	return 0;
}

/* The look that only counts: nothing is joined to what nobody will see. */
static int count(const struct skt_listing *listing, const struct skt_context *ctx)
{
	struct skt_listing first = *listing;

	first.needs &= SKT_DETAIL_TCP | SKT_NEED_NETNS;
	first.query.detail = SKT_DETAIL_TCP;
	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++)
		first.query.protos[proto] &= proto == SKT_PROTO_TCP;
	first.query.states &= COUNTED;
	first.query.unlisted = false;
	first.filter = NULL;
	first.quiet = true;
	return sockets_rates_each(&first, ctx, ignore_row, NULL);
}

void sockets_rates_rest(uint64_t time_ns, const int *fds, size_t count)
{
	const struct timespec moment = {.tv_nsec = (long)SKT_MIN(time_ns, batch_ns)};
	const struct timespec time = skt_clock_timespec(time_ns);
	struct pollfd polled[FDS_MAX];

	SKT_ASSERT(count <= FDS_MAX);
	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (ppoll(polled, count, &time, NULL) > 0)
		(void)nanosleep(&moment, NULL);
}

int sockets_rates_list(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	const uint64_t until = skt_clock_add(skt_clock_ns(), modes->rates_ns);
	int status = count(listing, ctx);

	*ret_count = 0;
	if (status != SKT_EXIT_YES)
		return status;
	skt_rest_until(ctx, until);
	skt_meter_begin(listing->meter, skt_clock_ns());
	status = skt_listing_run(listing, ctx, ret_count);
	skt_meter_finish(listing->meter);
	return status;
}
