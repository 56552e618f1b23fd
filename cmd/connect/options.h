/* The values of the options of `sockkit connect`. */
#ifndef SKT_CMD_CONNECT_OPTIONS_H
#define SKT_CMD_CONNECT_OPTIONS_H

#include "base/vec.h"
#include "cmd/connect/expect.h"
#include "cmd/connect/targets.h"
#include "cmd/connect/tls_options.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "cmd/stream/chain.h"
#include "cmd/stream/options.h"
#include "net/dial.h"

struct connect_options {
	struct skt_rows_options rows;
	struct skt_events_options events;
	struct skt_socket_options socket;
	struct skt_pipe_options pipe;
	struct skt_limit_options limits;
	struct skt_chain_options chain;
	bool has_source;
	struct skt_endpoint source;
	uint64_t connect_timeout_ns; /* of one connection; 0: the default of the mode */
	bool wait, bare_wait;        /* without a value */
	uint64_t wait_ns;
	bool bare_reconnect;
	uint64_t reconnect_ns; /* how long after a loss; 0: not */
	bool probe, udp, timing, progress;
	uint64_t count; /* probes of each endpoint; 0: until interrupted */
	bool has_count, has_interval;
	uint64_t interval_ns;
	struct connect_expect expect;
	struct connect_tls_options tls;
	bool append;               /* to what `record` has */
	const char *record, *exec; /* or NULL; borrowed from argv */
	bool fdpass;
	SKT_VEC(char *) words; /* the arguments, borrowed from argv */
	struct connect_targets targets;
};

/* The option by which the connection becomes another program's; NULL: it stays ours. */
static inline const char *connect_hands_over(const struct connect_options *options)
{
	return options->exec ? "--exec" : options->fdpass ? "--fdpass" : NULL;
}

/* What dialling needs to know of the options. Borrows from them. */
struct skt_dial_options connect_dial_options(const struct connect_options *options);

#endif
