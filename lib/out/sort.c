#include "out/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/end.h"
#include "base/macros.h"
#include "base/vec.h"
#include "out/cell.h"

int skt_sort_parse(
	const struct skt_column *table, const char *spec, struct skt_sort *ret, struct skt_err *err)
{
	SKT_VEC(struct skt_sort_key) keys = {0};
	const char *next = spec;
	int rc = 0;

	while (next && !rc) {
		struct skt_sort_key key = {.descending = *next == '-'};

		next += key.descending;
		key.column = skt_column_next(table, spec, &next, &rc, err);
		if (!key.column)
			break;
		for (size_t i = 0; !rc && i < keys.len; i++)
			if (keys.data[i].column == key.column)
				rc = skt_column_fail_twice(key.column, err);
		if (!rc && skt_vec_push(&keys, key))
			rc = skt_fail(err, ENOMEM, "sort keys");
	}
	if (rc) {
		skt_vec_free(&keys);
		return rc;
	}
	*ret = (struct skt_sort){.keys = keys.data, .count = keys.len};
	return 0;
}

void skt_sort_fini(struct skt_sort *sort)
{
	free(sort->keys);
	*sort = (struct skt_sort){0};
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_addr(const struct skt_addr *a, const struct skt_addr *b)
{
	int order = compare_u64(a->family, b->family);

	if (!order)
		order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	return order ? order : compare_u64(a->scope_id, b->scope_id);
}

/* Texts, of which absent ones come last. */
static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare_bytes(const struct skt_bytes *a, const struct skt_bytes *b)
{
	size_t len = SKT_MIN(a->len, b->len);
	int order = len ? memcmp(a->data, b->data, len) : 0;

	return order ? order : compare_u64(a->len, b->len);
}

/* By address and port, as far as the column shows them; names only tell apart what is left. */
static int compare_end(
	const struct skt_column *column, const struct skt_end *a, const struct skt_end *b)
{
	int order = compare_addr(&a->addr, &b->addr);

	if (!order && !(column->flags & SKT_COLUMN_BARE))
		order = compare_u64(a->port, b->port);
	if (!order && a->host && b->host)
		order = compare_bytes(&(struct skt_bytes){a->host, skt_end_host_len(a)},
			&(struct skt_bytes){b->host, skt_end_host_len(b)});
	else if (!order)
		order = !a->host - !b->host;
	return order ? order : compare_text(a->service, b->service);
}

static int compare_list(const struct skt_column *column, const void *a, const void *b);

/* Orders two values that are both there. */
/* Of values that are set, and so have a name or a number. */
static int compare_names(const struct skt_column *column, const uint8_t *a, const uint8_t *b)
{
	const char *left = skt_column_name_of(column, *a), *right = skt_column_name_of(column, *b);

	SKT_ASSERT(left && right);
	return strcmp(left, right);
}

static int compare_value(const struct skt_column *column, const void *a, const void *b)
{
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		return *(const bool *)a - *(const bool *)b;
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
		return compare_u64(
			skt_cell_unsigned(column->type, a), skt_cell_unsigned(column->type, b));
	case SKT_TYPE_I64:
		return (*(const int64_t *)a > *(const int64_t *)b) -
			(*(const int64_t *)a < *(const int64_t *)b);
	case SKT_TYPE_NAME:
		return compare_names(column, a, b);
	case SKT_TYPE_TEXT:
		return strcmp(*(const char *const *)a, *(const char *const *)b);
	case SKT_TYPE_BYTES:
		return compare_bytes(a, b);
	case SKT_TYPE_ADDR:
		return compare_addr(a, b);
	case SKT_TYPE_END:
		return compare_end(column, a, b);
	case SKT_TYPE_LIST:
		return compare_list(column, a, b);
	case SKT_TYPE_CHARS:
		return strcmp(a, b);
	case SKT_TYPE_FLAGS:
		return compare_u64(*(const uint32_t *)a, *(const uint32_t *)b);
	}
	return 0;
}

/* Orders two cells of a column; absent ones come last whether DESCENDING or not. */
static int compare_cell(
	const struct skt_column *column, bool descending, const void *row_a, const void *row_b)
{
	const void *a, *b;
	bool a_empty = !skt_cell_find(column, row_a, &a) || skt_cell_is_empty(column, a);
	bool b_empty = !skt_cell_find(column, row_b, &b) || skt_cell_is_empty(column, b);
	int order;

	if (a_empty || b_empty)
		return a_empty - b_empty;
	order = compare_value(column, a, b);
	return descending ? -((order > 0) - (order < 0)) : order;
}

/* Item by item, each by its columns; a list that is the beginning of another comes first. */
static int compare_list(const struct skt_column *column, const void *a, const void *b)
{
	const struct skt_list *left = a, *right = b;

	for (size_t i = 0; i < left->count && i < right->count; i++) {
		const char *left_item = (const char *)left->items + i * column->item_size;
		const char *right_item = (const char *)right->items + i * column->item_size;

		for (const struct skt_column *part = column->items; part->name; part++) {
			int order = compare_cell(part, false, left_item, right_item);

			if (order)
				return order;
		}
	}
	return compare_u64(left->count, right->count);
}

int skt_sort_compare(const struct skt_sort *sort, const void *a, const void *b)
{
	for (size_t i = 0; i < sort->count; i++) {
		const struct skt_sort_key *key = &sort->keys[i];
		int order = compare_cell(key->column, key->descending, a, b);

		if (order)
			return order;
	}
	return 0;
}

uint32_t skt_selection_needs(const struct skt_selection *selection, const struct skt_sort *sort)
{
	uint32_t needs = 0;

	for (size_t i = 0; i < selection->count; i++)
		needs |= selection->columns[i]->needs;
	for (size_t i = 0; sort && i < sort->count; i++)
		needs |= sort->keys[i].column->needs;
	return needs;
}
