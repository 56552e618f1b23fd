#include "out/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/name.h"
#include "base/vec.h"

/* Of a mistyped word this much is repeated, so that the suggestion still has room. */
enum { WORD_SHOWN_MAX = 64 };

const struct skt_column *skt_column_find(
	const struct skt_column *table, const char *name, size_t len)
{
	for (; table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

static bool is_alike(const char *known, size_t known_len, const char *name, size_t len)
{
	if (known_len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (folded(known[i]) != folded(name[i]))
			return false;
	return true;
}

size_t skt_column_brief_len(const struct skt_column *column)
{
	static const char *const units[] = {"_ns", "_us", "_ms", "_s", "_bytes"};
	const size_t len = strlen(column->name);

	for (size_t i = 0; i < SKT_COUNT(units); i++) {
		const size_t unit = strlen(units[i]);

		if (len > unit && strcmp(column->name + len - unit, units[i]) == 0)
			return len - unit;
	}
	return 0;
}

const struct skt_column *skt_column_called(
	const struct skt_column *table, const char *name, size_t len)
{
	const struct skt_column *found = skt_column_find(table, name, len);

	for (; len && !found && table->name; table++) {
		const size_t brief = skt_column_brief_len(table);
		const char *title = table->title ? table->title : "";

		if (is_alike(table->name, strlen(table->name), name, len) ||
			is_alike(table->name, brief, name, len) ||
			is_alike(title, strlen(title), name, len))
			found = table;
	}
	return found;
}

static int fail_unknown(
	const struct skt_column *table, const char *name, size_t len, struct skt_err *err)
{
	struct skt_suggestion suggestion;
	int shown = (int)SKT_MIN(len, (size_t)WORD_SHOWN_MAX);

	skt_suggest_begin(&suggestion, name, len);
	for (const struct skt_column *column = table; column->name; column++)
		skt_suggest_offer(&suggestion, column->name);
	if (!suggestion.nearest)
		return skt_fail_text(err, ENOENT,
			"unknown column '%.*s': -c all shows all that there are", shown, name);
	return skt_fail_text(err, ENOENT, "unknown column '%.*s': did you mean '%s'?", shown, name,
		suggestion.nearest);
}

const struct skt_column *skt_column_next(const struct skt_column *table, const char *spec,
	const char **next, int *ret_rc, struct skt_err *err)
{
	size_t len = strcspn(*next, ",");
	const struct skt_column *column = skt_column_called(table, *next, len);

	if (!len)
		*ret_rc = skt_fail_text(
			err, EINVAL, "column name missing in '%.*s'", WORD_SHOWN_MAX, spec);
	else if (!column)
		*ret_rc = fail_unknown(table, *next, len, err);
	*next += len;
	*next = **next ? *next + 1 : NULL;
	return column;
}

int skt_column_fail_twice(const struct skt_column *column, struct skt_err *err)
{
	return skt_fail_text(err, EEXIST, "column '%s' is named twice", column->name);
}

SKT_VEC_DECLARE(column_list, const struct skt_column *);

static size_t list_index(const struct column_list *list, const struct skt_column *column)
{
	size_t i = 0;

	while (i < list->len && list->data[i] != column)
		i++;
	return i;
}

static bool list_has(const struct column_list *list, const struct skt_column *column)
{
	return list_index(list, column) < list->len;
}

static int list_add(struct column_list *list, const struct skt_column *column)
{
	return list_has(list, column) ? 0 : skt_vec_push(list, column);
}

static void list_remove(struct column_list *list, const struct skt_column *column)
{
	size_t i = list_index(list, column);

	if (i == list->len)
		return;
	list->len--;
	memmove(list->data + i, list->data + i + 1, (list->len - i) * sizeof(*list->data));
}

/* Reads the names in SPEC from NEXT on, each once, in their order. */
static int names_parse(const struct skt_column *table, const char *spec, const char *next,
	struct column_list *list, struct skt_err *err)
{
	while (next) {
		int rc = 0;
		const struct skt_column *column = skt_column_next(table, spec, &next, &rc, err);

		if (!column)
			return rc;
		if (list_has(list, column))
			return skt_column_fail_twice(column, err);
		if (skt_vec_push(list, column))
			return skt_fail(err, ENOMEM, "columns");
	}
	return 0;
}

/* Adds the columns with any of FLAGS, then those called by EXTRA. */
static int add_defaults(const struct skt_column *table, uint8_t flags, const char *const *extra,
	struct column_list *list, struct skt_err *err)
{
	for (const struct skt_column *column = table; column->name; column++)
		if ((column->flags & flags) && list_add(list, column))
			return skt_fail(err, ENOMEM, "columns");
	for (; extra && *extra; extra++) {
		const struct skt_column *column = skt_column_find(table, *extra, strlen(*extra));

		if (!column)
			return fail_unknown(table, *extra, strlen(*extra), err);
		if (list_add(list, column))
			return skt_fail(err, ENOMEM, "columns");
	}
	return 0;
}

static int add_all(const struct skt_column *table, struct column_list *list, struct skt_err *err)
{
	for (; table->name; table++)
		if (skt_vec_push(list, table))
			return skt_fail(err, ENOMEM, "columns");
	return 0;
}

int skt_selection_parse(const struct skt_column *table, const char *spec, uint8_t default_flag,
	const char *const *extra, struct skt_selection *ret, struct skt_err *err)
{
	bool adds = spec && *spec == '+', removes = spec && *spec == '-';
	struct column_list list = {0}, named = {0};
	int rc = 0;

	if (spec && strcmp(spec, "all") == 0) {
		rc = add_all(table, &list, err);
	} else if (spec && !adds && !removes) {
		rc = names_parse(table, spec, spec, &list, err);
	} else {
		rc = add_defaults(table, default_flag, extra, &list, err);
		if (!rc && spec)
			rc = names_parse(table, spec, spec + 1, &named, err);
	}
	for (size_t i = 0; !rc && i < named.len; i++) {
		if (removes)
			list_remove(&list, named.data[i]);
		else if (list_add(&list, named.data[i]))
			rc = skt_fail(err, ENOMEM, "columns");
	}
	if (!rc && removes && !list.len)
		rc = skt_fail_text(err, EINVAL, "no column is left");
	skt_vec_free(&named);
	if (rc) {
		skt_vec_free(&list);
		return rc;
	}
	*ret = (struct skt_selection){.columns = list.data, .count = list.len};
	return 0;
}

void skt_selection_fini(struct skt_selection *selection)
{
	free(selection->columns);
	*selection = (struct skt_selection){0};
}

bool skt_selection_has(const struct skt_selection *selection, const char *name)
{
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->columns[i]->name, name) == 0)
			return true;
	return false;
}

int skt_selection_add(struct skt_selection *selection, const struct skt_column *column)
{
	const struct skt_column **columns;

	for (size_t i = 0; i < selection->count; i++)
		if (selection->columns[i] == column)
			return 0;
	columns = reallocarray(selection->columns, selection->count + 1, sizeof(*columns));
	if (!columns)
		return -ENOMEM;
	columns[selection->count++] = column;
	selection->columns = columns;
	return 0;
}
