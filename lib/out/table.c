/*
 * The table for people. Widths come from the headings and the first rows, which are held back for
 * that; what follows streams, and a cell that is wider than its column pushes the rest of its line
 * only. Two blanks stand between columns, one where the terminal is too narrow for two. The heading
 * is the column's title, or its name in upper case with `-` for `_`.
 *
 * On a terminal no line is wrapped: columns without any value are left out unless they were asked
 * for, the others are fitted (fit.h), few rows that are still too wide are unfolded (long.h), and
 * there are no rows there is no heading. Elsewhere nothing
 * is left out or cut.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"
#include "out/bar.h"
#include "out/cell.h"
#include "out/line.h"
#include "out/long.h"
#include "out/place.h"
#include "out/renderer.h"
#include "out/table_cell.h"
#include "out/text.h"

/* The bounds of what is held back. */
enum { HELD_ROWS = 1024, HELD_CELLS = 16 * 1024, HELD_BYTES = 128 * 1024 };

/* How many times as much is held back for a terminal, where all rows are to be seen first. */
enum { PATIENCE = 64 };

/* As many rows are unfolded where a line of the terminal, if it is one, has no room for them. */
enum { FEW = 20, UNFOLDED_LEAST = 40 };

/* Terminal columns of bars, and between them and the last column. */
enum { BAR_LEAST = 8, BAR_MOST = 40, BAR_GAP = 2 };

/* The terminal that is thought of where there is none. */
enum { NARROW = 80 };

/* A cell held back: its text, and behind it the brief one, if its column has that. */
struct held_cell {
	size_t len, width, brief_len, brief_width;
	bool empty;
};

struct table {
	struct skt_sink *sink;
	struct skt_arena arena;
	struct skt_places places;
	unsigned int terminal_width, bar_width;
	bool header, color, streaming;
	bool fits;                            /* lines are not to be longer than the terminal */
	bool exact;                           /* no column is left out */
	bool blocks;                          /* rows in their long form */
	bool flows;                           /* rows stream to a terminal */
	struct skt_line line;                 /* the one at hand */
	struct skt_str scratch, toned;        /* the text of the cell at hand */
	struct skt_str held;                  /* the texts of the rows held back */
	SKT_VEC(struct held_cell) held_cells; /* of these texts, in their order */
	size_t held_rows;
	const struct skt_column *bar;
	SKT_VEC(uint64_t) bars; /* of the rows held back; none: there are no bars */
};

static void header_add(struct table *table)
{
	struct skt_str *out = &table->sink->pending;
	size_t due = 0;

	if (!table->header)
		return;
	if (table->color)
		skt_str_add_text(out, SKT_SGR_BOLD);
	for (size_t i = 0; i < table->places.count; i++)
		due = skt_line_add(
			out, &table->places.data[i], &table->places.data[i].heading, due);
	if (table->color)
		skt_str_add_text(out, SKT_SGR_RESET);
	skt_str_add_char(out, '\n');
}

/* What the number that ROW has in COLUMN says about it. */
static enum skt_tone number_tone(const struct skt_column *column, const void *row)
{
	const void *value = skt_cell_value(column, row);
	bool negative;

	if (column->tone_of)
		return column->tone_of(row);
	return value && skt_cell_number(column->type, value, &negative) ? column->tone
									: SKT_TONE_PLAIN;
}

/* CELL in the colour that ROW gives it. Numbers are never cut, so nothing cuts the sequences. */
static struct skt_table_cell cell_tone(struct table *table, const struct skt_column *column,
	const struct skt_table_cell *cell, const void *row)
{
	enum skt_tone tone = number_tone(column, row);
	struct skt_str *toned = &table->toned;

	if (tone == SKT_TONE_PLAIN)
		return *cell;
	toned->len = 0;
	skt_str_add_text(toned, skt_tone_sgr[tone]);
	skt_str_add(toned, cell->text, cell->len);
	skt_str_add_text(toned, SKT_SGR_RESET);
	return (struct skt_table_cell){toned->data ? toned->data : "", toned->len, cell->width};
}

static struct skt_table_cell cell_make(
	struct table *table, const struct skt_place *place, const void *row, bool brief)
{
	struct skt_table_cell cell =
		skt_table_cell_make(place->column, place->names, row, brief, &table->scratch);

	if (SKT_LIKELY(!place->toned) || cell.text == skt_table_dash.text)
		return cell;
	return cell_tone(table, place->column, &cell, row);
}

