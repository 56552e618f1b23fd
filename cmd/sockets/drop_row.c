#include "cmd/sockets/drop_row.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/sockets/drop_words.h"

static const char *const way_names[] = {"in", "out"};
static const char *const source_names[] = {"packets", "counter", "socket"};

#define ROW(field, text, ...) SKT_COLUMN(struct drop_row, field, .help = (text), __VA_ARGS__)

const struct skt_column sockets_drops_columns[] = {
	ROW(count, "packets that were dropped, or how far the counter moved",
		.flags = SKT_COLUMN_BOTH, .tone = SKT_TONE_BAD),
	ROW(reason, "why: what the kernel calls it", .flags = SKT_COLUMN_BOTH),
	ROW(proto, "protocol", .flags = SKT_COLUMN_BOTH, .width = 5),
	SKT_COLUMN_NAME(struct drop_row, "way", way, way_names,
		.help = "in: they came; out: they were to be sent", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(DROP_HAS_WAY)),
	ROW(bytes, "bytes of these packets, with headers as far as they were there",
		.flags = SKT_COLUMN_DATA, .unit = SKT_UNIT_BYTES,
		.present = SKT_PRESENT(DROP_HAS_BYTES)),
	SKT_COLUMN_NAME(struct drop_row, "source", source, source_names,
		.help = "who tells: packets, a counter of the namespace, or of the socket",
		.flags = SKT_COLUMN_DATA),
	ROW(detail, "what the reason means", .flags = SKT_COLUMN_BOTH | SKT_COLUMN_PROSE),
	SKT_COLUMN_END,
};

int sockets_drops_table(struct sockets_table *table)
{
	static const char *const shown[] = {"local", "remote", "process", NULL};
	int rc = sockets_table_add(table, sockets_drops_columns, SOCKETS_DROPS_FRONT);

	if (!rc)
		sockets_table_show(table, shown);
	return rc;
}

enum { ETHER_ARP = 0x0806 };

uint8_t drop_proto(const struct skt_drop_key *key)
{
	switch (key->family ? key->protocol : 0) {
	case 6:
		return SKT_PROTO_TCP;
	case 17:
		return SKT_PROTO_UDP;
	case 132:
		return SKT_PROTO_SCTP;
	case 136:
		return SKT_PROTO_UDPLITE;
	}
	return SKT_PROTO_RAW;
}

static void name_proto(struct drop_row *row, const struct skt_drop_key *key)
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {{1, "icmp"}, {2, "igmp"}, {6, "tcp"}, {17, "udp"}, {47, "gre"}, {50, "esp"},
		{58, "icmpv6"}, {132, "sctp"}, {136, "udplite"}};
	const char *name = NULL;

	for (size_t i = 0; key->family && i < SKT_COUNT(names); i++)
		if (names[i].number == key->protocol)
			name = names[i].name;
	if (name)
		(void)snprintf(row->proto, sizeof(row->proto), "%s", name);
	else if (key->family)
		(void)snprintf(row->proto, sizeof(row->proto), "ip:%u", key->protocol);
	else if (key->ethertype == ETHER_ARP)
		(void)snprintf(row->proto, sizeof(row->proto), "arp");
	else
		(void)snprintf(row->proto, sizeof(row->proto), "0x%04x", key->ethertype);
}

static void take_end(struct skt_end *end, uint8_t family, const uint8_t *bytes, uint16_t port)
{
	*end = (struct skt_end){.port = port};
	end->addr.family = family;
	if (family)
		memcpy(end->addr.bytes, bytes, family == AF_INET ? 4 : 16);
}

void drop_row_of_packets(struct drop_row *row, const struct skt_drop_key *key,
	const struct skt_drop *drop, const char *reason)
{
	struct skt_socket *s = &row->row.s;
	const uint64_t ports = UINT64_C(1) << SKT_SOCKET_LOCAL_PORT |
		UINT64_C(1) << SKT_SOCKET_REMOTE_PORT | UINT64_C(1) << SKT_SOCKET_TIMER;

	s->proto = drop_proto(key);
	s->family = key->family;
	take_end(&s->local, key->family, drop->local, key->port);
	/* Whoever sends from every port and address is not told so. */
	take_end(&s->remote, key->family, drop->remote, drop->remote_port);
	s->present = (s->present & ~ports) | (uint64_t)(key->port != 0) << SKT_SOCKET_LOCAL_PORT |
		(uint64_t)(drop->remote_port != 0) << SKT_SOCKET_REMOTE_PORT |
		UINT64_C(1) << DROP_HAS_WAY | UINT64_C(1) << DROP_HAS_BYTES;
	name_proto(row, key);
	row->count = drop->count;
	row->bytes = drop->bytes;
	row->way = key->out;
	row->reason = reason;
	row->detail = sockets_drop_words(reason);
}
