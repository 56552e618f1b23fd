/*
 * The table for people. Widths come from the headings and the first rows, which are held back for
 * that; what follows streams, and a cell that is wider than its column pushes the rest of its line
 * only. Nothing is ever cut. Two blanks stand between columns, one where the terminal is too narrow
 * for two. The heading is the column's title, or its name in upper case with `-` for `_`.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"
#include "out/cell.h"
#include "out/renderer.h"
#include "out/text.h"

/* The bounds of what is held back, and the width up to which a column is aligned. */
enum { HELD_ROWS = 1024, HELD_CELLS = 16 * 1024, HELD_BYTES = 128 * 1024, ALIGNED_MAX = 64 };

/* Blanks are written in blocks of this many bytes. */
enum { BLOCK = 32 };

/* The terminal that is thought of where there is none. */
enum { NARROW = 80 };

/* What stands in one place of the table. */
struct cell {
	const char *text;
	size_t len, width; /* bytes, terminal columns */
};

struct place {
	const struct skt_column *column;
	const struct cell *names; /* NAME: its cells by value */
	struct cell heading;
	size_t width, gap; /* in terminal columns; the gap is behind it */
	bool right;
};

struct table {
	struct skt_sink *sink;
	struct skt_arena arena;
	struct place *places;
	size_t count;
	unsigned int terminal_width;
	bool header, color, streaming;
	struct skt_str scratch;          /* the text of the cell at hand */
	struct skt_str held;             /* the texts of the rows held back */
	SKT_VEC(struct cell) held_cells; /* text: not set, they stand in held in this order */
	size_t held_rows;
};

static const struct cell dash = {"-", 1, 1};

/* Columns that a value of a type usually takes, where no rows can be waited for. */
static const uint8_t usual_width[] = {
	[SKT_TYPE_BOOL] = 3,
	[SKT_TYPE_U8] = 3,
	[SKT_TYPE_U16] = 5,
	[SKT_TYPE_U32] = 7,
	[SKT_TYPE_U64] = 8,
	[SKT_TYPE_I64] = 8,
	[SKT_TYPE_NAME] = 1,
	[SKT_TYPE_TEXT] = 15,
	[SKT_TYPE_BYTES] = 15,
	[SKT_TYPE_ADDR] = 15,
	[SKT_TYPE_END] = 21,
	[SKT_TYPE_LIST] = 15,
	[SKT_TYPE_CHARS] = 10,
	[SKT_TYPE_FLAGS] = 15,
};

static bool is_number(uint8_t type)
{
	return type >= SKT_TYPE_U8 && type <= SKT_TYPE_I64;
}

/* SGR sequences (ECMA-48) around what is coloured. */
static const char *const tone_sgr[] = {
	[SKT_TONE_PLAIN] = "",
	[SKT_TONE_GOOD] = "\033[32m",
	[SKT_TONE_NOTICE] = "\033[33m",
	[SKT_TONE_BAD] = "\033[31m",
	[SKT_TONE_FAINT] = "\033[2m",
};
static const char sgr_bold[] = "\033[1m", sgr_reset[] = "\033[0m";

/* A cell of TEXT, escaped, with the sequence SGR around it; false when memory is out. */
static bool cell_keep(struct table *table, const char *text, const char *sgr, struct cell *ret)
{
	struct skt_str *scratch = &table->scratch;
	const char *copy;

	scratch->len = 0;
	skt_str_add_text(scratch, sgr);
	ret->width = skt_text_add_escaped(scratch, text, strlen(text));
	if (*sgr)
		skt_str_add_text(scratch, sgr_reset);
	copy = scratch->failed ? NULL : skt_arena_text(&table->arena, scratch->data, scratch->len);
	if (!copy)
		return false;
	ret->text = copy;
	ret->len = scratch->len;
	return true;
}

static bool names_make(struct table *table, struct place *place)
{
	const struct skt_column *column = place->column;
	struct cell *names =
		skt_arena_alloc(&table->arena, (size_t)column->names_count * sizeof(*names) + 1);

	if (!names)
		return false;
	place->names = names;
	for (size_t i = 0; i < column->names_count; i++) {
		uint8_t tone = table->color && column->tones ? column->tones[i] : SKT_TONE_PLAIN;

		const char *name = skt_column_name_of(column, (uint8_t)i);

		if (!name)
			names[i] = dash;
		else if (!cell_keep(table, name, tone_sgr[tone], &names[i]))
			return false;
	}
	return true;
}

static bool heading_make(struct table *table, struct place *place)
{
	const struct skt_column *column = place->column;
	char *copy;

	if (column->title)
		return cell_keep(table, column->title, "", &place->heading);
	copy = skt_arena_text(&table->arena, column->name, strlen(column->name));
	if (!copy)
		return false;
	for (char *p = copy; *p; p++)
		*p = *p == '_' ? '-' : (char)toupper((unsigned char)*p);
	return cell_keep(table, copy, "", &place->heading);
}

