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

#include "base/arena.h"
#include "base/clock.h"
#include "base/vec.h"
#include "cmd/listing/filter_columns.h"
#include "diag/ending.h"
#include "diag/inet.h"
#include "diag/socket_id.h"
#include "out/row.h"

enum event { EVENT_OPENED, EVENT_CLOSED };

static const char *const event_names[] = {[EVENT_OPENED] = "opened", [EVENT_CLOSED] = "closed"};
static const uint8_t event_tones[] = {
	[EVENT_OPENED] = SKT_TONE_GOOD, [EVENT_CLOSED] = SKT_TONE_FAINT};

struct follow_row {
	struct skt_socket_row row;
	uint64_t time_ns;
	uint64_t bytes_acked, bytes_received;
	uint32_t rtt_us, min_rtt_us, total_retrans;
	uint8_t event; /* enum event */
};

/* Bits of row.s.present behind those of struct skt_socket_row. */
enum { FOLLOW_RTT = SKT_ROW_FIELDS, FOLLOW_BYTES, FOLLOW_MIN_RTT, FOLLOW_FIELDS };

_Static_assert(FOLLOW_FIELDS <= 64, "row.s.present");
_Static_assert(offsetof(struct follow_row, row) == 0, "columns of the listing are its columns");

#define ROW(field, text, ...) SKT_COLUMN(struct follow_row, field, .help = (text), __VA_ARGS__)

const struct skt_column sockets_follow_columns[] = {
	SKT_COLUMN_NAME(struct follow_row, "event", event, event_names, .tones = event_tones,
		.help = "what happened", .flags = SKT_COLUMN_BOTH),
	ROW(time_ns, "when it was seen, since 1970", .flags = SKT_COLUMN_DATA),
	ROW(bytes_acked, "closed: bytes sent and acknowledged", .title = "SENT",
		.flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_BYTES,
		.present = SKT_PRESENT(FOLLOW_BYTES)),
	ROW(bytes_received, "closed: bytes received", .title = "RECEIVED", .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_BYTES, .present = SKT_PRESENT(FOLLOW_BYTES)),
	ROW(rtt_us, "closed: smoothed round-trip time", .title = "RTT", .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_US, .present = SKT_PRESENT(FOLLOW_RTT)),
	ROW(min_rtt_us, "closed: least round-trip time of late", .flags = SKT_COLUMN_DATA,
		.unit = SKT_UNIT_US, .present = SKT_PRESENT(FOLLOW_MIN_RTT)),
	ROW(total_retrans, "closed: segments retransmitted", .title = "RETRANS",
		.flags = SKT_COLUMN_BOTH, .present = SKT_PRESENT(FOLLOW_RTT)),
	SKT_COLUMN_END,
};

/* A socket that is open, as far as is known. */
struct known {
	struct known *next; /* in its bucket */
	struct skt_socket_id id;
	struct skt_socket_row row;
	uint64_t seen;      /* the last look in which it was */
	uint8_t looks_left; /* in which somebody may turn out to hold it */
};

enum {
	OWNER_LOOKS = 3,
	BUCKETS_MIN = 1024,
	SHARE = 10,            /* a look may take one part of so many of the time */
	GARBAGE_MAX = 4 << 20, /* bytes of texts of which nothing is known any more */
	DRAINS_MAX = 1000,     /* batches of events that are taken before the next look */
};

struct following {
	const struct sockets_modes *modes;
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct skt_selection kept;  /* columns whose texts live as long as what is known */
	struct skt_netlink *events; /* NULL: there are none, ends are seen by looking */
	uint64_t key[2];            /* of the hashes of what is known */
	struct known **buckets;
	size_t buckets_count, count; /* a power of two; sockets in them */
	struct skt_directory directory;
	struct skt_arena texts;
	size_t texts_live; /* bytes of them after the last sweep of garbage */
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

/* ---- what is known ---- */

static struct known **bucket_of(const struct following *following, const struct skt_socket_id *id)
{
	const uint64_t hash = skt_socket_id_hash(id, following->key);

	return &following->buckets[(hash >> 32) & (following->buckets_count - 1)];
}

/* The identity of a socket of this namespace, the only one that is followed. */
static struct skt_socket_id id_of(const struct skt_socket *socket)
{
	struct skt_socket_id id;

	(void)skt_socket_id_of(socket, 0, &id);
	return id;
}

/* The link to that SOCKET, or to where it would be. */
static struct known **find(const struct following *following, const struct skt_socket *socket)
{
	const struct skt_socket_id id = id_of(socket);
	struct known **link = bucket_of(following, &id);

