/* From OpenSSL's certificate to ours. */
#ifndef SKT_TLS_CERTIFICATE_INTERNAL_H
#define SKT_TLS_CERTIFICATE_INTERNAL_H

#include <openssl/x509.h>

#include "tls/certificate.h"

/* Texts go into ARENA. -ENOMEM. */
int skt_tls_certificate_read(X509 *x509, struct skt_arena *arena, struct skt_tls_certificate *ret);

/* -EINVAL: it has no key that could be written. */
int skt_tls_certificate_pin(X509 *x509, struct skt_tls_pin *ret);

#endif
