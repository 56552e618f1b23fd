/* JSON (RFC 8259) as one array, one row a line, and as JSON lines. */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "out/cell.h"
#include "out/renderer.h"
#include "out/text.h"

/* Keys are copied in blocks of this many bytes, which is one or two moves and no call. */
enum { BLOCK = 16 };

/* Bytes that stand in the output as they stand here. */
struct fragment {
	const char *text; /* readable up to a multiple of BLOCK */
	size_t len;
};

struct field {
	const struct skt_column *column;
	struct fragment key;          /* `,"name":`, the first with `{` for the comma */
	const struct fragment *names; /* NAME: the value with its quotes */
	struct object *item;          /* LIST */
};

struct object {
	struct field *fields;
	size_t count;
	size_t room; /* bytes that all but texts and lists take at the most */
};

struct json {
	struct skt_sink *sink;
	struct skt_arena arena;
	struct object *row;
	bool array;
	bool any; /* a row was written */
};

static char *put_fragment(char *p, const struct fragment *fragment)
{
	size_t done = 0;

	do
		memcpy(p + done, fragment->text + done, BLOCK);
	while ((done += BLOCK) < fragment->len);
	return p + fragment->len;
}

/* Keeps the text in SCRATCH, which is emptied. */
static bool fragment_keep(struct skt_arena *arena, struct skt_str *scratch, struct fragment *ret)
{
	char *text = scratch->failed ? NULL : skt_arena_alloc(arena, scratch->len + BLOCK);

	if (!text)
		return false;
	memcpy(text, scratch->data, scratch->len);
	*ret = (struct fragment){.text = text, .len = scratch->len};
	scratch->len = 0;
	return true;
}

static const struct fragment *names_make(
	struct skt_arena *arena, const struct skt_column *column, size_t *ret_longest)
{
	struct fragment *names =
		skt_arena_alloc(arena, (size_t)column->names_count * sizeof(*names) + 1);
	struct skt_str scratch = {0};

	for (size_t i = 0; names && i < column->names_count; i++) {
		const char *name = skt_column_name_of(column, (uint8_t)i);

		if (name)
			skt_text_add_json(&scratch, name, strlen(name));
		else
			skt_str_add_text(&scratch, "null");
		*ret_longest = SKT_MAX(*ret_longest, scratch.len);
		if (!fragment_keep(arena, &scratch, &names[i]))
			names = NULL;
	}
	skt_str_fini(&scratch);
	return names;
}

static bool object_make(struct skt_arena *arena, const struct skt_column *const *columns,
	size_t count, struct object **ret);

/* The object of an item of a LIST. */
static bool item_make(struct skt_arena *arena, const struct skt_column *table, struct object **ret)
{
	const struct skt_column **columns;
	size_t count = 0;

	while (table[count].name)
		count++;
	columns = skt_arena_alloc(arena, (count + 1) * sizeof(*columns));
	if (!columns)
		return false;
	for (size_t i = 0; i < count; i++)
		columns[i] = &table[i];
	return object_make(arena, columns, count, ret);
}

static bool field_make(struct skt_arena *arena, const struct skt_column *column, bool first,
	struct field *field, size_t *room)
{
	struct skt_str scratch = {0};
	size_t longest = SKT_CELL_PUT_MAX + sizeof("\"\"");
	bool made;

	skt_str_add_char(&scratch, first ? '{' : ',');
	skt_text_add_json(&scratch, column->name, strlen(column->name));
	skt_str_add_char(&scratch, ':');
	field->column = column;
	made = fragment_keep(arena, &scratch, &field->key);
	skt_str_fini(&scratch);
	if (made && column->type == SKT_TYPE_NAME) {
		field->names = names_make(arena, column, &longest);
		made = field->names;
	}
	if (made && column->type == SKT_TYPE_LIST)
		made = item_make(arena, column->items, &field->item);
	*room += field->key.len + longest + BLOCK;
	return made;
}

static bool object_make(struct skt_arena *arena, const struct skt_column *const *columns,
	size_t count, struct object **ret)
{
	struct object *object = skt_arena_alloc(arena, sizeof(*object));

	if (!object)
		return false;
	object->room = sizeof("{}\n,") + BLOCK;
	object->count = count;
	object->fields = skt_arena_alloc(arena, (count + 1) * sizeof(*object->fields));
	for (size_t i = 0; i < count; i++)
		if (!object->fields ||
			!field_make(arena, columns[i], i == 0, &object->fields[i], &object->room))
			return false;
	*ret = object;
	return true;
}

