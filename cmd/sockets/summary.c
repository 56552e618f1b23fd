/*
 * How many sockets there are of each kind. Sockets are counted as they come; those that ended since
 * the look before are no more counted, but what they have moved is.
 */
#include "cmd/sockets/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/sockets/ended.h"
#include "cmd/sockets/groups.h"
#include "cmd/sockets/rates.h"

enum {
	OWNER_LOOKS = 3, /* in which somebody may turn out to hold a socket */
	ALL_LOOKS = 10,  /* one of so many asks for the holders of all */
};

#define COLUMN(field, ...) SKT_COLUMN(struct sockets_group, field, __VA_ARGS__)

const struct skt_column sockets_summary_columns[] = {
	COLUMN(count, .help = "how many sockets", .flags = SKT_COLUMN_BOTH),
	COLUMN(ipv4, .help = "of these, of IPv4", .flags = SKT_COLUMN_BOTH),
	COLUMN(ipv6, .help = "of these, of IPv6", .flags = SKT_COLUMN_BOTH),
	COLUMN(orphaned, .help = "of these, closed by their process and not by TCP",
		.flags = SKT_COLUMN_BOTH),
	COLUMN(open_rate, .help = "connections that were made since the look before, a second",
		.title = "OPEN/S", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SOCKETS_GROUP_OPENED)),
	COLUMN(trend, .help = "total_rate at the last looks, the latest on the right",
		.flags = SKT_COLUMN_TABLE),
	SKT_COLUMN_END,
};

_Static_assert(SKT_COUNT(sockets_summary_columns) == SOCKETS_SUMMARY_TREND + 2, "all are named");

void sockets_summary_totals(const struct sockets_totals *totals, struct skt_column *ret)
{
	sockets_totals_columns(totals, offsetof(struct sockets_group, values), ret);
}

/* One look after the other. */
struct sockets_summary {
	const struct sockets_modes *modes;
	struct sockets_groups groups;
	struct sockets_ended ended;
	const struct skt_context *ctx;
	bool by_process;
	bool steady; /* a socket stays in its group, as far as columns go */
	uint64_t looks;
	uint64_t sockets, beyond; /* of this look; those for which there was no group left */
};

/* As held_by has it: no process holds it, and TCP has not said or heard the last of it. */
static bool is_orphan(const struct skt_socket *s)
{
	const uint32_t closing = SKT_STATE_BIT(SKT_STATE_FIN_WAIT_1) |
		SKT_STATE_BIT(SKT_STATE_FIN_WAIT_2) | SKT_STATE_BIT(SKT_STATE_CLOSING) |
		SKT_STATE_BIT(SKT_STATE_LAST_ACK);

	return s->proto == SKT_PROTO_TCP && !(s->present >> SKT_SOCKET_INODE & 1) &&
		closing & SKT_STATE_BIT(s->state);
}

/* Adds what ROW has moved to GROUP, in which it is. */
static void take_values(const struct sockets_summary *summary, struct skt_socket_row *row,
	struct sockets_group *group)
{
	const struct skt_rates *rates = row->rates;

	group->opened += rates && rates->fresh;
	if (group->values)
		sockets_totals_take(summary->groups.totals, row, group->values);
}

static void count_row(struct sockets_group *group, const struct skt_socket *socket)
{
	group->count++;
	group->ipv4 += socket->family == AF_INET;
	group->ipv6 += socket->family == AF_INET6;
	group->orphaned += is_orphan(socket);
}

/*
 * Where what ROW, which is counted in GROUP, has moved counts: with the process that had it, where
 * it has none any more, or none was found in time.
 */
static struct sockets_group *mover_of(const struct sockets_summary *summary,
	const struct skt_socket_row *row, struct sockets_group *group)
{
	struct skt_rates *rates = row->rates;
	struct sockets_group *before = NULL;

	if (!rates)
		return group;
	if (summary->by_process && rates->tag && !(row->s.present >> SKT_ROW_PID & 1))
		before = sockets_groups_find(&summary->groups, rates->tag);
	if (!before)
		rates->tag = group->hash;
	return before ? before : group;
}

/* A socket that is there. */
static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct sockets_summary *summary = ctx;
	struct sockets_group *group;

	summary->sockets++;
	if (sockets_groups_of(&summary->groups, row, &group))
		return -ENOMEM;
	if (!group) {
		summary->beyond++;
		return 0;
	}
	count_row(group, &row->s);
	take_values(summary, row, mover_of(summary, row, group));
	return 0;
}

/*
 * The same of one that was there at the look before, and still is what it was: whose it is, is not
 * looked for again each time. It may have been handed on, and so it is now and then.
 */
static bool take_known(const struct skt_socket *socket, struct skt_rates *rates, void *ctx)
{
	struct sockets_summary *summary = ctx;
	struct skt_socket_row row = {.s = *socket, .rates = rates};
	struct sockets_group *group;

	if (!rates || !rates->tag)
		return false;
	group = sockets_groups_find(&summary->groups, rates->tag);
	/* Who has accepted it only just, may show. */
	if (!group ||
		(summary->by_process && rates->looks <= OWNER_LOOKS &&
			!(group->row.s.present >> SKT_ROW_PID & 1)))
		return false;
	if (is_orphan(socket) && summary->by_process)
		return false;
	summary->sockets++;
	count_row(group, socket);
	take_values(summary, &row, group);
	return true;
}

