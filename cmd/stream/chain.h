/*
 * What a connection that was dialled has to say before it is its user's, for `connect` and for
 * `listen --forward`: the options, an argp child, and the steps of an opening that they ask for.
 *
 *	the first proxy is dialled -> TLS with it, if it speaks that -> each is asked to connect to
 *the next, and the last one to the target -> the header of the PROXY protocol
 */
#ifndef SKT_CMD_STREAM_CHAIN_H
#define SKT_CMD_STREAM_CHAIN_H

#include <argp.h>

#include "cmd/command.h"
#include "cmd/events.h"
#include "net/dial.h"
#include "net/proxy_step.h"
#include "net/tls_stream.h"
#include "net/tunnel.h"
#include "tls/name.h"

enum { SKT_CHAIN_MAX = 8 };

/* --proxy --proxy-auth-file --proxy-ca --send-proxy */
struct skt_chain_options {
	struct skt_proxy proxies[SKT_CHAIN_MAX]; /* in the order in which they are asked */
	size_t count;
	bool from_env;         /* --proxy=env */
	const char *auth_file; /* or NULL; borrowed from argv */
	const char *ca;        /* whom to trust about https proxies, or NULL; the same */
	int send_proxy;        /* the version of the PROXY protocol; 0: none is sent */
};

extern const struct argp skt_chain_argp; /* input: struct skt_chain_options * */

/* The option that was given, or NULL. */
const char *skt_chain_given(const struct skt_chain_options *options);

/* -EINVAL where TARGET is not for the proxies that were given; ERR says why. */
int skt_chain_check(const struct skt_chain_options *options, const struct skt_endpoint *target,
	struct skt_err *err);

/* The options with what had to be read from files and the environment. */
struct skt_chain_plan {
	struct skt_proxy proxies[SKT_CHAIN_MAX];
	size_t count;
	const char *except; /* $no_proxy, or NULL; borrowed */
	int send_proxy;
	struct skt_resolver
		*resolver; /* to be set by the user: for names that SOCKS 4 cannot carry */
	struct skt_tls_context *tls; /* for those of https; NULL: there is none of them */
	char names[SKT_CHAIN_MAX][SKT_TLS_NAME_MAX]; /* that are expected of them, or "" */
};

/*
 * Errors: -EINVAL, those of open(2) and read(2), and of skt_tls_context_new(); ERR names the file
 * or the variable.
 */
int skt_chain_plan(const struct skt_chain_options *options, const struct skt_context *ctx,
	struct skt_chain_plan *ret, struct skt_err *err);

void skt_chain_plan_fini(struct skt_chain_plan *plan);

/* The proxy that is dialled to get to TARGET; NULL: TARGET itself is. */
const struct skt_proxy *skt_chain_first(
	const struct skt_chain_plan *plan, const struct skt_endpoint *target);

/* One chain of a connection. Zeroed before it is used; outlives the opening. */
struct skt_chain {
	const struct skt_chain_plan *plan;
	struct skt_tunnel *tunnels;
	struct skt_tls_step *tls; /* as many, of which those of https are in use; NULL: no TLS */
	size_t count;
	struct skt_proxy_send send;
};

/*
 * Adds to OPENING, whose connection was dialled to get to TARGET at PORT, what PLAN asks for.
 * CLIENT is the connection of whom it is for; NULL: for ourselves. All are borrowed. -ENOMEM; a
 * proxy that cannot be asked for TARGET is -EINVAL, told in `err` of the opening.
 */
int skt_chain_add(struct skt_chain *chain, const struct skt_chain_plan *plan,
	struct skt_opening *opening, const struct skt_endpoint *target, uint16_t port,
	const struct skt_connection *client);

/*
 * Whether -errno R, for which OPENING has failed, says nothing of the target, since it is a proxy
 * that has failed, or would not; `err` of the opening names it then.
 */
bool skt_chain_failed(const struct skt_chain *chain, struct skt_opening *opening, int r);

void skt_chain_fini(struct skt_chain *chain);

/* Tells of each proxy that has connected. */
void skt_chain_tell(const struct skt_chain *chain, const struct skt_event_log *log);

#endif
