#include "cmd/stream/chain.h"

#include "base/macros.h"
#include "cmd/parse.h"
#include "cmd/values.h"

enum { KEY_SEND_PROXY = SKT_KEY_CHAIN };

static const struct argp_option chain_options[] = {
	SKT_HEADING("Proxies", SKT_GROUP_CHAIN),
	{"send-proxy", KEY_SEND_PROXY, "v1|v2", 0,
		"Begin with a header of the PROXY protocol that tells whose connection it is",
		SKT_GROUP_CHAIN},
	{0},
};

static error_t parse_chain(int key, char *arg, struct argp_state *state)
{
	static const char *const versions[] = {"v1", "v2"};
	struct skt_chain_options *o = state->input;
	int version = 0;
	error_t r;

	switch (key) {
	case KEY_SEND_PROXY:
		r = skt_parse_choice(
			state, "--send-proxy", arg, versions, SKT_COUNT(versions), &version);
		if (r == 0)
			o->send_proxy = version + 1;
		return r;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_chain_argp = {.options = chain_options, .parser = parse_chain};

const char *skt_chain_given(const struct skt_chain_options *options)
{
	return options->send_proxy ? "--send-proxy" : NULL;
}

void skt_chain_add(struct skt_chain *chain, const struct skt_chain_options *options,
	struct skt_opening *opening, const struct skt_connection *client)
{
	if (!options->send_proxy)
		return;
	chain->send.step.ops = &skt_proxy_send_ops;
	chain->send.header = skt_proxy_header_of(
		client ? client : opening->connection, options->send_proxy, !client);
	skt_opening_add(opening, &chain->send.step);
}
