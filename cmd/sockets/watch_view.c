#include "cmd/sockets/watch_view.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "out/text.h"

/* Bytes of a filter that is typed; lines of a frame that are not rows: status, heading, help. */
enum { FILTER_MAX = 128, LINES_AROUND = 3 };

static const char help_line[] =
	"q quit  p pause  left/right sort by column  r reverse  / filter  up/down scroll";

/* SGR sequences (ECMA-48). */
static const char sgr_bold[] = "\033[1m", sgr_new[] = "\033[32m", sgr_gone[] = "\033[2m",
		  sgr_reverse[] = "\033[7m", sgr_reset[] = "\033[0m";

/* ---- keys ---- */

/* The next column to sort by in the direction STEP; beyond either end is none. */
static void choose_column(struct watch_view *view, int step)
{
	const struct skt_selection *shown = &view->rows->selection;
	size_t count = shown->count + 1, at = 0;

	/* 0 is none, 1 the first column. */
	for (size_t i = 0; view->key.column && i < shown->count; i++)
		if (shown->columns[i] == view->key.column)
			at = i + 1;
	at = (at + (step > 0 ? 1 : count - 1)) % count;
	view->key.column = at ? shown->columns[at - 1] : NULL;
}

static void add_character(struct watch_view *view, uint32_t code)
{
	char bytes[4], *p = bytes;

	if (code < 0x80) {
		*p++ = (char)code;
	} else if (code < 0x800) {
		*p++ = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		*p++ = (char)(0xe0 | code >> 12);
		*p++ = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		*p++ = (char)(0xf0 | code >> 18);
		*p++ = (char)(0x80 | (code >> 12 & 0x3f));
		*p++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		*p++ = (char)(0x80 | (code & 0x3f));
	if (view->filter.len + sizeof(bytes) <= FILTER_MAX)
		skt_str_add(&view->filter, bytes, (size_t)(p - bytes));
}

static enum watch_action key_typed(struct watch_view *view, uint32_t key)
{
	struct skt_str *filter = &view->filter;

	switch (key) {
	case SKT_KEY_ENTER:
		view->typing = false;
		return WATCH_REDRAW;
	case SKT_KEY_ESCAPE:
		view->typing = false;
		filter->len = 0;
		return WATCH_REDRAW;
	case SKT_KEY_BACKSPACE:
		/* The last byte, and those of the same character before it. */
		while (filter->len && (filter->data[--filter->len] & 0xc0) == 0x80)
			;
		return WATCH_REDRAW;
	case 'U' - '@': /* ^U */
		filter->len = 0;
		return WATCH_REDRAW;
	}
	if (key < 0x20 || key >= SKT_KEY_NONE || (key >= 0x7f && key < 0xa0))
		return WATCH_NONE;
	add_character(view, key);
	view->top = 0;
	return WATCH_REDRAW;
}

static void scroll(struct watch_view *view, size_t up, size_t down)
{
	view->top = view->top > up ? view->top - up : 0;
	view->top += down;
}

enum watch_action watch_view_key(
	struct watch_view *view, const struct skt_screen *screen, uint32_t key)
{
	const size_t page =
		screen->height > LINES_AROUND + 1 ? screen->height - LINES_AROUND - 1 : 1;

	if (view->typing)
		return key_typed(view, key);
	switch (key) {
	case 'q':
	case 'Q':
		return WATCH_QUIT;
	case 'p':
	case ' ':
		view->paused = !view->paused;
		break;
	case 'r':
		view->key.descending = !view->key.descending;
		break;
	case '/':
		view->typing = true;
		break;
	case SKT_KEY_ESCAPE:
		view->filter.len = 0;
		break;
	case SKT_KEY_LEFT:
	case '<':
		choose_column(view, -1);
		break;
	case SKT_KEY_RIGHT:
	case '>':
		choose_column(view, 1);
		break;
	case SKT_KEY_UP:
		scroll(view, 1, 0);
		break;
	case SKT_KEY_DOWN:
		scroll(view, 0, 1);
		break;
	case SKT_KEY_PAGE_UP:
		scroll(view, page, 0);
		break;
	case SKT_KEY_PAGE_DOWN:
		scroll(view, 0, page);
		break;
	case SKT_KEY_HOME:
		view->top = 0;
		break;
	case SKT_KEY_END:
		view->top = SIZE_MAX / 2; /* drawing knows where the end is */
		break;
	default:
		return WATCH_NONE;
	}
	return WATCH_REDRAW;
}

/* ---- lines ---- */

struct line {
	const char *text;
	size_t len;
	const struct snapshot_row *row;
};

SKT_VEC_DECLARE(line_list, struct line);

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct snapshot_row *const *x = a, *const *y = b;
	const struct watch_view *view = ctx;
	const struct skt_sort chosen = {(struct skt_sort_key *)&view->key, 1};
	int order = skt_sort_compare(view->key.column ? &chosen : &view->rows->sort, *x, *y);

	/* As they came, where nothing else tells. */
	return order ? order : (*x > *y) - (*x < *y);
}

