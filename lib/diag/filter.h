/*
 * The filter language of ss(8) over struct skt_socket.
 *
 *     filter    = [states] or | states
 *     or        = and { ("or" | "|" | "||") and }
 *     and       = not { ["and" | "&" | "&&"] not }
 *     not       = ("not" | "!") not | "(" or ")" | states | predicate
 *     states    = { ("state" | "exclude" | "excl") NAME{,NAME} }
 *     predicate = ("src" | "dst") ["=" | "!="] HOST | ("sport" | "dport" | "port") [OP] PORTS
 *     OP        = "=" "==" "eq" "!=" "ne" "neq" "<" "lt" "<=" "le" "leq" ">" "gt" ">=" "ge" "geq"
 *     HOST      = ADDRESS[:PORTS] | ":"PORTS
 *     ADDRESS   = "*" | IPV4[/LENGTH] | IPV6[/LENGTH] | "["IPV6"]"["%"ZONE][/LENGTH] | NAME
 *
 * Words and symbols need no blanks between them (`(sport=:22)`). Before ports a `:` may stand, as
 * in ss (`sport = :22`, `dst :https`); `*` in place of ports is any. `port` is either end. `10/8`
 * is 10.0.0.0/8. `all`, `any` and `default` are `*`, as in ss. Parsing is pure; names of hosts and
 * services are resolved in a step of their own.
 *
 * What a predicate says of a socket:
 * - A run of adjacent `state` and `exclude` is one set, built from left to right: `state
 *   established state syn-sent` is either, `state all exclude listening` all but one. In front of
 *   everything and without an `and` or `or` behind, it holds for the whole, as in ss: `state
 *   established sport = 22 or dport = 22`. As an extension it may stand wherever a predicate may.
 * - `and` binds closer than `or`, as ss(8) says. (The program itself, iproute2 6.1, takes them from
 *   left to right: there `A or B and C` is `( A or B ) and C`.)
 * - `dst` never holds for a socket without a remote end, whatever the prefix; `dport` neither, but
 *   for `dport = 0`. A `*` holds always. `!=` is exactly `not` with `=`, so `dst != 10/8` and
 *   `dport != 22` hold for a listener. (ss compares such sockets as if their remote end were
 *   0.0.0.0 or :: and port 0: `dst 0.0.0.0/0` and `dport < 1024` list its IPv4 listeners.)
 * - `<`, `<=`, `>`, `>=` hold only for a port that is there: 0 is none.
 * - An IPv4 prefix holds for IPv4-mapped IPv6 addresses too, so `src 127/8` finds
 *   ::ffff:127.0.0.1; but `src 0.0.0.0/0` does not hold for `::`, nor `src ::/0` for any IPv4
 *   socket. A mapped prefix (`::ffff:0:0/96`) holds for IPv6 sockets only. All as in ss.
 * - `HOST:PORTS` holds where one end has both. Where a name has several ports, `<` and the like
 *   hold if they do for one of them.
 *
 * Bounds: 65536 bytes of text, 64 parentheses deep.
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

/*
 * Resolves all names, before matching: until then a name is nowhere. Errors are the resolver's,
 * with the column in front. FILTER may be NULL.
 */
int skt_filter_resolve(
	struct skt_filter *filter, const struct skt_filter_resolver *resolver, struct skt_err *err);

/* Whether SOCKET passes. A NULL filter passes everything. */
bool skt_filter_match(const struct skt_filter *filter, const struct skt_socket *socket);

/*
 * Narrows QUERY to what the kernel can leave out by itself without losing a match: states and
 * single ports that every match must have. Where nothing can match, the states are 0. The caller
 * still runs skt_filter_match() on each row.
 */
void skt_filter_narrow(const struct skt_filter *filter, struct skt_dump_query *query);

#endif
