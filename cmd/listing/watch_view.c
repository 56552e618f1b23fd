#include "cmd/listing/watch_view.h"

#include <errno.h>
#include <string.h>

#include "cmd/listing/watch_lines.h"
#include "out/output.h"

/* Bytes that are typed at the most; columns that are scrolled at once. */
enum { TYPED_MAX = 128, STEP = 8 };

static const char help_text[] =
	"  up down, j k           one row         q            quit\n"
	"  pgup pgdn, ^B ^F       one screen      p, space     pause, go on\n"
	"  home end, g G          first, last     enter        all of this row\n"
	"  left right, h l        scroll          ?            this help\n"
	"  < >                    sort by the column before, behind\n"
	"  r                      the other way round\n"
	"  f, \\                   show only rows that have a text\n"
	"  /   n N                look for a text; the next, the one before\n"
	"  esc                    no filter, no search; back\n"
	"  K                      destroy the socket of this row\n"
	"  T                      end the process that holds it (SIGTERM)\n"
	"\n"
	"  + is new, - is gone, > is where you are; a triangle marks the column\n"
	"  that rows are sorted by.\n";

/* ---- keys that change what is shown ---- */

/* The next column to sort by in the direction STEP; beyond either end is none. */
static void choose_column(struct skt_watch_view *view, int step)
{
	const struct skt_selection *shown = &skt_watch_rows(view)->selection;
	size_t count = shown->count + 1, at = 0;

	/* 0 is none, 1 the first column. */
	for (size_t i = 0; view->key.column && i < shown->count; i++)
		if (shown->columns[i] == view->key.column)
			at = i + 1;
	at = (at + (step > 0 ? 1 : count - 1)) % count;
	view->key.column = at ? shown->columns[at - 1] : NULL;
	(void)skt_watch_lines_arrange(view);
}

static void add_character(struct skt_str *typed, uint32_t code)
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
	if (typed->len + sizeof(bytes) <= TYPED_MAX)
		skt_str_add(typed, bytes, (size_t)(p - bytes));
}

/* What was typed has changed: shows what comes of it. */
static void typed_changed(struct skt_watch_view *view)
{
	if (view->mode == SKT_WATCH_SEARCH)
		skt_watch_lines_look_for(view, view->cursor, 1);
	else
		(void)skt_watch_lines_arrange(view);
}

static enum skt_watch_result key_typed(struct skt_watch_view *view, uint32_t key)
{
	struct skt_str *typed = view->mode == SKT_WATCH_FILTER ? &view->filter : &view->search;

	switch (key) {
	case SKT_KEY_ENTER:
		view->mode = SKT_WATCH_LIST;
		return SKT_WATCH_REDRAW;
	case SKT_KEY_ESCAPE:
		typed->len = 0;
		typed_changed(view);
		view->mode = SKT_WATCH_LIST;
		return SKT_WATCH_REDRAW;
	case SKT_KEY_BACKSPACE:
		/* The last byte, and those of the same character before it. */
		while (typed->len && (typed->data[--typed->len] & 0xc0) == 0x80)
			;
		typed_changed(view);
		return SKT_WATCH_REDRAW;
	case 'U' - '@': /* ^U */
		typed->len = 0;
		typed_changed(view);
		return SKT_WATCH_REDRAW;
	}
	if (key < 0x20 || key >= SKT_KEY_NONE || (key >= 0x7f && key < 0xa0))
		return SKT_WATCH_NONE;
	add_character(typed, key);
	typed_changed(view);
	return SKT_WATCH_REDRAW;
}

/* ---- pages and questions ---- */

static void open_page(struct skt_watch_view *view, const char *title)
{
	view->mode = SKT_WATCH_PAGE;
	view->page_title = title;
	view->page_top = 0;
}

