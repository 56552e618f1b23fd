/*
 * OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/), which the older
 * text format of Prometheus reads too: gauges, whose values are the last columns and whose labels
 * the first ones. An absent label is an empty one, which to Prometheus is none. The samples of a
 * family stand together: those of the first stream, the others are kept until its end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out/cell.h"
#include "out/renderer.h"
#include "out/text.h"

struct metrics {
	struct skt_sink *sink;
	const struct skt_selection *selection;
	const struct skt_metric *families;
	size_t count;
	struct skt_str *kept; /* the text of each but the first */
	struct skt_str raw;   /* text of the label at hand */
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

static void label_add(struct metrics *metrics, struct skt_str *out, const struct skt_column *column,
	const void *row)
{
	const void *value = skt_cell_value(column, row);

	skt_str_add_text(out, column->name);
	skt_str_add_text(out, "=\"");
	metrics->raw.len = 0;
	if (skt_cell_is_set(column, row) && !skt_cell_is_empty(column, value))
		raw_add(metrics, column, value);
	skt_text_add_metric(out, metrics->raw.data, metrics->raw.len);
	out->failed |= metrics->raw.failed;
	skt_str_add_char(out, '"');
}

/* VALUE, which has PER_UNIT (a power of ten) parts to one, as a decimal fraction. */
static char *put_parts(char *p, uint8_t type, const void *value, uint64_t per_unit)
{
	bool negative;
	uint64_t number = skt_cell_number(type, value, &negative);

	if (negative)
		*p++ = '-';
	p = skt_put_u64(p, number / per_unit);
	number %= per_unit;
	if (number)
		*p++ = '.';
	for (uint64_t unit = per_unit / 10; number; unit /= 10) {
		*p++ = (char)('0' + number / unit);
		number %= unit;
	}
	return p;
}

static void sample_add(struct metrics *metrics, struct skt_str *out, size_t index, const void *row)
{
	const struct skt_selection *selection = metrics->selection;
	const struct skt_metric *family = &metrics->families[index];
	const struct skt_column *column =
		selection->columns[selection->count - metrics->count + index];
	const void *value = skt_cell_value(column, row);
	char *p;

	if (!value)
		return;
	skt_str_add_text(out, family->name);
	for (size_t i = 0; i < family->labels; i++) {
		skt_str_add_char(out, i ? ',' : '{');
		label_add(metrics, out, selection->columns[i], row);
	}
	skt_str_add_text(out, family->labels ? "} " : " ");
	p = skt_str_room(out, SKT_CELL_PUT_MAX);
	if (!p)
		return;
	p = family->per_unit > 1 ? put_parts(p, column->type, value, family->per_unit)
				 : skt_cell_put_number(p, column->type, value);
	*p++ = '\n';
	skt_str_commit(out, p);
}

static void metrics_row(void *renderer, const void *row)
{
	struct metrics *metrics = renderer;

	sample_add(metrics, &metrics->sink->pending, 0, row);
	for (size_t i = 1; i < metrics->count; i++)
		sample_add(metrics, &metrics->kept[i], i, row);
}

/* The unit that NAME ends in, as its families must that are told of one; NULL: in none. */
static const char *unit_of(const char *name)
{
	static const char *const units[] = {"bytes", "seconds"};
	const char *last = strrchr(name, '_');

	for (size_t i = 0; last && i < SKT_COUNT(units); i++)
		if (strcmp(last + 1, units[i]) == 0)
			return units[i];
	return NULL;
}

static void head_add(struct skt_str *out, const struct skt_metric *family)
{
	const char *unit = unit_of(family->name);

	skt_str_add_format(out, "# TYPE %s gauge\n", family->name);
	if (unit)
		skt_str_add_format(out, "# UNIT %s %s\n", family->name, unit);
	skt_str_add_format(out, "# HELP %s %s\n", family->name, family->help);
}

static int metrics_begin(struct skt_sink *sink, const struct skt_output_config *config, void **ret)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	SKT_ASSERT(config->metrics_count && config->metrics_count <= config->selection->count);
	if (!metrics)
		return -ENOMEM;
	metrics->kept = calloc(config->metrics_count, sizeof(*metrics->kept));
	if (!metrics->kept) {
		free(metrics);
		return -ENOMEM;
	}
	metrics->sink = sink;
	metrics->selection = config->selection;
	metrics->families = config->metrics;
	metrics->count = config->metrics_count;
	head_add(&sink->pending, &config->metrics[0]);
	*ret = metrics;
	return 0;
}

static void metrics_end(void *renderer)
{
	struct metrics *metrics = renderer;
	struct skt_str *out = &metrics->sink->pending;

	for (size_t i = 1; i < metrics->count; i++) {
		head_add(out, &metrics->families[i]);
		skt_str_add(out, metrics->kept[i].data, metrics->kept[i].len);
		out->failed |= metrics->kept[i].failed;
		skt_str_fini(&metrics->kept[i]);
	}
	skt_str_add_text(out, "# EOF\n");
	skt_str_fini(&metrics->raw);
	free(metrics->kept);
	free(metrics);
}

const struct skt_renderer skt_metrics_renderer = {metrics_begin, metrics_row, metrics_end};
