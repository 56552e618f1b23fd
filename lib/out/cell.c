#include "out/cell.h"

#include "base/end.h"

#define TEN(tens) \
#tens "0", #tens "1", #tens "2", #tens "3", #tens "4", #tens "5", #tens "6", #tens "7", \
		#tens "8", #tens "9"

const char skt_byte_texts[UINT8_MAX + 1][4] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9",
	TEN(1), TEN(2), TEN(3), TEN(4), TEN(5), TEN(6), TEN(7), TEN(8), TEN(9), TEN(10), TEN(11),
	TEN(12), TEN(13), TEN(14), TEN(15), TEN(16), TEN(17), TEN(18), TEN(19), TEN(20), TEN(21),
	TEN(22), TEN(23), TEN(24), "250", "251", "252", "253", "254", "255"};

bool skt_cell_is_empty(const struct skt_column *column, const void *value)
{
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		return false;
	case SKT_TYPE_NAME:
		return !skt_column_name_of(column, *(const uint8_t *)value);
	case SKT_TYPE_TEXT:
		return !*(const char *const *)value;
	case SKT_TYPE_BYTES:
		return !((const struct skt_bytes *)value)->data;
	case SKT_TYPE_ADDR:
		return ((const struct skt_addr *)value)->family == AF_UNSPEC;
	case SKT_TYPE_END:
		return skt_end_is_none(column, value);
	case SKT_TYPE_LIST:
		return ((const struct skt_list *)value)->count == 0;
	case SKT_TYPE_CHARS:
		return !*(const char *)value;
	case SKT_TYPE_FLAGS:
		return !*(const uint32_t *)value;
	}
	return true;
}

/*
 * Writes WHOLE.REST with at most three digits of which DECIMALS_MAX stand behind the point; REST is
 * in units of 1/ONE. Zeros at the end of a fraction are left out.
 */
static char *put_short(char *p, uint64_t whole, uint64_t rest, uint64_t one, int decimals_max)
{
	int decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
	char *solid;

	p = solid = skt_put_u64(p, whole);
	if (decimals > decimals_max)
		decimals = decimals_max;
	if (decimals)
		*p++ = '.';
	while (decimals--) {
		uint64_t digit = rest * 10 / one;

		rest = rest * 10 % one;
		*p++ = (char)('0' + digit);
		if (digit)
			solid = p;
	}
	return solid;
}

static char *put_bytes(char *p, uint64_t value)
{
	static const char suffixes[] = "KMGTPE";
	unsigned int shift = 10;

	if (value < 1024)
		return skt_put_u64(p, value);
	while (shift < 60 && value >> shift >= 1024)
		shift += 10;
	/* 1/1024 is fine enough for one decimal. */
	p = put_short(p, value >> shift, value >> (shift - 10) & 1023, 1024, 1);
	*p++ = suffixes[shift / 10 - 1];
	return p;
}

/* Networks count by thousands, as --rate does. */
static char *put_rate(char *p, uint64_t value)
{
	static const char prefixes[] = "kMGTPE";
	uint64_t one = 1000;
	size_t i = 0;

	if (value < one)
		return stpcpy(skt_put_u64(p, value), "B/s");
	for (; i < sizeof(prefixes) - 2 && value / one >= 1000; i++)
		one *= 1000;
	/* By one/1000 at a time, so that ten times the rest fits. */
	p = put_short(p, value / one, value % one / (one / 1000), 1000, 2);
	*p++ = prefixes[i];
	return stpcpy(p, "B/s");
}

/* The two largest units of 60 seconds or more: `1min5s`, `2h`, `3d4h`. */
static char *put_long_time(char *p, uint64_t seconds)
{
	static const struct {
		uint64_t seconds, next_seconds;
		const char *unit, *next_unit;
	} steps[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};
	size_t i = 0;
	uint64_t next;

	while (seconds < steps[i].seconds)
		i++;
	next = seconds % steps[i].seconds / steps[i].next_seconds;
	p = skt_put_u64(p, seconds / steps[i].seconds);
	p = stpcpy(p, steps[i].unit);
	if (next)
		p = stpcpy(skt_put_u64(p, next), steps[i].next_unit);
	return p;
}

