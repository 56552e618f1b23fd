/*
 * The families of sockets that do not speak IP on their own: each is a table of what to ask the
 * kernel, how to read one answer, and how to read one line of /proc/net where there is such a file.
 * A file for each of them says that (unix.c, packet.c, ...); asking is the same for all.
 */
#ifndef SKT_DIAG_FAMILY_H
#define SKT_DIAG_FAMILY_H

#include "diag/netlink.h"
#include "diag/socket.h"

/* A unix path has at most 108 bytes, and 2 more to set it off from other texts. */
enum { SKT_SOCKET_TEXT_MAX = 128 };

/* Where the texts of the socket at hand are made, and its details. */
struct skt_socket_text {
	char local[SKT_SOCKET_TEXT_MAX], remote[SKT_SOCKET_TEXT_MAX];
	struct skt_socket_detail *detail; /* NULL: nobody asks */
};

/* What a request asks for where DETAIL is wanted: a bit of its word at show_at. */
struct skt_family_show {
	uint32_t detail; /* SKT_DETAIL_*; 0: the end */
	uint32_t show;
};

struct skt_family {
	const void *request; /* the payload of SOCK_DIAG_BY_FAMILY */
	size_t request_len;
	size_t states_at; /* where in it the kernel's mask of states is, 32 bits; 0: there is none
			   */
	size_t show_at;   /* likewise the word that says what to tell */
	const struct skt_family_show *shows;
	/*
	 * Reads one answer. Texts point into TEXT. -EBADMSG where malformed, and then *ret is
	 * half-filled.
	 */
	int (*parse)(const void *payload, size_t len, struct skt_socket_text *text,
		struct skt_socket *ret);
	const char *proc_name; /* of the file in /proc/net; NULL: there is none */
	/* The same for a line (no newline) of that file. */
	int (*parse_line)(
		const char *line, size_t len, struct skt_socket_text *text, struct skt_socket *ret);
};

extern const struct skt_family skt_unix_family, skt_packet_family, skt_netlink_family,
	skt_vsock_family, skt_xdp_family, skt_tipc_family, skt_smc_family;

/* Of PROTO; NULL for those of inet.h. */
const struct skt_family *skt_family_of(enum skt_proto proto);

struct skt_family_query {
	uint32_t states;                  /* SKT_STATE_BIT()s */
	uint32_t types;                   /* bits of SOCK_*; 0: any */
	bool ipv4, ipv6;                  /* of those that have internet addresses */
	uint16_t local_port, remote_port; /* 0: any; who has no ports does not match */
	uint32_t detail;                  /* SKT_DETAIL_*: what to tell beyond struct skt_socket */
};

/* As skt_inet_dump() and skt_proc_net_dump(). A FAMILY without a file is -ENOENT. */
int skt_family_dump(const struct skt_family *family, struct skt_netlink *netlink,
	const struct skt_family_query *query, skt_socket_fn *fn, void *ctx, unsigned int *ret_flags,
	struct skt_err *err);
int skt_family_dump_proc(const struct skt_family *family, const char *proc_root,
	const struct skt_family_query *query, skt_socket_fn *fn, void *ctx, size_t *ret_bad,
	struct skt_err *err);

#endif
