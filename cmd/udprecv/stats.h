/* What udprecv counts, sender by sender. */
#ifndef SKT_CMD_UDPRECV_STATS_H
#define SKT_CMD_UDPRECV_STATS_H

#include "cmd/udprecv/options.h"
#include "cmd/udprecv/socket.h"
#include "net/receiver.h"

struct udprecv_stats;

int udprecv_stats_new(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *sock, struct udprecv_stats **ret);
void udprecv_stats_free(struct udprecv_stats *stats);

/* Counts one datagram. True where it was the mark of an end, and no payload. */
bool udprecv_stats_take(struct udprecv_stats *stats, const struct skt_datagram *d);

/* The next time of CLOCK_MONOTONIC for a line in between; UINT64_MAX: never. */
uint64_t udprecv_stats_due(const struct udprecv_stats *stats);
void udprecv_stats_interval(struct udprecv_stats *stats, uint64_t now_ns);
void udprecv_stats_final(struct udprecv_stats *stats);

#endif