static bool place_make(struct table *table, struct place *place, const struct skt_column *column)
{
	place->column = column;
	place->right = is_number(column->type);
	if (column->flags & SKT_COLUMN_RIGHT)
		place->right = true;
	if (column->flags & SKT_COLUMN_LEFT)
		place->right = false;
	if (column->type == SKT_TYPE_NAME && !names_make(table, place))
		return false;
	if (!heading_make(table, place))
		return false;
	if (table->header)
		place->width = place->heading.width;
	return true;
}

/* N blanks at P, up to BLOCK - 1 more behind them. */
static char *put_blanks(char *p, size_t n)
{
	if (n <= BLOCK)
		memset(p, ' ', BLOCK);
	else
		memset(p, ' ', n);
	return p + n;
}

/*
 * Appends a cell in its place behind the DUE blanks that the cells before it have left to write:
 * blanks are written only once something follows them. Returns what is due behind this cell.
 */
static inline size_t cell_add(
	struct skt_str *out, const struct place *place, const struct cell *cell, size_t due)
{
	size_t pad = cell->width < place->width ? place->width - cell->width : 0;
	char *p;

	if (SKT_UNLIKELY(!cell->len))
		return due + pad + place->gap;
	if (place->right) {
		due += pad;
		pad = 0;
	}
	p = skt_str_room(out, due + cell->len + BLOCK);
	if (!p)
		return 0;
	p = put_blanks(p, due);
	memcpy(p, cell->text, cell->len);
	skt_str_commit(out, p + cell->len);
	return pad + place->gap;
}

static void header_add(struct table *table)
{
	struct skt_str *out = &table->sink->pending;
	size_t due = 0;

	if (!table->header)
		return;
	if (table->color)
		skt_str_add_text(out, sgr_bold);
	for (size_t i = 0; i < table->count; i++)
		due = cell_add(out, &table->places[i], &table->places[i].heading, due);
	if (table->color)
		skt_str_add_text(out, sgr_reset);
	skt_str_add_char(out, '\n');
}

/* A text cell; the row's own bytes where they are harmless as they stand. */
static struct cell text_cell(struct table *table, const char *text, size_t len)
{
	struct skt_str *scratch = &table->scratch;
	size_t start = scratch->len;
	struct cell cell = {text, len, len};

	if (SKT_LIKELY(skt_text_plain(text, len) == len))
		return cell;
	cell.width = skt_text_add_escaped(scratch, text, len);
	cell.text = scratch->data ? scratch->data + start : "";
	cell.len = scratch->len - start;
	return cell;
}

/* A cell whose raw text is made first: for people, an end with names in it, or a list. */
static struct cell made_cell(
	struct table *table, const struct skt_column *column, const void *value, const void *row)
{
	struct skt_str raw = {0};
	struct cell cell;

	if (column->row_text)
		column->row_text(&raw, row);
	else
		skt_cell_add(&raw, column, value);
	cell.width = skt_text_add_escaped(&table->scratch, raw.data, raw.len);
	table->scratch.failed |= raw.failed;
	skt_str_fini(&raw);
	cell.text = table->scratch.data;
	cell.len = table->scratch.len;
	return cell;
}

/* The names of flags, which are ours and harmless. */
static struct cell flags_cell(
	struct table *table, const struct skt_column *column, const uint32_t *flags)
{
	skt_cell_add_flags(&table->scratch, column, *flags, "");
	return (struct cell){table->scratch.data ? table->scratch.data : "", table->scratch.len,
		table->scratch.len};
}

/* The cell of a row in PLACE. Its text is good until the next call. */
static struct cell cell_make(struct table *table, const struct place *place, const void *row)
{
	const struct skt_column *column = place->column;
	const void *value;
	struct skt_bytes text;
	struct cell cell;
	char *p, *end;

	if (!skt_cell_find(column, row, &value) ||
		(column->type != SKT_TYPE_END && skt_cell_is_empty(column, value)))
		return dash;
	if (column->type == SKT_TYPE_NAME && *(const uint8_t *)value < column->names_count)
		return place->names[*(const uint8_t *)value];
	table->scratch.len = 0;
	if (column->row_text)
		return made_cell(table, column, value, row);
	if (skt_cell_text(column, value, &text))
		return text_cell(table, text.data, text.len);
	if (column->type == SKT_TYPE_FLAGS)
		return flags_cell(table, column, value);
	p = skt_str_room(&table->scratch, SKT_CELL_PUT_MAX);
	if (!p)
		return dash;
	end = skt_cell_put(p, column, value, true);
	if (!end)
		return made_cell(table, column, value, row);
	cell.text = p;
	cell.len = cell.width = (size_t)(end - p);
	return cell;
}

