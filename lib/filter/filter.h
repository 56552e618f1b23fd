/*
 * The filter language of ss(8) over struct skt_socket, and beyond it `COLUMN OP VALUE` over rows
 * that this room knows nothing of.
 *
 *     filter    = [states] or | states
 *     or        = and { ("or" | "|" | "||") and }
 *     and       = not { ["and" | "&" | "&&"] not }
 *     not       = ("not" | "!") not | "(" or ")" | states | predicate
 *     states    = { ("state" | "exclude" | "excl") NAME{,NAME} }
 *     predicate = ("src" | "dst") [EQUAL] HOSTS | ("sport" | "dport" | "port") [OP] PORTS
 *               | "dev" [EQUAL] INTERFACE | "fwmark" [EQUAL] MARK[/MASK] | "cgroup" [EQUAL] PATH
 *               | PORTS | NAME-OF-A-STATE | NAME-OF-A-PROTOCOL
 *               | "autobound" | "state" EQUAL NAME{,NAME} | COLUMN [OP] VALUE{,VALUE}
 *     OP        = EQUAL | "<" "lt" "<=" "le" "leq" ">" "gt" ">=" "ge" "geq" | "~" "like" "!~"
 *     EQUAL     = "=" "==" "eq" "!=" "ne" "neq"
 *     HOSTS     = HOST{,HOST}
 *     HOST      = [("inet:" | "inet6:")] (ADDRESS[:PORTS] | ":"PORTS) | ["unix:"]PATTERN
 *               | ("link:" | "netlink:" | "vsock:" | "xdp:" | "tipc:")PATTERN[:PATTERN]
 *     ADDRESS   = "*" | IPV4[/LENGTH] | IPV6[/LENGTH] | "["IPV6"]"["%"ZONE][/LENGTH] | NAME
 *     VALUE     = "-" | what the column holds: a number or range A-B, A-, -B, with a unit; a text
 *
 * Words and symbols need no blanks between them (`(sport=:22)`). Before ports a `:` may stand, as
 * in ss (`sport = :22`, `dst :https`); `*` in place of ports is any. `port` is either end. `10/8`
 * is 10.0.0.0/8. `all`, `any` and `default` are `*`, as in ss. Wherever one operand may stand, a
 * set may: `src { 10/8 192.168/16 }`. An operand may be quoted ('...' or "..."): what is between is
 * one word, whatever it is; in a quoted text of a column commas do not separate. Parsing is pure;
 * names of hosts, services, interfaces and cgroups are resolved in a step of their own.
 *
 * What a predicate says of a socket:
 * - A run of adjacent `state` and `exclude` is one set, built from left to right: `state
 *   established state syn-sent` is either, `state all exclude listening` all but one. In front of
 *   everything and without an `and` or `or` behind, it holds for the whole, as in ss: `state
 *   established sport = 22 or dport = 22`. As an extension it may stand wherever a predicate may.
 *   `state = NAME` and `state != NAME` are predicates like any other.
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
 * - A HOST with `/` or `@` in front, or `unix:`, is a pattern for the name of a unix socket, in any
 *   case of its letters, as in ss; one with `*` or `?` elsewhere than in `*:PORTS` and `ADDRESS:*`
 *   for the name or address of any. Length is part of a name, NULs and all.
 * - Behind the name of a family stand what its sockets show for address and port, `*` for any.
 * - `autobound`: the local port is in the range that the kernel takes ports from where a program
 *   names none. Where the kernel filters, those are left out too that a program named itself.
 * - What has no value (null) is equal to nothing, neither below nor above anything, and like no
 *   pattern; so `!=` and `!~`, which are exactly `not` with `=` and `~`, hold for it. `COLUMN = -`
 *   asks for just those. Of a column with several values one is enough: `pid = 7` is "7 holds it".
 * - Names of columns go without their unit (`rtt` for `rtt_us`). A bare number is in the column's
 *   own unit, as JSON shows it; `100ms`, `1M` and the like are exact. Texts are compared byte by
 *   byte; `~` takes a pattern of the shell (base/glob.h).
 * - `local_port`, `remote_port`, `local_address`, `remote_address`, `local`, `remote`, `interface`
 *   and `mark` are other words for `sport`, `dport`, `src`, `dst`, `dev` and `fwmark`, wherever
 *   these can say it. But `local` and `remote` know no names of hosts: what is no address and no
 *   pattern is the text that the column shows, as in `local = rtnetlink:kernel`.
 *
 * Bounds: 65536 bytes of text, 64 parentheses deep.
 */
