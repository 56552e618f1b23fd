/*
 * Options that `connect` and `listen` share, each group an argp child with the struct of its
 * values: what is asked of sockets, and how a connection is joined to stdin and stdout.
 */
#ifndef SKT_CMD_STREAM_OPTIONS_H
#define SKT_CMD_STREAM_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/stream/record.h"
#include "cmd/way.h"
#include "net/loop.h"

/* -4 -6 -I --mptcp --fastopen --keepalive */
struct skt_socket_options {
	struct skt_way_options way;
	bool mptcp, fastopen;
	unsigned int keepalive_s; /* 0: none */
	bool bare_keepalive;      /* without a value */
};

extern const struct argp skt_socket_argp; /* input: struct skt_socket_options * */

/* --no-half-close --end-with-peer --linger --send-only --recv-only -C --hex --rate */
struct skt_pipe_options {
	bool no_half_close, end_with_peer;
	bool send_only, recv_only;
	bool crlf, hex;
	enum skt_dump_style dump;
	bool lingers;       /* --linger was given */
	uint64_t linger_ns; /* silence of the other side after the end of stdin */
	uint64_t rate;      /* bytes per second each way; 0: no limit */
};

extern const struct argp skt_pipe_argp; /* input: struct skt_pipe_options * */

/* --timeout --idle-timeout */
struct skt_limit_options {
	uint64_t timeout_ns;      /* over everything; 0: none */
	uint64_t idle_timeout_ns; /* without a byte either way; 0: none */
};

extern const struct argp skt_limit_argp; /* input: struct skt_limit_options * */

/* Reads a RATE in bytes or bits, and returns it in bytes per second. */
error_t skt_parse_byte_rate(
	const struct argp_state *state, const char *option, const char *text, uint64_t *ret);

#endif
