/* The rows of a snapshot as lines, in order, and the cursor that is on one of them. */
#ifndef SKT_CMD_LISTING_WATCH_LINES_H
#define SKT_CMD_LISTING_WATCH_LINES_H

#include "cmd/listing/watch_state.h"

/*
 * Makes the lines anew, of a snapshot that is new, or in another order, or by another filter. The
 * cursor stays with its row. -ENOMEM.
 */
int skt_watch_lines_arrange(struct skt_watch_view *view);

/* The row at the cursor; NULL: there are none. */
const struct skt_snapshot_row *skt_watch_lines_row(const struct skt_watch_view *view);

/* Puts the cursor on LINE, or the last, and the lines so that it is on the screen. */
void skt_watch_lines_go_to(struct skt_watch_view *view, size_t line);

/*
 * Goes to the next line that has what is looked for, FROM on, by STEP 1 or SIZE_MAX, which is back;
 * behind the end the beginning is. Where there is none, it says so.
 */
void skt_watch_lines_look_for(struct skt_watch_view *view, size_t from, size_t step);

#endif
