/* An own certificate, and where it is. */
#ifndef SKT_TLS_IDENTITY_H
#define SKT_TLS_IDENTITY_H

/* PEM files (RFC 7468). The certificates of the issuers may follow in the file of the first. */
struct skt_tls_identity {
	const char *cert;
	const char *key; /* NULL: it is in the file of the certificate */
};

#endif
