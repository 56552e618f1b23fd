/* The options of a client's TLS: whom to trust, whom to expect, what to offer. */
#ifndef SKT_CMD_CONNECT_TLS_OPTIONS_H
#define SKT_CMD_CONNECT_TLS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "base/endpoint.h"
#include "base/vec.h"
#include "cmd/stream/tls_options.h"
#include "tls/context.h"
#include "tls/name.h"
#include "tls/session.h"
#include "tls/starttls.h"

/* Zero-initialised: no TLS. Texts are borrowed from argv. */
struct connect_tls_options {
	bool tls, insecure;
	const char *ca, *cert, *key;
	struct skt_tls_common_options common;
	bool has_servername;
	char servername[SKT_TLS_NAME_MAX]; /* in ASCII, or "" where it is an address */
	struct skt_addr server_address;
	SKT_VEC(struct skt_tls_pin) pins;
	enum skt_starttls_protocol starttls;
	uint64_t expires_within_ns; /* 0: not asked for */
};

extern const struct argp connect_tls_argp; /* input: struct connect_tls_options * */

/*
 * Refuses, in ERR, what TLS to ENDPOINT could not verify: -EINVAL where there is neither a name nor
 * an address, nor a pin, in place of them.
 */
int connect_tls_check_endpoint(const struct connect_tls_options *options,
	const struct skt_endpoint *endpoint, struct skt_err *err);

/* Whether whoever is there will do. A pin is the user's own word, and --insecure none on it. */
static inline bool connect_tls_takes_any(const struct connect_tls_options *options)
{
	return options->insecure && !options->pins.len;
}

/* Opens what the sessions of a run have in common. Errors: as skt_tls_context_new(). */
int connect_tls_open(const struct connect_tls_options *options, bool lax,
	struct skt_tls_context **ret, struct skt_err *err);

/* Who is to be expected at an endpoint, and asked for; valid as long as both are. */
struct connect_tls_name {
	char text[SKT_TLS_NAME_MAX]; /* or "" */
	struct skt_addr address;     /* or AF_UNSPEC */
};

void connect_tls_name(const struct connect_tls_options *options,
	const struct skt_endpoint *endpoint, struct connect_tls_name *ret);

/* Borrows from OPTIONS and NAME. The carrier is to be set. */
struct skt_tls_session_options connect_tls_session_options(
	const struct connect_tls_options *options, const struct connect_tls_name *name);

/* Behind the words of a verdict: ": see --ca", or "". */
const char *connect_tls_advice(const struct skt_tls_verdict *verdict);

void connect_tls_options_fini(struct connect_tls_options *options);

#endif
