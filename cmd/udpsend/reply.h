/* What comes back to udpsend: answers, ICMP errors, acknowledgements. */
#ifndef SKT_CMD_UDPSEND_REPLY_H
#define SKT_CMD_UDPSEND_REPLY_H

#include "cmd/udpsend/flow.h"

/* Remembers when the datagram of KEY, its number or the hash of its payload, went. */
void udpsend_remember(struct udpsend_flow *flow, uint64_t key, uint64_t sent_ns);
uint64_t udpsend_hash(const uint8_t *bytes, size_t len);

/* Takes answers and ICMP errors that are there. */
void udpsend_take_replies(struct udpsend_flow *flow);
void udpsend_take_errors(struct udpsend_flow *flow);

/* Marks the end of a stamped stream until the other side has heard, or seems not to listen. */
void udpsend_mark_end(struct udpsend_flow *flow);

/* Waits for answers as long as was asked for. */
void udpsend_await(struct udpsend_flow *flow);

#endif
