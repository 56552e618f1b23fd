/*
 * How a conversation in the clear becomes one of TLS, in the protocols that begin so: what to say,
 * and what the server must answer. Pure: the bytes are hostile, each piece of them is bounded, and
 * so is their number.
 *
 *	smtp      RFC 3207      EHLO, STARTTLS
 *	imap      RFC 3501      STARTTLS
 *	pop3      RFC 2595      STLS
 *	ftp       RFC 4217      AUTH TLS
 *	nntp      RFC 4642      STARTTLS
 *	ldap      RFC 4511      the extended request 1.3.6.1.4.1.1466.20037
 *	xmpp      RFC 6120, 5   <starttls/>
 *	postgres  SSLRequest, "Message Formats" of its manual
 *	mysql     SSLRequest, "Protocol::SSLRequest" of its manual
 *
 * What comes behind the agreement is left to TLS, which knows it for what it is: words that
 * somebody in between has put there cannot become words of the session (CVE-2011-0411).
 */
#ifndef SKT_TLS_STARTTLS_H
#define SKT_TLS_STARTTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum skt_starttls_protocol {
	SKT_STARTTLS_NONE,
	SKT_STARTTLS_SMTP,
	SKT_STARTTLS_IMAP,
	SKT_STARTTLS_POP3,
	SKT_STARTTLS_FTP,
	SKT_STARTTLS_NNTP,
	SKT_STARTTLS_LDAP,
	SKT_STARTTLS_XMPP,
	SKT_STARTTLS_POSTGRES,
	SKT_STARTTLS_MYSQL,
	SKT_STARTTLS_PROTOCOLS,
};

/* "smtp", "imap", ...; NULL for NONE. */
extern const char *const skt_starttls_names[SKT_STARTTLS_PROTOCOLS];

enum {
	SKT_STARTTLS_PIECE_MAX = 4096, /* bytes of one line, tag or packet */
	SKT_STARTTLS_PIECES_MAX = 256,
	SKT_STARTTLS_WORDS_MAX = 512, /* bytes of what is said at once */
};

/* What is to be done next. */
enum skt_starttls_next {
	SKT_STARTTLS_HEAR,  /* another piece */
	SKT_STARTTLS_SAY,   /* skt_starttls_words(), then hear */
	SKT_STARTTLS_LEAVE, /* say skt_starttls_words(), then begin with TLS */
	SKT_STARTTLS_READY, /* begin with TLS */
};

struct skt_starttls {
	enum skt_starttls_protocol protocol;
	const char *host; /* whom we came for, in ASCII; borrowed. "" where there is no name */

	/* its own */
	unsigned int step;
	size_t pieces;
	bool offered, inside; /* TLS; of a reply in several lines */
};

/* Begins. The first thing to do. */
enum skt_starttls_next skt_starttls_begin(
	struct skt_starttls *starttls, enum skt_starttls_protocol protocol, const char *host);

/* The words that are due. Returns how many bytes of RET they take. */
size_t skt_starttls_words(struct skt_starttls *starttls, char ret[SKT_STARTTLS_WORDS_MAX]);

/*
 * What says of PROTOCOL how many of the LEN bytes at hand its next piece takes; 0: it is not whole
 * yet. -EPROTO: that is nothing that the protocol has, or too long.
 */
ssize_t (*skt_starttls_measure(enum skt_starttls_protocol protocol))(const char *bytes, size_t len);

/*
 * Takes a piece, whole. Returns enum skt_starttls_next. -EPROTO: the server refuses, or does not
 * speak the protocol; ERR quotes it.
 */
int skt_starttls_hear(
	struct skt_starttls *starttls, const char *piece, size_t len, struct skt_err *err);

/*
 * What is to be said where no piece could be measured: LEN of its bytes, of which there may be
 * none. Returns -EPROTO.
 */
int skt_starttls_fail(
	const struct skt_starttls *starttls, const char *bytes, size_t len, struct skt_err *err);

#endif
