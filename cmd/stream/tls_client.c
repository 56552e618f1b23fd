#include "cmd/stream/tls_client.h"

#include <errno.h>
#include <string.h>

#include "cmd/parse.h"

/* Behind those that are of both sides. */
enum { KEY_INSECURE = SKT_KEY_TLS + 0xc0, KEY_CA, KEY_SERVERNAME, KEY_PIN };

static const struct argp_option table[] = {
	{"insecure", KEY_INSECURE, NULL, 0, "Go on with a server that is not verified",
		SKT_GROUP_TLS},
	{"ca", KEY_CA, "FILE", 0, "Trust these authorities only (PEM; or a directory of them)",
		SKT_GROUP_TLS},
	{"servername", KEY_SERVERNAME, "HOST", 0, "Expect, and ask for, this name or address",
		SKT_GROUP_TLS},
	{"pin", KEY_PIN, "TEXT", 0,
		"Expect this key, whoever signed it (sha256//BASE64); repeat for others",
		SKT_GROUP_TLS},
	{0},
};

static error_t parse_servername(
	const struct argp_state *state, const char *arg, struct skt_tls_client_options *o)
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
	const struct argp_state *state, const char *arg, struct skt_tls_client_options *o)
{
	struct skt_tls_pin pin;

	if (skt_tls_pin_parse(arg, &pin))
		return skt_usage_error(
			state, "--pin '%s': expected sha256// and 44 characters of base64", arg);
	return skt_vec_push(&o->pins, pin) ? ENOMEM : 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct skt_tls_client_options *o = state->input;

	switch (key) {
	case KEY_INSECURE:
		o->insecure = true;
		return 0;
	case KEY_CA:
		o->ca = arg;
		return 0;
	case KEY_SERVERNAME:
		return parse_servername(state, arg, o);
	case KEY_PIN:
		return parse_pin(state, arg, o);
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_tls_client_argp = {.options = table, .parser = parse};

const char *skt_tls_client_given(const struct skt_tls_client_options *o)
{
	return o->insecure          ? "--insecure"
		: o->ca             ? "--ca"
		: o->has_servername ? "--servername"
		: o->pins.len       ? "--pin"
				    : NULL;
}

/* ---- what follows from them ---- */

int skt_tls_client_check(const struct skt_tls_client_options *o,
	const struct skt_endpoint *endpoint, struct skt_err *err)
{
	char text[SKT_ENDPOINT_TEXT_MAX], name[SKT_TLS_NAME_MAX];

	if (o->has_servername)
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

int skt_tls_client_open(const struct skt_tls_client_options *o,
	const struct skt_tls_common_options *common, bool lax, struct skt_tls_context **ret,
	struct skt_err *err)
{
	const struct skt_tls_identity own = {.cert = o->cert, .key = o->key};
	const struct skt_tls_options options = {
		.lax = lax,
		.ca = o->ca,
		.identities = &own,
		.identities_count = own.cert != NULL,
		.alpn = common->alpn,
		.keylog = common->keylog,
		.min = common->min,
	};

	return skt_tls_context_new(&options, ret, err);
}

void skt_tls_client_name(const struct skt_tls_client_options *o,
	const struct skt_endpoint *endpoint, struct skt_tls_client_name *ret)
{
	*ret = (struct skt_tls_client_name){0};
	if (o->has_servername) {
		memcpy(ret->text, o->servername, sizeof(ret->text));
		ret->address = o->server_address;
	} else if (endpoint->kind == SKT_ENDPOINT_INET && endpoint->host[0]) {
		(void)skt_tls_name_parse(endpoint->host, ret->text);
	} else if (endpoint->kind == SKT_ENDPOINT_INET) {
		ret->address = endpoint->addr;
	}
}

struct skt_tls_session_options skt_tls_client_session(
	const struct skt_tls_client_options *o, const struct skt_tls_client_name *name)
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
		.report = skt_tls_client_takes_any(o),
	};
}

const char *skt_tls_client_advice(const struct skt_tls_verdict *verdict)
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

void skt_tls_client_options_fini(struct skt_tls_client_options *o)
{
	skt_vec_free(&o->pins);
}
