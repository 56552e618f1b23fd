/* The life of one connection in events (-v): attempts, the connection, its end. */
#ifndef SKT_CMD_CONNECT_TELL_H
#define SKT_CMD_CONNECT_TELL_H

#include "base/endpoint.h"
#include "cmd/events.h"
#include "cmd/stream/session.h"
#include "net/dial.h"

/* The attempts that did not win. */
void connect_tell_attempts(const struct skt_event_log *log, const struct skt_dial *dial);

/* DIAL, to ENDPOINT, came to FD. */
void connect_tell_connected(const struct skt_event_log *log, const struct skt_dial *dial,
	const struct skt_endpoint *endpoint, int fd);

/* The loop ended with -errno R, which takes more than this process's doing: the kernel's refusal.
 */
void connect_tell_loop_broken(const struct skt_event_log *log, int r);

void connect_tell_closed(const struct skt_event_log *log, const struct skt_session *session);

#endif
