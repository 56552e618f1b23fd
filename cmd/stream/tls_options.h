/* The options of TLS that either side has, and what follows from them at the end of a run. */
#ifndef SKT_CMD_STREAM_TLS_OPTIONS_H
#define SKT_CMD_STREAM_TLS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "cmd/events.h"
#include "tls/context.h"

/* --alpn --tls-min --tls-end --keylog. Zero-initialised; texts are borrowed from argv. */
struct skt_tls_common_options {
	const char *alpn, *keylog;
	enum skt_tls_version min;
	bool has_end, lenient; /* --tls-end: an end without close_notify is one */
};

extern const struct argp skt_tls_common_argp; /* input: struct skt_tls_common_options * */

/* The first option that was given, or NULL. */
const char *skt_tls_common_given(const struct skt_tls_common_options *options);

/* At the end of a run: says what is missing in the key log. STATUS, or that of trouble then. */
int skt_tls_common_conclude(const struct skt_tls_common_options *options,
	const struct skt_tls_context *context, const struct skt_event_log *log, int status);

#endif
