#include "cmd/sockets/known.h"

#include <errno.h>
#include <stdlib.h>

#include "out/row.h"

enum {
	BUCKETS_MIN = 1024,
	GARBAGE_MAX = 4 << 20, /* bytes of texts of which nothing is known any more */
};

static struct known **bucket_of(const struct known_set *set, const struct skt_socket_id *id)
{
	const uint64_t hash = skt_socket_id_hash(id, set->key);

	return &set->buckets[(hash >> 32) & (set->buckets_count - 1)];
}

/* The identity of a socket of this namespace, the only one that is followed. */
static struct skt_socket_id id_of(const struct skt_socket *socket)
{
	struct skt_socket_id id;

	(void)skt_socket_id_of(socket, 0, &id);
	return id;
}

struct known **known_find(const struct known_set *set, const struct skt_socket *socket)
{
	const struct skt_socket_id id = id_of(socket);
	struct known **link = bucket_of(set, &id);

	while (*link && !skt_socket_id_equal(&(*link)->id, &id))
		link = &(*link)->next;
	return link;
}

static int grow(struct known_set *set)
{
	size_t old_count = set->buckets_count;
	size_t count = old_count ? 2 * old_count : BUCKETS_MIN;
	struct known **old = set->buckets, *known, *next;

	set->buckets = calloc(count, sizeof(*set->buckets));
	if (!set->buckets) {
		set->buckets = old;
		return -ENOMEM;
	}
	set->buckets_count = count;
	for (size_t i = 0; i < old_count; i++) {
		for (known = old[i]; known; known = next) {
			struct known **link = bucket_of(set, &known->id);

			next = known->next;
			known->next = *link;
			*link = known;
		}
	}
	free(old);
	return 0;
}

int known_make_room(struct known_set *set)
{
	return set->count >= set->buckets_count ? grow(set) : 0;
}

int known_put(struct known_set *set, struct known **link, const struct skt_socket_row *row)
{
	struct known *known = *link;

	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known)
			return -ENOMEM;
		*link = known;
		set->count++;
	}
	known->id = id_of(&row->s);
	known->row = *row;
	return skt_row_keep(&set->kept, &known->row, &set->texts);
}

void known_forget(struct known_set *set, struct known **link)
{
	struct known *known = *link;

	*link = known->next;
	free(known);
	set->count--;
}

int known_sweep(struct known_set *set)
{
	struct skt_arena old = set->texts;
	int rc = 0;

	if (old.used < 2 * set->texts_live + GARBAGE_MAX)
		return 0;
	set->texts = (struct skt_arena){0};
	for (size_t i = 0; i < set->buckets_count; i++)
		for (struct known *known = set->buckets[i]; known && !rc; known = known->next)
			rc = skt_row_keep(&set->kept, &known->row, &set->texts);
	/* Where memory ran out the run ends, and no row is written any more. */
	skt_arena_fini(&old);
	set->texts_live = set->texts.used;
	return rc;
}

void known_fini(struct known_set *set)
{
	for (size_t i = 0; i < set->buckets_count; i++)
		while (set->buckets[i])
			known_forget(set, &set->buckets[i]);
	free(set->buckets);
	skt_selection_fini(&set->kept);
	skt_arena_fini(&set->texts);
}