	while (*link && !skt_socket_id_equal(&(*link)->id, &id))
		link = &(*link)->next;
	return link;
}

static int grow(struct following *following)
{
	size_t old_count = following->buckets_count;
	size_t count = old_count ? 2 * old_count : BUCKETS_MIN;
	struct known **old = following->buckets, *known, *next;

	following->buckets = calloc(count, sizeof(*following->buckets));
	if (!following->buckets) {
		following->buckets = old;
		return -ENOMEM;
	}
	following->buckets_count = count;
	for (size_t i = 0; i < old_count; i++) {
		for (known = old[i]; known; known = next) {
			struct known **link = bucket_of(following, &known->id);

			next = known->next;
			known->next = *link;
			*link = known;
		}
	}
	free(old);
	return 0;
}

static void forget(struct following *following, struct known **link)
{
	struct known *known = *link;

	*link = known->next;
	free(known);
	following->count--;
}

/* Copies texts that are still of use to a new place when most of the old one is not. */
static int sweep_texts(struct following *following)
{
	struct skt_arena old = following->texts;
	int rc = 0;

	if (old.used < 2 * following->texts_live + GARBAGE_MAX)
		return 0;
	following->texts = (struct skt_arena){0};
	for (size_t i = 0; i < following->buckets_count; i++)
		for (struct known *known = following->buckets[i]; known && !rc; known = known->next)
			rc = skt_row_keep(&following->kept, &known->row, &following->texts);
	/* Where memory ran out the run ends, and no row is written any more. */
	skt_arena_fini(&old);
	following->texts_live = following->texts.used;
	following->failed = rc;
	return rc;
}

/* ---- rows ---- */

static void write_row(struct following *following, struct follow_row *row)
{
	row->time_ns = skt_clock_real_ns();
	following->rows++;
	if (skt_output_row(following->output, row))
		following->failed = -EIO;
}

static void write_opened(struct following *following, const struct known *known)
{
	struct follow_row row = {.row = known->row, .event = EVENT_OPENED};

	write_row(following, &row);
}

/* KNOWN, or if NULL what ENDING says; ENDING is NULL where there was no event. Not both. */
static void write_closed(
	struct following *following, const struct known *known, const struct skt_ending *ending)
{
	const uint64_t passed = UINT64_C(1) << SKT_SOCKET_RECV_QUEUE |
		UINT64_C(1) << SKT_SOCKET_SEND_QUEUE | UINT64_C(1) << SKT_SOCKET_TIMER;
	struct follow_row row = {.event = EVENT_CLOSED};
	uint64_t *present = &row.row.s.present;