static void row_add(struct table *table, const void *row)
{
	ptrdiff_t slack = table->line.slack;
	size_t due = 0;

	for (size_t i = 0; i < table->places.count; i++) {
		const struct skt_place *place = &table->places.data[i];
		struct skt_table_cell cell = cell_make(table, place, row, place->is_brief);

		due = SKT_UNLIKELY(table->flows)
			? skt_line_squeeze(&table->line, place, &cell, due, &slack)
			: skt_line_put(&table->line, place, &cell, due);
	}
	skt_str_add_char(&table->sink->pending, '\n');
	table->sink->pending.failed |=
		table->scratch.failed || table->line.cut.failed || table->toned.failed;
}

/* What the cells held back of each place take; NULL: memory is out. */
static size_t *held_widest(const struct table *table)
{
	const size_t count = table->places.count;
	size_t *widest = calloc(count + 1, sizeof(*widest));

	for (size_t i = 0; widest && count && i < table->held_cells.len; i++) {
		const struct held_cell *held = &table->held_cells.data[i];

		if (!held->empty)
			widest[i % count] = SKT_MAX(widest[i % count], (size_t)held->width);
	}
	return widest;
}

/* Writes the rows held back in their long form. */
static void held_unfold(struct table *table)
{
	const size_t count = table->places.count;
	const char *text = table->held.data;
	struct skt_table_cell *cells = calloc(count + 1, sizeof(*cells));
	size_t *widest = held_widest(table);

	for (size_t i = 0; cells && widest && count && i < table->held_cells.len; i++) {
		const struct held_cell *held = &table->held_cells.data[i];

		cells[i % count] = held->empty
			? skt_table_dash
			: (struct skt_table_cell){text, held->len, held->width};
		text += held->len + held->brief_len;
		if ((i + 1) % count == 0)
			skt_long_add(&table->sink->pending, &table->places, cells, widest,
				table->terminal_width, table->color);
	}
	table->held.failed |= !cells || !widest;
	free(widest);
	free(cells);
}

/* Draws the bar of the row ROW, behind a line that lacks DUE blanks to its end. */
static void bar_draw(struct table *table, size_t row, size_t due)
{
	const ptrdiff_t room = skt_places_slack(&table->places, table->bar_width) - BAR_GAP;
	struct skt_str *out = &table->sink->pending;
	uint64_t most = 0;

	if (!table->bars.len || !table->bars.data[row] || room < BAR_LEAST)
		return;
	for (size_t i = 0; i < table->bars.len; i++)
		most = SKT_MAX(most, table->bars.data[i]);
	/* The gap behind the last place is among what is due. */
	skt_str_add_fill(out, ' ', due - table->places.data[0].gap + BAR_GAP);
	skt_bar_add(out, table->bars.data[row], most, SKT_MIN((size_t)room, (size_t)BAR_MOST));
}

/* Writes the heading and the rows held back. */
static void held_write(struct table *table)
{
	struct skt_str *out = &table->sink->pending;
	const char *text = table->held.data;
	size_t due = 0;

	if (!table->fits || table->held_rows)
		header_add(table);
	for (size_t i = 0; i < table->held_cells.len; i++) {
		const struct skt_place *place = &table->places.data[i % table->places.count];
		const struct held_cell *held = &table->held_cells.data[i];
		struct skt_table_cell cell = {text, held->len, held->width};

		if (place->is_brief && held->brief_len)
			cell = (struct skt_table_cell){
				text + held->len, held->brief_len, held->brief_width};
		due = skt_line_put(&table->line, place, &cell, due);
		text += held->len + held->brief_len;
		if ((i + 1) % table->places.count == 0) {
			bar_draw(table, i / table->places.count, due);
			skt_str_add_char(out, '\n');
			due = 0;
		}
	}
}

/* Ends the looking ahead. ALL: no more rows will come. */
static void held_release(struct table *table, bool all)
{
	struct skt_str *out = &table->sink->pending;
	bool fit = true;

	table->streaming = true;
	if (!all)
		skt_vec_free(&table->bars);
	if (table->fits && all && !table->exact)
		skt_places_omit(&table->places);
	skt_places_space(&table->places, table->terminal_width);
	if (table->fits || table->flows)
		fit = skt_places_fit(&table->places, table->terminal_width);
	if (!fit && all && table->held_rows <= FEW && table->terminal_width >= UNFOLDED_LEAST)
		held_unfold(table);
	else
		held_write(table);
	out->failed |= table->held.failed || table->line.cut.failed;
	skt_str_fini(&table->held);
	skt_vec_free(&table->held_cells);
	skt_vec_free(&table->bars);
}

