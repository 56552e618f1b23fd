#include "out/row.h"

#include <errno.h>

#include "base/end.h"
#include "out/cell.h"

/* ---- keeping ---- */

static int keep_bytes(const char **bytes, size_t len, struct skt_arena *arena)
{
	if (!*bytes)
		return 0;
	*bytes = skt_arena_text(arena, *bytes, len);
	return *bytes ? 0 : -ENOMEM;
}

static int keep_text(const char **text, struct skt_arena *arena)
{
	return keep_bytes(text, *text ? strlen(*text) : 0, arena);
}

static int keep_end(struct skt_end *end, struct skt_arena *arena)
{
	int rc = keep_bytes(&end->host, skt_end_host_len(end), arena);

	return rc ? rc : keep_text(&end->service, arena);
}

static int keep_cell(const struct skt_column *column, void *row, struct skt_arena *arena);

static int keep_list(
	const struct skt_column *column, struct skt_list *list, struct skt_arena *arena)
{
	size_t size = list->count * column->item_size;
	char *copy, *end;
	int rc = 0;

	if (!list->count)
		return 0;
	copy = skt_arena_alloc(arena, size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, list->items, size);
	list->items = copy;
	end = copy + size;
	for (char *item = copy; !rc && item < end; item += column->item_size)
		for (const struct skt_column *part = column->items; !rc && part->name; part++)
			rc = keep_cell(part, item, arena);
	return rc;
}

static int keep_cell(const struct skt_column *column, void *row, struct skt_arena *arena)
{
	char *holder = column->via ? *(char **)(void *)((char *)row + column->via) : row;
	void *value = holder + column->offset;
	struct skt_bytes *bytes = value;

	if (!holder)
		return 0;
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
	case SKT_TYPE_NAME:
	case SKT_TYPE_ADDR:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_FLAGS:
		return 0;
	case SKT_TYPE_TEXT:
		return keep_text(value, arena);
	case SKT_TYPE_BYTES:
		return keep_bytes(&bytes->data, bytes->len, arena);
	case SKT_TYPE_END:
		return keep_end(value, arena);
	case SKT_TYPE_LIST:
		return keep_list(column, value, arena);
	}
	return 0;
}

/* Copies the struct that cells of COLUMN stand in, where that is not the row itself. */
static int keep_struct(const struct skt_column *column, void *row, struct skt_arena *arena)
{
	const char **holder = (void *)((char *)row + column->via);
	char *copy;

	if (!*holder)
		return 0;
	copy = skt_arena_alloc(arena, column->via_size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, *holder, column->via_size);
	*holder = copy;
	return 0;
}

/* The first of the columns that stand in the same struct. */
static bool is_first_via(const struct skt_selection *selection, size_t index)
{
	const uint16_t via = selection->columns[index]->via;

	for (size_t i = 0; via && i < index; i++)
		if (selection->columns[i]->via == via)
			return false;
	return via != 0;
}

int skt_row_keep(const struct skt_selection *selection, void *row, struct skt_arena *arena)
{
	for (size_t i = 0; i < selection->count; i++)
		if (is_first_via(selection, i) && keep_struct(selection->columns[i], row, arena))
			return -ENOMEM;
	for (size_t i = 0; i < selection->count; i++) {
		int rc = keep_cell(selection->columns[i], row, arena);

		if (rc)
			return rc;
	}
	return 0;
}

/* ---- telling apart ---- */

/* With its length in front, so that no two sequences of texts run into the same bytes. */
static void add_sized(struct skt_str *out, const char *bytes, size_t len)
{
	skt_str_add(out, (const char *)&len, sizeof(len));
	skt_str_add(out, bytes, len);
}

static void add_text(struct skt_str *out, const char *text)
{
	skt_str_add_char(out, text ? 1 : 0);
	if (text)
		add_sized(out, text, strlen(text));
}

static void add_addr(struct skt_str *out, const struct skt_addr *addr)
{
	skt_str_add_char(out, (char)addr->family);
	skt_str_add(out, (const char *)addr->bytes, sizeof(addr->bytes));
	skt_str_add(out, (const char *)&addr->scope_id, sizeof(addr->scope_id));
}

static void add_end(struct skt_str *out, const struct skt_column *column, const struct skt_end *end)
{
	add_addr(out, &end->addr);
	if (end->host_len)
		add_sized(out, end->host, end->host_len);
	else
		add_text(out, end->host);
	if (column->flags & SKT_COLUMN_BARE)
		return;
	skt_str_add(out, (const char *)&end->port, sizeof(end->port));
	add_text(out, end->service);
}

static void add_cell(struct skt_str *out, const struct skt_column *column, const void *row);

static void add_list(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list)
{
	const char *item = list->items;

	skt_str_add(out, (const char *)&list->count, sizeof(list->count));
	for (size_t i = 0; i < list->count; i++, item += column->item_size)
		for (const struct skt_column *part = column->items; part->name; part++)
			add_cell(out, part, item);
}

static void add_cell(struct skt_str *out, const struct skt_column *column, const void *row)
{
	const void *value = skt_cell_value(column, row);
	const struct skt_bytes *bytes = value;
	bool negative = false;
	uint64_t number;

	if (!skt_cell_is_set(column, row) || skt_cell_is_empty(column, value)) {
		skt_str_add_char(out, 0);
		return;
	}
	skt_str_add_char(out, 1);
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		skt_str_add_char(out, *(const bool *)value);
		return;
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
	case SKT_TYPE_NAME:
	case SKT_TYPE_FLAGS:
		number = column->type == SKT_TYPE_FLAGS
			? *(const uint32_t *)value
			: skt_cell_number(column->type, value, &negative);
		skt_str_add(out, (const char *)&number, sizeof(number));
		skt_str_add_char(out, negative);
		return;
	case SKT_TYPE_TEXT:
		add_text(out, *(const char *const *)value);
		return;
	case SKT_TYPE_CHARS:
		add_text(out, value);
		return;
	case SKT_TYPE_BYTES:
		add_sized(out, bytes->data, bytes->len);
		return;
	case SKT_TYPE_ADDR:
		add_addr(out, value);
		return;
	case SKT_TYPE_END:
		add_end(out, column, value);
		return;
	case SKT_TYPE_LIST:
		add_list(out, column, value);
		return;
	}
}

void skt_row_add_key(const struct skt_selection *selection, const void *row, struct skt_str *out)
{
	for (size_t i = 0; i < selection->count; i++)
		add_cell(out, selection->columns[i], row);
}