static char *put_text(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

#define PUT(p, literal) put_text(p, literal, sizeof(literal) - 1)

static void object_add(struct skt_str *out, const struct object *object, const void *row);

static void list_add(struct skt_str *out, const struct field *field, const struct skt_list *list)
{
	const char *item = list->items;

	skt_str_add_char(out, '[');
	for (size_t i = 0; i < list->count; i++, item += field->column->item_size) {
		if (i)
			skt_str_add_char(out, ',');
		object_add(out, field->item, item);
	}
	skt_str_add_char(out, ']');
}

/* Appends the text of an end that names take part in. */
static void named_end_add(
	struct skt_str *out, const struct skt_column *column, const struct skt_end *end)
{
	struct skt_str text = {0};

	skt_cell_add_end(&text, column, end);
	skt_text_add_json(out, text.data, text.len);
	out->failed |= text.failed;
	skt_str_fini(&text);
}

/* Appends a value whose length is not bounded. */
static void long_value_add(struct skt_str *out, const struct field *field, const void *value)
{
	const struct skt_bytes *bytes = value;
	const char *text;

	if (field->column->type == SKT_TYPE_LIST) {
		list_add(out, field, value);
	} else if (field->column->type == SKT_TYPE_END) {
		named_end_add(out, field->column, value);
	} else if (field->column->type == SKT_TYPE_BYTES) {
		skt_text_add_json(out, bytes->data, bytes->len);
	} else if (field->column->type == SKT_TYPE_FLAGS) {
		skt_str_add_char(out, '[');
		skt_cell_add_flags(out, field->column, *(const uint32_t *)value, "\"");
		skt_str_add_char(out, ']');
	} else if (field->column->type == SKT_TYPE_CHARS) {
		skt_text_add_json(out, value, strlen(value));
	} else {
		text = *(const char *const *)value;
		skt_text_add_json(out, text, strlen(text));
	}
}

static char *name_put(char *p, const struct field *field, uint8_t value)
{
	if (value < field->column->names_count)
		return put_fragment(p, &field->names[value]);
	if (!value)
		return PUT(p, "null");
	*p++ = '"';
	p = skt_put_u64(p, value);
	*p++ = '"';
	return p;
}

/* Writes a value at P; NULL for one whose length is not bounded. */
static char *value_put(char *p, const struct field *field, const void *value)
{
	const struct skt_column *column = field->column;
	const struct skt_end *end = value;

	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		return *(const bool *)value ? PUT(p, "true") : PUT(p, "false");
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		return skt_cell_put_number(p, column->type, value);
	case SKT_TYPE_NAME:
		return name_put(p, field, *(const uint8_t *)value);
	case SKT_TYPE_TEXT:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_CHARS:
		return skt_cell_is_empty(column, value) ? PUT(p, "null") : NULL;
	case SKT_TYPE_ADDR:
		if (skt_cell_is_empty(column, value))
			return PUT(p, "null");
		*p++ = '"';
		p = skt_cell_put_addr(p, column, value);
		*p++ = '"';
		return p;
	case SKT_TYPE_END:
		if (skt_end_is_none(column, end))
			return PUT(p, "null");
		if (end->host || end->service)
			return NULL;
		*p++ = '"';
		p = skt_cell_put_end(p, column, end);
		*p++ = '"';
		return p;
	case SKT_TYPE_LIST:
	case SKT_TYPE_FLAGS:
		return NULL;
	}
	return PUT(p, "null");
}

static void object_add(struct skt_str *out, const struct object *object, const void *row)
{
	char *p = skt_str_room(out, object->room);

	if (!p)
		return;
	if (!object->count)
		*p++ = '{';
	for (size_t i = 0; i < object->count; i++) {
		const struct field *field = &object->fields[i];
		const void *value;
		char *end;

		p = put_fragment(p, &field->key);
		end = skt_cell_find(field->column, row, &value) ? value_put(p, field, value)
								: PUT(p, "null");
		if (!end) {
			skt_str_commit(out, p);
			long_value_add(out, field, value);
			end = skt_str_room(out, object->room);
			if (!end)
				return;
		}
		p = end;
	}
	*p++ = '}';
	skt_str_commit(out, p);
}

static int json_make(
	struct skt_sink *sink, const struct skt_output_config *config, bool array, void **ret)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return -ENOMEM;
	json->sink = sink;
	json->array = array;
	if (!object_make(&json->arena, config->selection->columns, config->selection->count,
		    &json->row)) {
		skt_arena_fini(&json->arena);
		free(json);
		return -ENOMEM;
	}
	if (array)
		skt_str_add_char(&sink->pending, '[');
	*ret = json;
	return 0;
}

static int array_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	return json_make(sink, config, true, ret);
}

static int lines_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	return json_make(sink, config, false, ret);
}

static void json_row(void *renderer, const void *row)
{
	struct json *json = renderer;
	struct skt_str *out = &json->sink->pending;

	if (json->array)
		skt_str_add_text(out, json->any ? ",\n" : "\n");
	json->any = true;
	object_add(out, json->row, row);
	if (!json->array)
		skt_str_add_char(out, '\n');
}

static void json_end(void *renderer)
{
	struct json *json = renderer;

	if (json->array)
		skt_str_add_text(&json->sink->pending, json->any ? "\n]\n" : "]\n");
	skt_arena_fini(&json->arena);
	free(json);
}

const struct skt_renderer skt_json_renderer = {array_begin, json_row, json_end};
const struct skt_renderer skt_jsonl_renderer = {lines_begin, json_row, json_end};
