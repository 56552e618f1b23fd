/* An own certificate with its key and the chain to its issuer. */
#ifndef SKT_TLS_IDENTITY_INTERNAL_H
#define SKT_TLS_IDENTITY_INTERNAL_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/err.h"
#include "tls/identity.h"

/* Zero-initialised: none. */
struct skt_tls_own {
	X509 *leaf;
	STACK_OF(X509) * chain; /* those behind it in its file; NULL: none */
	EVP_PKEY *key;
};

/*
 * Reads the files that IDENTITY names. Errors, told in ERR with the name of the file: those of
 * open(2) and read(2); -EINVAL: what is in it; -EFBIG; -ENOMEM.
 */
int skt_tls_own_load(
	struct skt_tls_own *own, const struct skt_tls_identity *identity, struct skt_err *err);

/*
 * Makes a key, and a certificate of a year that it has signed itself, for COUNT NAMES and
 * addresses; what is neither is left out. -ENOMEM.
 */
int skt_tls_own_make(struct skt_tls_own *own, const char *const *names, size_t count);

/* Whether it is for NAME, as far as its own words go. */
bool skt_tls_own_is_for(const struct skt_tls_own *own, const char *name);

/* Has SSL, or all sessions of CTX (the other NULL), show it. 0 or -EINVAL: it is too weak. */
int skt_tls_own_show(const struct skt_tls_own *own, SSL_CTX *ctx, SSL *ssl);

void skt_tls_own_fini(struct skt_tls_own *own);

#endif
