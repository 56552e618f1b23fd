#include "cmd/listen/tls_options.h"

#include "base/macros.h"
#include "cmd/parse.h"

enum { KEY_TLS = SKT_KEY_TLS, KEY_CERT, KEY_KEY, KEY_CLIENT_CA };

static const struct argp_option table[] = {
	SKT_HEADING("TLS", SKT_GROUP_TLS),
	{"tls", KEY_TLS, NULL, 0, "Speak TLS with clients", SKT_GROUP_TLS},
	{"cert", KEY_CERT, "FILE", 0,
		"Show this certificate (PEM; its issuers behind it); repeat for other names. "
		"Without it a temporary one is made",
		SKT_GROUP_TLS},
	{"key", KEY_KEY, "FILE", 0, "The key of --cert, where that file has none (PEM)",
		SKT_GROUP_TLS},
	{"client-ca", KEY_CLIENT_CA, "FILE", 0,
		"Serve those only who show a certificate of these authorities (PEM; or a directory "
		"of them)",
		SKT_GROUP_TLS},
	{0},
};

/* A key may stand before its certificate, or behind it. */
static error_t add_cert(struct listen_tls_options *o, const char *arg)
{
	const struct skt_tls_identity identity = {.cert = arg, .key = o->key};

	o->key = NULL;
	return skt_vec_push(&o->identities, identity) ? ENOMEM : 0;
}

static error_t add_key(
	const struct argp_state *state, struct listen_tls_options *o, const char *arg)
{
	size_t count = o->identities.len;

	if (o->key)
		return skt_usage_error(state, "--key %s needs a --cert: whose key is it?", o->key);
	if (count && !o->identities.data[count - 1].key)
		o->identities.data[count - 1].key = arg;
	else
		o->key = arg;
	return 0;
}

/* An option that would do nothing is refused. */
static error_t check(const struct argp_state *state, const struct listen_tls_options *o)
{
	const char *given = o->identities.len ? "--cert"
		: o->key                      ? "--key"
		: o->client_ca                ? "--client-ca"
					      : NULL;

	if (given && !o->tls)
		return skt_usage_error(state, "%s has no effect without --tls", given);
	if (o->key)
		return skt_usage_error(state, "--key %s needs a --cert: whose key is it?", o->key);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct listen_tls_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_TLS:
		o->tls = true;
		return 0;
	case KEY_CERT:
		return add_cert(o, arg);
	case KEY_KEY:
		return add_key(state, o, arg);
	case KEY_CLIENT_CA:
		o->client_ca = arg;
		return 0;
	case ARGP_KEY_END:
		return check(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{.argp = &skt_tls_common_argp}, {0}};

const struct argp listen_tls_argp = {.options = table, .parser = parse, .children = children};

void listen_tls_options_fini(struct listen_tls_options *o)
{
	skt_vec_free(&o->identities);
}
