#include "cmd/sockets/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/sparkline.h"
#include "out/row.h"

enum {
	SLOTS_MIN = 256,
	IDLE_MAX = 2 * SOCKETS_TREND, /* looks after which a group is no more */
	IDLE_FEW = 1024,              /* so many of them do no harm */
};

_Static_assert(offsetof(struct sockets_group, row) == 0, "columns of the listing are its columns");
_Static_assert(SOCKETS_GROUP_FIELDS <= 64, "row.s.present");

/* FNV-1a, folded: keys are short, and whoever makes collisions must open sockets for them. */
static uint64_t hash_of(const struct skt_str *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key->len; i++)
		hash = (hash ^ (unsigned char)key->data[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

/* The slot of the group with this hash and KEY (NULL: any), or the one where it would be. */
static uint32_t *slot_of(
	const struct sockets_groups *groups, uint64_t hash, const struct skt_str *key)
{
	size_t mask = groups->slots_count - 1, i = hash & mask;

	for (; groups->slots[i]; i = (i + 1) & mask) {
		const struct sockets_group *group = &groups->list.data[groups->slots[i] - 1];

		if (group->hash == hash &&
			(!key ||
				(group->key_len == key->len &&
					memcmp(group->key, key->data, key->len) == 0)))
			break;
	}
	return &groups->slots[i];
}

/* Puts all that is there into COUNT slots. */
static int fill(struct sockets_groups *groups, size_t count)
{
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < groups->list.len; i++) {
		size_t at = groups->list.data[i].hash & (count - 1);

		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(groups->slots);
	groups->slots = slots;
	groups->slots_count = count;
	return 0;
}

/* Has what GROUP points to in the arena of GROUPS. */
static int keep(struct sockets_groups *groups, struct sockets_group *group)
{
	const size_t size = sizeof(*group->values);
	struct sockets_values *values = NULL;

	group->key = skt_arena_text(&groups->texts, group->key, group->key_len);
	if (!group->key || skt_row_keep(groups->by, group, &groups->texts))
		return -ENOMEM;
	if (!groups->totals->count)
		return 0;
	values = skt_arena_alloc(&groups->texts, size);
	if (!values)
		return -ENOMEM;
	memset(values, 0, size);
	group->values = values;
	return 0;
}

static int add(struct sockets_groups *groups, const struct skt_socket_row *row, uint64_t hash)
{
	const struct skt_str *key = &groups->key;
	struct sockets_group group = {
		.row = *row, .hash = hash, .key = key->data, .key_len = key->len};

	return keep(groups, &group) || skt_vec_push(&groups->list, group) ? -ENOMEM : 0;
}

int sockets_groups_of(
	struct sockets_groups *groups, struct skt_socket_row *row, struct sockets_group **ret)
{
	uint32_t *slot;
	uint64_t hash;

	/* One address, as `src` and `dst` have it: 10.0.0.1 finds ::ffff:10.0.0.1 too. */
	skt_addr_unmap(&row->s.local.addr);
	skt_addr_unmap(&row->s.remote.addr);
	groups->key.len = 0;
	skt_row_add_key(groups->by, row, &groups->key);
	if (groups->key.failed)
		return -ENOMEM;
	if (2 * (groups->list.len + 1) > groups->slots_count &&
		fill(groups, groups->slots_count ? 2 * groups->slots_count : SLOTS_MIN))
		return -ENOMEM;
	hash = hash_of(&groups->key);
	slot = slot_of(groups, hash, &groups->key);
	if (!*slot && groups->list.len < SOCKETS_GROUPS_MAX) {
		if (add(groups, row, hash))
			return -ENOMEM;
		*slot = (uint32_t)groups->list.len;
	}
	*ret = *slot ? &groups->list.data[*slot - 1] : NULL;
	return 0;
}

struct sockets_group *sockets_groups_find(const struct sockets_groups *groups, uint64_t hash)
{
	uint32_t slot = groups->slots_count ? *slot_of(groups, hash, NULL) : 0;

	return slot ? &groups->list.data[slot - 1] : NULL;
}

static bool is_over(const struct sockets_group *group)
{
	return group->idle >= IDLE_MAX;
}

/* Forgets what is over, and its texts. */
static int sweep(struct sockets_groups *groups)
{
	struct skt_arena old = groups->texts;
	size_t kept = 0;
	int rc = 0;

	groups->texts = (struct skt_arena){0};
	for (size_t i = 0; i < groups->list.len && !rc; i++) {
		if (is_over(&groups->list.data[i]))
			continue;
		groups->list.data[kept] = groups->list.data[i];
		rc = keep(groups, &groups->list.data[kept++]);
	}
	groups->list.len = kept;
	skt_arena_fini(&old);
	return rc ? rc : fill(groups, groups->slots_count);
}

int sockets_groups_renew(struct sockets_groups *groups)
{
	size_t over = 0;

	for (size_t i = 0; i < groups->list.len; i++) {
		struct sockets_group *group = &groups->list.data[i];

		group->idle = group->count || group->opened ? 0 : group->idle + 1;
		group->count = group->ipv4 = group->ipv6 = group->orphaned = group->opened = 0;
		if (group->values)
			*group->values = (struct sockets_values){0};
		over += is_over(group);
	}
	return over > IDLE_FEW && 2 * over > groups->list.len ? sweep(groups) : 0;
}

void sockets_group_trend(struct sockets_group *group, uint64_t rate)
{
	uint32_t *history = group->history;
	struct skt_str text = {0};

	if (group->history_len == SOCKETS_TREND)
		memmove(history, history + 1, --group->history_len * sizeof(*history));
	history[group->history_len++] = (uint32_t)SKT_MIN(rate, (uint64_t)SKT_SPARKLINE_NONE - 1);
	/* In one column all end now. */
	skt_str_add_fill(&text, ' ', SOCKETS_TREND - group->history_len);
	skt_sparkline_add_amounts(&text, history, group->history_len);
	if (!text.failed && text.len < sizeof(group->trend)) {
		memcpy(group->trend, text.data, text.len);
		group->trend[text.len] = '\0';
	}
	skt_str_fini(&text);
}

void sockets_groups_fini(struct sockets_groups *groups)
{
	skt_vec_free(&groups->list);
	free(groups->slots);
	skt_str_fini(&groups->key);
	skt_arena_fini(&groups->texts);
}
