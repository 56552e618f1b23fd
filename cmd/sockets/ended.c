#include "cmd/sockets/ended.h"

#include <errno.h>
#include <string.h>

#include "cmd/listing/filter_columns.h"
#include "diag/inet.h"

enum { ENDED_MAX = 1 << 18 };

/* What a connection can be in that has both ends. */
static const uint32_t connected = SKT_STATE_BIT(SKT_STATE_ESTABLISHED) |
	SKT_STATE_BIT(SKT_STATE_SYN_SENT) | SKT_STATE_BIT(SKT_STATE_FIN_WAIT_1) |
	SKT_STATE_BIT(SKT_STATE_FIN_WAIT_2) | SKT_STATE_BIT(SKT_STATE_CLOSE_WAIT) |
	SKT_STATE_BIT(SKT_STATE_LAST_ACK) | SKT_STATE_BIT(SKT_STATE_CLOSING);

/* As skt_meter_see() has it: sockets of the one namespace that is read may have none. */
static uint64_t netns_of(const struct sockets_ended *ended)
{
	const struct skt_listing *listing = ended->listing;

	return listing->netns || listing->needs & SKT_NEED_NETNS ? event_rows_netns(&ended->rows)
								 : 0;
}

/* Whether rows tell what only the process of a socket can tell. */
static bool wants_process(const struct skt_listing *listing)
{
	const uint32_t of_processes = SKT_NEED_OWNERS | SKT_NEED_CGROUP | SKT_NEED_USER;

	return listing->needs & of_processes && listing->owners != SKT_OWNERS_PROC;
}

static void open_tcp(struct sockets_ended *ended)
{
	const uint32_t looked = SKT_NEED_RATES | SKT_DETAIL_TCP;
	struct skt_err err = {0};

	if (!wants_process(ended->listing) || !event_rows_suffice(ended->listing->needs & ~looked))
		return;
	if (skt_tcp_events_open(event_rows_netns(&ended->rows), &ended->tcp, &err))
		skt_warn(ended->ctx,
			"connections that come and go between two looks have no process: %s",
			err.text);
}

int sockets_ended_open(struct sockets_ended *ended, const struct skt_listing *listing,
	const struct skt_context *ctx)
{
	const struct skt_dump_query *query = &listing->query;
	const bool protos[SKT_PROTO_COUNT] = {[SKT_PROTO_TCP] = true};
	struct skt_err err = {0};
	int rc;

	ended->listing = listing;
	ended->ctx = ctx;
	rc = event_rows_open(&ended->rows, listing, ctx);
	if (rc || ctx->system.netlink)
		return rc;
	if (!event_rows_at_home(&ended->rows)) {
		skt_warn(ctx,
			"what connections of other network namespaces move in the end, between two "
			"looks, is not counted");
		return 0;
	}
	rc = skt_inet_subscribe_destroyed(
		protos, query->ipv4, query->ipv6, &ended->destroyed, &err);
	if (rc) {
		skt_warn(ctx, "connections that end between two looks are not counted: %s",
			err.text);
		return rc == -ENOMEM ? rc : 0;
	}
	open_tcp(ended);
	return 0;
}

size_t sockets_ended_fds(const struct sockets_ended *ended, int fds[SOCKETS_ENDED_FDS])
{
	size_t count = 0;

	if (ended->destroyed)
		fds[count++] = skt_netlink_events_fd(ended->destroyed);
	if (ended->tcp)
		fds[count++] = skt_tcp_events_fd(ended->tcp);
	return count;
}

/* ---- reading ---- */

static int take_destroyed(const void *payload, size_t len, void *ctx)
{
	struct sockets_ended *ended = ctx;
	struct skt_ending ending;

	if (skt_ending_parse(payload, len, &ending) || !ending.figures.has_bytes)
		return 0;
	if (ended->list.len == ENDED_MAX) {
		ended->lost = true;
		return 0;
	}
	return skt_vec_push(&ended->list, ending);
}

