/*
 * Which datagrams a service that answers by itself may answer, since their senders are easily
 * forged: none that comes from itself, none from the ports of services that answer everything, no
 * more to each sender than a rate, and no end of a dialogue in which nothing is new. So neither one
 * forged datagram keeps two of them busy for ever (CERT CA-1996-01; CVE-2024-2169), nor are they of
 * use against a third. Pure: times are told, and who is remembered has a bound.
 */
#ifndef SKT_NET_GUARD_H
#define SKT_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/receiver.h"
#include "net/udp.h"

enum skt_guard_verdict {
	SKT_GUARD_ANSWER,
	SKT_GUARD_OWN,     /* from our own address and port */
	SKT_GUARD_SERVICE, /* from port 7, 13, 17, 19 or 37: echo, daytime, qotd, chargen, time */
	SKT_GUARD_RATE,    /* more than this sender may have */
	SKT_GUARD_LOOP,    /* one in SKT_GUARD_RALLY that are all the same: the way out of a loop */
	SKT_GUARD_VERDICTS
};

enum {
	SKT_GUARD_RATE_DEFAULT = 10 * 1000, /* answers a second */
	SKT_GUARD_RALLY = 10 * 1000,
};

struct skt_guard;

/* LOCAL: where the service is bound. RATE: answers a second to each sender. -ENOMEM. */
int skt_guard_new(const struct skt_udp_address *local, uint64_t rate, struct skt_guard **ret);
void skt_guard_free(struct skt_guard *guard);

/* What is to become of D at NOW_NS of CLOCK_MONOTONIC. Whoever is told to answer has done so. */
enum skt_guard_verdict skt_guard_ask(
	struct skt_guard *guard, const struct skt_datagram *d, uint64_t now_ns);

#endif
