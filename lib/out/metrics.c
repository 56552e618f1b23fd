/*
 * OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/), which the older
 * text format of Prometheus reads too: one gauge, whose value is the last column and whose labels
 * are all others. An absent cell is an empty label, which to Prometheus is none.
 */
#include <errno.h>
#include <stdlib.h>

#include "out/cell.h"
#include "out/renderer.h"
#include "out/text.h"

struct metrics {
	struct skt_sink *sink;
	const struct skt_selection *selection;
	const char *name;
	struct skt_str raw; /* text of the label at hand */
};

static void raw_add(struct metrics *metrics, const struct skt_column *column, const void *value)
{
	struct skt_str *raw = &metrics->raw;
	struct skt_bytes text;
	char *p;

	if (skt_cell_text(column, value, &text)) {
		skt_str_add(raw, text.data, text.len);
		return;
	}
	p = skt_str_room(raw, SKT_CELL_PUT_MAX);
	if (!p)
		return;
	p = skt_cell_put(p, column, value, false);
	if (p)
		skt_str_commit(raw, p);
	else
		skt_cell_add(raw, column, value);
}

static void label_add(struct metrics *metrics, const struct skt_column *column, const void *row)
{
	const void *value = skt_cell_value(column, row);
	struct skt_str *out = &metrics->sink->pending;

	skt_str_add_text(out, column->name);
	skt_str_add_text(out, "=\"");
	metrics->raw.len = 0;
	if (skt_cell_is_set(column, row) && !skt_cell_is_empty(column, value))
		raw_add(metrics, column, value);
	skt_text_add_metric(out, metrics->raw.data, metrics->raw.len);
	out->failed |= metrics->raw.failed;
	skt_str_add_char(out, '"');
}

static void metrics_row(void *renderer, const void *row)
{
	struct metrics *metrics = renderer;
	const struct skt_selection *selection = metrics->selection;
	const struct skt_column *last = selection->columns[selection->count - 1];
	struct skt_str *out = &metrics->sink->pending;
	char *p;

	skt_str_add_text(out, metrics->name);
	for (size_t i = 0; i + 1 < selection->count; i++) {
		skt_str_add_char(out, i ? ',' : '{');
		label_add(metrics, selection->columns[i], row);
	}
	skt_str_add_text(out, selection->count > 1 ? "} " : " ");
	p = skt_str_room(out, SKT_CELL_PUT_MAX);
	if (!p)
		return;
	p = skt_cell_put_number(p, last->type, skt_cell_value(last, row));
	*p++ = '\n';
	skt_str_commit(out, p);
}

static int metrics_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	struct skt_str *out = &sink->pending;

	if (!metrics)
		return -ENOMEM;
	metrics->sink = sink;
	metrics->selection = config->selection;
	metrics->name = config->metric;
	skt_str_add_format(out, "# TYPE %s gauge\n# HELP %s %s\n", config->metric, config->metric,
		config->metric_help);
	*ret = metrics;
	return 0;
}

static void metrics_end(void *renderer)
{
	struct metrics *metrics = renderer;

	skt_str_add_text(&metrics->sink->pending, "# EOF\n");
	skt_str_fini(&metrics->raw);
	free(metrics);
}

const struct skt_renderer skt_metrics_renderer = {metrics_begin, metrics_row, metrics_end};
