#include "cmd/listing/filter_columns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/listing/columns.h"
#include "diag/socket.h"
#include "out/cell.h"

struct skt_filter_column {
	struct skt_filter_field field;   /* its key is this struct */
	const struct skt_column *column; /* where the value is, or the list of values */
	const struct skt_column *item;   /* where it is in an item of the list; NULL: no list */
	const struct skt_column *also;   /* another one there that counts as well; or NULL */
	char brief[32];                  /* the name without its unit, or "" */
};

/* Columns about the first item of a list are asked about all of them. */
static const struct {
	const char *name, *list, *item, *also;
} of_all[] = {{"pid", "processes", "pid", NULL}, {"process", "processes", "name", "comm"},
	{"comm", "processes", "comm", NULL}};

/* ---- reading rows ---- */

static void read_value(
	const struct skt_column *column, const void *value, struct skt_filter_value *ret)
{
	const struct skt_bytes *bytes;

	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		ret->number = *(const bool *)value;
		return;
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
	case SKT_TYPE_NAME:
		ret->number = skt_column_number(column, value);
		return;
	case SKT_TYPE_TEXT:
		ret->text.data = *(const char *const *)value;
		ret->text.len = strlen(ret->text.data);
		return;
	case SKT_TYPE_CHARS:
		ret->text.data = value;
		ret->text.len = strlen(ret->text.data);
		return;
	case SKT_TYPE_BYTES:
		bytes = value;
		ret->text.data = bytes->data;
		ret->text.len = bytes->len;
		return;
	case SKT_TYPE_ADDR:
		ret->end = (struct skt_end){.addr = *(const struct skt_addr *)value};
		return;
	case SKT_TYPE_END:
		ret->end = *(const struct skt_end *)value;
		return;
	case SKT_TYPE_FLAGS:
	case SKT_TYPE_LIST:
		return; /* they have several */
	}
}

/* The number of the INDEX-th bit that is set in FLAGS. False: there are not so many. */
static bool nth_flag(uint32_t flags, size_t index, uint64_t *ret)
{
	while (index-- && flags)
		flags &= flags - 1;
	if (flags)
		*ret = (uint64_t)__builtin_ctz(flags);
	return flags;
}

static bool get(const void *ctx, const struct skt_filter_field *field, const void *row,
	size_t index, struct skt_filter_value *ret)
{
	const struct skt_filter_column *self = field->key;
	const struct skt_column *column = self->column;
	const void *value = skt_column_value(column, row);

	(void)ctx;
	if (value && column->type == SKT_TYPE_FLAGS)
		return nth_flag(*(const uint32_t *)value, index, &ret->number);
	if (value && self->item) {
		const struct skt_list *list = value;
		const size_t each = self->also ? 2 : 1;

		if (index / each >= list->count)
			return false;
		row = (const char *)list->items + index / each * column->item_size;
		column =
			index % each && skt_column_value(self->also, row) ? self->also : self->item;
		value = skt_column_value(column, row);
	} else if (index || column->type == SKT_TYPE_LIST) {
		return false;
	}
	if (value)
		read_value(column, value, ret);
	return value;
}

/* ---- names ---- */

static const struct skt_filter_field *find(const void *ctx, const char *name, size_t len)
{
	const struct skt_filter_columns *columns = ctx;
	const struct skt_column *column = skt_column_called(columns->table, name, len);

	return column ? &columns->array[column - columns->table].field : NULL;
}

static void each_name(const void *ctx, void (*offer)(const char *name, void *to), void *to)
{
	const struct skt_filter_columns *columns = ctx;

	for (size_t i = 0; i < columns->count; i++) {
		offer(columns->array[i].field.name, to);
		if (columns->array[i].brief[0])
			offer(columns->array[i].brief, to);
	}
}

/* ---- columns to fields ---- */

static enum skt_filter_type type_of(const struct skt_column *column)
{
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		return SKT_FILTER_BOOL;
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
		break;
	case SKT_TYPE_I64:
		return SKT_FILTER_SIGNED;
	case SKT_TYPE_NAME:
	case SKT_TYPE_FLAGS:
		return SKT_FILTER_NAME;
	case SKT_TYPE_TEXT:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_LIST:
		return SKT_FILTER_TEXT;
	case SKT_TYPE_ADDR:
		return SKT_FILTER_ADDRESS;
	case SKT_TYPE_END:
		return SKT_FILTER_ENDPOINT;
	}
	return SKT_FILTER_UNSIGNED;
}

