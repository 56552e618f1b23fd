/* What comes in at a socket, counted sender by sender: loss, order, jitter, delay, gaps. */
#ifndef SKT_CMD_DATAGRAM_STATS_H
#define SKT_CMD_DATAGRAM_STATS_H

#include "cmd/command.h"
#include "cmd/datagram/senders.h"
#include "cmd/events.h"
#include "net/receiver.h"

struct skt_datagram_stats_options {
	const struct skt_events_options *events; /* borrowed */
	enum stats_stamp stamp;
	bool no_timing;       /* datagrams have no times of their own */
	uint64_t interval_ns; /* of lines in between; 0: none */
	uint64_t senders;     /* that are told apart */
	bool received; /* of one other end: its report is "received", and there is no total */
};

struct skt_datagram_stats;

/*
 * Counts what comes in at FD (borrowed; GRO: clusters of it), which hears since SINCE_NS of
 * CLOCK_REALTIME. An exit status, told.
 */
int skt_datagram_stats_new(const struct skt_datagram_stats_options *options,
	const struct skt_context *ctx, int fd, bool gro, uint64_t since_ns,
	struct skt_datagram_stats **ret);
void skt_datagram_stats_free(struct skt_datagram_stats *stats);

/* Counts one datagram. True where it was the mark of an end, and no payload. */
bool skt_datagram_stats_take(struct skt_datagram_stats *stats, const struct skt_datagram *d);

/* The next time of CLOCK_MONOTONIC for a line in between; UINT64_MAX: never. */
uint64_t skt_datagram_stats_due(const struct skt_datagram_stats *stats);
void skt_datagram_stats_interval(struct skt_datagram_stats *stats, uint64_t now_ns);
void skt_datagram_stats_final(struct skt_datagram_stats *stats);

#endif
