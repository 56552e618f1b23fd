#include "cmd/ports/draw.h"

/* Below it binding needs privilege on most hosts (net.ipv4.ip_unprivileged_port_start). */
enum { FIRST_USER_PORT = 1024 };

static enum ports_rank rank_of(const struct skt_portset *wanted,
	const struct skt_local_ports *local, const struct skt_services *services, uint16_t port)
{
	const bool registered =
		!wanted && services && skt_services_name(services, port, SKT_SERVICE_ANY);

	if (!port || (wanted ? !skt_portset_has(wanted, port) : port < FIRST_USER_PORT))
		return PORTS_RANKS;
	if (skt_portset_has(&local->reserved, port))
		return wanted ? PORTS_RANK_RESERVED : PORTS_RANKS;
	if (skt_local_ports_ephemeral(local, port))
		return registered ? PORTS_RANK_EPHEMERAL_REGISTERED : PORTS_RANK_EPHEMERAL;
	return registered ? PORTS_RANK_REGISTERED : PORTS_RANK_PLAIN;
}

void ports_draw_init(struct ports_draw *draw, const struct skt_portset *wanted,
	const struct skt_local_ports *local, const struct skt_services *services, uint64_t seed)
{
	uint8_t ranks[UINT16_MAX + 1];
	size_t count = 0;

	for (size_t port = 0; port <= UINT16_MAX; port++)
		ranks[port] = (uint8_t)rank_of(wanted, local, services, (uint16_t)port);
	draw->drawn = !wanted;
	for (size_t rank = 0; rank < PORTS_RANKS; rank++) {
		const size_t begin = count;

		for (size_t port = 0; port <= UINT16_MAX; port++)
			if (ranks[port] == rank)
				draw->ports[count++] = (uint16_t)port;
		draw->ends[rank] = count;
		if (draw->drawn && count > begin)
			skt_order_init(&draw->orders[rank], count - begin, seed);
	}
}

uint16_t ports_draw_at(const struct ports_draw *draw, size_t position)
{
	size_t rank = 0, begin;

	if (!draw->drawn)
		return draw->ports[position];
	while (position >= draw->ends[rank])
		rank++;
	begin = rank ? draw->ends[rank - 1] : 0;
	return draw->ports[begin + skt_order_at(&draw->orders[rank], position - begin)];
}
