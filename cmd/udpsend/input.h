/* Datagrams out of a file or standard input. */
#ifndef SKT_CMD_UDPSEND_INPUT_H
#define SKT_CMD_UDPSEND_INPUT_H

#include "cmd/udpsend/flow.h"

/* Sends all of it; an exit status. */
int udpsend_input(struct udpsend_flow *flow);

#endif
