/* What a context is to its sessions. */
#ifndef SKT_TLS_CONTEXT_INTERNAL_H
#define SKT_TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "base/vec.h"
#include "tls/alpn.h"
#include "tls/context.h"
#include "tls/identity_internal.h"

struct skt_tls_context {
	size_t users; /* the maker, and the sessions */
	SSL_CTX *ssl;
	BIO_METHOD *carrier; /* set up by the first session */
	SKT_VEC(struct skt_tls_own) owns;
	bool server;
	const char *lacks_authorities; /* why nothing can be trusted here, or NULL */
	int keylog_fd;                 /* or -1 */
	int keylog_error;              /* 0, or the first -errno of writing to it */
	uint8_t alpn[SKT_TLS_ALPN_MAX];
	unsigned int alpn_len;
};

#endif
