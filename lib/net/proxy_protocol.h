/*
 * The header of the PROXY protocol, by which a proxy tells who its client is: versions 1 (a line)
 * and 2 (binary, with fields of type, length and value). Pure: bytes in, struct out, and back.
 *
 * Source: "The PROXY protocol, versions 1 & 2", W. Tarreau, HAProxy doc/proxy-protocol.txt.
 */
#ifndef SKT_NET_PROXY_PROTOCOL_H
#define SKT_NET_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/connection.h"

enum {
	SKT_PROXY_V1_MAX = 107, /* bytes of a line with its CR LF (2.1) */
	SKT_PROXY_MAX = 4096, /* bytes of the longest header that is read; the least is 232 (2.2) */
	SKT_PROXY_PATH_MAX = 108, /* as in struct sockaddr_un, without a NUL where it is full */
	SKT_PROXY_TEXT_MAX = 255,
	/* Head, addresses, four texts, and what is said of TLS. */
	SKT_PROXY_WRITTEN_MAX = 16 + 2 * 108 + 4 * (3 + 255) + 8,
};

enum skt_proxy_family {
	SKT_PROXY_UNKNOWN, /* nothing is told of the client; or it is the proxy itself (LOCAL) */
	SKT_PROXY_INET,    /* IPv4 or IPv6, as the places say */
	SKT_PROXY_UNIX,
};

struct skt_proxy_header {
	int version; /* 1 or 2 */
	enum skt_proxy_family family;
	bool local;                           /* version 2: the proxy speaks for itself */
	bool datagram;                        /* what the client sent are datagrams */
	struct skt_place source, destination; /* the client, and where it came to */
	char source_path[SKT_PROXY_PATH_MAX + 1], destination_path[SKT_PROXY_PATH_MAX + 1];
	/* Texts of version 2, as they came, or "": cut where they are too long. */
	char alpn[SKT_PROXY_TEXT_MAX + 1];
	char authority[SKT_PROXY_TEXT_MAX + 1]; /* the name that the client asked for (SNI) */
	char tls_version[SKT_PROXY_TEXT_MAX + 1], tls_name[SKT_PROXY_TEXT_MAX + 1];
	uint8_t tls_client; /* bits of SKT_PROXY_TLS and the like; 0: nothing is said of TLS */
	bool tls_verified;  /* the client has shown a certificate that is good */
};

/* What a client has done (PP2_CLIENT_SSL, ..._CERT_CONN, ..._CERT_SESS). */
enum {
	SKT_PROXY_TLS = 0x01,
	SKT_PROXY_TLS_CERT = 0x02,         /* shown a certificate over this connection */
	SKT_PROXY_TLS_CERT_SESSION = 0x04, /* or when the session began, which is resumed */
};

/*
 * How long the header is that LEN BYTES begin with, once it is there whole; 0: more of it must
 * come; -EPROTO: it is none; -EMSGSIZE: it is longer than is read.
 */
ssize_t skt_proxy_measure(const char *bytes, size_t len);

/* Reads a whole header. Errors: -EPROTO, and ERR says what is wrong with it. */
int skt_proxy_parse(
	const char *bytes, size_t len, struct skt_proxy_header *ret, struct skt_err *err);

/*
 * Writes HEADER, with its texts in version 2 where the client is known; returns the length.
 * Addresses of two families are both written as IPv6. Version 1 knows neither datagrams nor unix:
 * they are unknown to it.
 */
size_t skt_proxy_write(const struct skt_proxy_header *header, char ret[SKT_PROXY_WRITTEN_MAX]);

#endif