/* What the table has of ROW, in the long form: where there is no more to be known. */
static void unfold_row(struct skt_watch_view *view, const void *row)
{
	const struct skt_output_config config = {
		.format = SKT_FORMAT_TABLE,
		.selection = &skt_watch_rows(view)->selection,
		.row_size = view->source->row_size,
		.blocks = true,
		.width = view->screen->width,
		.color = view->color,
	};
	struct skt_output *output;
	struct skt_sink sink;

	skt_sink_init(&sink, SKT_SINK_MEMORY);
	if (!skt_output_begin(&sink, &config, &output)) {
		(void)skt_output_row(output, row);
		(void)skt_output_end(output);
		skt_str_add(&view->page, sink.pending.data, sink.pending.len);
	}
	skt_sink_fini(&sink);
}

static void unfold(struct skt_watch_view *view)
{
	const struct skt_snapshot_row *row = skt_watch_lines_row(view);
	const struct skt_socket_row *socket;
	struct skt_socket_id id;
	int rc = -ENOENT;

	if (!row)
		return;
	view->page.len = 0;
	socket = view->source->sockets ? row->row : NULL;
	if (socket) {
		(void)skt_socket_id_of(&socket->s, socket->netns_inode, &id);
		rc = skt_act_unfold(&view->page, view->source->listing, &id, view->ctx,
			view->screen->width, view->color);
	}
	open_page(view, rc && socket ? "it is gone; what was last seen of it" : "all of it");
	if (rc)
		unfold_row(view, row->row);
}

static void ask(struct skt_watch_view *view, enum skt_act act)
{
	const struct skt_snapshot_row *row = skt_watch_lines_row(view);

	view->message.len = 0;
	if (!row)
		return;
	if (!view->source->sockets) {
		skt_str_add_text(&view->message, "that takes one socket, and this row is of many");
		return;
	}
	view->act = act;
	if (skt_act_ask(&view->message, act, row->row, view->ctx))
		view->mode = SKT_WATCH_ASK;
}

static void answer(struct skt_watch_view *view, uint32_t key)
{
	const struct skt_snapshot_row *row = skt_watch_lines_row(view);

	view->mode = SKT_WATCH_LIST;
	view->message.len = 0;
	if ((key == 'y' || key == 'Y') && row)
		skt_act_do(&view->message, view->act, row->row, view->ctx);
	else
		skt_str_add_text(&view->message, "nothing was done");
}

static size_t page_lines(const struct skt_watch_view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->page.len; i++)
		count += view->page.data[i] == '\n';
	return count;
}

static enum skt_watch_result key_page(struct skt_watch_view *view, uint32_t key)
{
	const size_t height = skt_watch_height(view), lines = page_lines(view);
	const size_t last = lines > height ? lines - height : 0;
	size_t *top = &view->page_top;

	switch (key) {
	case SKT_KEY_UP:
	case 'k':
		*top -= *top > 0;
		break;
	case SKT_KEY_DOWN:
	case 'j':
		*top += 1;
		break;
	case SKT_KEY_PAGE_UP:
		*top -= SKT_MIN(*top, height);
		break;
	case SKT_KEY_PAGE_DOWN:
	case ' ':
		*top += height;
		break;
	case SKT_KEY_NONE:
		return SKT_WATCH_NONE;
	default:
		view->mode = SKT_WATCH_LIST;
	}
	*top = SKT_MIN(*top, last);
	return SKT_WATCH_REDRAW;
}

/* ---- keys ---- */

