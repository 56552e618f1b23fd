#include "cmd/datagram/options.h"

#include "base/macros.h"
#include "cmd/options.h"
#include "cmd/parse.h"

static error_t parse_datagram(int key, char *arg, struct argp_state *state)
{
	struct skt_datagram_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->way;
		return 0;
	case ARGP_KEY_ARG:
		if (o->word_count == SKT_COUNT(o->words))
			return skt_usage_error(state, "unexpected argument '%s'", arg);
		o->words[o->word_count++] = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child datagram_children[] = {{.argp = &skt_way_argp}, {0}};

const struct argp skt_datagram_argp = {.parser = parse_datagram, .children = datagram_children};

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
		rc = skt_endpoint_check_zone(&options->endpoint, options->way.interface, &err);
	if (rc)
		return skt_usage_error_of(state, &err, "%s", err.text);
	if (options->endpoint.kind == SKT_ENDPOINT_VSOCK)
		return skt_usage_error(
			state, "'%s': vsock carries no datagrams", options->words[0]);
	return 0;
}
