/* The socket of udpsend. */
#ifndef SKT_CMD_UDPSEND_SOCKET_H
#define SKT_CMD_UDPSEND_SOCKET_H

#include "cmd/udpsend/flow.h"

/* Opens it, with the address it sends to. Returns an exit status, having told the user. */
int udpsend_open(struct udpsend_flow *flow);

#endif
