#include "cmd/listing/watch_frame.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "out/text.h"
#include "out/window.h"

static const char page_line[] = "up down scroll  any other key goes back";
static const char help_line[] =
	"q quit  ? help  enter all of it  < > sort  / search  f filter  p pause";

/* SGR sequences (ECMA-48). */
static const char sgr_bold[] = "\033[1m", sgr_new[] = "\033[32m", sgr_faint[] = "\033[2m",
		  sgr_reverse[] = "\033[7m", sgr_reset[] = "\033[0m";

/*
 * Clears a line of the screen and writes MARKS and the part of TEXT that is in the
 * window, in STYLE, or in its own where that is none.
 */
static void put_line(const struct skt_watch_view *view, struct skt_str *out, const char *style,
	const char *marks, const char *text, size_t len, size_t left)
{
	const size_t width = view->screen->width, taken = SKT_MIN(strlen(marks), width);
	const bool own = !*style;

	skt_str_add_text(out, "\033[2K");
	if (view->color)
		skt_str_add_text(out, style);
	skt_str_add(out, marks, taken);
	skt_window_add(out, text, len, left, width - taken, view->color && own);
	if (view->color)
		skt_str_add_text(out, sgr_reset);
}

/* ---- the parts of a frame ---- */

static void add_typed(
	struct skt_str *out, const char *what, const struct skt_str *typed, bool is_typed)
{
	if (!typed->len && !is_typed)
		return;
	skt_str_add_text(out, what);
	(void)skt_text_add_escaped(out, typed->data ? typed->data : "", typed->len);
	if (is_typed)
		skt_str_add_char(out, '_');
}

/* "123 sockets  +4 -5  filter: x  8 shown  sort: -state  every 1s  PAUSED" */
static void put_status(const struct skt_watch_view *view, struct skt_str *out)
{
	const struct skt_snapshot *snapshot = view->snapshot;
	struct skt_str text = {0};
	size_t fresh = 0;

	for (size_t i = 0; i < snapshot->rows.len; i++)
		fresh += snapshot->rows.data[i].mark == SKT_MARK_NEW;
	skt_str_add_format(&text, "%zu %s%s  +%zu -%zu", snapshot->rows.len - snapshot->gone,
		view->source->noun, skt_plural(snapshot->rows.len - snapshot->gone, "", "s"), fresh,
		snapshot->gone);
	add_typed(&text, "  filter: ", &view->filter, view->mode == SKT_WATCH_FILTER);
	if (view->filter.len || view->mode == SKT_WATCH_FILTER)
		skt_str_add_format(&text, "  %zu shown", view->lines.len);
	add_typed(&text, "  search: ", &view->search, view->mode == SKT_WATCH_SEARCH);
	if (view->key.column)
		skt_str_add_format(&text, "  sort: %s%s", view->key.descending ? "-" : "",
			view->key.column->name);
	skt_str_add_format(
		&text, "  every %.3gs", (double)view->source->interval_ns / SKT_NS_PER_SEC);
	if (view->paused)
		skt_str_add_text(&text, "  PAUSED");
	out->failed |= text.failed;
	put_line(view, out, sgr_reverse, "", text.data ? text.data : "", text.len, 0);
	skt_str_fini(&text);
}

/* How the table writes the name of COLUMN. */
static void add_title(struct skt_str *out, const struct skt_column *column)
{
	if (column->title) {
		skt_str_add_text(out, column->title);
		return;
	}
	for (const char *p = column->name; *p; p++)
		skt_str_add_char(out, *p == '_' ? '-' : (char)toupper((unsigned char)*p));
}

/* Where the word TITLE stands in the heading; NULL: its column has no values. */
static const char *find_title(const struct skt_watch_line *heading, const struct skt_str *title)
{
	const char *p = heading->text, *end = p + heading->len, *at;

	while ((at = memmem(p, (size_t)(end - p), title->data, title->len))) {
		const char *behind = at + title->len;

		if ((at == heading->text || at[-1] == ' ' || at[-1] == 'm') &&
			(behind == end || *behind == ' ' || *behind == '\033'))
			return at;
		p = at + 1;
	}
	return NULL;
}

