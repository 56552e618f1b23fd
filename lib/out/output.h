/*
 * Rows to text. One struct skt_output turns a stream of rows into a table, JSON, JSON lines, CSV or
 * OpenMetrics.
 * Machine formats stream in O(1) memory; the table looks at a bounded number of rows for its column
 * widths and then streams too. Sorting is the one thing that holds every row.
 */
#ifndef SKT_OUT_OUTPUT_H
#define SKT_OUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "out/column.h"
#include "out/sink.h"

enum skt_format {
	SKT_FORMAT_TABLE,
	SKT_FORMAT_JSON,
	SKT_FORMAT_JSONL,
	SKT_FORMAT_CSV,
	SKT_FORMAT_ROWS,                          /* so many can show any rows */
	SKT_FORMAT_OPENMETRICS = SKT_FORMAT_ROWS, /* counts only: the last column is a number */
	SKT_FORMATS
};

/* Names of the formats by value, as users write them. */
extern const char *const skt_format_names[SKT_FORMATS];

struct skt_output_config {
	enum skt_format format;
	const struct skt_selection *selection; /* borrowed until end() */
	const struct skt_sort *sort; /* borrowed until end(); NULL or no keys: as they come */
	size_t row_size;             /* sizeof the row struct; needed for sorting */
	bool header;                 /* table and csv: a line of names first */
	bool color;                  /* table: SGR sequences for the header and states */
	unsigned int
		width; /* columns of the terminal that stdout is; 0: not one, never cut or wrap */
	const char *metric, *metric_help; /* openmetrics: its name, and what it is */
	bool flush_rows; /* write each row at once (an event stream), not when the buffer is full */
};

struct skt_output;

/* Prepares and writes what stands before the first row. SINK is borrowed until end(). -ENOMEM. */
int skt_output_begin(
	struct skt_sink *sink, const struct skt_output_config *config, struct skt_output **ret);

/*
 * Writes one row, or keeps a copy of it for sorting (texts and lists in it must then live until
 * end()). 0, or the sink's failure: then there is no use in going on.
 */
int skt_output_row(struct skt_output *output, const void *row);

/*
 * Writes what is held back and what stands behind the last row, flushes, frees OUTPUT (NULL is
 * accepted). Always called, also after a failure or a signal: JSON is then still one valid
 * document.
 */
int skt_output_end(struct skt_output *output);

/* Rows given so far. */
uint64_t skt_output_count(const struct skt_output *output);

#endif
