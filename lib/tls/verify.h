/* The judge of a handshake: OpenSSL builds the chain, and every objection of it is written down. */
#ifndef SKT_TLS_VERIFY_H
#define SKT_TLS_VERIFY_H

#include <openssl/ssl.h>

#include "tls/verdict.h"

/* The app data of the SSL. */
struct skt_tls_judge {
	struct skt_tls_expected expected;
	struct skt_tls_verdict verdict;
	const char *lacks_authorities; /* or NULL */
	bool report;                   /* goes on whatever is wrong */
	bool of_client;                /* the certificate judged is that of a client */
};

/* Has CTX ask the judge of its sessions. */
void skt_tls_verify_install(SSL_CTX *ctx);

#endif
