#include "cmd/connect/tls_options.h"

#include <errno.h>
#include <string.h>

#include "cmd/parse.h"
#include "cmd/values.h"

enum {
	KEY_TLS = SKT_KEY_TLS,
	KEY_INSECURE,
	KEY_CA,
	KEY_CERT,
	KEY_KEY,
	KEY_SERVERNAME,
	KEY_PIN,
	KEY_STARTTLS,
	KEY_EXPIRES_WITHIN,
};

static const struct argp_option table[] = {
	SKT_HEADING("TLS", SKT_GROUP_TLS),
	{"tls", KEY_TLS, NULL, 0, "Speak TLS, and verify who the server is", SKT_GROUP_TLS},
	{"starttls", KEY_STARTTLS, "smtp|imap|pop3|ftp|nntp|ldap|xmpp|postgres|mysql", 0,
		"Speak this protocol until the server agrees to TLS", SKT_GROUP_TLS},
	{"insecure", KEY_INSECURE, NULL, 0, "Go on with a server that is not verified",
		SKT_GROUP_TLS},
	{"ca", KEY_CA, "FILE", 0, "Trust these authorities only (PEM; or a directory of them)",
		SKT_GROUP_TLS},
	{"servername", KEY_SERVERNAME, "HOST", 0, "Expect, and ask for, this name or address",
		SKT_GROUP_TLS},
	{"pin", KEY_PIN, "TEXT", 0,
		"Expect this key, whoever signed it (sha256//BASE64); repeat for others",
		SKT_GROUP_TLS},
	{"cert", KEY_CERT, "FILE", 0, "Show this certificate when asked (PEM)", SKT_GROUP_TLS},
	{"key", KEY_KEY, "FILE", 0, "The key of --cert, where that file has none (PEM)",
		SKT_GROUP_TLS},
	{"expires-within", KEY_EXPIRES_WITHIN, "DURATION", 0,
		"With --probe: no is also what expires so soon (30d)", SKT_GROUP_TLS},
	{0},
};

/* ---- values ---- */

static error_t parse_servername(
	const struct argp_state *state, const char *arg, struct connect_tls_options *o)
{
	o->has_servername = true;
	o->servername[0] = '\0';
	o->server_address = (struct skt_addr){0};
	if (skt_addr_parse(arg, strlen(arg), &o->server_address) == 0)
		return 0;
	if (skt_tls_name_parse(arg, o->servername))
		return skt_usage_error(state,
			"--servername '%s': expected the name of a host, or an address", arg);
	return 0;
}

static error_t parse_pin(
	const struct argp_state *state, const char *arg, struct connect_tls_options *o)
{
	struct skt_tls_pin pin;

	if (skt_tls_pin_parse(arg, &pin))
		return skt_usage_error(
			state, "--pin '%s': expected sha256// and 44 characters of base64", arg);
	return skt_vec_push(&o->pins, pin) ? ENOMEM : 0;
}

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
	const struct {
		bool given;
		const char *name;
	} needs_tls[] = {
		{o->insecure, "--insecure"},
		{o->ca, "--ca"},
		{o->has_servername, "--servername"},
		{o->pins.len, "--pin"},
		{o->cert, "--cert"},
		{o->key, "--key"},
		{o->expires_within_ns, "--expires-within"},
		{common != NULL, common},
	};

	for (size_t i = 0; i < SKT_COUNT(needs_tls) && !o->tls; i++)
		if (needs_tls[i].given)
			return skt_usage_error(
				state, "%s has no effect without --tls", needs_tls[i].name);
	if (o->key && !o->cert)
		return skt_usage_error(state, "--key needs --cert: whose key is it?");
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct connect_tls_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_TLS:
		o->tls = true;
		return 0;
	case KEY_INSECURE:
		o->insecure = true;
		return 0;
	case KEY_CA:
		o->ca = arg;
		return 0;
	case KEY_CERT:
		o->cert = arg;
		return 0;
	case KEY_KEY:
		o->key = arg;
		return 0;
	case KEY_SERVERNAME:
		return parse_servername(state, arg, o);
	case KEY_PIN:
		return parse_pin(state, arg, o);
	case KEY_STARTTLS:
		return parse_starttls(state, arg, o);
	case KEY_EXPIRES_WITHIN:
		return skt_parse_duration(state, "--expires-within", arg, &o->expires_within_ns);
	case ARGP_KEY_END:
		return check(state, o);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{.argp = &skt_tls_common_argp}, {0}};