static const struct snapshot_row **sorted(
	const struct watch_view *view, const struct snapshot *snapshot)
{
	size_t count = snapshot->rows.len;
	const struct snapshot_row **rows = calloc(count + 1, sizeof(struct snapshot_row *));

	for (size_t i = 0; rows && i < count; i++)
		rows[i] = &snapshot->rows.data[i];
	if (rows && (view->key.column || view->rows->sort.count))
		qsort_r(rows, count, sizeof(struct snapshot_row *), compare_rows, (void *)view);
	return rows;
}

/* Makes a line of each row, and the heading, in the table's own way. */
static int render(const struct watch_view *view, const struct snapshot_row **rows, size_t count,
	struct skt_sink *sink)
{
	const struct skt_output_config config = {
		.format = SKT_FORMAT_TABLE,
		.selection = &view->rows->selection,
		.row_size = sizeof(struct snapshot_row),
		.header = !view->rows->no_header,
	};
	struct skt_output *output;
	int rc;

	skt_sink_init(sink, SKT_SINK_MEMORY);
	rc = skt_output_begin(sink, &config, &output);
	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		(void)skt_output_row(output, rows[i]);
	return skt_output_end(output);
}

/* Whether NEEDLE, which is in lower case, is in the line, in any case. */
static bool line_has(const struct line *line, const char *needle, size_t len)
{
	for (size_t i = 0; i + len <= line->len; i++) {
		size_t n = 0;

		while (n < len && tolower((unsigned char)line->text[i + n]) == needle[n])
			n++;
		if (n == len)
			return true;
	}
	return false;
}

/* Splits TEXT into the heading and the lines that pass the filter. */
static int split(const struct watch_view *view, const struct skt_str *text,
	const struct snapshot_row **rows, struct line *heading, struct line_list *lines)
{
	const char *p = text->data, *end = p + text->len;
	bool header = !view->rows->no_header;
	char needle[FILTER_MAX];

	for (size_t i = 0; i < view->filter.len; i++)
		needle[i] = (char)tolower((unsigned char)view->filter.data[i]);
	while (p && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct line line = {.text = p, .len = (size_t)((newline ? newline : end) - p)};

		p += line.len + 1;
		if (header) {
			*heading = line;
			header = false;
			continue;
		}
		line.row = *rows++;
		if (line_has(&line, needle, view->filter.len) && skt_vec_push(lines, line))
			return -ENOMEM;
	}
	return 0;
}

/* ---- the frame ---- */

/* Clears a line of the screen and writes what fits of TEXT, STYLE around it. */
static void put_line(const struct watch_view *view, const struct skt_screen *screen,
	struct skt_str *out, const char *style, const char *mark, const char *text, size_t len)
{
	size_t width = screen->width > strlen(mark) ? screen->width - strlen(mark) : 0;

	skt_str_add_text(out, "\033[2K");
	if (view->color)
		skt_str_add_text(out, style);
	skt_str_add_text(out, screen->width > strlen(mark) ? mark : "");
	skt_str_add(out, text, skt_text_cut(text, len, width));
	if (view->color && *style)
		skt_str_add_text(out, sgr_reset);
}

