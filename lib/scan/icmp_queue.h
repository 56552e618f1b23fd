/* ICMP errors that the kernel keeps for a socket: IP_RECVERR and IPV6_RECVERR (ip(7), ipv6(7)). */
#ifndef SKT_SCAN_ICMP_QUEUE_H
#define SKT_SCAN_ICMP_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "scan/evidence.h"
#include "scan/local.h"

/* One message of the queue. */
struct skt_icmp_error {
	struct skt_addr to; /* where the packet went that it is about */
	uint16_t port;
	struct skt_addr from; /* who sent it; AF_UNSPEC: not known */
	uint8_t origin;       /* SO_EE_ORIGIN_* */
	uint8_t type, code;
	int error; /* errno in the kernel's translation, which mixes up what differs */
};

enum { SKT_ICMP_CONTROL_SIZE = 256 };

/* Turns the errors of FD on. 0 or -errno. */
int skt_icmp_queue_enable(int fd, uint8_t family);

/* Reads what recvmsg(2) with MSG_ERRQUEUE gave. -ENOMSG: nothing of the kind is in it. */
int skt_icmp_error_read(struct msghdr *msg, struct skt_icmp_error *ret);

/* The next error of FD; -EAGAIN: none. */
int skt_icmp_error_next(int fd, struct skt_icmp_error *ret);

/* The same as evidence for the pair INDEX. */
struct skt_evidence skt_icmp_evidence(
	const struct skt_local *local, const struct skt_icmp_error *error, uint64_t index);

#endif
