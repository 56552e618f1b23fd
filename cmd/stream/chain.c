#include "cmd/stream/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/parse.h"
#include "cmd/report.h"
#include "cmd/values.h"

/* ---- options ---- */

enum { KEY_PROXY = SKT_KEY_CHAIN, KEY_PROXY_AUTH_FILE, KEY_PROXY_CA, KEY_SEND_PROXY };

static const struct argp_option chain_options[] = {
	SKT_HEADING("Proxies", SKT_GROUP_CHAIN),
	{"proxy", KEY_PROXY, "PROXY", 0,
		"Connect by way of socks5://HOST:PORT (socks4, socks4a, http, https), or what all_proxy says: env; again: the next one",
		SKT_GROUP_CHAIN},
	{"proxy-auth-file", KEY_PROXY_AUTH_FILE, "FILE", 0,
		"Take USER:PASSWORD for proxies from the first line of FILE", SKT_GROUP_CHAIN},
	{"proxy-ca", KEY_PROXY_CA, "FILE", 0,
		"Trust these authorities only about https proxies (PEM; or a directory of them)",
		SKT_GROUP_CHAIN},
	{"send-proxy", KEY_SEND_PROXY, "v1|v2", 0,
		"Begin with a header of the PROXY protocol that tells whose connection it is",
		SKT_GROUP_CHAIN},
	{0},
};

static error_t parse_proxy(
	const struct argp_state *state, const char *arg, struct skt_chain_options *o)
{
	struct skt_err err;

	o->from_env |= strcmp(arg, "env") == 0;
	if (o->from_env && (o->count || strcmp(arg, "env") != 0))
		return skt_usage_error(state, "--proxy=env and other proxies exclude each other");
	if (o->from_env)
		return 0;
	if (o->count == SKT_CHAIN_MAX)
		return skt_usage_error(state, "--proxy: at most %d in a row", SKT_CHAIN_MAX);
	/* What stands in front of an @ may be a password: it is not repeated. */
	if (skt_proxy_read_url(arg, &o->proxies[o->count], &err))
		return skt_usage_error_of(state, &err, "--proxy '%s': %s",
			strrchr(arg, '@') ? strrchr(arg, '@') + 1 : arg, err.text);
	o->count++;
	return 0;
}

static bool has_tls(const struct skt_proxy *proxies, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (proxies[i].scheme == SKT_PROXY_HTTPS)
			return true;
	return false;
}

