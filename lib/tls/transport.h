/*
 * The carrier of a session, as OpenSSL has it: a BIO. What comes is followed, to know at an end
 * whether it is inside of a record, and what goes may be gathered, several records for one write.
 */
#ifndef SKT_TLS_TRANSPORT_H
#define SKT_TLS_TRANSPORT_H

#include <openssl/ssl.h>

#include "tls/carrier.h"
#include "tls/explain.h"

/* RFC 8446, 5.1 and 5.2: a header, the plaintext at the most, and what TLS 1.2 may add to it. */
enum {
	SKT_TLS_RECORD_HEAD = 5,
	SKT_TLS_RECORD_TEXT = 16384,
	SKT_TLS_RECORD_MAX = SKT_TLS_RECORD_HEAD + SKT_TLS_RECORD_TEXT + 2048,
	SKT_TLS_GATHERED = 4, /* records at once */
};

/* The user sets the first two and zeroes the rest. */
struct skt_tls_transport {
	struct skt_tls_carrier *carrier;
	struct skt_tls_trouble *trouble; /* what was seen of it */
	bool starved;                    /* set by the user; cleared when something comes */
	/*
	 * Set by the user: an end, or an error, of the carrier waits for the next read, since
	 * OpenSSL takes it for the end of all: what came before could not be answered any more.
	 */
	bool ahead;
	bool waits; /* there is one that waits */

	/* the transport's own */
	uint8_t head[SKT_TLS_RECORD_HEAD]; /* of the record that comes, as much as is here */
	size_t head_len, body_left;
	ssize_t waiting;
	bool gathers;
	char *gathered; /* SKT_TLS_GATHERED records; NULL: none yet */
	size_t from, to;
};

/* Gives SSL a BIO above TRANSPORT, of METHOD. -ENOMEM. */
int skt_tls_transport_attach(struct skt_tls_transport *transport, BIO_METHOD *method, SSL *ssl);

/* Sets up METHOD for those above. */
void skt_tls_transport_init(BIO_METHOD *method);

/*
 * The other side speaks no TLS, and nothing more is read by OpenSSL, whose releases stop after more
 * or fewer bytes: notes of what it says as much as is here and can be shown.
 */
void skt_tls_transport_see(struct skt_tls_transport *transport);

/* From now on what is written is gathered, until the flush. -ENOMEM. */
int skt_tls_transport_gather(struct skt_tls_transport *transport);

/* Writes what was gathered: 0, all of it; -EAGAIN; or -errno, noted as trouble. */
int skt_tls_transport_flush(struct skt_tls_transport *transport);

/* Bytes that were gathered and not yet written. */
static inline size_t skt_tls_transport_held(const struct skt_tls_transport *transport)
{
	return transport->to - transport->from;
}

/* Whether what has come so far ends inside of a record. */
static inline bool skt_tls_transport_in_record(const struct skt_tls_transport *transport)
{
	return transport->head_len || transport->body_left;
}

void skt_tls_transport_fini(struct skt_tls_transport *transport);

#endif