static enum skt_filter_unit unit_of(const struct skt_column *column)
{
	switch ((enum skt_unit)column->unit) {
	case SKT_UNIT_NONE:
		break;
	case SKT_UNIT_BYTES:
		return SKT_FILTER_BYTES;
	case SKT_UNIT_MS:
		return SKT_FILTER_MS;
	case SKT_UNIT_US:
		return SKT_FILTER_US;
	case SKT_UNIT_NS:
		return SKT_FILTER_NS;
	case SKT_UNIT_BYTES_PER_S:
		return SKT_FILTER_RATE;
	}
	return SKT_FILTER_PLAIN;
}

static const struct skt_column *first_text(const struct skt_column *items)
{
	for (; items->name; items++)
		if (items->type == SKT_TYPE_TEXT || items->type == SKT_TYPE_BYTES)
			return items;
	return NULL;
}

/* Whether a struct skt_socket has COLUMN before anything is joined to it. */
static bool is_early(const struct skt_column *column)
{
	if (column->via)
		return column->via < sizeof(struct skt_socket);
	/* An end is shown by names that are found for it. */
	return column->type != SKT_TYPE_END && column->offset < sizeof(struct skt_socket) &&
		column->present <= SKT_PRESENT(SKT_SOCKET_FIELDS - 1);
}

static void settle(struct skt_filter_column *self, const struct skt_column *table,
	const struct skt_column *column)
{
	const struct skt_column *value;

	self->column = column;
	for (size_t i = 0; i < SKT_COUNT(of_all); i++) {
		const struct skt_column *list =
			skt_column_find(table, of_all[i].list, strlen(of_all[i].list));

		if (!list || strcmp(column->name, of_all[i].name) != 0)
			continue;
		self->column = list;
		self->item = skt_column_find(list->items, of_all[i].item, strlen(of_all[i].item));
		if (of_all[i].also)
			self->also = skt_column_find(
				list->items, of_all[i].also, strlen(of_all[i].also));
	}
	if (self->column->type == SKT_TYPE_LIST && !self->item)
		self->item = first_text(self->column->items);
	value = self->item ? self->item : self->column;
	self->field = (struct skt_filter_field){
		.name = column->name,
		.type = type_of(value),
		.unit = unit_of(value),
		.names = value->names,
		.names_count = value->names_count,
		.early = !self->item && is_early(column),
		.key = self,
	};
	(void)snprintf(self->brief, sizeof(self->brief), "%.*s", (int)skt_column_brief_len(column),
		column->name);
}

int skt_filter_columns_init(struct skt_filter_columns *columns, const struct skt_column *table)
{
	size_t count = 0;

	while (table[count].name)
		count++;
	*columns = (struct skt_filter_columns){
		.fields = {.find = find, .each_name = each_name, .get = get, .ctx = columns},
		.table = table,
		.array = calloc(count, sizeof(*columns->array)),
		.count = count,
	};
	if (!columns->array)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		settle(&columns->array[i], table, &table[i]);
	return 0;
}

void skt_filter_columns_fini(struct skt_filter_columns *columns)
{
	free(columns->array);
	*columns = (struct skt_filter_columns){0};
}

static int add_column(const struct skt_filter_field *field, void *ctx)
{
	const struct skt_filter_column *self = field->key;

	return skt_selection_add(ctx, self->column);
}

int skt_filter_columns_used(const struct skt_filter *filter, struct skt_selection *selection)
{
	return skt_filter_each_field(filter, add_column, selection);
}

static int add_needs(const struct skt_filter_field *field, void *ctx)
{
	const struct skt_filter_column *self = field->key;

	*(uint32_t *)ctx |= self->column->needs;
	return 0;
}

uint32_t skt_filter_columns_need(const struct skt_filter *filter)
{
	uint32_t needs = 0;

	(void)skt_filter_each_field(filter, add_needs, &needs);
	return skt_filter_asks_remote_name(filter) ? needs | SKT_NEED_UNIX_PEERS : needs;
}
