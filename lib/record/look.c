#include "record/look.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

uint32_t skt_fact_table(uint8_t family, uint16_t protocol)
{
	const uint8_t one = family == AF_INET6 ? AF_INET : family;

	return skt_fact_kind(SKT_FACT_SOCKET) | (uint32_t)one << SKT_FACT_FAMILY_SHIFT | protocol;
}

unsigned char *skt_look_room(struct skt_look *look, uint32_t kind, uint64_t number, size_t len)
{
	unsigned char *bytes;

	if (len > SKT_FACT_BYTES_MAX || look->items.len >= SKT_LOOK_FACTS_MAX ||
		look->arena.used + len > SKT_LOOK_BYTES_MAX)
		return NULL;
	bytes = skt_arena_alloc(&look->arena, len ? len : 1);
	if (!bytes ||
		skt_vec_push(&look->items,
			(struct skt_fact_item){
				kind, (uint32_t)len, number, bytes, (uint32_t)look->items.len}))
		return NULL;
	return bytes;
}

int skt_look_add(
	struct skt_look *look, uint32_t kind, uint64_t number, const void *bytes, size_t len)
{
	unsigned char *room = skt_look_room(look, kind, number, len);

	if (!room)
		return len > SKT_FACT_BYTES_MAX ? -E2BIG : -ENOMEM;
	if (len)
		memcpy(room, bytes, len);
	return 0;
}

int skt_fact_compare(const struct skt_fact_item *a, const struct skt_fact_item *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int compare(const void *a, const void *b)
{
	return skt_fact_compare(a, b);
}

/* The one that was added later is behind the other. */
static int compare_order(const void *a, const void *b)
{
	const struct skt_fact_item *x = a, *y = b;
	const int order = skt_fact_compare(x, y);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_sorted(const struct skt_look *look)
{
	for (size_t i = 1; i < look->items.len; i++)
		if (skt_fact_compare(&look->items.data[i - 1], &look->items.data[i]) >= 0)
			return false;
	return true;
}

void skt_look_sort(struct skt_look *look,
	void (*join)(const struct skt_fact_item *older, struct skt_fact_item *newer))
{
	struct skt_fact_item *items = look->items.data;
	size_t kept = 0;

	if (look->items.len < 2 || is_sorted(look))
		return;
	qsort(items, look->items.len, sizeof(*items), compare_order);
	for (size_t i = 1; i < look->items.len; i++) {
		if (skt_fact_compare(&items[kept], &items[i]) != 0)
			kept++;
		else if (join)
			join(&items[kept], &items[i]);
		items[kept] = items[i];
	}
	look->items.len = kept + 1;
}

size_t skt_look_from(const struct skt_look *look, uint32_t kind)
{
	size_t low = 0, high = look->items.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (look->items.data[middle].kind < kind)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct skt_fact_item *skt_look_find(
	const struct skt_look *look, uint32_t kind, uint64_t number)
{
	const struct skt_fact_item key = {.kind = kind, .number = number};

	return look->items.len
		? bsearch(&key, look->items.data, look->items.len, sizeof(key), compare)
		: NULL;
}

int skt_record_process_read(const struct skt_fact_item *item, struct skt_record_process *ret,
	const char *(*ret_texts)[SKT_RECORD_TEXTS])
{
	const char *p = (const char *)item->bytes + sizeof(*ret);
	const char *end = (const char *)item->bytes + item->len;

	if (item->len < sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, item->bytes, sizeof(*ret));
	for (size_t i = 0; i < SKT_RECORD_TEXTS; i++) {
		const char *nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (!nul)
			return -EBADMSG;
		(*ret_texts)[i] = p;
		p = nul + 1;
	}
	return 0;
}

void skt_look_fini(struct skt_look *look)
{
	skt_vec_free(&look->items);
	skt_arena_fini(&look->arena);
	*look = (struct skt_look){0};
}
