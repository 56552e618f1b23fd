/* What the files of dialling share: the race, and the sockets that run in it. */
#ifndef SKT_NET_DIAL_INTERNAL_H
#define SKT_NET_DIAL_INTERNAL_H

#include "net/dial.h"

/*
 * Gives ATTEMPT a socket of TYPE that is on its way to SA: 0 connected, -EINPROGRESS, or what
 * stands against it, and there is no socket then.
 */
int skt_attempt_connect(
	struct skt_attempt *attempt, int type, const struct sockaddr_storage *sa, socklen_t len);

/*
 * Why FD is not connected: errno, or 0 where nothing stands against it. A server may have sent
 * something and reset the connection before we look: it did come about then, its data are there to
 * be read, and the error behind them, which SO_ERROR would take away, is for the reader.
 */
int skt_attempt_failure(int fd, int family);

/* TCP's simultaneous open with itself: nobody listens, but our own port was the one asked for. */
bool skt_attempt_is_self(const struct skt_attempt *attempt);

#endif
