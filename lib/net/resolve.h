/*
 * Names to addresses without waiting: getaddrinfo(3) in threads of its own (net/offload), IPv6 and
 * IPv4 as two lookups that race each other, the answers delivered by the loop.
 */
#ifndef SKT_NET_RESOLVE_H
#define SKT_NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/endpoint.h"
#include "base/err.h"
#include "base/service.h"
#include "net/loop.h"

enum {
	SKT_RESOLVE_MAX = 32, /* addresses of one family; more are not of use to anyone */
};

/*
 * Looks HOST up for one family: AF_INET6 or AF_INET. Called in a thread of its own; may take any
 * time. Returns 0 and up to MAX addresses in the order of preference (RFC 6724), or EAI_*; with
 * EAI_SYSTEM errno says more.
 */
typedef int (*skt_lookup_fn)(void *arg, const char *host, int family, struct skt_addr *ret,
	size_t max, size_t *ret_count);

struct skt_resolver;
struct skt_resolve_job;

/* LOOKUP NULL: getaddrinfo(3). ARG must live as long as the process where a lookup may hang. */
int skt_resolver_open(
	struct skt_loop *loop, skt_lookup_fn lookup, void *arg, struct skt_resolver **ret);

/* Forgets what is under way. Allowed in a callback. NULL is allowed. */
void skt_resolver_free(struct skt_resolver *resolver);

struct skt_answer {
	bool asked, arrived;
	int gai;    /* 0 or EAI_* */
	int errnum; /* with EAI_SYSTEM; ETIMEDOUT: no answer before the deadline */
	uint64_t start_ns, end_ns;
	struct skt_addr addrs[SKT_RESOLVE_MAX];
	size_t count;
};

/* One name being looked up. The user sets `answered` and zeroes the rest. */
struct skt_resolve {
	/* One more of `v6` and `v4` has arrived, or both. May cancel, or free the struct. */
	void (*answered)(struct skt_resolve *resolve);

	struct skt_answer v6, v4;

	/* the resolver's own */
	struct skt_resolver *resolver;
	struct skt_resolve_job *jobs[2];
	struct skt_timer timer;
};

/*
 * Begins to look HOST up for FAMILY, AF_UNSPEC being both at once. At DEADLINE_NS (SKT_NEVER: none)
 * what has not arrived is answered with ETIMEDOUT. HOST is copied. No callback before the loop
 * runs. Errors: -ENOMEM, those of skt_watch_add().
 */
int skt_resolve_start(struct skt_resolver *resolver, const char *host, int family,
	uint64_t deadline_ns, struct skt_resolve *resolve);

/* No callback comes any more. No effect on what is over, or was never begun. */
void skt_resolve_cancel(struct skt_resolve *resolve);

/* Whether an answer is still to come. */
bool skt_resolve_pending(const struct skt_resolve *resolve);

/*
 * The failure of a lookup that brought no address: the more telling of both families, in ERR's
 * domain GAI (or SYS). Returns -ENOENT (there is no such name, or it has no such address),
 * -ETIMEDOUT, -EAGAIN (try again later), or what the system said.
 */
int skt_resolve_error(const struct skt_resolve *resolve, const char *host, struct skt_err *err);

/*
 * The address of an endpoint that needs no lookup, its zone made an index. Errors: -ENODEV (no
 * such interface), -EINVAL (it is a name).
 */
int skt_resolve_numeric(
	const struct skt_endpoint *endpoint, struct skt_addr *ret, struct skt_err *err);

/*
 * The port of an INET endpoint for one PROTOCOL (SKT_SERVICE_*): its number, or the lowest that the
 * service has. Errors: -EINVAL, with the nearest name that is known.
 */
int skt_resolve_port(const struct skt_endpoint *endpoint, const struct skt_services *services,
	uint8_t protocol, uint16_t *ret, struct skt_err *err);

#endif
