/* Why nothing came. */
#ifndef SKT_CMD_UDPRECV_SILENCE_H
#define SKT_CMD_UDPRECV_SILENCE_H

#include "cmd/udprecv/options.h"
#include "cmd/udprecv/socket.h"

/* Counters of the whole network namespace, to compare before and after. */
struct udprecv_silence {
	uint64_t no_ports, no_ports6, checksum_errors, reverse_path;
};

void udprecv_silence_begin(const struct skt_context *ctx, struct udprecv_silence *silence);

/* Tells on stderr what may be the reason that nothing came. */
void udprecv_silence_explain(const struct udprecv_silence *before, const struct udprecv_options *o,
	const struct skt_context *ctx, const struct udprecv_socket *sock);

#endif
