#include "cmd/sockets/totals.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "out/cell.h"

_Static_assert(SOCKETS_TOTALS_MAX <= 64, "a bit of `present` for each");

static const char *const prefixes[] = {[SOCKETS_SUM] = "sum_", [SOCKETS_MAX] = "max_"};
static const char *const options[] = {[SOCKETS_SUM] = "--sum", [SOCKETS_MAX] = "--max"};

static bool is_number(const struct skt_column *column)
{
	return column->type >= SKT_TYPE_U8 && column->type <= SKT_TYPE_U64;
}

/* Together they are so fast: a column is called after its rate. */
static void set_title(struct sockets_total *total)
{
	const char *name = total->of->title ? total->of->title : total->of->name;
	size_t i = 0;

	for (; name[i] && i + 1 < sizeof(total->title); i++)
		total->title[i] = name[i] == '_' ? '-' : (char)toupper((unsigned char)name[i]);
	total->title[i] = '\0';
}

static int add(struct sockets_totals *totals, enum sockets_total_kind kind,
	const struct skt_column *column, struct skt_err *err)
{
	struct sockets_total *total = &totals->list[totals->count];
	const size_t prefix = strlen(prefixes[kind]), len = prefix + strlen(column->name);
	char *name;

	if (!is_number(column))
		return skt_fail_text(err, EINVAL, "column '%s' is no number", column->name);
	for (size_t i = 0; i < totals->count; i++)
		if (totals->list[i].of == column && totals->list[i].kind == kind)
			return skt_column_fail_twice(column, err);
	if (totals->count == SOCKETS_TOTALS_MAX)
		return skt_fail_text(err, E2BIG, "at most %d columns", SOCKETS_TOTALS_MAX);
	name = skt_arena_alloc(&totals->texts, len + 1);
	if (!name)
		return skt_fail(err, ENOMEM, "columns");
	memcpy(name, prefixes[kind], prefix);
	memcpy(name + prefix, column->name, len - prefix);
	*total = (struct sockets_total){.of = column, .kind = (uint8_t)kind, .name = name};
	(void)snprintf(total->help, sizeof(total->help), "%s of %s.",
		kind == SOCKETS_SUM ? "Sum" : "The most", column->name);
	if (kind == SOCKETS_SUM && column->unit == SKT_UNIT_BYTES_PER_S)
		set_title(total);
	totals->count++;
	return 0;
}

int sockets_totals_add(struct sockets_totals *totals, enum sockets_total_kind kind,
	const struct skt_column *table, const char *spec, struct skt_err *err)
{
	const char *next = spec;
	int rc = 0;

	while (next && !rc) {
		const struct skt_column *column = skt_column_next(table, spec, &next, &rc, err);

		if (column)
			rc = add(totals, kind, column, err);
	}
	if (rc)
		skt_err_prefix(err, "%s", options[kind]);
	return rc;
}

void sockets_totals_columns(
	const struct sockets_totals *totals, uint16_t via, struct skt_column *ret)
{
	for (size_t i = 0; i < totals->count; i++) {
		const struct sockets_total *total = &totals->list[i];

		ret[i] = (struct skt_column){
			.name = total->name,
			.help = total->help,
			.type = SKT_TYPE_U64,
			.unit = total->of->unit,
			.title = total->title[0] ? total->title : NULL,
			.flags = SKT_COLUMN_BOTH,
			.present = (uint8_t)(i + 1), /* SKT_PRESENT(i) */
			.offset = (uint16_t)(offsetof(struct sockets_values, values) +
				i * sizeof(uint64_t)),
			.via = via,
			.via_size = sizeof(struct sockets_values),
			.needs = total->of->needs,
		};
	}
}

void sockets_totals_take(
	const struct sockets_totals *totals, const void *row, struct sockets_values *values)
{
	SKT_ASSERT(row);
	for (size_t i = 0; i < totals->count; i++) {
		const struct sockets_total *total = &totals->list[i];
		const void *cell = skt_cell_value(total->of, row);
		uint64_t *value = &values->values[i], number;

		if (!cell)
			continue;
		number = skt_cell_unsigned(total->of->type, cell);
		values->present |= UINT64_C(1) << i;
		if (total->kind == SOCKETS_MAX)
			*value = SKT_MAX(*value, number);
		else if (__builtin_add_overflow(*value, number, value))
			*value = UINT64_MAX;
	}
}

static const struct sockets_total *find_sum(const struct sockets_totals *totals, const char *name)
{
	for (size_t i = 0; i < totals->count; i++)
		if (totals->list[i].kind == SOCKETS_SUM &&
			strcmp(totals->list[i].of->name, name) == 0)
			return &totals->list[i];
	return NULL;
}

bool sockets_totals_have(const struct sockets_totals *totals, const char *name)
{
	return find_sum(totals, name);
}

uint64_t sockets_totals_rate(
	const struct sockets_totals *totals, const struct sockets_values *values)
{
	const struct sockets_total *rate = find_sum(totals, "total_rate");

	return rate && values ? values->values[rate - totals->list] : 0;
}

void sockets_totals_fini(struct sockets_totals *totals)
{
	skt_arena_fini(&totals->texts);
	totals->count = 0;
}
