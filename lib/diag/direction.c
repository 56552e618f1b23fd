#include "diag/direction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

const char *const skt_direction_names[SKT_DIRECTIONS] = {
	[SKT_DIRECTION_IN] = "in", [SKT_DIRECTION_OUT] = "out"};

/* Where somebody listens. No padding: compared byte by byte. */
struct place {
	uint8_t bytes[16]; /* of the address, not mapped; zeros: any of FAMILY */
	uint16_t port;
	uint8_t family, proto;
};

_Static_assert(sizeof(struct place) == 20, "a place has no padding to be compared");

struct skt_listening {
	struct skt_portset ports[SKT_PROTO_COUNT]; /* of PLACES: most ports are in none */
	SKT_VEC(struct place) places;              /* in order, each once */
};

static struct place place_of(uint8_t proto, const struct skt_addr *at, uint16_t port)
{
	struct skt_addr addr = *at;
	struct place place = {.port = port, .proto = proto};

	skt_addr_unmap(&addr);
	memcpy(place.bytes, addr.bytes, sizeof(place.bytes));
	place.family = addr.family;
	return place;
}

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	struct skt_listening *listening = ctx;
	struct place place = place_of(socket->proto, &socket->local.addr, socket->local.port);

	if (!place.port)
		return 0;
	skt_portset_add(&listening->ports[socket->proto], place.port);
	if (skt_vec_push(&listening->places, place))
		return -ENOMEM;
	/* `::` takes what comes by IPv4 as well, unless it says that it does not. */
	if (place.family != AF_INET6 || socket->v6only || !skt_addr_is_any(&socket->local.addr))
		return 0;
	place.family = AF_INET;
	return skt_vec_push(&listening->places, place);
}

static int compare_places(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct place));
}

static void settle(struct skt_listening *listening)
{
	struct place *places = listening->places.data;
	size_t len = 0;

	if (!listening->places.len)
		return;
	qsort(places, listening->places.len, sizeof(*places), compare_places);
	for (size_t i = 0; i < listening->places.len; i++)
		if (!len || compare_places(&places[len - 1], &places[i]) != 0)
			places[len++] = places[i];
	listening->places.len = len;
}

int skt_listening_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_listening **ret, struct skt_err *err)
{
	struct skt_dump_query query = {
		/* A connection of IPv4 may belong to a listener of IPv6. */
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
		.source = like->source,
	};
	struct skt_listening *listening = calloc(1, sizeof(*listening));
	struct skt_dump_report report;
	int rc;

	if (!listening)
		return skt_fail(err, ENOMEM, "find listeners");
	query.protos[SKT_PROTO_TCP] = like->protos[SKT_PROTO_TCP];
	query.protos[SKT_PROTO_UDP] = like->protos[SKT_PROTO_UDP];
	rc = skt_dump_sockets(system, &query, take_listener, listening, &report, err);
	if (rc) {
		skt_listening_free(listening);
		return rc;
	}
	settle(listening);
	*ret = listening;
	return 0;
}

void skt_listening_free(struct skt_listening *listening)
{
	if (!listening)
		return;
	skt_vec_free(&listening->places);
	free(listening);
}

static bool has_place(const struct skt_listening *listening, const struct place *place)
{
	return listening->places.len &&
		bsearch(place, listening->places.data, listening->places.len, sizeof(*place),
			compare_places);
}

/* Whether somebody listens where SOCKET's own end is. */
static bool is_served(const struct skt_listening *listening, const struct skt_socket *socket)
{
	struct place place;

	if (!skt_portset_has(&listening->ports[socket->proto], socket->local.port))
		return false;
	place = place_of(socket->proto, &socket->local.addr, socket->local.port);
	if (has_place(listening, &place))
		return true;
	memset(place.bytes, 0, sizeof(place.bytes));
	return has_place(listening, &place);
}

enum skt_direction skt_direction_of(
	const struct skt_listening *listening, const struct skt_socket *socket)
{
	if (socket->state == SKT_STATE_SYN_SENT)
		return SKT_DIRECTION_OUT;
	if (socket->state == SKT_STATE_SYN_RECEIVED)
		return SKT_DIRECTION_IN;
	if (!socket->remote.port || socket->state == SKT_STATE_CLOSED ||
		socket->state == SKT_STATE_BOUND)
		return SKT_DIRECTION_NONE;
	return is_served(listening, socket) ? SKT_DIRECTION_IN : SKT_DIRECTION_OUT;
}
