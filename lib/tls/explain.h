/* Why OpenSSL gave up, in words for the user. */
#ifndef SKT_TLS_EXPLAIN_H
#define SKT_TLS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tls/failure.h"

enum { SKT_TLS_FIRST_MAX = 64 };

/* What a session knows of its failure. */
struct skt_tls_trouble {
	bool server, handshake;           /* which side is ours; not yet over */
	bool ended;                       /* the carrier has come to its end */
	int carrier_error;                /* -errno of the carrier, or 0 */
	uint8_t first[SKT_TLS_FIRST_MAX]; /* the first bytes that came */
	size_t first_len;
};

/* Whether these are the first bytes of a peer that does not speak TLS (RFC 8446, 5.1). Pure. */
bool skt_tls_is_plaintext(const uint8_t *first, size_t len);

/* Words for the first error that OpenSSL has noted in this thread. */
const char *skt_tls_library_words(void);

/* Reads OpenSSL's queue of errors. Returns -errno, with ERR filled. */
int skt_tls_explain(const struct skt_tls_trouble *trouble, struct skt_err *err);

#endif
