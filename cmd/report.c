#include "cmd/report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "out/output.h"

void skt_report_json(const struct skt_column *columns, const void *row)
{
	struct skt_selection selection = {0};
	struct skt_output_config config = {.format = SKT_FORMAT_JSONL, .selection = &selection};
	struct skt_output *output;
	struct skt_sink sink;
	struct skt_err err;

	if (skt_selection_parse(columns, "all", SKT_COLUMN_DATA, NULL, &selection, &err))
		return;
	skt_sink_init(&sink, STDERR_FILENO);
	/* Where stderr cannot be written there is nobody to tell. */
	if (!skt_output_begin(&sink, &config, &output)) {
		(void)skt_output_row(output, row);
		(void)skt_output_end(output);
	}
	skt_sink_fini(&sink);
	skt_selection_fini(&selection);
}

void skt_report_text(const struct skt_str *text)
{
	struct skt_sink sink;

	skt_sink_init(&sink, STDERR_FILENO);
	skt_str_add(&sink.pending, text->data, text->len);
	(void)skt_sink_flush(&sink);
	skt_sink_fini(&sink);
}

/* Three digits that matter, before and behind the point. */
static void put_short(char text[SKT_SHORT_MAX], double value, const char *unit)
{
	int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	(void)snprintf(text, SKT_SHORT_MAX, "%.*f%s", decimals, value, unit);
}

const char *skt_short_number(double value, char text[SKT_SHORT_MAX])
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
	size_t i = 0;

	while (value >= 999.5 && i + 1 < SKT_COUNT(units)) {
		value /= 1000;
		i++;
	}
	put_short(text, value, units[i]);
	return text;
}

const char *skt_short_time(uint64_t ns, char text[SKT_SHORT_MAX])
{
	if (ns < SKT_NS_PER_US)
		(void)snprintf(text, SKT_SHORT_MAX, "%uns", (unsigned int)ns);
	else if (ns < SKT_NS_PER_MS)
		put_short(text, (double)ns / (double)SKT_NS_PER_US, "us");
	else if (ns < SKT_NS_PER_SEC)
		put_short(text, (double)ns / (double)SKT_NS_PER_MS, "ms");
	else
		put_short(text, (double)ns / (double)SKT_NS_PER_SEC, "s");
	return text;
}

double skt_percent(uint64_t count, uint64_t whole)
{
	return whole ? 100.0 * (double)count / (double)whole : 0;
}

double skt_per_second(uint64_t count, uint64_t ns)
{
	return ns ? (double)count * (double)SKT_NS_PER_SEC / (double)ns : 0;
}
