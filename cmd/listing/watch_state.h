/* What of a snapshot somebody looks at: its order, filter and place. */
#ifndef SKT_CMD_LISTING_WATCH_STATE_H
#define SKT_CMD_LISTING_WATCH_STATE_H

#include "base/vec.h"
#include "cmd/listing/act.h"
#include "cmd/listing/snapshot.h"
#include "cmd/listing/watch_source.h"
#include "out/screen.h"
#include "out/sink.h"

/* What keys mean. */
enum skt_watch_mode {
	SKT_WATCH_LIST,
	SKT_WATCH_FILTER, /* a filter is typed */
	SKT_WATCH_SEARCH, /* what is looked for is typed */
	SKT_WATCH_PAGE,   /* a text is read: the help, or all of one row */
	SKT_WATCH_ASK,    /* whether something is to be done */
};

struct skt_watch_line {
	const char *text;
	size_t len;
	const struct skt_snapshot_row *row;
};

struct skt_watch_view {
	const struct skt_watch_source *source;
	const struct skt_context *ctx;
	const struct skt_screen *screen;
	const struct skt_snapshot *snapshot;
	bool color, paused;
	enum skt_watch_mode mode;
	struct skt_sort_key key; /* column NULL: as --sort says, or as the kernel has them */
	struct skt_str filter;   /* rows have it in their line, in any case; empty: all */
	struct skt_str search;   /* what is looked for; empty: nothing */
	struct skt_str message;  /* what was done, or asked; until the next key */
	enum skt_act act;        /* ASK: what is asked for, of the row at the cursor */

	/* The lines of the rows that pass the filter, in order. */
	SKT_VEC(struct skt_watch_line) lines;
	struct skt_watch_line heading;
	struct skt_sink text;   /* of these */
	struct skt_str plain;   /* of the one at hand, without colours */
	size_t width;           /* of the widest line, in terminal columns */
	size_t cursor;          /* a line */
	struct skt_str held_id; /* the identity of the row there, which the cursor follows */
	size_t top, left;       /* lines above, columns left of the screen */

	struct skt_str page; /* PAGE: its text */
	size_t page_top;
	const char *page_title;
};

/* Lines of the screen that are no rows: status, heading, help. */
enum { SKT_WATCH_LINES_AROUND = 3 };

/* The marks in front of rows: what became of it, and where one is. */
enum { SKT_WATCH_MARKS = 2 };

/* How many are rows, on this screen. */
static inline size_t skt_watch_height(const struct skt_watch_view *view)
{
	const unsigned int height = view->screen->height;

	return height > SKT_WATCH_LINES_AROUND ? height - SKT_WATCH_LINES_AROUND : 1;
}

static inline const struct skt_rows_options *skt_watch_rows(const struct skt_watch_view *view)
{
	return view->source->listing->rows;
}

#endif
