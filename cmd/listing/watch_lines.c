#include "cmd/listing/watch_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out/output.h"
#include "out/window.h"

/* Wider than any table: all columns are shown that have a value, and none is cut. */
enum { WIDTH_UNBOUNDED = 100000 };

/* ---- lines ---- */

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct skt_snapshot_row *const *x = a, *const *y = b;
	const struct skt_watch_view *view = ctx;
	const struct skt_sort chosen = {(struct skt_sort_key *)&view->key, 1};
	int order = skt_sort_compare(
		view->key.column ? &chosen : &skt_watch_rows(view)->sort, (*x)->row, (*y)->row);

	/* As they came, where nothing else tells. */
	return order ? order : (*x > *y) - (*x < *y);
}

static const struct skt_snapshot_row **sorted(const struct skt_watch_view *view)
{
	size_t count = view->snapshot->rows.len;
	const struct skt_snapshot_row **rows = calloc(count + 1, sizeof(*rows));

	if (!rows)
		return NULL;
	for (size_t i = 0; i < count; i++)
		rows[i] = &view->snapshot->rows.data[i];
	if (count && (view->key.column || skt_watch_rows(view)->sort.count))
		qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)view);
	return rows;
}

/* Makes a line of each row, and the heading, in the table's own way. */
static int render(
	struct skt_watch_view *view, const struct skt_snapshot_row *const *rows, size_t count)
{
	const struct skt_output_config config = {
		.format = SKT_FORMAT_TABLE,
		.selection = &skt_watch_rows(view)->selection,
		.row_size = view->source->row_size,
		.header = !skt_watch_rows(view)->no_header,
		.color = view->color,
		.exact = skt_watch_rows(view)->columns_text,
		.bar = view->source->bar,
		.bar_width = view->screen->width > SKT_WATCH_MARKS
			? view->screen->width - SKT_WATCH_MARKS
			: 1,
		.width = WIDTH_UNBOUNDED,
	};
	struct skt_output *output;
	int rc;

	skt_sink_fini(&view->text);
	skt_sink_init(&view->text, SKT_SINK_MEMORY);
	rc = skt_output_begin(&view->text, &config, &output);
	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		(void)skt_output_row(output, rows[i]->row);
	return skt_output_end(output);
}

/* Whether TEXT has NEEDLE in it, in any case. */
static bool contains(const char *text, size_t len, const struct skt_str *needle)
{
	for (size_t i = 0; i + needle->len <= len; i++) {
		size_t n = 0;

		while (n < needle->len &&
			tolower((unsigned char)text[i + n]) ==
				tolower((unsigned char)needle->data[n]))
			n++;
		if (n == needle->len)
			return true;
	}
	return false;
}

/* The same of what is seen of LINE: colours are no text. */
static bool has(struct skt_watch_view *view, const struct skt_watch_line *line,
	const struct skt_str *needle)
{
	if (!needle->len)
		return true;
	if (!view->color)
		return contains(line->text, line->len, needle);
	view->plain.len = 0;
	skt_window_add(&view->plain, line->text, line->len, 0, line->len, false);
	return contains(view->plain.data ? view->plain.data : "", view->plain.len, needle);
}

/* Splits the text into the heading and the lines that pass the filter. */
static int split(struct skt_watch_view *view, const struct skt_snapshot_row *const *rows)
{
	const char *p = view->text.pending.data, *end = p + view->text.pending.len;
	bool header = !skt_watch_rows(view)->no_header;

	view->lines.len = 0;
	view->width = 0;
	view->heading = (struct skt_watch_line){.text = ""};
	while (p && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct skt_watch_line line = {
			.text = p, .len = (size_t)((newline ? newline : end) - p)};

		p += line.len + 1;
		view->width = SKT_MAX(view->width, skt_window_width(line.text, line.len));
		if (header) {
			view->heading = line;
			header = false;
			continue;
		}
		line.row = *rows++;
		if (has(view, &line, &view->filter) && skt_vec_push(&view->lines, line))
			return -ENOMEM;
	}
	return 0;
}

/* ---- the cursor ---- */

const struct skt_snapshot_row *skt_watch_lines_row(const struct skt_watch_view *view)
{
	return view->cursor < view->lines.len ? view->lines.data[view->cursor].row : NULL;
}

void skt_watch_lines_go_to(struct skt_watch_view *view, size_t line)
{
	const size_t height = skt_watch_height(view), count = view->lines.len;
	const struct skt_snapshot_row *row;

	view->cursor = SKT_MIN(line, count ? count - 1 : 0);
	view->top = SKT_MIN(view->top, view->cursor);
	if (view->cursor >= view->top + height)
		view->top = view->cursor - height + 1;
	view->top = SKT_MIN(view->top, count > height ? count - height : 0);
	view->held_id.len = 0;
	row = skt_watch_lines_row(view);
	if (row)
		skt_str_add(&view->held_id, row->id.data, row->id.len);
}

static bool is_held(const struct skt_watch_view *view, const struct skt_snapshot_row *row)
{
	return row->id.len && row->id.len == view->held_id.len &&
		memcmp(row->id.data, view->held_id.data, row->id.len) == 0;
}

/* The cursor stays with its row, or in its place where that is gone. */
static void follow_row(struct skt_watch_view *view)
{
	size_t line = view->cursor;

	/* At the beginning one watches what is first, not what was. */
	for (size_t i = 0; line && i < view->lines.len; i++)
		if (is_held(view, view->lines.data[i].row)) {
			view->top = view->top + i > line ? view->top + i - line : 0;
			line = i;
			break;
		}
	skt_watch_lines_go_to(view, line);
}

int skt_watch_lines_arrange(struct skt_watch_view *view)
{
	const struct skt_snapshot_row **rows = sorted(view);
	int rc = rows ? render(view, rows, view->snapshot->rows.len) : -ENOMEM;

	if (!rc)
		rc = split(view, rows);
	if (!rc)
		follow_row(view);
	free(rows);
	return rc;
}

void skt_watch_lines_look_for(struct skt_watch_view *view, size_t from, size_t step)
{
	const size_t count = view->lines.len;

	for (size_t i = 0, at = from; view->search.len && i < count; i++, at += step) {
		at = at == SIZE_MAX ? count - 1 : at >= count ? 0 : at;
		if (!has(view, &view->lines.data[at], &view->search))
			continue;
		skt_watch_lines_go_to(view, at);
		return;
	}
	if (view->search.len && count) {
		view->message.len = 0;
		skt_str_add_text(&view->message, "no row has it");
	}
}