/* The heading, a triangle behind the column that rows are sorted by. */
static void put_heading(const struct skt_watch_view *view, struct skt_str *out)
{
	const struct skt_sort *sort = &view->source->listing->rows->sort;
	const struct skt_sort_key *key = view->key.column ? &view->key
		: sort->count                             ? &sort->keys[0]
							  : NULL;
	const struct skt_watch_line *heading = &view->heading;
	const char *end = heading->text + heading->len, *at = NULL, *behind = end;
	struct skt_str title = {0}, line = {0};

	if (key)
		add_title(&title, key->column);
	if (title.len)
		at = find_title(heading, &title);
	if (at)
		behind = at + title.len;
	skt_str_add(&line, heading->text, (size_t)(behind - heading->text));
	if (at) {
		skt_str_add_text(&line, key->descending ? "▼" : "▲");
		behind += behind < end && *behind == ' ';
	}
	skt_str_add(&line, behind, (size_t)(end - behind));
	out->failed |= title.failed || line.failed;
	put_line(view, out, sgr_bold, "  ", line.data ? line.data : "", line.len, view->left);
	skt_str_fini(&title);
	skt_str_fini(&line);
}

static void put_row(const struct skt_watch_view *view, struct skt_str *out, size_t index)
{
	static const char signs[] = {
		[SKT_MARK_NONE] = ' ', [SKT_MARK_NEW] = '+', [SKT_MARK_GONE] = '-'};
	static const char *const styles[] = {
		[SKT_MARK_NONE] = "", [SKT_MARK_NEW] = sgr_new, [SKT_MARK_GONE] = sgr_faint};
	const struct skt_watch_line *line = &view->lines.data[index];
	const bool here = index == view->cursor;
	const char marks[SKT_WATCH_MARKS + 1] = {signs[line->row->mark], here ? '>' : ' ', '\0'};

	skt_str_add_text(out, "\r\n");
	put_line(view, out, here ? sgr_reverse : styles[line->row->mark], marks, line->text,
		line->len, view->left);
}

static void put_rows(const struct skt_watch_view *view, struct skt_str *out, size_t height)
{
	const size_t end = SKT_MIN(view->lines.len, view->top + height);

	for (size_t i = view->top; i < end; i++)
		put_row(view, out, i);
	/* What is left of an older frame. */
	if (end - SKT_MIN(view->top, end) < height)
		skt_str_add_text(out, "\r\n\033[J");
}

static void put_page(const struct skt_watch_view *view, struct skt_str *out, size_t height)
{
	const char *p = view->page.data, *end = p + view->page.len;
	size_t line = 0;

	for (; p && p < end && line < view->page_top + height; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const size_t len = (size_t)((newline ? newline : end) - p);

		if (line >= view->page_top) {
			skt_str_add_text(out, "\r\n");
			put_line(view, out, "", "", p, len, 0);
		}
		p += len + 1;
	}
	if (line < view->page_top + height)
		skt_str_add_text(out, "\r\n\033[J");
}

static void put_last_line(const struct skt_watch_view *view, struct skt_str *out)
{
	struct skt_str text = {0};

	skt_str_add_format(out, "\033[%u;1H", view->screen->height);
	if (view->mode == SKT_WATCH_PAGE)
		put_line(view, out, sgr_faint, "", page_line, sizeof(page_line) - 1, 0);
	else if (view->message.len) {
		(void)skt_text_add_escaped(&text, view->message.data, view->message.len);
		put_line(view, out, view->mode == SKT_WATCH_ASK ? sgr_reverse : sgr_bold, "",
			text.data ? text.data : "", text.len, 0);
	} else {
		put_line(view, out, sgr_faint, "", help_line, sizeof(help_line) - 1, 0);
	}
	skt_str_fini(&text);
}

/*
 * Between these a terminal keeps what it has shown until the frame is whole (synchronized output,
 * DEC private mode 2026); one that does not know the mode takes no notice.
 */
static const char frame_begin[] = "\033[?2026h\033[H", frame_end[] = "\033[?2026l";

int skt_watch_frame_draw(const struct skt_watch_view *view, struct skt_str *out)
{
	const unsigned int height = view->screen->height;

	skt_str_add_text(out, frame_begin);
	if (view->mode == SKT_WATCH_PAGE)
		put_line(view, out, sgr_reverse, "", view->page_title, strlen(view->page_title), 0);
	else
		put_status(view, out);
	if (view->mode == SKT_WATCH_PAGE && height > 2) {
		put_page(view, out, height - 2);
	} else if (view->mode != SKT_WATCH_PAGE && height >= SKT_WATCH_LINES_AROUND) {
		skt_str_add_text(out, "\r\n");
		put_heading(view, out);
		put_rows(view, out, height - SKT_WATCH_LINES_AROUND);
	}
	if (height > 1)
		put_last_line(view, out);
	skt_str_add_text(out, frame_end);
	return out->failed ? -ENOMEM : 0;
}