static void row_add(struct table *table, const void *row)
{
	size_t due = 0;

	for (size_t i = 0; i < table->count; i++) {
		struct cell cell = cell_make(table, &table->places[i], row);

		due = cell_add(&table->sink->pending, &table->places[i], &cell, due);
	}
	skt_str_add_char(&table->sink->pending, '\n');
	table->sink->pending.failed |= table->scratch.failed;
}

/* One blank between columns has to do where two make a line longer than the terminal. */
static void gap_choose(struct table *table)
{
	size_t line = 0, gap = 2;

	for (size_t i = 0; i < table->count; i++)
		line += table->places[i].width + (i ? gap : 0);
	if (table->terminal_width && line > table->terminal_width)
		gap = 1;
	for (size_t i = 0; i < table->count; i++)
		table->places[i].gap = gap;
}

/* Ends the looking ahead: writes the heading and the rows held back. */
static void held_release(struct table *table)
{
	struct skt_str *out = &table->sink->pending;
	const char *text = table->held.data;
	size_t due = 0;

	table->streaming = true;
	gap_choose(table);
	header_add(table);
	for (size_t i = 0; i < table->held_cells.len; i++) {
		struct cell cell = table->held_cells.data[i];

		cell.text = text;
		due = cell_add(out, &table->places[i % table->count], &cell, due);
		text += cell.len;
		if ((i + 1) % table->count == 0) {
			skt_str_add_char(out, '\n');
			due = 0;
		}
	}
	out->failed |= table->held.failed;
	skt_str_fini(&table->held);
	skt_vec_free(&table->held_cells);
}

static void row_hold(struct table *table, const void *row)
{
	for (size_t i = 0; i < table->count; i++) {
		struct place *place = &table->places[i];
		struct cell cell = cell_make(table, place, row);

		if (cell.width > place->width)
			place->width = SKT_MIN(cell.width, SKT_MAX(place->width, ALIGNED_MAX));
		skt_str_add(&table->held, cell.text, cell.len);
		if (skt_vec_push(&table->held_cells, cell))
			table->held.failed = true;
	}
	table->held.failed |= table->scratch.failed;
	table->held_rows++;
	if (table->held_rows >= HELD_ROWS || table->held_cells.len >= HELD_CELLS ||
		table->held.len >= HELD_BYTES || table->held.failed)
		held_release(table);
}

static void table_row(void *renderer, const void *row)
{
	struct table *table = renderer;

	if (SKT_LIKELY(table->streaming))
		row_add(table, row);
	else
		row_hold(table, row);
}

static void usual_widths(struct table *table, const struct skt_output_config *config)
{
	for (size_t i = 0; i < table->count; i++) {
		struct place *place = &table->places[i];
		size_t width =
			config->width_of ? config->width_of(place->column, config->width_arg) : 0;

		if (width) {
			place->width = SKT_MAX(place->width, SKT_MIN(width, (size_t)ALIGNED_MAX));
			continue;
		}
		place->width = SKT_MAX(place->width,
			place->column->width ? place->column->width
					     : usual_width[place->column->type]);
		for (size_t j = 0; place->names && j < place->column->names_count; j++)
			place->width = SKT_MAX(place->width, place->names[j].width);
	}
}

static void table_free(struct table *table)
{
	skt_str_fini(&table->scratch);
	skt_str_fini(&table->held);
	skt_vec_free(&table->held_cells);
	skt_arena_fini(&table->arena);
	free(table);
}

static int table_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	struct table *table = calloc(1, sizeof(*table));
	const struct skt_selection *selection = config->selection;

	if (!table)
		return -ENOMEM;
	table->sink = sink;
	table->header = config->header;
	table->color = config->color;
	table->terminal_width = config->width;
	table->count = selection->count;
	table->places = skt_arena_alloc(&table->arena, (table->count + 1) * sizeof(*table->places));
	if (!table->places)
		goto out;
	for (size_t i = 0; i < table->count; i++)
		if (!place_make(table, &table->places[i], selection->columns[i]))
			goto out;
	if (config->flush_rows) {
		/* Who reads it later has a terminal, too. */
		if (!table->terminal_width)
			table->terminal_width = NARROW;
		usual_widths(table, config);
		held_release(table);
	}
	*ret = table;
	return 0;
out:
	table_free(table);
	return -ENOMEM;
}

static void table_end(void *renderer)
{
	struct table *table = renderer;

	if (!table->streaming)
		held_release(table);
	table_free(table);
}

const struct skt_renderer skt_table_renderer = {table_begin, table_row, table_end};
