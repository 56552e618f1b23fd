/*
 * The filter language of ss(8) over struct skt_socket.
 *
 *     filter    = or
 *     or        = and { ("or" | "|" | "||") and }
 *     and       = not { ["and" | "&" | "&&"] not }
 *     not       = ("not" | "!") not | "(" or ")" | predicate
 *     predicate = "state" NAME | "exclude" NAME
 *               | ("src" | "dst") [OP] HOST | ("sport" | "dport" | "port") [OP] PORTS
 *     OP        = "=" "==" "eq" "!=" "ne" "neq" "<" "lt" "<=" "le" "leq" ">" "gt" ">=" "ge" "geq"
 *     HOST      = "*" | ADDRESS[/LENGTH][:PORTS] | "["ADDRESS"]"[/LENGTH][:PORTS] | NAME[:PORTS] |
 * ":"PORTS
 *
 * Before ports a `:` may stand, as in ss (`sport = :22`, `dst :https`). `port` is either end.
 * Parsing is pure; names of hosts and services are resolved in a step of their own.
 */
#ifndef SKT_DIAG_FILTER_H
#define SKT_DIAG_FILTER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/port.h"
#include "diag/dump.h"
#include "diag/socket.h"

struct skt_filter;

/*
 * Reads TEXT (copied). *ret is NULL for a text of blanks only: everything matches. -EINVAL: ERR
 * says what was expected and at which column (from 1) of TEXT, and quotes the bad word; -ENOMEM.
 */
int skt_filter_parse(const char *text, struct skt_filter **ret, struct skt_err *err);
void skt_filter_free(struct skt_filter *filter);

/* How names become values. Each returns 0 or -errno with ERR filled, and adds to what is there. */
struct skt_filter_resolver {
	int (*ports)(void *ctx, const struct skt_port_list *list, struct skt_portset *set,
		struct skt_err *err);
	int (*host)(void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count,
		struct skt_err *err); /* mallocs *cidrs, which the filter then owns */
	void *ctx;
};

/* Resolves all names; called once before matching. Errors are the resolver's. */
int skt_filter_resolve(
	struct skt_filter *filter, const struct skt_filter_resolver *resolver, struct skt_err *err);

/* Whether SOCKET passes. A NULL filter passes everything. */
bool skt_filter_match(const struct skt_filter *filter, const struct skt_socket *socket);

/*
 * Narrows QUERY to what the kernel can leave out by itself without losing a match: states and
 * single ports that every match must have. The caller still runs skt_filter_match() on each row.
 */
void skt_filter_narrow(const struct skt_filter *filter, struct skt_dump_query *query);

#endif
