/* Cells: where a row has the value of a column, and what every format does with it. */
#ifndef SKT_OUT_CELL_H
#define SKT_OUT_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/zone.h"
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

/* "0" to "255". */
extern const char skt_byte_texts[UINT8_MAX + 1][4];

/*
 * What VALUE of a column of type NAME is called. What has no name, since it is newer than this
 * program, goes by its number; NULL: 0 without a name is no value.
 */
static inline const char *skt_column_name_of(const struct skt_column *column, uint8_t value)
{
	if (value < column->names_count && column->names[value])
		return column->names[value];
	return value ? skt_byte_texts[value] : NULL;
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

/* Writes an address as COLUMN wants it: with its zone's number, or name. */
static inline char *skt_cell_put_addr(
	char *p, const struct skt_column *column, const struct skt_addr *addr)
{
	return SKT_UNLIKELY(addr->scope_id) && column->flags & SKT_COLUMN_ZONED
		? skt_zone_put(p, addr)
		: skt_addr_put(p, addr);
}

/* Writes an end without names as COLUMN wants it: `address:port`, or the bare address. */
char *skt_cell_put_end(char *p, const struct skt_column *column, const struct skt_end *end);

/* Appends the same with the names that it has, raw. A host with a colon gets brackets. */
void skt_cell_add_end(
	struct skt_str *out, const struct skt_column *column, const struct skt_end *end);

/* Appends the names of the bits that are set, each between QUOTEs, joined by commas. */
void skt_cell_add_flags(
	struct skt_str *out, const struct skt_column *column, uint32_t flags, const char *quote);

/* Appends the first item of LIST in its brief form, raw, and how many more there are: a+3. */
void skt_cell_add_brief(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list);

/* Appends the items of LIST as one text, raw, joined by commas. */
void skt_cell_add_list(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list);

/*
 * Writes VALUE, which is set, at P where the length of its text is bounded; NULL: it is not. For
 * PEOPLE with units, and yes or no.
 */
static inline char *skt_cell_put(
	char *p, const struct skt_column *column, const void *value, bool people)
{
	const struct skt_end *end = value;
	uint64_t number;
	bool negative;

	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		if (people)
			return *(const bool *)value ? stpcpy(p, "yes") : stpcpy(p, "no");
		return *(const bool *)value ? stpcpy(p, "true") : stpcpy(p, "false");
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		if (!people)
			return skt_cell_put_number(p, column->type, value);
		number = skt_cell_number(column->type, value, &negative);
		if (negative)
			*p++ = '-';
		return skt_cell_put_unit(p, number, column->unit);
	case SKT_TYPE_ADDR:
		return skt_cell_put_addr(p, column, value);
	case SKT_TYPE_END:
		return end->host || end->service ? NULL : skt_cell_put_end(p, column, end);
	case SKT_TYPE_NAME:
	case SKT_TYPE_TEXT:
	case SKT_TYPE_BYTES:
	case SKT_TYPE_LIST:
	case SKT_TYPE_CHARS:
	case SKT_TYPE_FLAGS:
		break;
	}
	return NULL;
}

/* The text that VALUE, which is set, is; false: it is none, and has to be made. */
static inline bool skt_cell_text(
	const struct skt_column *column, const void *value, struct skt_bytes *ret)
{
	const char *text;

	if (column->type == SKT_TYPE_BYTES) {
		*ret = *(const struct skt_bytes *)value;
		return true;
	}
	if (column->type == SKT_TYPE_NAME)
		text = skt_column_name_of(column, *(const uint8_t *)value);
	else if (column->type == SKT_TYPE_TEXT)
		text = *(const char *const *)value;
	else if (column->type == SKT_TYPE_CHARS)
		text = value;
	else
		return false;
	SKT_ASSERT(text);
	*ret = (struct skt_bytes){text, strlen(text)};
	return true;
}

/* Appends, raw, what is neither put nor a text: ends with names, flags, lists. */
void skt_cell_add(struct skt_str *out, const struct skt_column *column, const void *value);

/* Where ROW has the value of COLUMN, of its type; NULL where it has none. */
const void *skt_column_value(const struct skt_column *column, const void *row);

/* The number at VALUE, of a column of any integer type (NAME counts as one); negatives wrap. */
uint64_t skt_column_number(const struct skt_column *column, const void *value);

#endif
