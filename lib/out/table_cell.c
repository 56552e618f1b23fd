#include "out/table_cell.h"

#include <string.h>

#include "base/macros.h"
#include "out/cell.h"
#include "out/text.h"

const struct skt_table_cell skt_table_dash = {"-", 1, 1};

/* A text cell; the row's own bytes where they are harmless as they stand. */
static struct skt_table_cell text_cell(struct skt_str *scratch, const char *text, size_t len)
{
	size_t start = scratch->len;
	struct skt_table_cell cell = {text, len, len};

	if (SKT_LIKELY(skt_text_plain(text, len) == len))
		return cell;
	cell.width = skt_text_add_escaped(scratch, text, len);
	cell.text = scratch->data ? scratch->data + start : "";
	cell.len = scratch->len - start;
	return cell;
}

/* A cell whose raw text is made first: for people, an end with names in it, or a list. */
static struct skt_table_cell made_cell(struct skt_str *scratch, const struct skt_column *column,
	const void *value, const void *row, bool brief)
{
	struct skt_str raw = {0};
	struct skt_table_cell cell;

	if (column->row_text)
		column->row_text(&raw, row);
	else if (brief)
		skt_cell_add_brief(&raw, column, value);
	else
		skt_cell_add(&raw, column, value);
	cell.width = skt_text_add_escaped(scratch, raw.data, raw.len);
	scratch->failed |= raw.failed;
	skt_str_fini(&raw);
	cell.text = scratch->data ? scratch->data : "";
	cell.len = scratch->len;
	return cell;
}

/* The names of flags, which are ours and harmless. */
static struct skt_table_cell flags_cell(
	struct skt_str *scratch, const struct skt_column *column, const uint32_t *flags)
{
	skt_cell_add_flags(scratch, column, *flags, "");
	return (struct skt_table_cell){
		scratch->data ? scratch->data : "", scratch->len, scratch->len};
}

struct skt_table_cell skt_table_cell_make(const struct skt_column *column,
	const struct skt_table_cell *names, const void *row, bool brief, struct skt_str *scratch)
{
	const void *value;
	struct skt_bytes text;
	struct skt_table_cell cell;
	char *p, *end;

	if (!skt_cell_find(column, row, &value) ||
		(column->type != SKT_TYPE_END && skt_cell_is_empty(column, value)))
		return skt_table_dash;
	if (column->type == SKT_TYPE_NAME && *(const uint8_t *)value < column->names_count)
		return names[*(const uint8_t *)value];
	scratch->len = 0;
	if (column->row_text || (brief && column->item_brief))
		return made_cell(scratch, column, value, row, brief);
	if (skt_cell_text(column, value, &text))
		return text_cell(scratch, text.data, text.len);
	if (column->type == SKT_TYPE_FLAGS)
		return flags_cell(scratch, column, value);
	p = skt_str_room(scratch, SKT_CELL_PUT_MAX);
	if (!p)
		return skt_table_dash;
	end = skt_cell_put(p, column, value, true);
	if (!end)
		return made_cell(scratch, column, value, row, false);
	cell.text = p;
	cell.len = cell.width = (size_t)(end - p);
	return cell;
}

struct skt_table_cell skt_table_cell_cut(const struct skt_column *column,
	const struct skt_table_cell *cell, size_t width, struct skt_str *scratch)
{
	static const char sign[] = "…";
	const char *colon =
		column->type == SKT_TYPE_END ? memrchr(cell->text, ':', cell->len) : NULL;
	size_t tail = colon ? cell->len - (size_t)(colon - cell->text) : 0;

	scratch->len = 0;
	/* A port is ASCII, or the name of a service that leaves no room for a host. */
	if (tail + 2 > width)
		tail = 0;
	skt_str_add(scratch, cell->text,
		skt_text_cut(cell->text, cell->len, width - SKT_MIN(width, tail + 1)));
	skt_str_add_text(scratch, sign);
	skt_str_add(scratch, cell->text + cell->len - tail, tail);
	return (struct skt_table_cell){scratch->data ? scratch->data : "", scratch->len, width};
}
