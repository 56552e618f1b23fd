/* How a view is drawn. */
#ifndef SKT_CMD_LISTING_WATCH_FRAME_H
#define SKT_CMD_LISTING_WATCH_FRAME_H

#include "cmd/listing/watch_state.h"

/* Appends a frame that shows VIEW on its screen. -ENOMEM. */
int skt_watch_frame_draw(const struct skt_watch_view *view, struct skt_str *out);

#endif
