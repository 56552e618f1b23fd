#include "cmd/listen/far_options.h"

#include "cmd/parse.h"

enum {
	KEY_FORWARD_TLS = SKT_KEY_TLS + 0x40,
	KEY_FORWARD_CERT,
	KEY_FORWARD_KEY,
	KEY_PASS_SERVERNAME,
};

static const struct argp_option table[] = {
	{"forward-tls", KEY_FORWARD_TLS, NULL, 0,
		"Speak TLS to the endpoints of --forward, and verify who they are", SKT_GROUP_TLS},
	{"forward-cert", KEY_FORWARD_CERT, "FILE", 0, "Show them this certificate when asked (PEM)",
		SKT_GROUP_TLS},
	{"forward-key", KEY_FORWARD_KEY, "FILE", 0,
		"The key of --forward-cert, where that file has none (PEM)", SKT_GROUP_TLS},
	{"pass-servername", KEY_PASS_SERVERNAME, NULL, 0,
		"Ask them for, and expect, the name that the client has asked for", SKT_GROUP_TLS},
	{0},
};

/* An option that would do nothing is refused. */
static error_t check(const struct argp_state *state, const struct listen_far_options *o)
{
	const char *given = o->client.cert ? "--forward-cert"
		: o->client.key            ? "--forward-key"
		: o->pass_servername       ? "--pass-servername"
					   : skt_tls_client_given(&o->client);

	if (given && !o->tls)
		return skt_usage_error(state, "%s has no effect without --forward-tls", given);
	if (o->client.key && !o->client.cert)
		return skt_usage_error(
			state, "--forward-key needs --forward-cert: whose key is it?");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct listen_far_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->client;
		return 0;
	case KEY_FORWARD_TLS:
		o->tls = true;
		return 0;
	case KEY_FORWARD_CERT:
		o->client.cert = arg;
		return 0;
	case KEY_FORWARD_KEY:
		o->client.key = arg;
		return 0;
	case KEY_PASS_SERVERNAME:
		o->pass_servername = true;
		return 0;
	case ARGP_KEY_END:
		return check(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{.argp = &skt_tls_client_argp}, {0}};

const struct argp listen_far_argp = {.options = table, .parser = parse, .children = children};

void listen_far_options_fini(struct listen_far_options *o)
{
	skt_tls_client_options_fini(&o->client);
}
