/*
 * Sockets as they come and go. The kernel tells of each that is destroyed (an event with its last
 * figures), but not of those that are made: these are found by looking again and again, and known
 * by their identity. What was known of a socket is remembered for the row of its end.
 *
 * An end is the end of the socket itself, when the last process has closed it and the connection is
 * done with. What TIME-WAIT keeps of it afterwards is not a socket, nor is what never was more than
 * a request in SYN-RECEIVED; the kernel sends no event for either.
 */
#include "cmd/sockets/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/listing/filter_columns.h"
#include "cmd/sockets/follow_sources.h"
#include "cmd/sockets/follow_tcp.h"
#include "cmd/sockets/known.h"

enum {
	OWNER_LOOKS = 3,
	SHARE = 10,        /* a look may take one part of so many of the time */
	DRAINS_MAX = 1000, /* batches of events that are taken before the next look */
};

struct following {
	const struct sockets_modes *modes;
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct known_set known;
	struct follow_sources sources;
	struct follow_tcp tcp;
	struct skt_directory directory;
	struct skt_output *output;
	struct skt_sink sink;
	uint64_t look;        /* number of the look at hand, from 1 */
	uint64_t lost_at;     /* the look before which events were lost last; 0: never */
	uint64_t unexplained; /* ends without an event, since they were told of last */
	uint64_t rows;
	int failed; /* -errno, or 0 */
};

static bool interrupted(const struct following *following)
{
	return following->ctx->interrupted && *following->ctx->interrupted;
}

static int write_row(void *ctx, const struct follow_row *row)
{
	struct following *following = ctx;

	following->rows++;
	if (skt_output_row(following->output, row))
		following->failed = -EIO;
	return following->failed;
}

static void write_closed(
	struct following *following, const struct known *known, const struct skt_ending *ending)
{
	struct follow_row row = follow_row_closed(known ? &known->row : NULL, ending);

	if (known)
		follow_row_took(&row, known->since_ns, skt_clock_ns());
	(void)write_row(following, &row);
}

/* ---- ends ---- */

/* Whether a socket may be listed, for all that the kernel says of it. */
static bool is_wanted(const struct following *following, const struct skt_socket *socket)
{
	return following->listing->query.states >> socket->state & 1 &&
		skt_filter_match(following->listing->filter, socket);
}

/*
 * Whether a socket that came and went between two looks may be listed: which state it was in is not
 * told any more, only that it had a remote end or none.
 */
static bool was_wanted(const struct following *following, const struct skt_socket *socket)
{
	const uint32_t waiting = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_BOUND) |
		SKT_STATE_BIT(SKT_STATE_CLOSED) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED);
	const uint32_t minisockets = SKT_STATE_BIT(SKT_STATE_TIME_WAIT) |
		SKT_STATE_BIT(SKT_STATE_SYN_RECEIVED) | SKT_STATE_BIT(SKT_STATE_NEW_SYN_RECEIVED);
	const uint32_t states =
		socket->remote.port ? SKT_STATES_ALL & ~waiting & ~minisockets : waiting;

	return following->listing->query.states & states &&
		skt_filter_match_ended(following->listing->filter, socket, states);
}

static int take_destroyed(const struct skt_ending *ending, void *ctx)
{
	struct following *following = ctx;
	struct known **link = known_find(&following->known, &ending->socket);

	if (*link) {
		write_closed(following, *link, ending);
		known_forget(&following->known, link);
	} else if (was_wanted(following, &ending->socket) &&
		!skt_filter_needs_row(following->listing->filter)) {
		/* It came and went between two looks; whose it was is not known any more. */
		write_closed(following, NULL, ending);
	}
	return following->failed;
}

static int take_tcp(const struct skt_tcp_event *event, void *ctx)
{
	struct following *following = ctx;
	int rc = follow_tcp_take(&following->tcp, event);

	following->failed = rc ? rc : following->failed;
	return rc;
}

static void note_lost(void *ctx)
{
	struct following *following = ctx;

	following->tcp.lossy = true;
	following->lost_at = following->look + 1;
	skt_warn(following->ctx,
		"events were lost: sockets that opened and closed since the last look may be "
		"missing");
}

/* Takes the news that are there, after at most WAIT_NS. */
static int take_news(struct following *following, uint64_t wait_ns)
{
	const struct follow_takers takers = {
		.destroyed = take_destroyed, .tcp = take_tcp, .lost = note_lost, .ctx = following};

	return follow_sources_take(&following->sources, wait_ns, &takers, following->ctx);
}

/* Nobody holds it, as far as all processes can be seen, though it belongs to a file. */
static bool is_kernels_own(const struct following *following, const struct known *known)
{
	return following->listing->needs & SKT_NEED_OWNERS && following->directory.euid == 0 &&
		!skt_owners_hidden(following->directory.owners) &&
		known->row.s.present >> SKT_SOCKET_INODE & 1 && !known->row.processes.count;
}

/*
 * Whether a socket that was not in the last looks has ended, though no event said so: where there
 * are no events of such a socket, or some were lost. Any other is held by a process still, after a
 * reset for instance, and its event is to come.
 */
static bool has_ended(const struct following *following, const struct known *known)
{
	/* A dump may miss a socket while others come and go: absence is seen twice. */
	if (following->look < known->seen + 2)
		return false;
	return !follow_sources_tell_closed(&following->sources, &known->row.s) ||
		known->seen < following->lost_at || is_kernels_own(following, known);
}

