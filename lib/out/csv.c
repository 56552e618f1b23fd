/* CSV (RFC 4180) with lines that end in LF, as everything that reads it on Linux likes best. */
#include <errno.h>
#include <stdlib.h>

#include "out/cell.h"
#include "out/renderer.h"
#include "out/text.h"

struct csv {
	struct skt_sink *sink;
	const struct skt_selection *selection;
	struct skt_str scratch;
};

/* Writes a value at P; NULL for one whose length is not bounded. */
static char *value_put(char *p, const struct skt_column *column, const void *value)
{
	const struct skt_end *end = value;

	if (skt_cell_is_empty(column, value))
		return p;
	switch ((enum skt_type)column->type) {
	case SKT_TYPE_BOOL:
		return *(const bool *)value ? stpcpy(p, "true") : stpcpy(p, "false");
	case SKT_TYPE_U8:
	case SKT_TYPE_U16:
	case SKT_TYPE_U32:
	case SKT_TYPE_U64:
	case SKT_TYPE_I64:
		return skt_cell_put_number(p, column->type, value);
	case SKT_TYPE_ADDR:
		return skt_addr_put(p, value);
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

/* Appends a value whose length is not bounded. */
static void long_value_add(struct csv *csv, const struct skt_column *column, const void *value)
{
	const struct skt_bytes *bytes = value;
	const char *text = NULL;

	if (column->type == SKT_TYPE_NAME)
		text = column->names[*(const uint8_t *)value];
	else if (column->type == SKT_TYPE_TEXT)
		text = *(const char *const *)value;
	else if (column->type == SKT_TYPE_CHARS)
		text = value;
	if (text) {
		skt_text_add_csv(&csv->sink->pending, text, strlen(text));
		return;
	}
	if (column->type == SKT_TYPE_BYTES) {
		skt_text_add_csv(&csv->sink->pending, bytes->data, bytes->len);
		return;
	}
	csv->scratch.len = 0;
	if (column->type == SKT_TYPE_END)
		skt_cell_add_end(&csv->scratch, column, value);
	else if (column->type == SKT_TYPE_FLAGS)
		skt_cell_add_flags(&csv->scratch, column, *(const uint32_t *)value, "");
	else
		skt_cell_add_list(&csv->scratch, column, value);
	skt_text_add_csv(&csv->sink->pending, csv->scratch.data, csv->scratch.len);
	csv->sink->pending.failed |= csv->scratch.failed;
}

static void csv_row(void *renderer, const void *row)
{
	struct csv *csv = renderer;
	struct skt_str *out = &csv->sink->pending;
	size_t start = out->len;

	for (size_t i = 0; i < csv->selection->count; i++) {
		const struct skt_column *column = csv->selection->columns[i];
		const void *value;
		char *p = skt_str_room(out, SKT_CELL_PUT_MAX + 1);

		if (!p)
			return;
		if (i)
			*p++ = ',';
		skt_str_commit(out, p);
		if (!skt_cell_find(column, row, &value))
			continue;
		p = value_put(p, column, value);
		if (p)
			skt_str_commit(out, p);
		else
			long_value_add(csv, column, value);
	}
	/* An empty line would be no row to many readers. */
	if (out->len == start)
		skt_str_add_text(out, "\"\"");
	skt_str_add_char(out, '\n');
}

static int csv_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	const struct skt_selection *selection = config->selection;
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv)
		return -ENOMEM;
	csv->sink = sink;
	csv->selection = selection;
	for (size_t i = 0; config->header && i < selection->count; i++) {
		const char *name = selection->columns[i]->name;

		skt_text_add_csv(&sink->pending, name, strlen(name));
		skt_str_add_char(&sink->pending, i + 1 < selection->count ? ',' : '\n');
	}
	*ret = csv;
	return 0;
}

static void csv_end(void *renderer)
{
	struct csv *csv = renderer;

	skt_str_fini(&csv->scratch);
	free(csv);
}

const struct skt_renderer skt_csv_renderer = {csv_begin, csv_row, csv_end};
