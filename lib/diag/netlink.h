/*
 * Netlink requests and dumps with one policy for trouble: with netlink_kernel all that knows
 * libmnl.
 *
 * A dump is produced inside recvmsg(2), in pieces of at most 32 KiB (net/netlink/af_netlink.c), so
 * the receive buffer is just that. NLMSG_DONE's error, NLMSG_ERROR with the kernel's extended ack,
 * NLMSG_OVERRUN, truncated datagrams and NLM_F_DUMP_INTR are all seen and reported.
 */
#ifndef SKT_DIAG_NETLINK_H
#define SKT_DIAG_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "diag/netlink_source.h"

struct nlmsghdr;
struct skt_netlink;

/* A NETLINK_SOCK_DIAG socket in the network namespace of the calling thread, kept for life. */
int skt_netlink_open(struct skt_netlink **ret, struct skt_err *err);

/* The same of NETLINK_ROUTE (rtnetlink(7)). */
int skt_netlink_open_route(struct skt_netlink **ret, struct skt_err *err);

/* The same on top of SOURCE, which is closed with it. */
int skt_netlink_open_source(
	const struct skt_netlink_source *source, struct skt_netlink **ret, struct skt_err *err);
void skt_netlink_close(struct skt_netlink *netlink);

/*
 * The name of interface IFINDEX in the namespace of NETLINK, NUL-terminated in *ret. -ENODEV: it is
 * gone; -EOPNOTSUPP: NETLINK is a recording.
 */
int skt_netlink_interface(
	const struct skt_netlink *netlink, uint32_t ifindex, char (*ret)[IF_NAMESIZE]);

/* The inode of the socket, so that who lists sockets can leave this one out; 0: it is none. */
uint64_t skt_netlink_inode(const struct skt_netlink *netlink);

/* Takes the payload of one message of a dump. Negative: stop, and hand this back to the caller. */
typedef int skt_netlink_fn(const void *payload, size_t len, void *ctx);

enum {
	SKT_DUMP_INTERRUPTED = 1, /* NLM_F_DUMP_INTR was set: the table changed under the dump */
	SKT_DUMP_TRUNCATED = 2,   /* a datagram or message was cut short, or NLMSG_OVERRUN */
	SKT_DUMP_PIECES = 4,      /* there were rows in several datagrams: the table may have
				   * changed between them */
};

/*
 * Sends a request of TYPE with NLM_F_REQUEST|NLM_F_DUMP and this payload (at most 8 KiB), and
 * hands every message to FN until NLMSG_DONE. Replies to other requests or sockets are passed over.
 * *ret_flags: SKT_DUMP_*, what makes the result doubtful; set also on failure. Errors: the kernel's
 * -errno (ERR carries its extended ack), what FN returned (ERR untouched), -ENODATA or -ENOBUFS
 * where the dump broke off before NLMSG_DONE.
 */
int skt_netlink_dump(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	skt_netlink_fn *fn, void *ctx, unsigned int *ret_flags, struct skt_err *err);

/*
 * Sends one request of TYPE with this payload that is no dump, and waits for the kernel's answer:
 * 0, or the -errno that it is (ERR carries its extended ack).
 */
int skt_netlink_request(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	struct skt_err *err);

/* The same, with FN for what the kernel sends before it answers; what FN returns as in a dump. */
int skt_netlink_get(struct skt_netlink *netlink, uint16_t type, const void *payload, size_t len,
	skt_netlink_fn *fn, void *ctx, struct skt_err *err);

/*
 * Opens a socket for events: a member of COUNT multicast groups (SKNLGRP_*, linux/sock_diag.h). No
 * privilege is needed. Errors: those of socket(2), and -ENOENT or -EINVAL for a group that the
 * kernel does not have.
 */
int skt_netlink_subscribe(
	const unsigned int *groups, size_t count, struct skt_netlink **ret, struct skt_err *err);

/* The same of NETLINK_ROUTE: groups RTNLGRP_* (linux/rtnetlink.h). */
int skt_netlink_subscribe_route(
	const unsigned int *groups, size_t count, struct skt_netlink **ret, struct skt_err *err);

/* The socket of either, to be waited for with others; -1: it is a recording. */
int skt_netlink_events_fd(const struct skt_netlink *netlink);

/*
 * Waits for events, but not longer than TIMEOUT_NS nor beyond a signal, and hands those that are
 * there to FN: maybe none. A NETLINK of skt_netlink_open_source() never waits. *ret_lost: there
 * were more than the kernel could keep. Errors: what FN returned (ERR untouched), or the socket's.
 */
int skt_netlink_events(struct skt_netlink *netlink, uint64_t timeout_ns, skt_netlink_fn *fn,
	void *ctx, bool *ret_lost, struct skt_err *err);

#endif
