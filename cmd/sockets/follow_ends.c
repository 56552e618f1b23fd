/* Which sockets have ended: an event says so, or they are seen no more where none would. */
#include "cmd/sockets/follow_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/plural.h"

static void write_closed(
	struct following *following, const struct known *known, const struct skt_ending *ending)
{
	struct follow_row row = follow_row_closed(known ? &known->row : NULL, ending);

	if (known)
		follow_row_took(&row, known->since_ns, skt_clock_ns());
	(void)sockets_follow_write(following, &row);
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

int sockets_follow_destroyed(const struct skt_ending *ending, void *ctx)
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

void sockets_follow_find_ended(struct following *following)
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
