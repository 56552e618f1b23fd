/*
 * Datagrams in batches, with what the kernel knows of each: when it came (before it was queued), to
 * which address and interface, with which hop limit and traffic class, how long it really was.
 *
 * Sources: recvmmsg(2), udp(7), ip(7), ipv6(7), socket(7),
 * Documentation/networking/timestamping.rst.
 */
#ifndef SKT_NET_RECEIVER_H
#define SKT_NET_RECEIVER_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/err.h"

enum {
	SKT_DATAGRAM_MAX = 65535, /* the longest of UDP: the length field has 16 bits */
	/* Of unix sockets, which only the buffer of the sender bounds (unix_dgram_sendmsg()). */
	SKT_DATAGRAM_UNIX_MAX = 8 << 20,
	SKT_RECEIVER_BATCH = 64, /* of unix sockets 8 */
};

/* What to ask of the kernel for each datagram: each costs some time. */
enum {
	SKT_RECEIVE_TIME = 1,
	SKT_RECEIVE_DESTINATION = 2, /* and the interface */
	SKT_RECEIVE_TTL = 4,
	SKT_RECEIVE_TOS = 8,
	SKT_RECEIVE_DROPS = 16,
	SKT_RECEIVE_ALL = 31,
};

struct skt_receiver_config {
	unsigned int wanted; /* SKT_RECEIVE_* */
	/* Bytes to copy of each datagram; 0: all of them. The rest is read and gone. */
	size_t capture;
	/* Let the kernel hand over datagrams of one flow glued together (UDP_GRO): faster, but they
	 * share one time. Ignored where the kernel or the family cannot. */
	bool gro;
};

struct skt_datagram {
	uint8_t *data; /* CAPTURED bytes, until the next batch */
	size_t captured;
	size_t length;    /* as it was sent */
	bool truncated;   /* CAPTURED is less though all of it was asked for */
	uint64_t time_ns; /* arrival, CLOCK_REALTIME; 0: not known */
	struct sockaddr *source;
	socklen_t source_len;        /* 0: an unnamed unix socket */
	struct skt_addr destination; /* AF_UNSPEC: not known */
	uint32_t ifindex;            /* 0: not known */
	int ttl, tos;                /* -1: not known */
	uint32_t drops;              /* dropped by this socket's buffer so far; see drops_known */
	bool drops_known;
};

struct skt_receiver;

/*
 * FD is borrowed; its options are set as CONFIG asks. FAMILY: of the socket, AF_INET, AF_INET6 (v4
 * on it too) or AF_UNIX. -ENOMEM, or what setsockopt(2) says.
 */
int skt_receiver_new(int fd, int family, const struct skt_receiver_config *config,
	struct skt_receiver **ret, struct skt_err *err);
void skt_receiver_free(struct skt_receiver *receiver);

/* Whether UDP_GRO is on. */
bool skt_receiver_gro(const struct skt_receiver *receiver);

/*
 * Takes what is there, without waiting. Returns how many messages (several datagrams in each under
 * GRO), 0 for none, or -errno; a pending ICMP error (ECONNREFUSED, ...) comes this way too.
 */
int skt_receiver_fill(struct skt_receiver *receiver);

/* The next datagram of the batch; false behind the last one. */
bool skt_receiver_next(struct skt_receiver *receiver, struct skt_datagram *ret);

/*
 * Waits until FD is readable or has an error, under the signal mask MASK (NULL: as it is), so that
 * a signal which is blocked elsewhere is seen here without a race. DEADLINE_NS: CLOCK_MONOTONIC,
 * UINT64_MAX: never, 0: only look. Returns 1, 0 when it is time, -EINTR, or -errno.
 */
int skt_datagram_wait(int fd, uint64_t deadline_ns, const sigset_t *mask);

/* The same for several descriptors, as ppoll(2) takes and tells them. */
int skt_datagram_poll(struct pollfd *fds, size_t count, uint64_t deadline_ns, const sigset_t *mask);

/*
 * Datagrams that the buffer of socket FD had no room for, since it was made: the kernel's own
 * counter, 32 bits wide (SO_MEMINFO; SK_MEMINFO_DROPS). -errno.
 */
int skt_datagram_drops(int fd, uint32_t *ret);

#endif
