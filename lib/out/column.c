#include "out/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "base/vec.h"
#include "out/renderer.h"

/* Of a mistyped word this much is repeated, so that the suggestion still has room. */
enum { WORD_SHOWN_MAX = 64 };

const struct skt_column *skt_column_find(
	const struct skt_column *table, const char *name, size_t len)
{
	for (; table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static int fail_unknown(
	const struct skt_column *table, const char *name, size_t len, struct skt_err *err)
{
	struct skt_suggestion suggestion;
	int shown = (int)SKT_MIN(len, (size_t)WORD_SHOWN_MAX);

	skt_suggest_begin(&suggestion, name, len);
	for (const struct skt_column *column = table; column->name; column++)
		skt_suggest_offer(&suggestion, column->name);
	/* The heading of a table is what its reader may take for the name. */
	for (; table->name; table++)
		if (table->title && strlen(table->title) == len &&
			strncasecmp(table->title, name, len) == 0)
			suggestion.nearest = table->name;
	if (!suggestion.nearest)
		return skt_fail_text(err, ENOENT, "unknown column '%.*s'", shown, name);
	return skt_fail_text(err, ENOENT, "unknown column '%.*s': did you mean '%s'?", shown, name,
		suggestion.nearest);
}

/*
 * Takes the next name of the list SPEC, from *NEXT on, and moves *NEXT behind it and its comma, or
 * to NULL after the last. Returns the column, or NULL with the failure in *RET_RC.
 */
static const struct skt_column *next_column(const struct skt_column *table, const char *spec,
	const char **next, int *ret_rc, struct skt_err *err)
{
	size_t len = strcspn(*next, ",");
	const struct skt_column *column = skt_column_find(table, *next, len);

	if (!len)
		*ret_rc = skt_fail_text(
			err, EINVAL, "column name missing in '%.*s'", WORD_SHOWN_MAX, spec);
	else if (!column)
		*ret_rc = fail_unknown(table, *next, len, err);
	*next += len;
	*next = **next ? *next + 1 : NULL;
	return column;
}

static int fail_twice(const struct skt_column *column, struct skt_err *err)
{
	return skt_fail_text(err, EEXIST, "column '%s' is named twice", column->name);
}

SKT_VEC_DECLARE(column_list, const struct skt_column *);

static size_t list_index(const struct column_list *list, const struct skt_column *column)
{
	size_t i = 0;

	while (i < list->len && list->data[i] != column)
		i++;
	return i;
}

static bool list_has(const struct column_list *list, const struct skt_column *column)
{
	return list_index(list, column) < list->len;
}

static int list_add(struct column_list *list, const struct skt_column *column)
{
	return list_has(list, column) ? 0 : skt_vec_push(list, column);
}

static void list_remove(struct column_list *list, const struct skt_column *column)
{
	size_t i = list_index(list, column);

	if (i == list->len)
		return;
	list->len--;
	memmove(list->data + i, list->data + i + 1, (list->len - i) * sizeof(*list->data));
}

/* Reads the names in SPEC from NEXT on, each once, in their order. */
static int names_parse(const struct skt_column *table, const char *spec, const char *next,
	struct column_list *list, struct skt_err *err)
{
	while (next) {
		int rc = 0;
		const struct skt_column *column = next_column(table, spec, &next, &rc, err);

		if (!column)
			return rc;
		if (list_has(list, column))
			return fail_twice(column, err);
		if (skt_vec_push(list, column))
			return skt_fail(err, ENOMEM, "columns");
	}
	return 0;
}

/* Adds the columns with any of FLAGS, then those called by EXTRA. */
static int add_defaults(const struct skt_column *table, uint8_t flags, const char *const *extra,
	struct column_list *list, struct skt_err *err)
{
	for (const struct skt_column *column = table; column->name; column++)
		if ((column->flags & flags) && list_add(list, column))
			return skt_fail(err, ENOMEM, "columns");
	for (; extra && *extra; extra++) {
		const struct skt_column *column = skt_column_find(table, *extra, strlen(*extra));

		if (!column)
			return fail_unknown(table, *extra, strlen(*extra), err);
		if (list_add(list, column))
			return skt_fail(err, ENOMEM, "columns");
	}
	return 0;
}

static int add_all(const struct skt_column *table, struct column_list *list, struct skt_err *err)
{
	for (; table->name; table++)
		if (skt_vec_push(list, table))
			return skt_fail(err, ENOMEM, "columns");
	return 0;
}

int skt_selection_parse(const struct skt_column *table, const char *spec, uint8_t default_flag,
	const char *const *extra, struct skt_selection *ret, struct skt_err *err)
{
	bool adds = spec && *spec == '+', removes = spec && *spec == '-';
	struct column_list list = {0}, named = {0};
	int rc = 0;

	if (spec && strcmp(spec, "all") == 0) {
		rc = add_all(table, &list, err);
	} else if (spec && !adds && !removes) {
		rc = names_parse(table, spec, spec, &list, err);
	} else {
		rc = add_defaults(table, default_flag, extra, &list, err);
		if (!rc && spec)
			rc = names_parse(table, spec, spec + 1, &named, err);
	}
	for (size_t i = 0; !rc && i < named.len; i++) {
		if (removes)
			list_remove(&list, named.data[i]);
		else if (list_add(&list, named.data[i]))
			rc = skt_fail(err, ENOMEM, "columns");
	}
	if (!rc && removes && !list.len)
		rc = skt_fail_text(err, EINVAL, "no column is left");
	skt_vec_free(&named);
	if (rc) {
		skt_vec_free(&list);
		return rc;
	}
	*ret = (struct skt_selection){.columns = list.data, .count = list.len};
	return 0;
}

void skt_selection_fini(struct skt_selection *selection)
{
	free(selection->columns);
	*selection = (struct skt_selection){0};
}

bool skt_selection_has(const struct skt_selection *selection, const char *name)
{
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->columns[i]->name, name) == 0)
			return true;
	return false;
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

int skt_sort_parse(
	const struct skt_column *table, const char *spec, struct skt_sort *ret, struct skt_err *err)
{
	SKT_VEC(struct skt_sort_key) keys = {0};
	const char *next = spec;
	int rc = 0;

	while (next && !rc) {
		struct skt_sort_key key = {.descending = *next == '-'};

		next += key.descending;
		key.column = next_column(table, spec, &next, &rc, err);
		if (!key.column)
			break;
		for (size_t i = 0; !rc && i < keys.len; i++)
			if (keys.data[i].column == key.column)
				rc = fail_twice(key.column, err);
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
	int order = memcmp(a->data, b->data, SKT_MIN(a->len, b->len));

	return order ? order : compare_u64(a->len, b->len);
}

/* By address and port, as far as the column shows them; names only tell apart what is left. */
static int compare_end(
	const struct skt_column *column, const struct skt_end *a, const struct skt_end *b)
{
	int order = compare_addr(&a->addr, &b->addr);

	if (!order && !(column->flags & SKT_COLUMN_BARE))
		order = compare_u64(a->port, b->port);
	return order ? order : compare_text(a->host, b->host);
}

static int compare_list(const struct skt_column *column, const void *a, const void *b);

/* Orders two values that are both there. */
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
		return strcmp(
			column->names[*(const uint8_t *)a], column->names[*(const uint8_t *)b]);
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
