/* What the other end sends, with --bidir. */
#ifndef SKT_CMD_UDPSEND_THEIRS_H
#define SKT_CMD_UDPSEND_THEIRS_H

#include "cmd/udpsend/flow.h"

/* Takes a datagram of the other end, whatever it is. */
void udpsend_take_theirs(struct udpsend_flow *flow, const struct skt_datagram *d);

#endif
