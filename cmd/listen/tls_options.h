/* The options of a server's TLS: what it shows, and whom it asks. */
#ifndef SKT_CMD_LISTEN_TLS_OPTIONS_H
#define SKT_CMD_LISTEN_TLS_OPTIONS_H

#include "base/vec.h"
#include "cmd/stream/tls_options.h"
#include "tls/identity.h"

/* Zero-initialised: no TLS. Texts are borrowed from argv. */
struct listen_tls_options {
	bool tls;
	SKT_VEC(struct skt_tls_identity) identities; /* none: a temporary one */
	const char *key;                             /* without a certificate so far, or NULL */
	const char *client_ca;                       /* NULL: clients are not asked */
	struct skt_tls_common_options common;
};

extern const struct argp listen_tls_argp; /* input: struct listen_tls_options * */

void listen_tls_options_fini(struct listen_tls_options *options);

#endif
