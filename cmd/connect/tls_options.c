#include "cmd/connect/tls_options.h"

#include "base/macros.h"
#include "cmd/parse.h"
#include "cmd/values.h"

enum {
	KEY_TLS = SKT_KEY_TLS,
	KEY_CERT,
	KEY_KEY,
	KEY_STARTTLS,
	KEY_EXPIRES_WITHIN,
};

static const struct argp_option table[] = {
	SKT_HEADING("TLS", SKT_GROUP_TLS),
	{"tls", KEY_TLS, NULL, 0, "Speak TLS, and verify who the server is", SKT_GROUP_TLS},
	{"starttls", KEY_STARTTLS, "smtp|imap|pop3|ftp|nntp|ldap|xmpp|postgres|mysql", 0,
		"Speak this protocol until the server agrees to TLS", SKT_GROUP_TLS},
	{"cert", KEY_CERT, "FILE", 0, "Show this certificate when asked (PEM)", SKT_GROUP_TLS},
	{"key", KEY_KEY, "FILE", 0, "The key of --cert, where that file has none (PEM)",
		SKT_GROUP_TLS},
	{"expires-within", KEY_EXPIRES_WITHIN, "DURATION", 0,
		"With --probe: no is also what expires so soon (30d)", SKT_GROUP_TLS},
	{0},
};

/* ---- values ---- */

static error_t parse_starttls(
	const struct argp_state *state, const char *arg, struct connect_tls_options *o)
{
	int chosen;
	error_t r = skt_parse_choice(state, "--starttls", arg, skt_starttls_names + 1,
		SKT_STARTTLS_PROTOCOLS - 1, &chosen);

	if (r == 0)
		o->starttls = (enum skt_starttls_protocol)(chosen + 1);
	o->tls = true;
	return r;
}

/* An option that would do nothing is refused. */
static error_t check(const struct argp_state *state, const struct connect_tls_options *o)
{
	const char *common = skt_tls_common_given(&o->common);
	const char *client = skt_tls_client_given(&o->client);
	const struct {
		bool given;
		const char *name;
	} needs_tls[] = {
		{client != NULL, client},
		{o->client.cert, "--cert"},
		{o->client.key, "--key"},
		{o->expires_within_ns, "--expires-within"},
		{common != NULL, common},
	};

	for (size_t i = 0; i < SKT_COUNT(needs_tls) && !o->tls; i++)
		if (needs_tls[i].given)
			return skt_usage_error(
				state, "%s has no effect without --tls", needs_tls[i].name);
	if (o->client.key && !o->client.cert)
		return skt_usage_error(state, "--key needs --cert: whose key is it?");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct connect_tls_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->client;
		state->child_inputs[1] = &o->common;
		return 0;
	case KEY_TLS:
		o->tls = true;
		return 0;
	case KEY_CERT:
		o->client.cert = arg;
		return 0;
	case KEY_KEY:
		o->client.key = arg;
		return 0;
	case KEY_STARTTLS:
		return parse_starttls(state, arg, o);
	case KEY_EXPIRES_WITHIN:
		return skt_parse_duration(state, "--expires-within", arg, &o->expires_within_ns);
	case ARGP_KEY_END:
		return check(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{.argp = &skt_tls_client_argp}, {.argp = &skt_tls_common_argp}, {0}};

const struct argp connect_tls_argp = {.options = table, .parser = parse, .children = children};