/* VALUE in units of which a second has PER_SECOND. */
static char *put_time(char *p, uint64_t value, uint64_t per_second)
{
	static const struct {
		uint64_t per_second;
		const char *unit;
	} steps[] = {{1, "s"}, {1000, "ms"}, {1000000, "us"}, {1000000000, "ns"}};
	size_t i = 0;
	uint64_t one;

	if (value / per_second >= 60)
		return put_long_time(p, value / per_second);
	while (value && value < per_second / steps[i].per_second)
		i++;
	one = per_second / steps[i].per_second;
	p = put_short(p, value / one, value % one, one, 2);
	return stpcpy(p, steps[i].unit);
}

char *skt_cell_put_unit(char *p, uint64_t value, enum skt_unit unit)
{
	switch (unit) {
	case SKT_UNIT_NONE:
		break;
	case SKT_UNIT_BYTES:
		return put_bytes(p, value);
	case SKT_UNIT_MS:
		return put_time(p, value, 1000);
	case SKT_UNIT_US:
		return put_time(p, value, 1000000);
	case SKT_UNIT_NS:
		return put_time(p, value, 1000000000);
	case SKT_UNIT_BYTES_PER_S:
		return put_rate(p, value);
	}
	return skt_put_u64(p, value);
}

char *skt_cell_put_end(char *p, const struct skt_column *column, const struct skt_end *end)
{
	const bool bare = column->flags & SKT_COLUMN_BARE;

	return bare && end->addr.scope_id ? skt_cell_put_addr(p, column, &end->addr)
					  : skt_end_put(p, end, bare);
}

void skt_cell_add_end(
	struct skt_str *out, const struct skt_column *column, const struct skt_end *end)
{
	skt_end_add(out, end, column->flags & SKT_COLUMN_BARE);
}

void skt_cell_add_flags(
	struct skt_str *out, const struct skt_column *column, uint32_t flags, const char *quote)
{
	for (unsigned int bit = 0, n = 0; flags; bit++, flags >>= 1) {
		if (!(flags & 1))
			continue;
		if (n++)
			skt_str_add_char(out, ',');
		skt_str_add_text(out, quote);
		if (bit < column->names_count && column->names[bit])
			skt_str_add_text(out, column->names[bit]);
		else
			skt_str_add_format(out, "bit%u", bit);
		skt_str_add_text(out, quote);
	}
}

void skt_cell_add_list(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list)
{
	const char *item = list->items;

	for (size_t i = 0; i < list->count; i++, item += column->item_size) {
		if (i)
			skt_str_add_char(out, ',');
		column->item_text(out, item);
	}
}

void skt_cell_add_brief(
	struct skt_str *out, const struct skt_column *column, const struct skt_list *list)
{
	if (list->count)
		column->item_brief(out, list->items);
	if (list->count > 1)
		skt_str_add_format(out, "+%zu", list->count - 1);
}

void skt_cell_add(struct skt_str *out, const struct skt_column *column, const void *value)
{
	if (column->type == SKT_TYPE_END)
		skt_cell_add_end(out, column, value);
	else if (column->type == SKT_TYPE_FLAGS)
		skt_cell_add_flags(out, column, *(const uint32_t *)value, "");
	else
		skt_cell_add_list(out, column, value);
}

const void *skt_column_value(const struct skt_column *column, const void *row)
{
	const void *value;

	return skt_cell_find(column, row, &value) && !skt_cell_is_empty(column, value) ? value
										       : NULL;
}

uint64_t skt_column_number(const struct skt_column *column, const void *value)
{
	bool negative;
	uint64_t number = skt_cell_number(column->type, value, &negative);

	return negative ? -number : number;
}
