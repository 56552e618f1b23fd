#include "cmd/listen/settle.h"

#include "cmd/listen/service.h"
#include "cmd/parse.h"

static error_t settle_endpoint(const struct argp_state *state, struct listen_options *o)
{
	struct skt_endpoint *endpoint = &o->endpoint;
	struct skt_err err;
	int r = 0;

	if (o->argument_port)
		r = skt_endpoint_parse_pair(
			o->argument, o->argument_port, SKT_ENDPOINT_LOCAL, endpoint, &err);
	else if (o->argument)
		r = skt_endpoint_parse(o->argument, SKT_ENDPOINT_LOCAL, endpoint, &err);
	if (r == 0)
		r = skt_endpoint_check_zone(endpoint, o->socket.way.interface, &err);
	if (r)
		return skt_usage_error_of(state, &err, "%s", err.text);
	if (endpoint->kind == SKT_ENDPOINT_INET && o->socket.way.family != AF_UNSPEC &&
		endpoint->addr.family != AF_UNSPEC && endpoint->addr.family != o->socket.way.family)
		return skt_usage_error(state, "'%s' is not an address for -%c", o->argument,
			o->socket.way.family == AF_INET ? '4' : '6');
	if (o->argument && o->fdname)
		return skt_usage_error(state,
			"--fdname is for sockets that are passed on: leave out '%s'", o->argument);
	if (endpoint->kind == SKT_ENDPOINT_UNIX && o->print_port)
		return skt_usage_error(state, "--print-port: a unix socket has no port");
	if (o->argument && endpoint->kind != SKT_ENDPOINT_UNIX && o->seqpacket)
		return skt_usage_error(state, "--seqpacket is for unix sockets");
	if (o->argument && (endpoint->kind != SKT_ENDPOINT_UNIX || endpoint->abstract) && o->mode)
		return skt_usage_error(state, "--mode is for unix sockets that have a file");
	return 0;
}

/* Of whom a listener has no address, nothing can be told apart. */
static error_t settle_limits(const struct argp_state *state, const struct listen_options *o)
{
	const char *named = o->max_per_host   ? "--max-per-host"
		: skt_access_given(&o->allow) ? "--allow"
		: skt_access_given(&o->deny)  ? "--deny"
					      : NULL;

	if (o->argument && o->endpoint.kind != SKT_ENDPOINT_INET && named && !o->proxy_protocol)
		return skt_usage_error(state,
			"%s is for clients with IP addresses; --mode says who may use a unix socket",
			named);
	if (o->refuse_full && !o->keep)
		return skt_usage_error(state, "--when-full=refuse is for many clients: add --keep");
	if (o->refuse_full && !o->max_clients && (!o->service || !o->service->max_clients))
		return skt_usage_error(state, "--when-full=refuse needs --max-clients");
	return 0;
}

/* What is for rooms only, and what its options need. */
static error_t settle_room(const struct argp_state *state, const struct listen_options *o)
{
	bool broadcasts = o->service == &listen_broadcast, shares = o->keep && !o->service;

	if (o->join && !broadcasts)
		return skt_usage_error(state, "--join needs --broadcast");
	if (o->label && !broadcasts && !shares)
		return skt_usage_error(
			state, "--label needs --broadcast, or --keep without a service");
	if (o->end_with_stdin && !o->join && !shares)
		return skt_usage_error(
			state, "--end-with-stdin needs --join, or --keep without a service");
	if (o->end_with_stdin && o->pipe.recv_only)
		return skt_usage_error(
			state, "--end-with-stdin and --recv-only exclude each other");
	if (o->label && o->pipe.send_only)
		return skt_usage_error(state, "--label and --send-only exclude each other");
	if (o->label && o->seqpacket)
		return skt_usage_error(state, "--label and --seqpacket exclude each other");
	return 0;
}

static error_t settle_proxies(const struct argp_state *state, const struct listen_options *o)
{
	const char *chain = skt_chain_given(&o->chain);
	bool from = skt_access_given(&o->proxy_from);
	struct skt_err err;

	if (from && !o->proxy_protocol)
		return skt_usage_error(state, "--proxy-from needs --proxy-protocol");
	if (from && o->argument && o->endpoint.kind != SKT_ENDPOINT_INET)
		return skt_usage_error(state,
			"--proxy-from is for clients with IP addresses; --mode says who may use a unix socket");
	if (o->proxy_protocol && o->seqpacket)
		return skt_usage_error(
			state, "--proxy-protocol and --seqpacket exclude each other");
	if (o->tls.tls && o->seqpacket)
		return skt_usage_error(state, "--tls and --seqpacket exclude each other");
	if (chain && o->service != &listen_forward && o->service != &listen_proxy)
		return skt_usage_error(state, "%s is for --forward", chain);
	for (size_t i = 0; chain && i < o->forwards.len; i++)
		if (skt_chain_check(&o->chain, &o->forwards.data[i], &err))
			return skt_usage_error_of(state, &err, "--proxy: %s", err.text);
	return 0;
}

