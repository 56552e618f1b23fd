/*
 * Where the clients of a proxy may be connected to: --allow-target and --deny-target.
 *
 * What nobody outside of this host could reach without the proxy is for nobody, unless a rule names
 * just that: this host's own addresses, loopback and link-local ones (where clouds tell machines
 * their secrets), multicast and broadcast, also inside of IPv6 addresses that stand for IPv4 ones.
 */
#ifndef SKT_CMD_LISTEN_TARGETS_H
#define SKT_CMD_LISTEN_TARGETS_H

#include "base/endpoint.h"
#include "base/port.h"
#include "base/vec.h"

/* One rule: hosts, or addresses, and their ports. */
struct target_rule {
	bool allows;
	bool itself, below;                   /* of a name: it; what lies below it */
	char host[SKT_ENDPOINT_HOST_MAX + 1]; /* without the dot of the root; "": no name */
	struct skt_cidr cidr;                 /* where there is no name; AF_UNSPEC: whatever */
	struct skt_port_list ports;           /* none: all */
};

/* Zero-initialised: no rules. Not to be copied. */
struct targets {
	SKT_VEC(struct target_rule) rules;
	bool some; /* there is one that allows: all else is refused */
};

/*
 * Adds a rule: `HOST`, `.DOMAIN` (and what is below it), `*.DOMAIN` (what is below it), `*`, `ADDR`
 * or a prefix (IPv6 in brackets where ports follow), each with `:PORTS` or not. TEXT is borrowed.
 * Errors: -EINVAL, and ERR says what is wrong; -ENOMEM.
 */
int targets_add(struct targets *targets, const char *text, bool allows, struct skt_err *err);

/*
 * Whether TARGET, an address or a name, may be asked for, as far as can be told without looking its
 * name up. RESOLVED: its addresses will be seen by targets_permit().
 */
bool targets_may(const struct targets *targets, const struct skt_endpoint *target, bool resolved);

/* Whether TARGET may be had at ADDR, one of its addresses. */
bool targets_permit(const struct targets *targets, const struct skt_endpoint *target,
	const struct skt_addr *addr);

void targets_free(struct targets *targets);

#endif
