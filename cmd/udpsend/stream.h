/* Datagrams that are all alike. */
#ifndef SKT_CMD_UDPSEND_STREAM_H
#define SKT_CMD_UDPSEND_STREAM_H

#include "cmd/udpsend/flow.h"

/* Sends them; an exit status. */
int udpsend_stream(struct udpsend_flow *flow);

#endif