static error_t parse_chain(int key, char *arg, struct argp_state *state)
{
	static const char *const versions[] = {"v1", "v2"};
	struct skt_chain_options *o = state->input;
	int version = 0;
	error_t r;

	switch (key) {
	case KEY_PROXY:
		return parse_proxy(state, arg, o);
	case KEY_PROXY_AUTH_FILE:
		if (!*arg)
			return skt_usage_error(state, "--proxy-auth-file '': expected a file");
		o->auth_file = arg;
		return 0;
	case KEY_PROXY_CA:
		if (!*arg)
			return skt_usage_error(state, "--proxy-ca '': expected a file");
		o->ca = arg;
		return 0;
	case KEY_SEND_PROXY:
		r = skt_parse_choice(
			state, "--send-proxy", arg, versions, SKT_COUNT(versions), &version);
		if (r == 0)
			o->send_proxy = version + 1;
		return r;
	case ARGP_KEY_END:
		if (o->auth_file && !o->count && !o->from_env)
			return skt_usage_error(state, "--proxy-auth-file needs --proxy");
		if (o->ca && !o->from_env && !has_tls(o->proxies, o->count))
			return skt_usage_error(state, "--proxy-ca needs --proxy=https://HOST:PORT");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_chain_argp = {.options = chain_options, .parser = parse_chain};

const char *skt_chain_given(const struct skt_chain_options *options)
{
	return options->count || options->from_env ? "--proxy"
		: options->send_proxy              ? "--send-proxy"
						   : NULL;
}

int skt_chain_check(const struct skt_chain_options *options, const struct skt_endpoint *target,
	struct skt_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < options->count; i++)
		r = skt_proxy_suits(&options->proxies[i],
			i + 1 < options->count ? &options->proxies[i + 1].endpoint : target, err);
	return r;
}

/* ---- the plan ---- */

/* The first line of PATH. */
static int read_auth(const char *path, struct skt_proxy *ret, struct skt_err *err)
{
	char line[2 * SKT_PROXY_USER_MAX + 3];
	size_t len = 0;
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return skt_fail(err, errno, "--proxy-auth-file %.160s", path);
	while (n > 0 && len < sizeof(line) && !memchr(line, '\n', len)) {
		n = read(fd, line + len, sizeof(line) - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (n < 0) {
		r = skt_fail(err, errno, "--proxy-auth-file %.160s", path);
	} else {
		const char *lf = memchr(line, '\n', len);

		len = lf ? (size_t)(lf - line) : len;
		if (len && line[len - 1] == '\r')
			len--;
		r = skt_proxy_read_user(line, len, ret, err);
		if (r)
			skt_err_prefix(err, "--proxy-auth-file %.128s", path);
	}
	explicit_bzero(line, sizeof(line));
	(void)close(fd);
	return r;
}

static int find_auth(const struct skt_chain_options *options, const struct skt_context *ctx,
	struct skt_proxy *ret, struct skt_err *err)
{
	int r;

	if (options->auth_file)
		return read_auth(options->auth_file, ret, err);
	if (!ctx->proxy_auth || !*ctx->proxy_auth)
		return 0;
	r = skt_proxy_read_user(ctx->proxy_auth, strlen(ctx->proxy_auth), ret, err);
	if (r)
		skt_err_prefix(err, "SOCKKIT_PROXY_AUTH");
	return r;
}

static int take_env(const struct skt_context *ctx, struct skt_chain_plan *plan, struct skt_err *err)
{
	plan->except = ctx->no_proxy;
	if (!ctx->all_proxy || !*ctx->all_proxy)
		return 0;
	if (skt_proxy_read_url(ctx->all_proxy, &plan->proxies[0], err)) {
		skt_err_prefix(err, "all_proxy");
		return -EINVAL;
	}
	plan->count = 1;
	return 0;
}

/* Who has to be at the other side of TLS is known before anybody is dialled. */
static int plan_tls(const char *ca, struct skt_chain_plan *plan, struct skt_err *err)
{
	const struct skt_tls_options options = {.ca = ca};
	char text[SKT_PROXY_URL_MAX];
	int r = 0;

	if (!has_tls(plan->proxies, plan->count))
		return 0;
	for (size_t i = 0; r == 0 && i < plan->count; i++) {
		const struct skt_proxy *proxy = &plan->proxies[i];

		if (proxy->scheme == SKT_PROXY_HTTPS && proxy->endpoint.host[0] &&
			skt_tls_name_parse(proxy->endpoint.host, plan->names[i]))
			r = skt_fail_text(err, EINVAL, "%.120s: no certificate can have this name",
				skt_proxy_text(proxy, text));
	}
	return r ? r : skt_tls_context_new(&options, &plan->tls, err);
}

int skt_chain_plan(const struct skt_chain_options *options, const struct skt_context *ctx,
	struct skt_chain_plan *ret, struct skt_err *err)
{
	struct skt_proxy auth = {0};
	int r = 0;

	*ret = (struct skt_chain_plan){.count = options->count, .send_proxy = options->send_proxy};
	memcpy(ret->proxies, options->proxies, sizeof(ret->proxies));
	if (options->from_env)
		r = take_env(ctx, ret, err);
	if (r || !ret->count)
		return r;
	r = find_auth(options, ctx, &auth, err);
	for (size_t i = 0; r == 0 && auth.has_user && i < ret->count; i++) {
		struct skt_proxy *proxy = &ret->proxies[i];

		if (proxy->has_user)
			continue;
		memcpy(proxy->user, auth.user, sizeof(proxy->user));
		memcpy(proxy->password, auth.password, sizeof(proxy->password));
		proxy->has_user = true;
	}
	return r ? r : plan_tls(options->ca, ret, err);
}

void skt_chain_plan_fini(struct skt_chain_plan *plan)
{
	skt_tls_context_free(plan->tls);
	plan->tls = NULL;
}

const struct skt_proxy *skt_chain_first(
	const struct skt_chain_plan *plan, const struct skt_endpoint *target)
{
	if (!plan->count || target->kind != SKT_ENDPOINT_INET ||
		skt_proxy_excepts(plan->except, target))
		return NULL;
	return &plan->proxies[0];
}

/* ---- the steps ---- */

static void add_tls(struct skt_chain *chain, size_t i, struct skt_opening *opening)
{
	const struct skt_chain_plan *plan = chain->plan;
	const struct skt_endpoint *endpoint = &plan->proxies[i].endpoint;
	const char *name = endpoint->host[0] ? plan->names[i] : NULL;
	struct skt_tls_step *tls = &chain->tls[i];

	tls->context = plan->tls;
	tls->options = (struct skt_tls_session_options){
		.server_name = name,
		.expected = {.name = name, .address = name ? NULL : &endpoint->addr},
	};
	skt_tls_step_init(tls);
	skt_opening_add(opening, &tls->step);
}

static int add_tunnels(struct skt_chain *chain, struct skt_opening *opening,
	const struct skt_endpoint *target, uint16_t port)
{
	const struct skt_chain_plan *plan = chain->plan;
	int r = 0;

	chain->tunnels = calloc(plan->count, sizeof(*chain->tunnels));
	if (plan->tls)
		chain->tls = calloc(plan->count, sizeof(*chain->tls));
	if (!chain->tunnels || (plan->tls && !chain->tls))
		return skt_fail(&opening->err, ENOMEM, "proxy");
	chain->count = plan->count;
	for (size_t i = 0; r == 0 && i < plan->count; i++) {
		struct skt_tunnel *tunnel = &chain->tunnels[i];
		bool last = i + 1 == plan->count;

		tunnel->step.ops = &skt_tunnel_ops;
		tunnel->proxy = &plan->proxies[i];
		tunnel->target = last ? target : &plan->proxies[i + 1].endpoint;
		tunnel->resolver = plan->resolver;
		tunnel->port = last ? port : tunnel->target->port;
		r = skt_proxy_suits(tunnel->proxy, tunnel->target, &opening->err);
		if (tunnel->proxy->scheme == SKT_PROXY_HTTPS)
			add_tls(chain, i, opening);
		skt_opening_add(opening, &tunnel->step);
	}
	return r;
}

int skt_chain_add(struct skt_chain *chain, const struct skt_chain_plan *plan,
	struct skt_opening *opening, const struct skt_endpoint *target, uint16_t port,
	const struct skt_connection *client)
{
	int r = 0;

	*chain = (struct skt_chain){.plan = plan};
	if (skt_chain_first(plan, target))
		r = add_tunnels(chain, opening, target, port);
	if (r || !plan->send_proxy)
		return r;
	chain->send.step.ops = &skt_proxy_send_ops;
	chain->send.header = skt_proxy_header_of(
		client ? client : opening->connection, plan->send_proxy, !client);
	skt_opening_add(opening, &chain->send.step);
	return 0;
}

bool skt_chain_failed(const struct skt_chain *chain, struct skt_opening *opening, int r)
{
	char text[SKT_PROXY_URL_MAX];
	size_t used;

	for (size_t i = 0; i < chain->count; i++) {
		if (opening->step == &chain->tunnels[i].step)
			return i + 1 < chain->count ||
				!(r == -ENOENT || r == -EREMOTEIO || r == -ECONNREFUSED ||
					r == -EHOSTUNREACH || r == -ENETUNREACH || r == -ETIMEDOUT);
		if (chain->tls && opening->step == &chain->tls[i].step) {
			skt_err_prefix(&opening->err, "%.120s",
				skt_proxy_text(chain->tunnels[i].proxy, text));
			used = strlen(opening->err.text);
			if (opening->err.domain == SKT_ERR_TLS &&
				opening->err.code == SKT_TLS_UNVERIFIED)
				(void)snprintf(opening->err.text + used,
					sizeof(opening->err.text) - used, ": see --proxy-ca");
			return true;
		}
	}
	return false;
}

void skt_chain_fini(struct skt_chain *chain)
{
	for (size_t i = 0; chain->tls && i < chain->count; i++)
		skt_tls_step_fini(&chain->tls[i]);
	free(chain->tls);
	chain->tls = NULL;
	free(chain->tunnels);
	chain->tunnels = NULL;
	chain->count = 0;
}

void skt_chain_tell(const struct skt_chain *chain, const struct skt_event_log *log)
{
	for (size_t i = 0; i < chain->count; i++) {
		const struct skt_tunnel *tunnel = &chain->tunnels[i];
		uint64_t ns = tunnel->step.end_ns - tunnel->step.start_ns;
		char proxy[SKT_PROXY_URL_MAX], target[SKT_ENDPOINT_TEXT_MAX], time[SKT_SHORT_MAX];
		struct skt_event event;

		(void)skt_proxy_text(tunnel->proxy, proxy);
		(void)skt_endpoint_text(tunnel->target, target);
		skt_event_begin(&event, log, SKT_EVENT_DETAIL, "proxy_connected");
		skt_event_add_text(&event, "proxy", proxy);
		skt_event_add_text(&event, "endpoint", target);
		skt_event_add_number(&event, "duration_us", ns / 1000);
		skt_event_end(&event, "%s has connected to %s in %s", proxy, target,
			skt_short_time(ns, time));
	}
}
