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
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "cmd/listing/filter_columns.h"
#include "cmd/sockets/follow_internal.h"

/* A look may take one part of so many of the time. */
enum { SHARE = 10 };

int sockets_follow_write(void *ctx, const struct follow_row *row)
{
	struct following *following = ctx;

	following->rows++;
	if (skt_output_row(following->output, row))
		following->failed = -EIO;
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

int sockets_follow_take_news(struct following *following, uint64_t wait_ns)
{
	const struct follow_takers takers = {.destroyed = sockets_follow_destroyed,
		.tcp = take_tcp,
		.lost = note_lost,
		.ctx = following};

	return follow_sources_take(&following->sources, wait_ns, &takers, following->ctx);
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
	for (uint64_t now = skt_clock_ns(); !skt_interrupted(following->ctx);
		now = skt_clock_ns()) {
		const uint64_t until = SKT_MIN(next_look(following, regular, now), deadline);

		if (until <= now)
			break;
		if (sockets_follow_take_news(
			    following, until == SKT_NEVER ? SKT_NEVER : until - now))
			return SKT_EXIT_TROUBLE;
		if (skt_sink_flush(&following->sink))
			return SKT_EXIT_TROUBLE;
		if (sockets_follow_sweep(following))
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

		status = sockets_follow_look(following);
		if (status == SKT_EXIT_YES && skt_sink_flush(&following->sink))
			status = SKT_EXIT_TROUBLE;
		pause = SKT_MAX(modes->interval_ns, SHARE * (skt_clock_ns() - start));
		if (status == SKT_EXIT_YES)
			status = rest(following, start + pause, deadline);
		if (status != SKT_EXIT_YES || skt_interrupted(following->ctx))
			return status;
		/* What is there at the end is told of. */
		if (skt_clock_ns() >= deadline)
			return sockets_follow_look(following);
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
		.write = sockets_follow_write,
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
