/* What the files of the loop share. */
#ifndef SKT_NET_LOOP_INTERNAL_H
#define SKT_NET_LOOP_INTERNAL_H

#include "net/loop.h"

/* Fires what was armed before this call and is due at loop->now_ns. */
void skt_loop_run_timers(struct skt_loop *loop);

#endif
