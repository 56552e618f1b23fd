#include "out/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/vec.h"
#include "out/renderer.h"

const char *const skt_format_names[SKT_FORMATS] = {
	[SKT_FORMAT_TABLE] = "table",
	[SKT_FORMAT_JSON] = "json",
	[SKT_FORMAT_JSONL] = "jsonl",
	[SKT_FORMAT_CSV] = "csv",
	[SKT_FORMAT_OPENMETRICS] = "openmetrics",
};

struct skt_output {
	struct skt_sink *sink;
	const struct skt_renderer *format;
	void *renderer;              /* its state */
	const struct skt_sort *sort; /* NULL: rows are written as they come */
	size_t row_size;
	bool flush_rows;
	int failed; /* 0, or -ENOMEM: rows could not be kept */
	uint64_t count;
	SKT_VEC(char) kept; /* copies of rows, one after the other */
};

static const struct skt_renderer *const renderers[] = {
	[SKT_FORMAT_TABLE] = &skt_table_renderer,
	[SKT_FORMAT_JSON] = &skt_json_renderer,
	[SKT_FORMAT_JSONL] = &skt_jsonl_renderer,
	[SKT_FORMAT_CSV] = &skt_csv_renderer,
	[SKT_FORMAT_OPENMETRICS] = &skt_metrics_renderer,
};

static int output_settle(struct skt_output *output)
{
	if (output->flush_rows)
		return skt_sink_flush(output->sink);
	skt_sink_settle(output->sink);
	return output->sink->failed;
}

/* What a table of columns promises, looked at once a run: no cell lies outside of its row. */
static void check_columns(const struct skt_output_config *config)
{
	for (size_t i = 0; i < config->selection->count; i++) {
		const struct skt_column *c = config->selection->columns[i];
		const size_t size = c->via ? c->via_size : config->row_size;

		SKT_ASSERT(c->name && c->present <= 64);
		SKT_ASSERT(!size || c->offset < size);
		SKT_ASSERT(!c->via || !config->row_size ||
			c->via + sizeof(void *) <= config->row_size);
		SKT_ASSERT((c->type != SKT_TYPE_NAME && c->type != SKT_TYPE_FLAGS) ||
			(c->names && c->names_count));
		SKT_ASSERT((!c->tone_of && !c->tone) ||
			(c->type >= SKT_TYPE_U8 && c->type <= SKT_TYPE_I64));
		SKT_ASSERT(c->type != SKT_TYPE_LIST || (c->items && c->item_size && c->item_text));
	}
	SKT_ASSERT(!config->sort || !config->sort->count || config->row_size);
}

int skt_output_begin(
	struct skt_sink *sink, const struct skt_output_config *config, struct skt_output **ret)
{
	struct skt_output *output = calloc(1, sizeof(*output));
	int rc;

	SKT_ASSERT(config->format < SKT_COUNT(renderers));
	check_columns(config);
	if (!output)
		return -ENOMEM;
	output->sink = sink;
	output->format = renderers[config->format];
	output->sort = config->sort && config->sort->count ? config->sort : NULL;
	output->row_size = config->row_size;
	output->flush_rows = config->flush_rows;
	rc = output->format->begin(sink, config, &output->renderer);
	if (rc) {
		free(output);
		return rc;
	}
	skt_sink_settle(sink); /* a failure stays there, where row() and end() look */
	*ret = output;
	return 0;
}

static int keep_row(struct skt_output *output, const void *row)
{
	if (skt_vec_reserve(&output->kept, output->row_size))
		return output->failed = -ENOMEM;
	memcpy(output->kept.data + output->kept.len, row, output->row_size);
	output->kept.len += output->row_size;
	return 0;
}

static int write_row(struct skt_output *output, const void *row)
{
	output->format->row(output->renderer, row);
	return output_settle(output);
}

int skt_output_row(struct skt_output *output, const void *row)
{
	output->count++;
	if (SKT_UNLIKELY(output->failed || output->sink->failed))
		return output->failed ? output->failed : output->sink->failed;
	return output->sort ? keep_row(output, row) : write_row(output, row);
}

/* For qsort_r(): rows that are equal keep the order in which they came, which is that in memory. */
static int compare_kept(const void *a, const void *b, void *sort)
{
	const char *left = *(const char *const *)a, *right = *(const char *const *)b;
	int order = skt_sort_compare(sort, left, right);

	return order ? order : (left > right) - (left < right);
}

static int write_kept(struct skt_output *output)
{
	size_t count = output->kept.len / output->row_size;
	const char **rows;
	int rc = 0;

	if (!count)
		return 0;
	rows = reallocarray(NULL, count, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		rows[i] = output->kept.data + i * output->row_size;
	qsort_r(rows, count, sizeof(*rows), compare_kept, (void *)output->sort);
	for (size_t i = 0; i < count && !rc; i++)
		rc = write_row(output, rows[i]);
	free(rows);
	return rc;
}

int skt_output_end(struct skt_output *output)
{
	int rc;

	if (!output)
		return 0;
	rc = output->failed;
	if (output->sort && !output->sink->failed) {
		int failed = write_kept(output);

		rc = rc ? rc : failed;
	}
	output->format->end(output->renderer);
	if (skt_sink_flush(output->sink))
		rc = output->sink->failed;
	skt_vec_free(&output->kept);
	free(output);
	return rc;
}

uint64_t skt_output_count(const struct skt_output *output)
{
	return output->count;
}
