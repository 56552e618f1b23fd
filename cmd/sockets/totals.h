/* What --sum and --max add to a summary: of each group, the sum or the most of a column. */
#ifndef SKT_CMD_SOCKETS_TOTALS_H
#define SKT_CMD_SOCKETS_TOTALS_H

#include "base/arena.h"
#include "out/column.h"

enum { SOCKETS_TOTALS_MAX = 32 };

enum sockets_total_kind { SOCKETS_SUM, SOCKETS_MAX };

struct sockets_totals {
	size_t count;
	struct sockets_total {
		const struct skt_column *of;
		uint8_t kind;     /* enum sockets_total_kind */
		const char *name; /* sum_recv_queue */
		char help[96];
		char title[32]; /* RECV-RATE, of a sum of rates, which is one again; or empty */
	} list[SOCKETS_TOTALS_MAX];
	struct skt_arena texts;
};

/* Of one group; the columns' VIA. Bit I of `present`: values[I] is known of one of its sockets. */
struct sockets_values {
	uint64_t present;
	uint64_t values[SOCKETS_TOTALS_MAX];
};

/*
 * Adds those of the columns SPEC of TABLE, which must be numbers. -EINVAL, -ENOENT or -EEXIST with
 * words in ERR, -E2BIG, -ENOMEM.
 */
int sockets_totals_add(struct sockets_totals *totals, enum sockets_total_kind kind,
	const struct skt_column *table, const char *spec, struct skt_err *err);

/*
 * Writes their columns to RET, of rows that have a pointer to struct sockets_values at VIA. They
 * need what the columns that they are made of need.
 */
void sockets_totals_columns(
	const struct sockets_totals *totals, uint16_t via, struct skt_column *ret);

/* Adds what ROW, of the columns' table, has. A sum that does not fit stays at the greatest number.
 */
void sockets_totals_take(
	const struct sockets_totals *totals, const void *row, struct sockets_values *values);

/* Of VALUES (NULL: none), the sum of total_rate; 0: it is not added up, or nothing has moved. */
uint64_t sockets_totals_rate(
	const struct sockets_totals *totals, const struct sockets_values *values);

/* Whether the sum of the column NAME is among them. */
bool sockets_totals_have(const struct sockets_totals *totals, const char *name);

void sockets_totals_fini(struct sockets_totals *totals);

#endif
