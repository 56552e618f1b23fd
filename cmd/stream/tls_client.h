/* The options of a client's TLS: whom to trust, whom to expect, what to show; and what follows. */
#ifndef SKT_CMD_STREAM_TLS_CLIENT_H
#define SKT_CMD_STREAM_TLS_CLIENT_H

#include <argp.h>
#include <stdbool.h>

#include "base/endpoint.h"
#include "base/vec.h"
#include "cmd/stream/tls_options.h"
#include "tls/context.h"
#include "tls/name.h"
#include "tls/session.h"

/* Zero-initialised. Texts are borrowed from argv. */
struct skt_tls_client_options {
	bool insecure;
	const char *ca, *cert, *key;
	bool has_servername;
	char servername[SKT_TLS_NAME_MAX]; /* in ASCII, or "" where it is an address */
	struct skt_addr server_address;
	SKT_VEC(struct skt_tls_pin) pins;
};

/* --insecure --ca --servername --pin; input: struct skt_tls_client_options * */
extern const struct argp skt_tls_client_argp;

/* The first option that was given, or NULL; of `cert` and `key` their user knows the names. */
const char *skt_tls_client_given(const struct skt_tls_client_options *options);

/*
 * Refuses, in ERR, what TLS to ENDPOINT could not verify: -EINVAL where there is neither a name nor
 * an address, nor a pin, in place of them.
 */
int skt_tls_client_check(const struct skt_tls_client_options *options,
	const struct skt_endpoint *endpoint, struct skt_err *err);

/* Whether whoever is there will do. A pin is the user's own word, and --insecure none on it. */
static inline bool skt_tls_client_takes_any(const struct skt_tls_client_options *options)
{
	return options->insecure && !options->pins.len;
}

/* Opens what the sessions of a run have in common. Errors: as skt_tls_context_new(). */
int skt_tls_client_open(const struct skt_tls_client_options *options,
	const struct skt_tls_common_options *common, bool lax, struct skt_tls_context **ret,
	struct skt_err *err);

/* Who is to be expected at an endpoint, and asked for; valid as long as both are. */
struct skt_tls_client_name {
	char text[SKT_TLS_NAME_MAX]; /* or "" */
	struct skt_addr address;     /* or AF_UNSPEC */
};

void skt_tls_client_name(const struct skt_tls_client_options *options,
	const struct skt_endpoint *endpoint, struct skt_tls_client_name *ret);

/* Borrows from OPTIONS and NAME. The carrier is to be set. */
struct skt_tls_session_options skt_tls_client_session(
	const struct skt_tls_client_options *options, const struct skt_tls_client_name *name);

/* Behind the words of a verdict: ": see --ca", or "". */
const char *skt_tls_client_advice(const struct skt_tls_verdict *verdict);

void skt_tls_client_options_fini(struct skt_tls_client_options *options);

#endif
