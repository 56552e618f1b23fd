/* The way out of udpsend: datagrams at their time, counted. */
#ifndef SKT_CMD_UDPSEND_SEND_H
#define SKT_CMD_UDPSEND_SEND_H

#include "cmd/udpsend/flow.h"

/* Begins the time of FLOW, whose socket is open. */
void udpsend_begin(struct udpsend_flow *flow);

/*
 * Lets COUNT equal datagrams of SIZE bytes go (or those of IOV), at their time, and counts. False
 * when sending is to end: interrupted, out of time, or no use.
 */
bool udpsend_equal(struct udpsend_flow *flow, uint8_t *bytes, size_t size, size_t count);
bool udpsend_many(struct udpsend_flow *flow, struct iovec *iov, size_t count);

/* How many more may be sent by --count and --duration; 0: enough. */
uint64_t udpsend_left(const struct udpsend_flow *flow);

/*
 * How many datagrams go back to back at the next turn. What is late goes together where the rate
 * leaves no time to send it one by one: never more than SKT_PACE_CATCH_UP times the usual.
 */
uint64_t udpsend_burst(const struct udpsend_flow *flow);

#endif
