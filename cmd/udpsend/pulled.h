/* --pulled: a stream to whoever asks for it (net/pull.h). */
#ifndef SKT_CMD_UDPSEND_PULLED_H
#define SKT_CMD_UDPSEND_PULLED_H

#include "cmd/udpsend/flow.h"

/*
 * Binds the socket of FLOW where it is asked at, waits for somebody who proves his address, and
 * connects to him. An exit status, told.
 */
int udpsend_await_pull(struct udpsend_flow *flow);

/* Whether D is one of the requests that keep the stream going; takes note of it. */
bool udpsend_take_pull(struct udpsend_flow *flow, const struct skt_datagram *d);

/* Whether nobody has asked for long. */
bool udpsend_pull_is_over(const struct udpsend_flow *flow);

#endif
