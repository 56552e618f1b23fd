#include "cmd/stream/tls_options.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/parse.h"
#include "cmd/values.h"
#include "tls/alpn.h"

/* Behind those that are of one side. */
enum { KEY_ALPN = SKT_KEY_TLS + 0x80, KEY_TLS_MIN, KEY_TLS_END, KEY_KEYLOG };

static const struct argp_option table[] = {
	{"alpn", KEY_ALPN, "TEXT", 0, "Agree on one of these protocols: h2,http/1.1",
		SKT_GROUP_TLS},
	{"tls-min", KEY_TLS_MIN, "1.0|1.1|1.2|1.3", 0, "The oldest version to use (default: 1.2)",
		SKT_GROUP_TLS},
	{"keylog", KEY_KEYLOG, "FILE", 0, "Add the secrets to a file, for Wireshark",
		SKT_GROUP_TLS},
	{"tls-end", KEY_TLS_END, "strict|lenient", 0,
		"What an end without close_notify is: data that may be missing, or the end (default: "
		"strict)",
		SKT_GROUP_TLS},
	{0},
};

static error_t parse_alpn(
	const struct argp_state *state, const char *arg, struct skt_tls_common_options *o)
{
	uint8_t wire[SKT_TLS_ALPN_MAX];

	o->alpn = arg;
	if (skt_tls_alpn_parse(arg, wire) < 0)
		return skt_usage_error(state,
			"--alpn '%s': expected names of protocols, such as h2,http/1.1", arg);
	return 0;
}

static error_t parse_min(
	const struct argp_state *state, const char *arg, struct skt_tls_common_options *o)
{
	static const char *const words[] = {"1.0", "1.1", "1.2", "1.3"};
	int chosen;
	error_t r = skt_parse_choice(state, "--tls-min", arg, words, SKT_COUNT(words), &chosen);

	if (r == 0)
		o->min = (enum skt_tls_version)(SKT_TLS_1_0 + chosen);
	return r;
}

static error_t parse_end(
	const struct argp_state *state, const char *arg, struct skt_tls_common_options *o)
{
	static const char *const words[] = {"strict", "lenient"};
	int chosen;
	error_t r = skt_parse_choice(state, "--tls-end", arg, words, SKT_COUNT(words), &chosen);

	if (r == 0)
		o->lenient = chosen;
	o->has_end = true;
	return r;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct skt_tls_common_options *o = state->input;

	switch (key) {
	case KEY_ALPN:
		return parse_alpn(state, arg, o);
	case KEY_TLS_MIN:
		return parse_min(state, arg, o);
	case KEY_TLS_END:
		return parse_end(state, arg, o);
	case KEY_KEYLOG:
		o->keylog = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_tls_common_argp = {.options = table, .parser = parse};

const char *skt_tls_common_given(const struct skt_tls_common_options *o)
{
	return o->alpn                      ? "--alpn"
		: o->min != SKT_TLS_DEFAULT ? "--tls-min"
		: o->keylog                 ? "--keylog"
		: o->has_end                ? "--tls-end"
					    : NULL;
}

int skt_tls_common_conclude(const struct skt_tls_common_options *o,
	const struct skt_tls_context *context, const struct skt_event_log *log, int status)
{
	int r = skt_tls_context_keylog_error(context);

	if (!r)
		return status;
	skt_event_tell(log, SKT_EVENT_ERROR, "keylog_broken",
		"--keylog '%s': %s: secrets are missing", o->keylog, strerror(-r));
	return SKT_EXIT_TROUBLE;
}
