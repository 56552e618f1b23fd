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

/* Appends a value whose length is not bounded. */
static void long_value_add(struct csv *csv, const struct skt_column *column, const void *value)
{
	struct skt_bytes text;

	if (!skt_cell_text(column, value, &text)) {
		csv->scratch.len = 0;
		skt_cell_add(&csv->scratch, column, value);
		text = (struct skt_bytes){csv->scratch.data, csv->scratch.len};
		csv->sink->pending.failed |= csv->scratch.failed;
	}
	skt_text_add_csv(&csv->sink->pending, text.data, text.len);
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
		if (!skt_cell_find(column, row, &value) || skt_cell_is_empty(column, value))
			continue;
		p = skt_cell_put(p, column, value, false);
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