static void put_row(const struct watch_view *view, const struct skt_screen *screen,
	struct skt_str *out, const struct line *line)
{
	static const char *const marks[] = {
		[MARK_NONE] = "  ", [MARK_NEW] = "+ ", [MARK_GONE] = "- "};
	static const char *const styles[] = {
		[MARK_NONE] = "", [MARK_NEW] = sgr_new, [MARK_GONE] = sgr_gone};

	skt_str_add_text(out, "\r\n");
	put_line(view, screen, out, styles[line->row->mark], marks[line->row->mark], line->text,
		line->len);
}

/* "123 sockets  +4 -5  8 shown  sort -state  filter 'x'  paused" */
static void put_status(const struct watch_view *view, const struct snapshot *snapshot,
	const struct skt_screen *screen, size_t shown, struct skt_str *out)
{
	struct skt_str text = {0};
	size_t fresh = 0;

	for (size_t i = 0; i < snapshot->rows.len; i++)
		fresh += snapshot->rows.data[i].mark == MARK_NEW;
	skt_str_add_format(&text, "%zu socket%s  +%zu -%zu", snapshot->rows.len - snapshot->gone,
		skt_plural(snapshot->rows.len - snapshot->gone, "", "s"), fresh, snapshot->gone);
	if (view->filter.len || view->typing) {
		skt_str_add_text(&text, "  filter: ");
		(void)skt_text_add_escaped(&text, view->filter.data, view->filter.len);
		skt_str_add_format(&text, "%s  %zu shown", view->typing ? "_" : "", shown);
	}
	if (view->key.column)
		skt_str_add_format(&text, "  sort: %s%s", view->key.descending ? "-" : "",
			view->key.column->name);
	skt_str_add_format(&text, "  every %.3gs", (double)view->interval_ns / SKT_NS_PER_SEC);
	if (view->paused)
		skt_str_add_text(&text, "  PAUSED");
	out->failed |= text.failed;
	put_line(view, screen, out, sgr_reverse, "", text.data, text.len);
	skt_str_fini(&text);
}

int watch_view_draw(struct watch_view *view, const struct snapshot *snapshot,
	const struct skt_screen *screen, struct skt_str *out)
{
	const struct snapshot_row **rows = sorted(view, snapshot);
	const size_t place = screen->height > LINES_AROUND ? screen->height - LINES_AROUND : 0;
	struct skt_sink sink = {0};
	struct line heading = {.text = ""};
	struct line_list lines = {0};
	int rc = rows ? render(view, rows, snapshot->rows.len, &sink) : -ENOMEM;

	if (!rc)
		rc = split(view, &sink.pending, rows, &heading, &lines);
	if (rc)
		goto out;
	view->top = SKT_MIN(view->top, lines.len > place ? lines.len - place : 0);
	skt_str_add_text(out, "\033[H");
	put_status(view, snapshot, screen, lines.len, out);
	if (screen->height >= LINES_AROUND) {
		skt_str_add_text(out, "\r\n");
		put_line(view, screen, out, sgr_bold, "  ", heading.text, heading.len);
	}
	for (size_t i = 0; i < place && view->top + i < lines.len; i++)
		put_row(view, screen, out, &lines.data[view->top + i]);
	/* What is left of an older frame, and the help in the last line. */
	if (lines.len - view->top < place)
		skt_str_add_text(out, "\r\n\033[J");
	if (screen->height > 1) {
		skt_str_add_format(out, "\033[%u;1H", screen->height);
		put_line(view, screen, out, sgr_gone, "", help_line, sizeof(help_line) - 1);
	}
	rc = out->failed ? -ENOMEM : 0;
out:
	skt_vec_free(&lines);
	skt_sink_fini(&sink);
	free(rows);
	return rc;
}

void watch_view_fini(struct watch_view *view)
{
	skt_str_fini(&view->filter);
}
