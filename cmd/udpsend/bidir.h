/*
 * --bidir: streams both ways on one socket, with nothing beside it. One end is asked (--pulled),
 * the other asks (net/pull.h) and sends as soon as the stream comes; each counts what the other
 * sends.
 */
#ifndef SKT_CMD_UDPSEND_BIDIR_H
#define SKT_CMD_UDPSEND_BIDIR_H

#include "cmd/udpsend/flow.h"

/* Begins to count; who asks waits until the other's stream comes. An exit status, told. */
int udpsend_begin_theirs(struct udpsend_flow *flow);

/* Takes what comes until DUE_NS, but for the moment before it, which is left to the pace. */
void udpsend_take_theirs_until(struct udpsend_flow *flow, uint64_t due_ns);

/* Once the own stream has ended: takes the other's until its end, or until it ceases. */
void udpsend_await_theirs(struct udpsend_flow *flow);

#endif
