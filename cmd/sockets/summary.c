/*
 * How many sockets there are of each kind: groups in a hash table, each with the first row that was
 * in it. Sockets are counted as they come; only groups take memory, and there is a limit to these.
 */
#include "cmd/sockets/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "out/row.h"

enum {
	GROUPS_MAX = 65536,
	SLOTS_MIN = 256,
};

struct group {
	struct skt_socket_row row; /* first: the count is one of its columns */
	uint64_t count, ipv4, ipv6, orphaned;
	struct sockets_values *values; /* NULL: nothing is added up */
	uint64_t hash;
	const char *key;
	size_t key_len;
};

_Static_assert(offsetof(struct group, row) == 0, "columns of the listing are its columns");

const struct skt_column sockets_summary_columns[] = {
	SKT_COLUMN(struct group, count, .help = "how many sockets", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct group, ipv4, .help = "of these, of IPv4", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct group, ipv6, .help = "of these, of IPv6", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct group, orphaned,
		.help = "of these, closed by their process and not by TCP",
		.flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

void sockets_summary_totals(const struct sockets_totals *totals, struct skt_column *ret)
{
	sockets_totals_columns(totals, offsetof(struct group, values), ret);
}

struct counting {
	const struct skt_selection *by;
	const struct sockets_totals *totals;
	SKT_VEC(struct group) groups;
	uint32_t *slots;    /* 1 + the place of a group, or 0; at most half are taken */
	size_t slots_count; /* a power of two */
	struct skt_arena texts;
	struct skt_str key;
	uint64_t sockets, beyond; /* all of them; those for which there was no group left */
};

/* FNV-1a, folded: keys are short, and whoever makes collisions must open sockets for them. */
static uint64_t hash_of(const struct skt_str *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ (unsigned char)key->data[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

/* The slot of the group with this key, or the one where it would be. */
static uint32_t *slot_of(const struct counting *counting, uint64_t hash, const struct skt_str *key)
{
	size_t mask = counting->slots_count - 1, i = hash & mask;

	for (; counting->slots[i]; i = (i + 1) & mask) {
		const struct group *group = &counting->groups.data[counting->slots[i] - 1];

		if (group->hash == hash && group->key_len == key->len &&
			memcmp(group->key, key->data, key->len) == 0)
			break;
	}
	return &counting->slots[i];
}

static int grow(struct counting *counting)
{
	size_t count = counting->slots_count ? 2 * counting->slots_count : SLOTS_MIN;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < counting->groups.len; i++) {
		size_t at = counting->groups.data[i].hash & (count - 1);

		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(counting->slots);
	counting->slots = slots;
	counting->slots_count = count;
	return 0;
}

static int add_group(struct counting *counting, const struct skt_socket_row *row, uint64_t hash)
{
	const struct skt_str *key = &counting->key;
	struct group group = {.row = *row, .hash = hash, .key_len = key->len};
	const size_t size = counting->totals->count ? sizeof(*group.values) : 0;

	group.key = skt_arena_text(&counting->texts, key->data, key->len);
	if (size)
		group.values = skt_arena_alloc(&counting->texts, size);
	if (!group.key || (size && !group.values) ||
		skt_row_keep(counting->by, &group, &counting->texts) ||
		skt_vec_push(&counting->groups, group))
		return -ENOMEM;
	return 0;
}

/* The place of ROW's group, which is made where it is the first; GROUPS_MAX: there are too many. */
static int group_of(struct counting *counting, struct skt_socket_row *row, size_t *ret)
{
	uint32_t *slot;
	uint64_t hash;

	/* One address, as `src` and `dst` have it: 10.0.0.1 finds ::ffff:10.0.0.1 too. */
	skt_addr_unmap(&row->s.local.addr);
	skt_addr_unmap(&row->s.remote.addr);
	counting->key.len = 0;
	skt_row_add_key(counting->by, row, &counting->key);
	if (counting->key.failed)
		return -ENOMEM;
	if (2 * (counting->groups.len + 1) > counting->slots_count && grow(counting))
		return -ENOMEM;
	hash = hash_of(&counting->key);
	slot = slot_of(counting, hash, &counting->key);
	if (!*slot && counting->groups.len < GROUPS_MAX) {
		if (add_group(counting, row, hash))
			return -ENOMEM;
		*slot = (uint32_t)counting->groups.len;
	}
	*ret = *slot ? *slot - 1 : GROUPS_MAX;
	return 0;
}

/* As held_by has it: no process holds it, and TCP has not said or heard the last of it. */
static bool is_orphan(const struct skt_socket *s)
{
	const uint32_t closing = SKT_STATE_BIT(SKT_STATE_FIN_WAIT_1) |
		SKT_STATE_BIT(SKT_STATE_FIN_WAIT_2) | SKT_STATE_BIT(SKT_STATE_CLOSING) |
		SKT_STATE_BIT(SKT_STATE_LAST_ACK);

	return s->proto == SKT_PROTO_TCP && !(s->present >> SKT_SOCKET_INODE & 1) &&
		closing & SKT_STATE_BIT(s->state);
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct counting *counting = ctx;
	struct group *group;
	size_t index;

	counting->sockets++;
	if (group_of(counting, row, &index))
		return -ENOMEM;
	if (index == GROUPS_MAX) {
		counting->beyond++;
		return 0;
	}
	group = &counting->groups.data[index];
	group->count++;
	group->ipv4 += row->s.family == AF_INET;
	group->ipv6 += row->s.family == AF_INET6;
	group->orphaned += is_orphan(&row->s);
	if (group->values)
		sockets_totals_take(counting->totals, row, group->values);
	return 0;
}

/*
 * The states in which every kernel tells of sockets, and there may be none now: a series that ends
 * when it is 0 is one that nobody can be warned of.
 */
static int take_zeros(struct counting *counting, const struct skt_dump_query *query)
{
	static const uint32_t states[SKT_PROTO_COUNT] = {
		[SKT_PROTO_TCP] = SKT_STATES_TCP & ~SKT_STATE_BIT(SKT_STATE_NEW_SYN_RECEIVED) &
			~SKT_STATE_BIT(SKT_STATE_CLOSED) & ~SKT_STATE_BIT(SKT_STATE_BOUND),
		[SKT_PROTO_UDP] =
			SKT_STATE_BIT(SKT_STATE_CONNECTED) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
	};
	size_t index;

	for (unsigned int proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		for (unsigned int state = 1; state < SKT_STATE_COUNT; state++) {
			struct skt_socket_row row = {
				.s = {.proto = (uint8_t)proto, .state = (uint8_t)state}};

			if (query->protos[proto] &&
				states[proto] & query->states & SKT_STATE_BIT(state) &&
				group_of(counting, &row, &index))
				return -ENOMEM;
		}
	}
	return 0;
}

static int write_groups(const struct counting *counting, const struct skt_rows_options *rows,
	const struct skt_context *ctx, int status)
{
	struct skt_rows_options drawn = *rows;
	struct skt_output *output;
	struct skt_sink sink;

	drawn.bar = &sockets_summary_columns[0];
	if (skt_rows_begin(&drawn, ctx, sizeof(struct group), &sink, &output))
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < counting->groups.len; i++)
		if (skt_output_row(output, &counting->groups.data[i]))
			break;
	status = skt_rows_end(ctx, &sink, output, status);
	skt_rows_tell_none(rows, ctx, counting->groups.len, status, "no socket matches");
	return status;
}

/* Counts what there is in LISTING. Returns an exit status. */
static int count_all(struct counting *counting, const struct sockets_modes *modes,
	const struct skt_listing *listing, const struct skt_context *ctx)
{
	int status = skt_listing_each(listing, ctx, take_row, counting);

	/* What was not seen is 0 only if nothing was left out. */
	if (status == SKT_EXIT_YES && modes->zeros && take_zeros(counting, &listing->query)) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		status = SKT_EXIT_TROUBLE;
	}
	return status;
}

static void counting_fini(struct counting *counting)
{
	skt_vec_free(&counting->groups);
	free(counting->slots);
	skt_str_fini(&counting->key);
	skt_arena_fini(&counting->texts);
}

const size_t sockets_summary_row_size = sizeof(struct group);

int sockets_summary_each(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, sockets_summary_fn *take, void *take_ctx)
{
	struct counting counting = {.by = &modes->groups, .totals = &modes->totals};
	int status = count_all(&counting, modes, listing, ctx), rc = 0;

	for (size_t i = 0; !rc && i < counting.groups.len; i++) {
		const struct group *group = &counting.groups.data[i];

		rc = take(group, (struct skt_bytes){group->key, group->key_len}, take_ctx);
	}
	counting_fini(&counting);
	return rc ? SKT_EXIT_TROUBLE : status;
}

int sockets_summary(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct counting counting = {.by = &modes->groups, .totals = &modes->totals};
	int status = count_all(&counting, modes, listing, ctx);

	status = write_groups(&counting, listing->rows, ctx, status);
	if (counting.beyond) {
		skt_warn(ctx,
			"there are more than %d groups: %" PRIu64 " of %" PRIu64
			" sockets are in none of those shown",
			GROUPS_MAX, counting.beyond, counting.sockets);
		status = SKT_EXIT_TROUBLE;
	}
	*ret_count = counting.sockets;
	counting_fini(&counting);
	return status;
}