#ifndef SKT_FILTER_FILTER_H
#define SKT_FILTER_FILTER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/port.h"
#include "diag/dump.h"
#include "diag/socket.h"
#include "filter/row.h"

struct skt_filter;

/*
 * Reads TEXT (copied). *ret is NULL for a text of blanks only: everything matches. FIELDS, which is
 * borrowed as long as the filter lives, is what rows have; NULL: nothing beyond the socket.
 * -EINVAL: ERR says what was expected and at which column (from 1) of TEXT, and quotes the bad
 * word; -ENOMEM.
 */
int skt_filter_parse(const char *text, const struct skt_filter_fields *fields,
	struct skt_filter **ret, struct skt_err *err);
void skt_filter_free(struct skt_filter *filter);

/* How names become values. Each returns 0 or -errno with ERR filled, and adds to what is there. */
struct skt_filter_resolver {
	int (*ports)(void *ctx, const struct skt_port_list *list, struct skt_portset *set,
		struct skt_err *err);
	int (*host)(void *ctx, const char *name, struct skt_cidr **cidrs, size_t *count,
		struct skt_err *err); /* mallocs *cidrs, which the filter then owns */
	int (*interface)(void *ctx, const char *name, uint32_t *ret_index, struct skt_err *err);
	int (*cgroup)(void *ctx, const char *path, uint64_t *ret_id, struct skt_err *err);
	/* The range that the kernel takes ports from where none is named. */
	void (*ephemeral)(void *ctx, uint16_t *ret_low, uint16_t *ret_high);
	void *ctx;
};

/*
 * Resolves all names, before matching: until then a name is nowhere. Errors are the resolver's,
 * with the column in front. FILTER may be NULL.
 */
int skt_filter_resolve(
	struct skt_filter *filter, const struct skt_filter_resolver *resolver, struct skt_err *err);

/*
 * Whether SOCKET may pass, as far as it tells by itself: what only the row around it can tell is
 * taken to hold. A NULL filter passes everything.
 */
bool skt_filter_match(const struct skt_filter *filter, const struct skt_socket *socket);

/*
 * The same for a SOCKET that is known from its end only: that it was once in one of STATES is all
 * that can be said of its state.
 */
bool skt_filter_match_ended(
	const struct skt_filter *filter, const struct skt_socket *socket, uint32_t states);

/* Whether ROW passes, which is SOCKET, as the kernel gave it, with all that was joined to it. */
bool skt_filter_match_row(
	const struct skt_filter *filter, const struct skt_socket *socket, const void *row);

/* Whether there is more to FILTER than skt_filter_match() can tell. */
bool skt_filter_needs_row(const struct skt_filter *filter);

/* Whether FILTER asks for those in STATE by the name of that one (`state unbound`). */
bool skt_filter_asks_state(const struct skt_filter *filter, enum skt_state state);

/* Whether FILTER asks for marks, which the kernel tells to CAP_NET_ADMIN only. */
bool skt_filter_asks_mark(const struct skt_filter *filter);

/* Whether FILTER asks what the remote end of a unix socket is called. */
bool skt_filter_asks_remote_name(const struct skt_filter *filter);

/* Hands every field that FILTER looks at to FN, once or more. Negative: stop, and hand it back. */
int skt_filter_each_field(const struct skt_filter *filter,
	int (*fn)(const struct skt_filter_field *field, void *ctx), void *ctx);

/*
 * Narrows QUERY to what the kernel can leave out by itself without losing a match: protocols,
 * states and single ports that every match must have. Where nothing can match, the states are 0.
 * The caller still runs skt_filter_match() on each row.
 */
void skt_filter_narrow(const struct skt_filter *filter, struct skt_dump_query *query);

enum { SKT_FILTER_CODE_MAX = 4096 }; /* as much as a request takes: diag/inet.h */

/*
 * Writes what FILTER says of a socket beyond QUERY, which was narrowed to it, as a program for
 * INET_DIAG_REQ_BYTECODE (net/ipv4/inet_diag.c) that passes whatever FILTER passes, and perhaps
 * more: `autobound` apart, of which the kernel knows more than a socket tells. Returns its length
 * in bytes; 0: the kernel can leave out nothing more, or the program would be longer than CODE.
 */
size_t skt_filter_compile(const struct skt_filter *filter, const struct skt_dump_query *query,
	unsigned char code[SKT_FILTER_CODE_MAX]);

#endif