static error_t settle_forward(const struct argp_state *state, const struct listen_options *o)
{
	if (o->check_ns && !o->forwards.len)
		return skt_usage_error(state, "--check is for --forward");
	if (o->balance != SKT_BALANCE_FIRST && o->forwards.len < 2)
		return skt_usage_error(
			state, "--balance is for several endpoints: give --forward again");
	return 0;
}

/* TLS with clients, with endpoints, or both. */
static error_t settle_tls(const struct argp_state *state, const struct listen_options *o)
{
	const char *given = skt_tls_common_given(&o->tls.common);
	struct skt_err err;

	if (given && !o->tls.tls && !o->far.tls)
		return skt_usage_error(state, "%s has no effect without --tls%s", given,
			o->forwards.len ? " or --forward-tls" : "");
	if (o->far.tls && !o->forwards.len)
		return skt_usage_error(state, "--forward-tls is for --forward");
	if (o->far.pass_servername && !o->tls.tls)
		return skt_usage_error(
			state, "--pass-servername needs --tls: plain clients ask for no name");
	for (size_t i = 0; i < o->forwards.len && o->far.tls; i++)
		if (skt_tls_client_check(&o->far.client, &o->forwards.data[i], &err))
			return skt_usage_error_of(state, &err, "--forward-tls: %s", err.text);
	return 0;
}

/* Whether everybody could use it is seen once it is known where it listens: listen_choose_passed.
 */
static error_t settle_own_proxy(const struct argp_state *state, struct listen_options *o)
{
	const char *named = o->proxy_users ? "--proxy-users"
		: o->targets.some          ? "--allow-target"
		: o->targets.rules.len     ? "--deny-target"
					   : NULL;

	if (o->service != &listen_proxy)
		return named ? skt_usage_error(state, "%s is for --socks and --http-proxy", named)
			     : 0;
	o->keep = true;
	if (o->greeting)
		return skt_usage_error(
			state, "--greet and %s exclude each other", o->service_option);
	if (o->seqpacket)
		return skt_usage_error(
			state, "--seqpacket and %s exclude each other", o->service_option);
	return 0;
}

static error_t settle_pipe(const struct argp_state *state, const struct listen_options *o)
{
	const struct skt_pipe_options *p = &o->pipe;
	const char *pipe = p->no_half_close ? "--no-half-close"
		: p->end_with_peer          ? "--end-with-peer"
		: p->lingers                ? "--linger"
		: p->crlf                   ? "--crlf"
		: p->hex                    ? "--hex"
					    : NULL;
	/* One who takes part in a room may only listen, but not only speak. */
	const char *half = p->send_only ? "--send-only" : p->recv_only ? "--recv-only" : NULL;

	/* Root finds a way out (chroot(2)). */
	if (o->chroot && !o->user)
		return skt_usage_error(state, "--chroot needs --user");
	if (o->service != &listen_exec && (o->hangup || o->leave_running))
		return skt_usage_error(state, "%s is for programs: add --exec or --sh",
			o->hangup ? "--hangup" : "--leave-running");
	if (o->service && (pipe || p->send_only || (half && !o->join)))
		return skt_usage_error(state, "%s is for stdin and stdout: leave out %s",
			pipe ? pipe : half, o->service_option);
	if (o->keep && !o->service && (pipe || p->rate))
		return skt_usage_error(
			state, "%s is for one client: leave out --keep", pipe ? pipe : "--rate");
	if (o->service == &listen_broadcast && p->rate)
		return skt_usage_error(state, "--rate and --broadcast exclude each other");
	return 0;
}

error_t listen_settle(const struct argp_state *state, struct listen_options *o)
{
	error_t r = settle_endpoint(state, o);

	if (r == 0)
		r = settle_own_proxy(state, o);
	if (r == 0)
		r = settle_limits(state, o);
	if (r == 0)
		r = settle_room(state, o);
	if (r == 0)
		r = settle_proxies(state, o);
	if (r == 0)
		r = settle_forward(state, o);
	if (r == 0)
		r = settle_tls(state, o);
	return r ? r : settle_pipe(state, o);
}
