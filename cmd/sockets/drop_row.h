/* The rows of --drops: packets that were dropped for one reason, or a counter that moved. */
#ifndef SKT_CMD_SOCKETS_DROP_ROW_H
#define SKT_CMD_SOCKETS_DROP_ROW_H

#include "cmd/listing/columns.h"
#include "cmd/sockets/table.h"
#include "proc/drop.h"

enum { DROP_NAME_MAX = 48 };

struct drop_row {
	struct skt_socket_row row; /* the socket's that they were for, or only the ends */
	uint64_t count, bytes;
	const char *reason, *detail;
	uint8_t source; /* enum drop_source */
	uint8_t way;    /* enum drop_way */
	char proto[DROP_NAME_MAX];
};

enum drop_source { DROP_PACKETS, DROP_COUNTER, DROP_SOCKET };

/* Bits of row.s.present behind those of struct skt_socket_row. */
enum { DROP_HAS_WAY = SKT_ROW_FIELDS, DROP_HAS_BYTES, DROP_FIELDS };

_Static_assert(offsetof(struct drop_row, row) == 0, "columns of the listing are its columns");
_Static_assert(DROP_FIELDS <= 64, "row.s.present");

/* Those that it adds to the listing's: FRONT of them before these. */
extern const struct skt_column sockets_drops_columns[];
enum { SOCKETS_DROPS_FRONT = 3 };

/* Makes TABLE that of --drops. -ENOMEM. */
int sockets_drops_table(struct sockets_table *table);

/*
 * Makes of ROW, of the socket that packets were for (or of nothing but zeros), that of the packets
 * KEY and DROP, for REASON (borrowed).
 */
void drop_row_of_packets(struct drop_row *row, const struct skt_drop_key *key,
	const struct skt_drop *drop, const char *reason);

/* What the protocol is called that KEY is about, and enum skt_proto for it. */
uint8_t drop_proto(const struct skt_drop_key *key);

#endif
