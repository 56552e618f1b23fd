/*
 * How fast sockets receive and send: what the kernel has counted of each (struct tcp_info),
 * compared with what it had counted when it was looked at before. A socket is known again by its
 * identity (diag/socket_id.h), never by its ends, which the next one may have.
 *
 *   received       tcpi_bytes_received: payload that arrived in order, each byte once
 *   sent           tcpi_bytes_sent: payload as it was handed to IP, retransmissions included (Linux
 *                  4.19); before, tcpi_bytes_acked: what the peer has acknowledged
 *   retransmitted  tcpi_bytes_retrans: of these, what was sent again (Linux 4.19)
 *
 * None of them counts headers, nor segments without payload.
 */
#ifndef SKT_CMD_LISTING_METER_H
#define SKT_CMD_LISTING_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "diag/socket_id.h"
#include "diag/tcp_info.h"
#include "diag/verdict.h"

/* Bits of skt_rates.present. */
enum { SKT_RATES_MEASURED, SKT_RATES_RETRANSMIT };

/* Bytes per second, of payload. */
struct skt_rates {
	uint64_t present;
	uint64_t recv_rate, send_rate, total_rate; /* MEASURED; total_rate: both together */
	uint64_t retransmit_rate;                  /* RETRANSMIT: the part of send_rate */
	struct skt_verdict_before before;          /* for the verdict on it */
	bool fresh;    /* it was not there at the look before, and there was one */
	uint8_t looks; /* that have seen it, 255 at the most */
	uint64_t tag;  /* the caller's own, from one look to the next; 0 at first */
};

struct skt_counters {
	uint64_t received, sent, retransmitted;
	bool has_retransmitted;
};

struct skt_metered;

/* Zero-initialised but for the key. */
struct skt_meter {
	uint64_t key[2]; /* of the hashes, not to be foreseen by peers */
	/* Private. */
	SKT_VEC(struct skt_metered *) sockets;
	uint32_t *slots;              /* 1 + the place of a socket, or 0; at most half are taken */
	size_t slots_count;           /* a power of two */
	uint64_t look;                /* number of the look at hand, from 1 */
	uint64_t began_ns, before_ns; /* when it began, and the one before it */
	uint64_t now_ns;              /* of the sockets at hand */
};

/*
 * Reads out of the first LEN bytes of INFO, of a connection, what has been counted. False: the
 * kernel does not tell so much.
 */
bool skt_counters_read(const struct skt_tcp_info *info, size_t len, struct skt_counters *ret);

/* A look begins at NOW_NS, CLOCK_MONOTONIC. */
void skt_meter_begin(struct skt_meter *meter, uint64_t now_ns);

/* It has come so far at NOW_NS: where it takes long, its sockets are not of one moment. */
void skt_meter_go_on(struct skt_meter *meter, uint64_t now_ns);

/* From the look before to that at hand; 0: this is the first one. */
uint64_t skt_meter_elapsed_ns(const struct skt_meter *meter);

/*
 * Takes what is counted of SOCKET, of the namespace NETNS (as skt_socket_id_of() has it), which is
 * there now. *ret: how fast it is, good until skt_meter_finish(); NULL: nothing is counted of it,
 * as of all but connections of TCP. At the first look there are rates of which nothing is measured.
 * One that is fresh has had all of its bytes since the look before. -ENOMEM.
 */
int skt_meter_see(struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns,
	struct skt_rates **ret);

/*
 * The same of one that is gone: COUNTERS at its end. What it has moved since it was last seen, as
 * if that had been at the look before. It is forgotten. RET's `fresh`: no look has seen it.
 */
void skt_meter_end(struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns,
	const struct skt_counters *counters, struct skt_rates *ret);

/*
 * The next look may find SOCKET, which was made since the last one, or only its end will be told:
 * its rates' tag is TAG then; so is that of one which was seen already, if it is not 0. -ENOMEM.
 */
int skt_meter_announce(
	struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns, uint64_t tag);

/* The look is over: forgets what was neither in it nor in the one before. */
void skt_meter_finish(struct skt_meter *meter);

/* COUNT things in ELAPSED_NS, a second: rounded, but never to none where there was one. */
uint64_t skt_meter_rate(uint64_t count, uint64_t elapsed_ns);

void skt_meter_fini(struct skt_meter *meter);

#endif
