/*
 * Every socket that was asked for, from the best source that answers: sock_diag first, /proc/net
 * where that is refused. One call, many kernel dumps: what a busy kernel sends twice is dropped,
 * and what it passes over is looked for again (diag/looks.h).
 */
#ifndef SKT_DIAG_DUMP_H
#define SKT_DIAG_DUMP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/netns.h"
#include "diag/netlink.h"
#include "diag/socket.h"

enum skt_dump_source { SKT_SOURCE_AUTO, SKT_SOURCE_NETLINK, SKT_SOURCE_PROC };

struct skt_dump_query {
	bool protos[SKT_PROTO_COUNT];
	uint32_t types[SKT_PROTO_COUNT];  /* of those that have several: bits of SOCK_*; 0: any */
	bool ipv4, ipv6;                  /* which of those that speak IP */
	uint32_t states;                  /* SKT_STATE_BIT()s */
	uint16_t local_port, remote_port; /* 0: any */
	uint32_t detail;                  /* SKT_DETAIL_*: what socket.detail shall tell */
	enum skt_dump_source source;
	/* Also what no table lists: not for skt_dump_sockets(), which reads tables. */
	bool unlisted;
	/* A program of CODE_LEN bytes that the kernel shall run on each socket
	 * (skt_filter_compile()), or NULL; where it does not take it, it sends all. Borrowed. */
	const unsigned char *code;
	size_t code_len;
};

/* Where to read: the live system, or recordings. Borrowed. */
struct skt_dump_system {
	const char *proc_root;                    /* "/proc" */
	const struct skt_netlink_source *netlink; /* NULL: the kernel */
	struct skt_netns *netns;                  /* NULL: the namespace of this process */
	unsigned int kernel; /* SKT_KERNEL() of who answers: of the recorded one; 0: not known */
};

struct skt_dump_report {
	enum skt_dump_source source; /* the one that answered; PROC where any table came from there
				      */
	int refused;       /* AUTO fell back to /proc: the -errno that netlink answered, else 0 */
	bool interrupted;  /* sockets came and went so fast that some may be missing */
	bool truncated;    /* rows were lost or malformed */
	bool bound_known;  /* the kernel can tell sockets that are bound but not listening (6.8) */
	size_t bad_lines;  /* /proc lines that could not be read */
	size_t duplicates; /* rows dropped */
};

/*
 * Hands every matching socket to FN, in the order of enum skt_proto, else in the kernel's: TCP of
 * both families is one walk of one table, IPv4 and IPv6 mixed, as in ss(8). Its texts are good
 * until FN returns.
 *
 * Of SKT_PROTO_OTHER there is no table, and so no row, and no failure.
 *
 * A family or protocol that the kernel does not have is no rows, unless nothing else was asked for.
 * Rows are streamed, those of the first look first. Where SKT_LOOKS_MAX looks are not enough to be
 * sure of all, the rows stand and the report says `interrupted`. A recording is asked again only
 * while it has given no row.
 *
 * Errors: -errno of the source where nothing could be asked or a dump broke off (ERR says how), or
 * what FN returned. *ret_report is set in any case.
 */
int skt_dump_sockets(const struct skt_dump_system *system, const struct skt_dump_query *query,
	skt_socket_fn *fn, void *ctx, struct skt_dump_report *ret_report, struct skt_err *err);

#endif
