/* The options of the TLS that --forward speaks to its endpoints. */
#ifndef SKT_CMD_LISTEN_FAR_OPTIONS_H
#define SKT_CMD_LISTEN_FAR_OPTIONS_H

#include "cmd/stream/tls_client.h"

/* Zero-initialised: no TLS. Texts are borrowed from argv. */
struct listen_far_options {
	bool tls;
	bool pass_servername; /* the name that a client asked for is asked for there */
	struct skt_tls_client_options client;
};

extern const struct argp listen_far_argp; /* input: struct listen_far_options * */

void listen_far_options_fini(struct listen_far_options *options);

#endif
