/* Cells: where a row has the value of a column, and what every format does with it. */
#ifndef SKT_OUT_CELL_H
#define SKT_OUT_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/macros.h"
#include "base/str.h"
#include "out/column.h"

/* Whether ROW has a value for COLUMN, by what it says about presence; and where, or NULL. */
static inline bool skt_cell_find(
	const struct skt_column *column, const void *row, const void **ret_value)
{
	const char *holder = row;

	*ret_value = NULL;
	if (column->via) {
		holder = *(const char *const *)(const void *)(holder + column->via);
		if (!holder ||
			*(const uint16_t *)(const void *)(holder + column->length_at) <
				column->least)
			return false;
	}
	if (column->present != SKT_PRESENT_ALWAYS &&
		!(*(const uint64_t *)(const void *)holder >> (column->present - 1) & 1))
		return false;
	*ret_value = holder + column->offset;
	return true;
}

static inline bool skt_cell_is_set(const struct skt_column *column, const void *row)
{
	const void *value;

	return skt_cell_find(column, row, &value);
}

/* NULL where it is not set. */
static inline const void *skt_cell_value(const struct skt_column *column, const void *row)
{
	const void *value;

	(void)skt_cell_find(column, row, &value);
	return value;
}

/* Whether VALUE, of which the row says that it is there, still says that there is none. */
bool skt_cell_is_empty(const struct skt_column *column, const void *value);

/* An end of which COLUMN shows nothing: neither address nor port, nor a name for them. */
static inline bool skt_end_is_none(const struct skt_column *column, const struct skt_end *end)
{
	if (end->addr.family != AF_UNSPEC || end->host)
		return false;
	return column->flags & SKT_COLUMN_BARE || (!end->port && !end->service);
}

/* The number in a column of one of the unsigned types (NAME counts as one). */
static inline uint64_t skt_cell_unsigned(uint8_t type, const void *value)
{
	switch (type) {
	case SKT_TYPE_U16:
		return *(const uint16_t *)value;
	case SKT_TYPE_U32:
		return *(const uint32_t *)value;
	case SKT_TYPE_U64:
		return *(const uint64_t *)value;
	}
	return *(const uint8_t *)value;
}

/* The same of any number: its magnitude, and whether it is negative. */
static inline uint64_t skt_cell_number(uint8_t type, const void *value, bool *ret_negative)
{
	int64_t number;

	*ret_negative = false;
	if (type != SKT_TYPE_I64)
		return skt_cell_unsigned(type, value);
	number = *(const int64_t *)value;
	*ret_negative = number < 0;
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

/* Bytes that the skt_cell_put functions write at the most. */
enum { SKT_CELL_PUT_MAX = SKT_ADDR_TEXT_MAX + sizeof("[]:65535") };

/* Writes a number of a column of TYPE in decimal at P; returns the end. */
static inline char *skt_cell_put_number(char *p, uint8_t type, const void *value)
{
	bool negative;
	uint64_t number = skt_cell_number(type, value, &negative);

	if (negative)
		*p++ = '-';
	return skt_put_u64(p, number);
}

/*
 * Writes VALUE of UNIT as a human likes it: `1023` bytes, `1.5K`, `64K`, `1.2G`; `250us`, `1.23ms`,
 * `59.9s`, `1min5s`, `2d3h`; `1.2MB/s`, by thousands. Three digits at the most stand for a number
 * with a fraction; the rest is cut, never rounded up.
 */
char *skt_cell_put_unit(char *p, uint64_t value, enum skt_unit unit);

/* Writes an end without names as COLUMN wants it: `address:port`, or the bare address. */
char *skt_cell_put_end(char *p, const struct skt_column *column, const struct skt_end *end);

/* Appends the same with the names that it has, raw. A host with a colon gets brackets. */
void skt_cell_add_end(
	struct skt_str *out, const struct skt_column *column, const struct skt_end *end);

/* Appends the names of the bits that are set, each between QUOTEs, joined by commas. */
void skt_cell_add_flags(
	struct skt_str *out, const struct skt_column *column, uint32_t flags, const char *quote);

/* Appends the items of LIST as one text, raw, joined by commas. */
void skt_cell_add_list(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list);

/* Where ROW has the value of COLUMN, of its type; NULL where it has none. */
const void *skt_column_value(const struct skt_column *column, const void *row);

/* The number at VALUE, of a column of any integer type (NAME counts as one); negatives wrap. */
uint64_t skt_column_number(const struct skt_column *column, const void *value);

#endif