/* One that has ended: by its tag it is known where it was. */
static int take_ended(struct skt_socket_row *row, void *ctx)
{
	struct sockets_summary *summary = ctx;
	struct sockets_group *group = NULL;

	if (row->rates->tag)
		group = sockets_groups_find(&summary->groups, row->rates->tag);
	else if (sockets_groups_of(&summary->groups, row, &group))
		return -ENOMEM;
	if (group)
		take_values(summary, row, group);
	return 0;
}

/* One that has begun, and whose process is known now only. */
static int take_begun(struct skt_socket_row *row, void *ctx)
{
	struct sockets_summary *summary = ctx;
	struct sockets_group *group;

	if (sockets_groups_of(&summary->groups, row, &group))
		return -ENOMEM;
	row->rates->tag = group ? group->hash : 0;
	return 0;
}

/*
 * The states in which every kernel tells of sockets, and there may be none now: a series that ends
 * when it is 0 is one that nobody can be warned of.
 */
static int take_zeros(struct sockets_summary *summary, const struct skt_dump_query *query)
{
	static const uint32_t states[SKT_PROTO_COUNT] = {
		[SKT_PROTO_TCP] = SKT_STATES_TCP & ~SKT_STATE_BIT(SKT_STATE_NEW_SYN_RECEIVED) &
			~SKT_STATE_BIT(SKT_STATE_CLOSED) & ~SKT_STATE_BIT(SKT_STATE_BOUND),
		[SKT_PROTO_UDP] =
			SKT_STATE_BIT(SKT_STATE_CONNECTED) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
	};
	struct sockets_group *group;

	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		for (unsigned int state = 1; state < SKT_STATE_COUNT; state++) {
			struct skt_socket_row row = {
				.s = {.proto = (uint8_t)proto, .state = (uint8_t)state}};

			if (!query->protos[proto] ||
				!(states[proto] & query->states & SKT_STATE_BIT(state)))
				continue;
			if (sockets_groups_of(&summary->groups, &row, &group))
				return -ENOMEM;
			if (group)
				group->kept = true;
		}
	}
	return 0;
}

/* ---- looks ---- */

static bool is_shown(const struct sockets_summary *summary, const struct sockets_group *group)
{
	return group->count || group->opened || group->kept ||
		sockets_totals_rate(summary->groups.totals, group->values);
}

/* What only the whole of a look tells. */
static void settle(struct sockets_summary *summary, uint64_t elapsed_ns)
{
	for (size_t i = 0; i < summary->groups.list.len && elapsed_ns; i++) {
		struct sockets_group *group = &summary->groups.list.data[i];

		group->row.s.present |= UINT64_C(1) << SOCKETS_GROUP_OPENED;
		group->open_rate = skt_meter_rate(group->opened, elapsed_ns);
		if (summary->modes->watches)
			sockets_group_trend(
				group, sockets_totals_rate(summary->groups.totals, group->values));
	}
}

/* Counts what there is in LISTING. Returns an exit status. */
static int look(struct sockets_summary *summary, const struct skt_listing *given)
{
	struct skt_meter *meter = given->meter;
	struct skt_listing taken = *given, *listing = &taken;
	int rc = sockets_groups_renew(&summary->groups), status = SKT_EXIT_YES;

	summary->sockets = summary->beyond = 0;
	listing->take =
		meter && summary->steady && ++summary->looks % ALL_LOOKS ? take_known : NULL;
	listing->take_ctx = summary;
	if (!rc && meter) {
		rc = sockets_ended_read(&summary->ended, take_begun, summary);
		skt_meter_begin(meter, skt_clock_ns());
	}
	if (!rc && meter)
		rc = sockets_ended_each(&summary->ended, take_ended, summary);
	if (!rc)
		status = skt_listing_each(listing, summary->ctx, take_row, summary);
	/* What was not seen is 0 only if nothing was left out. */
	if (!rc && status == SKT_EXIT_YES && summary->modes->zeros)
		rc = take_zeros(summary, &listing->query);
	if (meter) {
		settle(summary, skt_meter_elapsed_ns(meter));
		skt_meter_finish(meter);
	}
	if (!rc)
		return status;
	skt_warn(summary->ctx, "%s", strerror(-rc));
	return SKT_EXIT_TROUBLE;
}

const size_t sockets_summary_row_size = sizeof(struct sockets_group);

int sockets_summary_each(struct sockets_summary *summary, const struct skt_listing *listing,
	sockets_summary_fn *take, void *take_ctx)
{
	int status = look(summary, listing), rc = 0;

	for (size_t i = 0; !rc && i < summary->groups.list.len; i++) {
		const struct sockets_group *group = &summary->groups.list.data[i];

		if (is_shown(summary, group))
			rc = take(group, (struct skt_bytes){group->key, group->key_len}, take_ctx);
	}
	return rc ? SKT_EXIT_TROUBLE : status;
}

