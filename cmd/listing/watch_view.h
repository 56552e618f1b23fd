/* What keys do to what somebody looks at. */
#ifndef SKT_CMD_LISTING_WATCH_VIEW_H
#define SKT_CMD_LISTING_WATCH_VIEW_H

#include "cmd/listing/watch_state.h"
#include "out/keys.h"

enum skt_watch_result { SKT_WATCH_NONE, SKT_WATCH_REDRAW, SKT_WATCH_QUIT };

/* What KEY (see keys.h) does. */
enum skt_watch_result skt_watch_view_key(struct skt_watch_view *view, uint32_t key);

/* Whether what is looked at must not change: somebody reads, or is asked. */
bool skt_watch_view_holds(const struct skt_watch_view *view);

void skt_watch_view_fini(struct skt_watch_view *view);

#endif