/* Moves the cursor, or what is seen to the side. False: KEY is for something else. */
static bool move(struct skt_watch_view *view, uint32_t key)
{
	const size_t page = skt_watch_height(view), half = page / 2 + 1, at = view->cursor;
	const size_t wide = view->screen->width > 2 ? view->screen->width - 2 : 1;

	switch (key) {
	case SKT_KEY_UP:
	case 'k':
		skt_watch_lines_go_to(view, at ? at - 1 : 0);
		return true;
	case SKT_KEY_DOWN:
	case 'j':
		skt_watch_lines_go_to(view, at + 1);
		return true;
	case SKT_KEY_PAGE_UP:
	case 'B' - '@':
		skt_watch_lines_go_to(view, at > page ? at - page : 0);
		return true;
	case SKT_KEY_PAGE_DOWN:
	case 'F' - '@':
		skt_watch_lines_go_to(view, at + page);
		return true;
	case 'U' - '@':
		skt_watch_lines_go_to(view, at > half ? at - half : 0);
		return true;
	case 'D' - '@':
		skt_watch_lines_go_to(view, at + half);
		return true;
	case SKT_KEY_HOME:
	case 'g':
		skt_watch_lines_go_to(view, 0);
		return true;
	case SKT_KEY_END:
	case 'G':
		skt_watch_lines_go_to(view, SIZE_MAX / 2);
		return true;
	case SKT_KEY_LEFT:
	case 'h':
		view->left -= SKT_MIN(view->left, (size_t)STEP);
		return true;
	case SKT_KEY_RIGHT:
	case 'l':
		view->left =
			SKT_MIN(view->left + STEP, view->width > wide ? view->width - wide : 0);
		return true;
	}
	return false;
}

static enum skt_watch_result key_list(struct skt_watch_view *view, uint32_t key)
{
	if (move(view, key))
		return SKT_WATCH_REDRAW;
	switch (key) {
	case 'q':
	case 'Q':
		return SKT_WATCH_QUIT;
	case 'p':
	case ' ':
		view->paused = !view->paused;
		break;
	case 'r':
		view->key.descending = !view->key.descending;
		(void)skt_watch_lines_arrange(view);
		break;
	case '/':
		view->mode = SKT_WATCH_SEARCH;
		view->search.len = 0;
		break;
	case 'f':
	case '\\':
		view->mode = SKT_WATCH_FILTER;
		break;
	case 'n':
		skt_watch_lines_look_for(view, view->cursor + 1, 1);
		break;
	case 'N':
		skt_watch_lines_look_for(view, view->cursor - 1, SIZE_MAX);
		break;
	case SKT_KEY_ESCAPE:
		view->filter.len = view->search.len = 0;
		(void)skt_watch_lines_arrange(view);
		break;
	case '<':
		choose_column(view, -1);
		break;
	case '>':
		choose_column(view, 1);
		break;
	case '?':
		view->page.len = 0;
		skt_str_add_text(&view->page, help_text);
		open_page(view, "keys");
		break;
	case SKT_KEY_ENTER:
		unfold(view);
		break;
	case 'K':
		ask(view, SKT_ACT_DESTROY);
		break;
	case 'T':
		ask(view, SKT_ACT_END);
		break;
	default:
		return SKT_WATCH_NONE;
	}
	return SKT_WATCH_REDRAW;
}

enum skt_watch_result skt_watch_view_key(struct skt_watch_view *view, uint32_t key)
{
	switch (view->mode) {
	case SKT_WATCH_LIST:
		view->message.len = 0;
		return key_list(view, key);
	case SKT_WATCH_FILTER:
	case SKT_WATCH_SEARCH:
		view->message.len = 0;
		return key_typed(view, key);
	case SKT_WATCH_PAGE:
		return key_page(view, key);
	case SKT_WATCH_ASK:
		answer(view, key);
		return SKT_WATCH_REDRAW;
	}
	return SKT_WATCH_NONE;
}

bool skt_watch_view_holds(const struct skt_watch_view *view)
{
	return view->mode == SKT_WATCH_PAGE || view->mode == SKT_WATCH_ASK;
}

void skt_watch_view_fini(struct skt_watch_view *view)
{
	skt_str_fini(&view->filter);
	skt_str_fini(&view->search);
	skt_str_fini(&view->message);
	skt_str_fini(&view->held_id);
	skt_str_fini(&view->page);
	skt_str_fini(&view->plain);
	skt_vec_free(&view->lines);
	skt_sink_fini(&view->text);
}
