/* The policy of privilege: what each command, and each thing that it does, keeps. */
#ifndef SKT_CMD_POLICY_H
#define SKT_CMD_POLICY_H

#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/way.h"
#include "privilege/privilege.h"

enum skt_policy {
	SKT_POLICY_CONNECT,
	SKT_POLICY_CONNECT_EXEC,
	SKT_POLICY_LISTEN,
	SKT_POLICY_LISTEN_PROGRAMS,
	SKT_POLICY_LISTEN_PROGRAMS_USER,
	SKT_POLICY_UDPSEND,
	SKT_POLICY_UDPRECV,
	SKT_POLICY_UDPRECV_VERBOSE,
	SKT_POLICY_UDPRECV_PROGRAMS,
	SKT_POLICY_SCAN_OPENING,
	SKT_POLICY_SCAN,
	SKT_POLICY_SOCKETS,
	SKT_POLICY_PORTS,
	SKT_POLICY_PORTS_HOLD,
	SKT_POLICIES,
};

/* The row of POLICY, for a run to add to what its options name. */
struct skt_needs skt_policy_needs(enum skt_policy policy);

/* "listen --exec --user" */
const char *skt_policy_name(enum skt_policy policy);

/* To be bound to the interface of WAY took CAP_NET_RAW before Linux 5.7. */
void skt_policy_add_way(
	struct skt_needs *needs, const struct skt_way_options *way, const struct skt_context *ctx);

/*
 * Whom a client of TLS trusts: CA is that of its options, or NULL. Of a directory only what a chain
 * asks for is read, and only then.
 */
void skt_policy_add_authorities(struct skt_needs *needs, const char *ca);

/*
 * Confines this run to NEEDS, unless --no-sandbox was given. What has come of it is told with -vv
 * to LOG, or, LOG being NULL, to nobody.
 */
void skt_policy_apply(const struct skt_needs *needs, const struct skt_context *ctx,
	const struct skt_event_log *log);

#endif