static void find_ended(struct following *following)
{
	for (size_t i = 0; i < following->known.buckets_count; i++) {
		struct known **link = &following->known.buckets[i];

		while (*link) {
			if (!has_ended(following, *link)) {
				link = &(*link)->next;
				continue;
			}
			following->unexplained += (*link)->seen < following->lost_at &&
				follow_sources_tell_closed(&following->sources, &(*link)->row.s);
			if ((*link)->told)
				write_closed(following, *link, NULL);
			known_forget(&following->known, link);
		}
	}
	if (following->unexplained)
		skt_warn(following->ctx, "events were lost: %" PRIu64 " socket%s closed unseen",
			following->unexplained, skt_plural(following->unexplained, "", "s"));
	following->unexplained = 0;
}

/* ---- looking ---- */

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
		return write_row(following, &opened);
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

/* Where memory runs out the run ends, and no row is written any more. */
static int sweep(struct following *following)
{
	int rc = known_sweep(&following->known);

	following->failed = rc ? rc : following->failed;
	return rc;
}

static int look(struct following *following)
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

		if (take_news(following, 0))
			return SKT_EXIT_TROUBLE;
		if (following->rows == rows)
			break;
	}
	find_ended(following);
	follow_tcp_asked(&following->tcp);
	return sweep(following) ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

/* When to look again, who would look at REGULAR if there were no events. */
static uint64_t next_look(struct following *following, uint64_t regular, uint64_t now)
{
	bool protos[SKT_PROTO_COUNT];

	memcpy(protos, following->listing->query.protos, sizeof(protos));
	if (follow_sources_uncovered(&following->sources, protos))
		return regular;
	return SKT_MAX(follow_tcp_ask(&following->tcp, now), regular);
}

/* Takes news until it is time to look, or DEADLINE. */
static int rest(struct following *following, uint64_t regular, uint64_t deadline)
{
	for (uint64_t now = skt_clock_ns(); !interrupted(following); now = skt_clock_ns()) {
		const uint64_t until = SKT_MIN(next_look(following, regular, now), deadline);

		if (until <= now)
			break;
		if (take_news(following, until == SKT_NEVER ? SKT_NEVER : until - now))
			return SKT_EXIT_TROUBLE;
		if (skt_sink_flush(&following->sink))
			return SKT_EXIT_TROUBLE;
		if (sweep(following))
			return SKT_EXIT_TROUBLE;
		/* The sooner the better. */
		if (following->lost_at > following->look)
			break;
	}
	return SKT_EXIT_YES;
}

static int follow(struct following *following)
{
	const struct sockets_modes *modes = following->modes;
	uint64_t begin = skt_clock_ns(), deadline = SKT_NEVER;
	int status;

	if (modes->limited)
		deadline = skt_clock_add(begin, modes->timeout_ns);
	for (;;) {
		uint64_t start = skt_clock_ns(), pause;

		status = look(following);
		if (status == SKT_EXIT_YES && skt_sink_flush(&following->sink))
			status = SKT_EXIT_TROUBLE;
		pause = SKT_MAX(modes->interval_ns, SHARE * (skt_clock_ns() - start));
		if (status == SKT_EXIT_YES)
			status = rest(following, start + pause, deadline);
		if (status != SKT_EXIT_YES || interrupted(following))
			return status;
		/* What is there at the end is told of. */
		if (skt_clock_ns() >= deadline)
			return look(following);
	}
}

/* Whether events of BPF may be taken, and tell whatever the filter asks for. */
static bool wants_bpf(const struct skt_listing *listing)
{
	return listing->owners != SKT_OWNERS_PROC &&
		event_rows_suffice(skt_filter_columns_need(listing->filter));
}

/* Whatever there is room for must be there. Told. */
static int prepare(struct following *following)
{
	const struct skt_listing *listing = following->listing;
	struct skt_selection *kept = &following->known.kept;
	int rc;

	(void)!getrandom(following->known.key, sizeof(following->known.key), GRND_NONBLOCK);
	rc = sockets_table_shared(&following->modes->table, &listing->rows->selection, kept);
	if (!rc)
		rc = skt_filter_columns_used(listing->filter, kept);
	if (!rc)
		rc = skt_listing_directory(listing, following->ctx, &following->directory);
	if (!rc)
		rc = known_make_room(&following->known);
	if (!rc)
		rc = event_rows_open(&following->tcp.rows, listing, following->ctx);
	if (rc)
		skt_warn(following->ctx, "%s", strerror(-rc));
	return rc;
}

int sockets_follow(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct following following = {.modes = modes, .listing = listing, .ctx = ctx};
	int status = SKT_EXIT_TROUBLE;

	following.tcp = (struct follow_tcp){.listing = listing,
		.known = &following.known,
		.look = &following.look,
		.ask_ns = SKT_NEVER,
		.write = write_row,
		.ctx = &following};
	if (!prepare(&following) &&
		!skt_rows_begin(listing->rows, ctx, sizeof(struct follow_row), &following.sink,
			&following.output)) {
		/* Before the first look, so that nothing falls in between. */
		const struct follow_wish wish = {.bpf = wants_bpf(listing),
			.netns = event_rows_netns(&following.tcp.rows),
			.multicast = event_rows_at_home(&following.tcp.rows)};

		follow_sources_open(&following.sources, &listing->query, &wish, ctx);
		status = follow(&following);
		status = skt_rows_end(ctx, &following.sink, following.output, status);
	}
	*ret_count = following.rows;
	follow_sources_close(&following.sources);
	event_rows_close(&following.tcp.rows);
	skt_directory_fini(&following.directory);
	known_fini(&following.known);
	return status;
}