static void place_widen(const struct table *table, size_t *width, size_t wanted)
{
	/* What fits to the terminal need not fit to its neighbours. */
	size_t most = table->fits ? SIZE_MAX : SKT_MAX(*width, (size_t)SKT_PLACE_ALIGNED_MAX);

	if (wanted > *width)
		*width = SKT_MIN(wanted, most);
}

static void cell_hold(struct table *table, struct skt_place *place, const void *row)
{
	struct skt_table_cell cell = cell_make(table, place, row, false);
	struct held_cell held = {.len = cell.len, .width = cell.width};

	held.empty = cell.text == skt_table_dash.text;
	place->any |= !held.empty;
	place_widen(table, &place->width, cell.width);
	skt_str_add(&table->held, cell.text, cell.len);
	if (table->fits && place->column->item_brief) {
		cell = cell_make(table, place, row, true);
		held.brief_len = cell.len;
		held.brief_width = cell.width;
		place_widen(table, &place->brief, cell.width);
		skt_str_add(&table->held, cell.text, cell.len);
	}
	if (skt_vec_push(&table->held_cells, held))
		table->held.failed = true;
}

static uint64_t bar_value(const struct skt_column *column, const void *row)
{
	const void *value = skt_cell_value(column, row);

	return value ? skt_cell_unsigned(column->type, value) : 0;
}

static void row_hold(struct table *table, const void *row)
{
	const size_t times = table->fits ? PATIENCE : 1;

	for (size_t i = 0; i < table->places.count; i++)
		cell_hold(table, &table->places.data[i], row);
	if (table->bar && skt_vec_push(&table->bars, bar_value(table->bar, row)))
		table->held.failed = true;
	table->held.failed |= table->scratch.failed || table->toned.failed;
	table->held_rows++;
	if (table->held_rows >= times * HELD_ROWS || table->held_cells.len >= times * HELD_CELLS ||
		table->held.len >= times * HELD_BYTES || table->held.failed)
		held_release(table, false);
}

/* A row in its long form, at once. */
static void row_unfold(struct table *table, const void *row)
{
	for (size_t i = 0; i < table->places.count; i++)
		cell_hold(table, &table->places.data[i], row);
	table->held.failed |= table->scratch.failed;
	held_unfold(table);
	table->sink->pending.failed |= table->held.failed;
	table->held.len = table->held_cells.len = 0;
}

static void table_row(void *renderer, const void *row)
{
	struct table *table = renderer;

	if (SKT_UNLIKELY(table->blocks))
		row_unfold(table, row);
	else if (SKT_LIKELY(table->streaming))
		row_add(table, row);
	else
		row_hold(table, row);
}

static void table_free(struct table *table)
{
	skt_str_fini(&table->scratch);
	skt_str_fini(&table->line.cut);
	skt_str_fini(&table->toned);
	skt_str_fini(&table->held);
	skt_vec_free(&table->held_cells);
	skt_vec_free(&table->bars);
	skt_arena_fini(&table->arena);
	free(table);
}

/* No row is waited for: columns are as wide as what usually comes. */
static void stream_begin(struct table *table, const struct skt_output_config *config)
{
	skt_places_usual(&table->places, config);
	if (table->flows && !table->exact)
		skt_places_spare(&table->places, config->width);
	held_release(table, false);
	if (table->flows)
		table->line.slack = skt_places_slack(&table->places, config->width);
}

static int table_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	struct table *table = calloc(1, sizeof(*table));
	int rc;

	if (!table)
		return -ENOMEM;
	table->sink = sink;
	table->header = config->header;
	table->color = config->color;
	table->terminal_width = config->width;
	table->bar_width = config->bar_width ? config->bar_width : config->width;
	table->fits = config->width && !config->flush_rows;
	table->exact = config->exact;
	table->blocks = config->blocks;
	table->flows = config->width && config->flush_rows;
	table->bar = table->fits && !config->exact ? config->bar : NULL;
	table->line.out = &sink->pending;
	table->line.places = &table->places;
	rc = skt_places_make(config, &table->arena, &table->places);
	if (rc) {
		table_free(table);
		return rc;
	}
	/* Who reads it later has a terminal, too. */
	if (!table->terminal_width && (table->blocks || config->flush_rows))
		table->terminal_width = NARROW;
	if (config->width && !table->exact)
		skt_places_told(&table->places, config);
	if (config->flush_rows && !table->blocks)
		stream_begin(table, config);
	*ret = table;
	return 0;
}

static void table_end(void *renderer)
{
	struct table *table = renderer;

	if (!table->streaming && !table->blocks)
		held_release(table, true);
	skt_str_fini(&table->held);
	skt_vec_free(&table->held_cells);
	table_free(table);
}

const struct skt_renderer skt_table_renderer = {table_begin, table_row, table_end};