	if (known)
		row.row = known->row;
	else if (ending)
		row.row.s = ending->socket;
	*present &= ~passed;
	if (row.row.s.proto == SKT_PROTO_TCP)
		row.row.s.state = SKT_STATE_CLOSED;
	if (ending) {
		*present |= (uint64_t)ending->has_rtt << FOLLOW_RTT |
			(uint64_t)ending->has_bytes << FOLLOW_BYTES |
			(uint64_t)ending->has_min_rtt << FOLLOW_MIN_RTT;
		row.bytes_acked = ending->bytes_acked;
		row.bytes_received = ending->bytes_received;
		row.rtt_us = ending->rtt_us;
		row.min_rtt_us = ending->min_rtt_us;
		row.total_retrans = ending->total_retrans;
	}
	write_row(following, &row);
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

static int take_event(const void *payload, size_t len, void *ctx)
{
	struct following *following = ctx;
	struct skt_ending ending;
	struct known **link;

	if (skt_ending_parse(payload, len, &ending))
		return 0;
	link = find(following, &ending.socket);
	if (*link) {
		write_closed(following, *link, &ending);
		forget(following, link);
	} else if (was_wanted(following, &ending.socket) &&
		!skt_filter_needs_row(following->listing->filter)) {
		/* It came and went between two looks; whose it was is not known any more. */
		write_closed(following, NULL, &ending);
	}
	return following->failed;
}

/* Takes the events that are there, after at most WAIT_NS. */
static int take_events(struct following *following, uint64_t wait_ns)
{
	struct skt_err err = {0};
	bool lost = false;
	int rc;

	rc = skt_netlink_events(following->events, wait_ns, take_event, following, &lost, &err);
	if (lost) {
		following->lost_at = following->look + 1;
		skt_warn(following->ctx,
			"events were lost: sockets that opened and closed since the last look may "
			"be missing");
	}
	if (rc && err.text[0])
		skt_warn(following->ctx, "%s", err.text);
	return rc;
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
	return !following->events || !skt_inet_tells_destroyed(&known->row.s) ||
		known->seen < following->lost_at || is_kernels_own(following, known);
}

static void find_ended(struct following *following)
{
	for (size_t i = 0; i < following->buckets_count; i++) {
		struct known **link = &following->buckets[i];

		while (*link) {
			if (!has_ended(following, *link)) {
				link = &(*link)->next;
				continue;
			}
			following->unexplained += (*link)->seen < following->lost_at &&
				skt_inet_tells_destroyed(&(*link)->row.s);
			write_closed(following, *link, NULL);
			forget(following, link);
		}
	}
	if (following->unexplained)
		skt_warn(following->ctx, "events were lost: %" PRIu64 " sockets closed unseen",
			following->unexplained);
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

/* Whether the socket is looked at more closely: if it is new, or its holder is sought still. */
static bool is_news(const struct skt_socket *socket, const void *ctx)
{
	const struct following *following = ctx;
	struct known *known;

	if (!(socket->present >> SKT_SOCKET_COOKIE & 1))
		return false;
	known = *find(following, socket);
	if (!known)
		return !is_dying(socket) && is_wanted(following, socket);
	/* What TIME-WAIT keeps has the same identity, but is not it. */
	if (socket->state == SKT_STATE_TIME_WAIT)
		return false;
	known->seen = following->look;
	known->row.s.state = socket->state;
	return known->looks_left && socket->present >> SKT_SOCKET_INODE & 1;
}

static int remember(struct following *following, struct known **link, struct skt_socket_row *row)
{
	struct known *known = *link ? *link : calloc(1, sizeof(*known));
	bool is_new = !*link;

	if (!known)
		return -ENOMEM;
	known->id = id_of(&row->s);
	known->row = *row;
	known->seen = following->look;
	*link = known;
	following->count += is_new;
	if (row->processes.count || following->look == 1)
		known->looks_left = 0;
	else
		known->looks_left = is_new ? OWNER_LOOKS : (uint8_t)(known->looks_left - 1);
	if (skt_row_keep(&following->kept, &known->row, &following->texts))
		return -ENOMEM;
	if (is_new && following->look > 1)
		write_opened(following, known);
	return following->failed;
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct following *following = ctx;
	const struct skt_filter *filter = following->listing->filter;
	struct known **link = find(following, &row->s);

	/* Once it is followed it is followed to its end, whatever becomes of it. */
	if (!*link && skt_filter_needs_row(filter) && !skt_filter_match_row(filter, &row->s, row))
		return 0;
	if (following->count >= following->buckets_count) {
		if (grow(following))
			return -ENOMEM;
		link = find(following, &row->s);
	}
	return remember(following, link, row);
}

static int look(struct following *following)
{
	struct skt_listing listing = *following->listing;
	int status;

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
	status = skt_listing_each(&listing, following->ctx, take_row, following);
	if (status != SKT_EXIT_YES)
		return status;
	/* What has an event, has it by now. */
	for (size_t i = 0; following->events && i < DRAINS_MAX; i++) {
		uint64_t rows = following->rows;

		if (take_events(following, 0))
			return SKT_EXIT_TROUBLE;
		if (following->rows == rows)
			break;
	}
	find_ended(following);
	return sweep_texts(following) ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

/* Takes events until TIME, or just waits. */
static int rest(struct following *following, uint64_t until)
{
	for (uint64_t now = skt_clock_ns(); now < until && !interrupted(following);
		now = skt_clock_ns()) {
		uint64_t left = until - now;
		const struct timespec pause = {.tv_sec = (time_t)(left / SKT_NS_PER_SEC),
			.tv_nsec = (long)(left % SKT_NS_PER_SEC)};

		if (following->events && take_events(following, left))
			return SKT_EXIT_TROUBLE;
		if (!following->events)
			(void)nanosleep(&pause, NULL);
		if (skt_sink_flush(&following->sink))
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
			status = rest(following, SKT_MIN(start + pause, deadline));
		if (status != SKT_EXIT_YES || interrupted(following))
			return status;
		/* What is there at the end is told of. */
		if (skt_clock_ns() >= deadline)
			return look(following);
	}
}

static void subscribe(struct following *following)
{
	const struct skt_dump_query *query = &following->listing->query;
	struct skt_err err;

	if (!skt_inet_subscribe_destroyed(
		    query->protos, query->ipv4, query->ipv6, &following->events, &err))
		return;
	skt_warn(following->ctx, "no events of closed sockets, these are only looked for: %s",
		err.text);
}

int sockets_follow(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct following following = {.modes = modes, .listing = listing, .ctx = ctx};
	int status = SKT_EXIT_TROUBLE;

	(void)!getrandom(following.key, sizeof(following.key), GRND_NONBLOCK);
	if (sockets_table_shared(&modes->table, &listing->rows->selection, &following.kept) ||
		skt_filter_columns_used(listing->filter, &following.kept) ||
		skt_listing_directory(listing, ctx, &following.directory) || grow(&following)) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
	} else if (!skt_rows_begin(listing->rows, ctx, sizeof(struct follow_row), &following.sink,
			   &following.output)) {
		/* Before the first look, so that nothing falls in between. */
		subscribe(&following);
		status = follow(&following);
		status = skt_rows_end(ctx, &following.sink, following.output, status);
	}
	*ret_count = following.rows;
	for (size_t i = 0; i < following.buckets_count; i++)
		while (following.buckets[i])
			forget(&following, &following.buckets[i]);
	free(following.buckets);
	skt_netlink_close(following.events);
	skt_directory_fini(&following.directory);
	skt_selection_fini(&following.kept);
	skt_arena_fini(&following.texts);
	return status;
}