const struct argp connect_tls_argp = {.options = table, .parser = parse, .children = children};

/* ---- what follows from them ---- */

int connect_tls_check_endpoint(const struct connect_tls_options *o,
	const struct skt_endpoint *endpoint, struct skt_err *err)
{
	char text[SKT_ENDPOINT_TEXT_MAX], name[SKT_TLS_NAME_MAX];

	if (!o->tls || o->has_servername)
		return 0;
	if (endpoint->host[0] && skt_tls_name_parse(endpoint->host, name))
		return skt_fail_text(err, EINVAL,
			"%s: no certificate can have this name: see --servername",
			skt_endpoint_text(endpoint, text));
	if (endpoint->kind == SKT_ENDPOINT_INET || o->insecure || (o->pins.len && !o->ca))
		return 0;
	return skt_fail_text(err, EINVAL,
		"%s has no name that a certificate could have: give --servername or --pin",
		skt_endpoint_text(endpoint, text));
}

int connect_tls_open(const struct connect_tls_options *o, bool lax, struct skt_tls_context **ret,
	struct skt_err *err)
{
	const struct skt_tls_identity own = {.cert = o->cert, .key = o->key};
	const struct skt_tls_options options = {
		.lax = lax,
		.ca = o->ca,
		.identities = &own,
		.identities_count = own.cert != NULL,
		.alpn = o->common.alpn,
		.keylog = o->common.keylog,
		.min = o->common.min,
	};

	return skt_tls_context_new(&options, ret, err);
}

void connect_tls_name(const struct connect_tls_options *o, const struct skt_endpoint *endpoint,
	struct connect_tls_name *ret)
{
	*ret = (struct connect_tls_name){0};
	if (o->has_servername) {
		memcpy(ret->text, o->servername, sizeof(ret->text));
		ret->address = o->server_address;
	} else if (endpoint->kind == SKT_ENDPOINT_INET && endpoint->host[0]) {
		(void)skt_tls_name_parse(endpoint->host, ret->text);
	} else if (endpoint->kind == SKT_ENDPOINT_INET) {
		ret->address = endpoint->addr;
	}
}

struct skt_tls_session_options connect_tls_session_options(
	const struct connect_tls_options *o, const struct connect_tls_name *name)
{
	return (struct skt_tls_session_options){
		.server_name = name->text[0] ? name->text : NULL,
		.expected =
			{
				.name = name->text[0] ? name->text : NULL,
				.address =
					name->address.family == AF_UNSPEC ? NULL : &name->address,
				.pins = o->pins.data,
				.pins_count = o->pins.len,
				.chain_too = o->ca != NULL,
			},
		.report = connect_tls_takes_any(o),
	};
}

const char *connect_tls_advice(const struct skt_tls_verdict *verdict)
{
	switch (verdict->reason) {
	case SKT_TLS_SELF_SIGNED:
		return ": see --pin";
	case SKT_TLS_UNKNOWN_ISSUER:
		return ": see --ca";
	case SKT_TLS_NAME_MISMATCH:
		return ": see --servername";
	case SKT_TLS_VERIFIED:
	case SKT_TLS_NO_CERTIFICATE:
	case SKT_TLS_PIN_DIFFERS:
	case SKT_TLS_REVOKED:
	case SKT_TLS_EXPIRED:
	case SKT_TLS_NOT_YET_VALID:
	case SKT_TLS_WEAK_KEY:
	case SKT_TLS_WEAK_SIGNATURE:
	case SKT_TLS_WRONG_PURPOSE:
	case SKT_TLS_INVALID:
	case SKT_TLS_REASONS:
		break;
	}
	return "";
}

void connect_tls_options_fini(struct connect_tls_options *o)
{
	skt_vec_free(&o->pins);
}
