/* What of a snapshot is on the screen: order, filter, place; and how a frame is made of it. */
#ifndef SKT_CMD_SOCKETS_WATCH_VIEW_H
#define SKT_CMD_SOCKETS_WATCH_VIEW_H

#include "cmd/sockets/snapshot.h"
#include "out/screen.h"

struct watch_view {
	const struct skt_rows_options *rows;
	bool color;
	struct skt_sort_key key; /* column NULL: as --sort says, or as the kernel has them */
	size_t top;              /* rows above the first one on the screen */
	struct skt_str filter;   /* rows have it in their line, in any case; empty: all */
	bool typing;             /* the filter is being typed */
	bool paused;
	uint64_t interval_ns;
};

enum watch_action { WATCH_NONE, WATCH_REDRAW, WATCH_QUIT };

/* What KEY (see skt_key_parse()) does to the view. */
enum watch_action watch_view_key(
	struct watch_view *view, const struct skt_screen *screen, uint32_t key);

/* Appends a frame that shows SNAPSHOT on SCREEN. -ENOMEM. */
int watch_view_draw(struct watch_view *view, const struct snapshot *snapshot,
	const struct skt_screen *screen, struct skt_str *out);

void watch_view_fini(struct watch_view *view);

#endif