size_t sockets_summary_fds(const struct sockets_summary *summary, int *fds)
{
	return sockets_ended_fds(&summary->ended, fds);
}

int sockets_summary_news(struct sockets_summary *summary)
{
	return sockets_ended_read(&summary->ended, take_begun, summary);
}

/*
 * Whether what rows are grouped by stays the same as long as a connection lives, and no filter asks
 * for more.
 */
static bool is_steady(const struct skt_selection *by, const struct skt_filter *filter)
{
	static const char *const names[] = {"proto", "family", "type", "local", "remote",
		"local_address", "local_port", "remote_address", "remote_port", "interface",
		"direction", "service", "uid", "user", "pid", "process", "comm", "exe", "command",
		"unit", "container", "cgroup", "netns", "mark"};

	for (size_t i = 0; i < by->count; i++) {
		size_t n = 0;

		while (n < SKT_COUNT(names) && strcmp(names[n], by->columns[i]->name) != 0)
			n++;
		if (n == SKT_COUNT(names))
			return false;
	}
	return !skt_filter_needs_row(filter);
}

int sockets_summary_new(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, struct sockets_summary **ret)
{
	struct sockets_summary *summary = calloc(1, sizeof(*summary));
	int rc = summary ? 0 : -ENOMEM;

	if (!rc) {
		summary->modes = modes;
		summary->ctx = ctx;
		summary->groups.by = &modes->groups;
		summary->groups.totals = &modes->totals;
		summary->steady = is_steady(&modes->groups, listing->filter);
		summary->by_process = listing->needs & SKT_NEED_OWNERS;
		*ret = summary;
	}
	if (!rc && listing->meter)
		rc = sockets_ended_open(&summary->ended, listing, ctx);
	if (!rc)
		return 0;
	skt_warn(ctx, "%s", strerror(-rc));
	sockets_summary_free(summary);
	return rc;
}

void sockets_summary_free(struct sockets_summary *summary)
{
	if (!summary)
		return;
	sockets_ended_close(&summary->ended);
	sockets_groups_fini(&summary->groups);
	free(summary);
}

/* ---- once ---- */

static int write_groups(
	const struct sockets_summary *summary, const struct skt_rows_options *rows, int status)
{
	const struct skt_context *ctx = summary->ctx;
	struct skt_rows_options drawn = *rows;
	struct skt_output *output;
	struct skt_sink sink;
	uint64_t count = 0;

	drawn.bar = sockets_summary_bar(summary->modes);
	if (skt_rows_begin(&drawn, ctx, sizeof(struct sockets_group), &sink, &output))
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < summary->groups.list.len; i++) {
		if (!is_shown(summary, &summary->groups.list.data[i]))
			continue;
		count++;
		if (skt_output_row(output, &summary->groups.list.data[i]))
			break;
	}
	status = skt_rows_end(ctx, &sink, output, status);
	skt_rows_tell_none(rows, ctx, count, status, "no socket matches");
	return status;
}

/* The look that others are compared with, and the time until the next. A status. */
static int look_before(struct sockets_summary *summary, const struct skt_listing *listing)
{
	const uint64_t until = skt_clock_add(skt_clock_ns(), summary->modes->rates_ns);
	struct skt_listing first = *listing;
	int status;

	first.quiet = true;
	status = look(summary, &first);
	for (uint64_t now = skt_clock_ns();
		status == SKT_EXIT_YES && now < until && !skt_interrupted(summary->ctx);
		now = skt_clock_ns()) {
		int fds[SOCKETS_ENDED_FDS];

		sockets_rates_rest(until - now, fds, sockets_ended_fds(&summary->ended, fds));
		if (sockets_summary_news(summary))
			status = SKT_EXIT_TROUBLE;
	}
	return status;
}

int sockets_summary(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct sockets_summary *summary;
	int status = SKT_EXIT_YES;

	*ret_count = 0;
	if (sockets_summary_new(modes, listing, ctx, &summary))
		return SKT_EXIT_TROUBLE;
	if (listing->meter)
		status = look_before(summary, listing);
	if (status == SKT_EXIT_YES)
		status = look(summary, listing);
	status = write_groups(summary, listing->rows, status);
	if (summary->beyond) {
		skt_warn(ctx,
			"there are more than %d groups: %" PRIu64 " of %" PRIu64
			" sockets are in none of those shown",
			SOCKETS_GROUPS_MAX, summary->beyond, summary->sockets);
		status = SKT_EXIT_TROUBLE;
	}
	*ret_count = summary->sockets;
	sockets_summary_free(summary);
	return status;
}

const struct skt_column *sockets_summary_bar(const struct sockets_modes *modes)
{
	const char name[] = "sum_total_rate";
	const struct skt_column *rate = modes->table.columns
		? skt_column_find(modes->table.columns, name, sizeof(name) - 1)
		: NULL;

	return rate ? rate : &sockets_summary_columns[SOCKETS_SUMMARY_COUNT];
}
