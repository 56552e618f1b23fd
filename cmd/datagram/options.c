#include "cmd/datagram/options.h"

#include <sys/socket.h>

#include "base/macros.h"
#include "cmd/options.h"
#include "cmd/parse.h"

static const struct argp_option datagram_options[] = {
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_MAIN},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_MAIN},
	{"interface", 'I', "IFACE", 0, "Use this interface only", SKT_GROUP_MAIN},
	{0},
};

static error_t parse_datagram(int key, char *arg, struct argp_state *state)
{
	struct skt_datagram_options *o = state->input;
	int family = key == '4' ? AF_INET : AF_INET6;

	switch (key) {
	case '4':
	case '6':
		if (o->family != AF_UNSPEC && o->family != family)
			return skt_usage_error(state, "-4 and -6 exclude each other");
		o->family = family;
		return 0;
	case 'I':
		o->interface = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->word_count == SKT_COUNT(o->words))
			return skt_usage_error(state, "unexpected argument '%s'", arg);
		o->words[o->word_count++] = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_datagram_argp = {.options = datagram_options, .parser = parse_datagram};

error_t skt_datagram_settle(const struct argp_state *state, struct skt_datagram_options *options,
	enum skt_endpoint_role role)
{
	struct skt_err err;
	int rc;

	if (!options->word_count)
		return 0;
	if (options->word_count == 2)
		rc = skt_endpoint_parse_pair(
			options->words[0], options->words[1], role, &options->endpoint, &err);
	else
		rc = skt_endpoint_parse(options->words[0], role, &options->endpoint, &err);
	if (!rc)
		rc = skt_endpoint_check_zone(&options->endpoint, options->interface, &err);
	if (rc)
		return skt_usage_error(state, "%s", err.text);
	if (options->endpoint.kind == SKT_ENDPOINT_VSOCK)
		return skt_usage_error(
			state, "'%s': vsock carries no datagrams", options->words[0]);
	return 0;
}
