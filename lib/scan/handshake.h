/*
 * connect(2) on descriptors that are used again and again. An attempt to connect is collected by
 * another connect() to the same place, which takes the socket's lock and so tells the truth once:
 *
 *	0             established (a self-connect is found out by its two equal ends)
 *	EALREADY      nothing yet; an ICMP error may still wait in the error queue, since one that
 *	              comes while the socket is locked ends nothing (tcp_v4_err(), sk_err_soft)
 *	other         the attempt has failed; the socket is unconnected and ready for the next one
 *
 * SO_ERROR is never asked: the kernel wakes the poller of an ICMP error before it is stored there.
 * The error queue is read after the collecting connect(), never before: tcp_v4_err() fills it under
 * the same lock. What is in it tells a firewall's REJECT from a closed port, whose errno is one.
 *
 * Different descriptors may be used by different threads.
 */
#ifndef SKT_SCAN_HANDSHAKE_H
#define SKT_SCAN_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/errqueue.h"

/* A socket for attempts from SOURCE (AF_UNSPEC: any), through INTERFACE (NULL: any); or -errno. */
int skt_handshake_open(uint8_t family, const struct skt_addr *source, const char *interface);

/* Begins an attempt: -EINPROGRESS, or at once what connect(2) says; 0: it is established. */
int skt_handshake_begin(int fd, const struct skt_addr *addr, uint16_t port);

struct skt_handshake_look {
	int rc; /* 0, or the -errno of the collecting connect() */
	bool told;
	struct skt_icmp_error icmp; /* if TOLD: what ended it, or will */
	uint64_t seen_ns;           /* when */
};

/* Looks what became of the attempt to ADDR and PORT. */
void skt_handshake_look(
	int fd, const struct skt_addr *addr, uint16_t port, struct skt_handshake_look *ret);

/* Fills in what the error queue says of an attempt that has just failed. */
void skt_handshake_errors(
	int fd, const struct skt_addr *addr, uint16_t port, struct skt_handshake_look *look);

/*
 * Ends the attempt, or the connection by a reset: no TIME_WAIT here, and none there. -errno: the
 * descriptor can only be closed.
 */
int skt_handshake_undo(int fd);

#endif
