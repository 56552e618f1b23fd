/* Looks at all sockets that no event tells of: which are new, and who has those that are known. */
#include "cmd/sockets/follow_internal.h"

#include <errno.h>

#include "base/clock.h"
#include "cmd/listing/filter_columns.h"

enum {
	OWNER_LOOKS = 3,
	DRAINS_MAX = 1000, /* batches of events that are taken before the next look */
};

/* Whether a socket may be listed, for all that the kernel says of it. */
static bool is_wanted(const struct following *following, const struct skt_socket *socket)
{
	return following->listing->query.states >> socket->state & 1 &&
		skt_filter_match(following->listing->filter, socket);
}

/* Nobody's any more, and soon gone: never an opened one. */
static bool is_dying(const struct skt_socket *socket)
{
	const uint32_t dying = UINT32_C(1) << SKT_STATE_FIN_WAIT_1 |
		UINT32_C(1) << SKT_STATE_FIN_WAIT_2 | UINT32_C(1) << SKT_STATE_CLOSING |
		UINT32_C(1) << SKT_STATE_LAST_ACK;

	return socket->state == SKT_STATE_TIME_WAIT ||
		(dying >> socket->state & 1 && !(socket->present >> SKT_SOCKET_INODE & 1));
}

/* An event says that it was opened, or will: unless it was there before, or some were lost. */
static bool is_to_be_told(const struct following *following, const struct skt_socket *socket)
{
	return following->look > 1 && following->lost_at < following->look &&
		follow_sources_cover(&following->sources, socket->proto);
}

/* Whether the socket is looked at more closely: if it is new, or its holder is sought still. */
static bool is_news(const struct skt_socket *socket, const void *ctx)
{
	const struct following *following = ctx;
	struct known *known;

	if (!(socket->present >> SKT_SOCKET_COOKIE & 1))
		return false;
	known = *known_find(&following->known, socket);
	if (!known)
		return !is_dying(socket) && is_wanted(following, socket) &&
			!is_to_be_told(following, socket);
	/* What TIME-WAIT keeps has the same identity, but is not it. */
	if (socket->state == SKT_STATE_TIME_WAIT)
		return false;
	known->seen = following->look;
	known->row.s.state = socket->state;
	return known->looks_left && socket->present >> SKT_SOCKET_INODE & 1;
}

static int remember(struct following *following, struct known **link, struct skt_socket_row *row)
{
	const bool is_new = !*link;
	struct known *known;

	if (!is_new)
		row->direction = (*link)->row.direction ? (*link)->row.direction : row->direction;
	if (known_put(&following->known, link, row))
		return -ENOMEM;
	known = *link;
	known->seen = following->look;
	if (row->processes.count || following->look == 1)
		known->looks_left = 0;
	else
		known->looks_left = is_new ? OWNER_LOOKS : (uint8_t)(known->looks_left - 1);
	if (known->phase == KNOWN_ARRIVED)
		return row->processes.count ? follow_tcp_accept(&following->tcp, known) : 0;
	known->told = true;
	if (is_new && following->look > 1) {
		const struct follow_row opened = follow_row_of(FOLLOW_OPENED, &known->row);

		known->since_ns = skt_clock_ns();
		return sockets_follow_write(following, &opened);
	}
	return following->failed;
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct following *following = ctx;
	const struct skt_filter *filter = following->listing->filter;
	struct known **link = known_find(&following->known, &row->s);

	/* Once it is followed it is followed to its end, whatever becomes of it. */
	if (!*link && skt_filter_needs_row(filter) && !skt_filter_match_row(filter, &row->s, row))
		return 0;
	if (known_make_room(&following->known))
		return -ENOMEM;
	return remember(following, known_find(&following->known, &row->s), row);
}

/*
 * Leaves out what events tell of, but at first, and where some were lost or say too little. Whether
 * there is anything to look at.
 */
static bool leave_covered(struct following *following, struct skt_dump_query *query)
{
	const uint64_t now = skt_clock_ns();

	if (following->look > 1 && following->lost_at < following->look &&
		follow_tcp_ask(&following->tcp, now) > now)
		return follow_sources_uncovered(&following->sources, query->protos);
	return true;
}

int sockets_follow_sweep(struct following *following)
{
	int rc = known_sweep(&following->known);

	following->failed = rc ? rc : following->failed;
	return rc;
}

int sockets_follow_look(struct following *following)
{
	struct skt_listing listing = *following->listing;
	int status = SKT_EXIT_YES;

	following->look++;
	listing.filter = NULL; /* what is known is looked at, though it may match no more */
	listing.directory = &following->directory;
	listing.match = is_news;
	listing.ctx = following;
	/* The first look says what cannot be seen; the others would say it again. */
	listing.quiet = following->look > 1;
	listing.query.source = SKT_SOURCE_NETLINK;
	/* A socket that changes its state has not gone. */
	listing.query.states = SKT_STATES_ALL;
	if (leave_covered(following, &listing.query))
		status = skt_listing_each(&listing, following->ctx, take_row, following);
	if (status != SKT_EXIT_YES)
		return status;
	/* What has an event, has it by now. */
	for (size_t i = 0; i < DRAINS_MAX; i++) {
		uint64_t rows = following->rows;

		if (sockets_follow_take_news(following, 0))
			return SKT_EXIT_TROUBLE;
		if (following->rows == rows)
			break;
	}
	sockets_follow_find_ended(following);
	follow_tcp_asked(&following->tcp);
	return sockets_follow_sweep(following) ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}
