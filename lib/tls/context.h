/*
 * What many TLS sessions have in common: whom to trust, own certificate, versions (RFC 8446, RFC
 * 5246). A session holds on to its context, which may be freed before it: so a server takes new
 * certificates for whoever comes next. The library underneath is the distribution's OpenSSL 3;
 * without it everything here fails with -EOPNOTSUPP and says what is missing.
 */
#ifndef SKT_TLS_CONTEXT_H
#define SKT_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "tls/certificate.h"
#include "tls/failure.h"
#include "tls/identity.h"

enum skt_tls_version {
	SKT_TLS_DEFAULT, /* 1.2 and later */
	SKT_TLS_1_0,
	SKT_TLS_1_1,
	SKT_TLS_1_2,
	SKT_TLS_1_3,
};

/* Texts are NUL-terminated and borrowed while the context is made; NULL: not given. */
struct skt_tls_options {
	bool server;
	/*
	 * The certificate is there to be looked at: keys and signatures that are too weak to be
	 * used do not end the handshake, they are in the verdict.
	 */
	bool lax;
	/*
	 * File of PEM certificates, or a directory. NULL: the system's; on a server: clients are
	 * not asked for a certificate, else one of these has to have signed it.
	 */
	const char *ca;
	/*
	 * A server may have several: it shows those that are for the name that is asked for, the
	 * first of each kind of key, or the first of all where none is.
	 */
	const struct skt_tls_identity *identities;
	size_t identities_count;
	/* A server without those: names and addresses for which a certificate is made. */
	const char *const *temporary;
	size_t temporary_count;
	/*
	 * A server: clients may resume sessions (RFC 8446, 4.6.1); not where they have to show a
	 * certificate, which is looked at anew each time. A client that ends without having read
	 * its ticket resets the connection.
	 */
	bool tickets;
	const char *alpn;   /* protocols in the order of preference: "h2,http/1.1" */
	const char *keylog; /* file to which the secrets are added, as Wireshark reads them */
	enum skt_tls_version min;
};

struct skt_tls_context;

/* NULL: TLS can be used. Else one line on what is missing. */
const char *skt_tls_lacks(void);

/*
 * Errors, told in ERR, with the file's name where it was a file: -EINVAL (what is in it), those of
 * open(2), -EOPNOTSUPP (skt_tls_lacks()), -ENOMEM.
 */
int skt_tls_context_new(
	const struct skt_tls_options *options, struct skt_tls_context **ret, struct skt_err *err);

/* Own certificate INDEX, in the order of the options. -ENOENT: there is none; -ENOMEM. */
int skt_tls_context_certificate(const struct skt_tls_context *context, size_t index,
	struct skt_arena *arena, struct skt_tls_certificate *ret);

/* Why secrets are missing in the key log: 0, or the first -errno of write(2). NULL is allowed. */
int skt_tls_context_keylog_error(const struct skt_tls_context *context);

/* Lets go of it; it is gone with its last session. NULL is allowed. */
void skt_tls_context_free(struct skt_tls_context *context);

#endif
