/*
 * ENDPOINT as users write it: where a stream or datagram goes to, or where it is awaited.
 *
 *	HOST:PORT  HOST PORT     a name or an address; IPv6 in brackets, or in the two-word form
 *	[V6%ZONE]:PORT           ZONE is the name or the number of an interface (RFC 4007)
 *	PORT  :PORT  *:PORT      every address of this host (local only)
 *	unix:PATH  unix:@NAME    a file, or a name in the abstract namespace (unix(7))
 *	vsock:CID:PORT           a machine; CID also `host`, `local`, `any` (vsock(7))
 *
 * PORT is a number or a service name. Reading is pure: no name is resolved, no file is touched.
 */
#ifndef SKT_BASE_ENDPOINT_H
#define SKT_BASE_ENDPOINT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "base/addr.h"
#include "base/err.h"

enum skt_endpoint_kind { SKT_ENDPOINT_INET, SKT_ENDPOINT_UNIX, SKT_ENDPOINT_VSOCK };

/* What an endpoint is for decides what may be left out of it. */
enum skt_endpoint_role {
	SKT_ENDPOINT_REMOTE, /* to connect or send to: host and port, and port 0 is none */
	SKT_ENDPOINT_LOCAL,  /* to listen at: the host may be missing, port 0 asks for a free one */
	SKT_ENDPOINT_SOURCE, /* to come from: ADDR or ADDR:PORT or :PORT; bare IPv6 is an ADDR */
};

enum {
	SKT_ENDPOINT_HOST_MAX = 254, /* RFC 1035: 253 characters, and the dot of the root */
	SKT_ENDPOINT_SERVICE_MAX = 63,
	SKT_ENDPOINT_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
	/* "[HOST%ZONE]:SERVICE" with its NUL, the longest of the forms. */
	SKT_ENDPOINT_TEXT_MAX = SKT_ENDPOINT_HOST_MAX + IF_NAMESIZE + SKT_ENDPOINT_SERVICE_MAX + 8,
};

struct skt_endpoint {
	enum skt_endpoint_kind kind;

	/* INET */
	struct skt_addr addr; /* AF_UNSPEC: not numeric (see host), or every address */
	char host[SKT_ENDPOINT_HOST_MAX + 1];       /* a name to be looked up, or "" */
	char zone[IF_NAMESIZE];                     /* an interface by name, or "" */
	char service[SKT_ENDPOINT_SERVICE_MAX + 1]; /* a service to be looked up, or "" */
	uint16_t port;                              /* where service is "" */

	/* UNIX */
	char path[SKT_ENDPOINT_PATH_MAX + 1]; /* the NAME, without its @, where abstract */
	bool abstract;

	/* VSOCK */
	uint32_t cid, vsock_port;
};

/*
 * Reads TEXT whole. Errors: -EINVAL (not of the form), -ERANGE (a number too large), -ENAMETOOLONG;
 * ERR quotes the text and says what is wrong with it. *ret is untouched then.
 */
int skt_endpoint_parse(const char *text, enum skt_endpoint_role role, struct skt_endpoint *ret,
	struct skt_err *err);

/* The form of two words. HOST may be an IPv6 address with or without brackets. */
int skt_endpoint_parse_pair(const char *host, const char *port, enum skt_endpoint_role role,
	struct skt_endpoint *ret, struct skt_err *err);

/*
 * A link-local IPv6 address is one of each link that this host has: without a zone, and without an
 * INTERFACE (NULL: none) that was chosen otherwise, -EINVAL, and ERR says what is missing.
 */
int skt_endpoint_check_zone(
	const struct skt_endpoint *ep, const char *interface, struct skt_err *err);

/*
 * Writes the endpoint in the form that reads back as the same, and returns TEXT. Control bytes in
 * a path are written as they are: escaping is for whoever shows it.
 */
const char *skt_endpoint_text(
	const struct skt_endpoint *endpoint, char text[SKT_ENDPOINT_TEXT_MAX]);

#endif
