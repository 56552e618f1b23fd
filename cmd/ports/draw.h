/*
 * The order in which ports are tried until enough of them are free. Those that can be had at ease
 * come first; where any will do, all of one rank are equally likely, whatever is taken among them.
 */
#ifndef SKT_CMD_PORTS_DRAW_H
#define SKT_CMD_PORTS_DRAW_H

#include "base/service.h"
#include "proc/local_ports.h"
#include "scan/order.h"

/* What speaks against a port, the least first. */
enum ports_rank {
	PORTS_RANK_PLAIN,
	PORTS_RANK_REGISTERED, /* for a service, whose clients may come; of no weight when asked for
				*/
	PORTS_RANK_EPHEMERAL,  /* an outgoing connection may take it at any moment */
	PORTS_RANK_EPHEMERAL_REGISTERED,
	PORTS_RANK_RESERVED, /* given out only to who asks for this number */
	PORTS_RANKS,
};

struct ports_draw {
	size_t ends[PORTS_RANKS]; /* where each rank ends in `ports` */
	bool drawn;               /* else the lowest port of a rank is its first */
	struct skt_order orders[PORTS_RANKS];
	uint16_t ports[UINT16_MAX + 1]; /* by rank, ascending in each */
};

/*
 * All of WANTED, the lowest first; or, with NULL, any port from 1024 on that is not reserved, as
 * SEED draws them. SERVICES may be NULL.
 */
void ports_draw_init(struct ports_draw *draw, const struct skt_portset *wanted,
	const struct skt_local_ports *local, const struct skt_services *services, uint64_t seed);

static inline size_t ports_draw_count(const struct ports_draw *draw)
{
	return draw->ends[PORTS_RANKS - 1];
}

/* The port at POSITION, below the count. */
uint16_t ports_draw_at(const struct ports_draw *draw, size_t position);

#endif
