/* The options of TLS that `connect` has: those of a client, and what it is asked to look at. */
#ifndef SKT_CMD_CONNECT_TLS_OPTIONS_H
#define SKT_CMD_CONNECT_TLS_OPTIONS_H

#include "cmd/stream/tls_client.h"
#include "tls/starttls.h"

/* Zero-initialised: no TLS. */
struct connect_tls_options {
	bool tls;
	struct skt_tls_client_options client;
	struct skt_tls_common_options common;
	enum skt_starttls_protocol starttls;
	uint64_t expires_within_ns; /* 0: not asked for */
};

extern const struct argp connect_tls_argp; /* input: struct connect_tls_options * */

#endif
