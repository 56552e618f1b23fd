/* The rows of --follow: a socket, and what became of it. */
#ifndef SKT_CMD_SOCKETS_FOLLOW_ROW_H
#define SKT_CMD_SOCKETS_FOLLOW_ROW_H

#include "cmd/listing/columns.h"
#include "diag/ending.h"

enum follow_event {
	FOLLOW_OPENED,
	FOLLOW_CLOSED,
	FOLLOW_CONNECTING,
	FOLLOW_ESTABLISHED,
	FOLLOW_ACCEPTED,
	FOLLOW_FAILED,
	FOLLOW_LISTENING,
};

struct follow_row {
	struct skt_socket_row row;
	uint64_t time_ns;
	uint64_t bytes_acked, bytes_received;
	uint32_t rtt_us, min_rtt_us, total_retrans;
	uint8_t event; /* enum follow_event */
	uint64_t duration_us;
	const char *error;
};

_Static_assert(offsetof(struct follow_row, row) == 0, "columns of the listing are its columns");

/* Those that it adds to the listing's: FRONT of them before these. */
extern const struct skt_column sockets_follow_columns[];
enum { SOCKETS_FOLLOW_FRONT = 2 };

/* The row of EVENT, now, of a socket of which this is KNOWN. */
struct follow_row follow_row_of(enum follow_event event, const struct skt_socket_row *known);

/*
 * That of one that was closed: what is KNOWN of it, or if NULL what ENDING says; ENDING is NULL
 * where there was no event. Not both.
 */
struct follow_row follow_row_closed(
	const struct skt_socket_row *known, const struct skt_ending *ending);

/* Says how long it took, from SINCE_NS to UNTIL_NS; a SINCE_NS of 0 says nothing. */
void follow_row_took(struct follow_row *row, uint64_t since_ns, uint64_t until_ns);

#endif