/* Whether it may have been listed, whatever state it was in. */
static bool may_match(const struct sockets_ended *ended, const struct skt_socket *socket)
{
	return skt_filter_match_ended(ended->listing->filter, socket, connected);
}

struct announcing {
	struct sockets_ended *ended;
	sockets_ended_fn *take;
	void *ctx;
};

static int announce(const struct skt_tcp_event *event, void *ctx)
{
	const struct announcing *announcing = ctx;
	struct sockets_ended *ended = announcing->ended;
	const struct skt_filter *filter = ended->listing->filter;
	struct skt_rates rates = {0};
	struct skt_socket_row row;
	int rc;

	if (event->kind != SKT_TCP_CONNECTING && event->kind != SKT_TCP_ACCEPTED)
		return 0;
	rc = event_rows_make(&ended->rows, event, &row);
	if (rc)
		return rc;
	row.s.state = SKT_STATE_ESTABLISHED;
	row.rates = &rates;
	if (may_match(ended, &row.s) &&
		(!skt_filter_needs_row(filter) || skt_filter_match_row(filter, &row.s, &row)))
		rc = announcing->take(&row, announcing->ctx);
	return rc ? rc
		  : skt_meter_announce(ended->listing->meter, &row.s, netns_of(ended), rates.tag);
}

int sockets_ended_read(struct sockets_ended *ended, sockets_ended_fn *take, void *take_ctx)
{
	struct announcing announcing = {ended, take, take_ctx};
	struct skt_err err = {0};
	uint64_t lost = 0;
	bool overrun = false;
	int rc = 0;

	if (ended->destroyed)
		rc = skt_netlink_events(ended->destroyed, 0, take_destroyed, ended, &overrun, &err);
	/* Of whatever has ended by now, the beginning was told before. */
	if (!rc && ended->tcp)
		rc = skt_tcp_events_take(ended->tcp, announce, &announcing, &lost);
	ended->lost |= overrun || lost;
	return rc;
}

/* ---- telling ---- */

static struct skt_counters counters_of(const struct skt_figures *figures)
{
	return (struct skt_counters){.received = figures->bytes_received,
		.sent = figures->has_sent ? figures->bytes_sent : figures->bytes_acked,
		.retransmitted = figures->bytes_retrans,
		.has_retransmitted = figures->has_sent};
}

static int tell(struct sockets_ended *ended, const struct skt_ending *ending,
	sockets_ended_fn *take, void *take_ctx)
{
	const struct skt_counters counters = counters_of(&ending->figures);
	const struct skt_filter *filter = ended->listing->filter;
	struct skt_socket_row row = {.s.present = 0};
	struct skt_rates rates;
	int rc = 0;

	skt_meter_end(ended->listing->meter, &ending->socket, netns_of(ended), &counters, &rates);
	if (!(rates.present >> SKT_RATES_MEASURED & 1))
		return 0;
	/* One that was seen, and did not match, has no tag either. */
	if (!rates.tag &&
		(!rates.fresh || skt_filter_needs_row(filter) ||
			!may_match(ended, &ending->socket)))
		return 0;
	if (!rates.tag)
		rc = event_rows_of(&ended->rows, &ending->socket, &row);
	row.rates = &rates;
	return rc ? rc : take(&row, take_ctx);
}

int sockets_ended_each(struct sockets_ended *ended, sockets_ended_fn *take, void *take_ctx)
{
	int rc = 0;

	for (size_t i = 0; i < ended->list.len && !rc; i++)
		rc = tell(ended, &ended->list.data[i], take, take_ctx);
	skt_vec_free(&ended->list);
	return rc;
}

void sockets_ended_close(struct sockets_ended *ended)
{
	if (ended->lost)
		skt_warn(ended->ctx,
			"events were lost: not all that connections moved in the end was counted");
	skt_netlink_close(ended->destroyed);
	skt_tcp_events_close(ended->tcp);
	skt_vec_free(&ended->list);
	if (ended->listing)
		event_rows_close(&ended->rows);
	*ended = (struct sockets_ended){0};
}
