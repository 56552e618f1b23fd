/* The formats of rows, and what each may be told. */
#ifndef SKT_OUT_FORMAT_H
#define SKT_OUT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "out/column.h"
#include "out/sort.h"

enum skt_format {
	SKT_FORMAT_TABLE,
	SKT_FORMAT_JSON,
	SKT_FORMAT_JSONL,
	SKT_FORMAT_CSV,
	SKT_FORMAT_ROWS,                          /* so many can show any rows */
	SKT_FORMAT_OPENMETRICS = SKT_FORMAT_ROWS, /* numbers only: the last columns are */
	SKT_FORMATS
};

/* Names of the formats by value, as users write them. */
extern const char *const skt_format_names[SKT_FORMATS];

/* A family of samples: a column of numbers, of which one that is absent is no sample. */
struct skt_metric {
	const char *name, *help;
	size_t labels;     /* how many of the first columns are its labels */
	uint64_t per_unit; /* what the value is divided by: 1000 of ms; 0: by nothing */
};

#define SKT_WIDTH_TOLD SIZE_MAX

struct skt_output_config {
	enum skt_format format;
	const struct skt_selection *selection; /* borrowed until end() */
	const struct skt_sort *sort; /* borrowed until end(); NULL or no keys: as they come */
	size_t row_size;             /* sizeof the row struct; needed for sorting */
	bool header;                 /* table and csv: a line of names first */
	bool color;                  /* table: SGR sequences for the header and states */
	unsigned int width; /* table: columns of the terminal that stdout is; 0: it is none */
	bool blocks;        /* table: every row in its long form (long.h) */
	bool exact;         /* table: columns without a value are shown on a terminal, too */
	/*
	 * table: a column of numbers without a unit, each drawn behind its row where a terminal has
	 * the room; NULL: none.
	 */
	const struct skt_column *bar;
	unsigned int bar_width;           /* the terminal's, where WIDTH is another; 0: that */
	const struct skt_metric *metrics; /* openmetrics: one for each of the last columns */
	size_t metrics_count;
	bool flush_rows; /* write each row at once (an event stream), not when the buffer is full */
	/*
	 * With that: the width of what may come in COLUMN; 0: as is usual for its type. NULL: all.
	 * SKT_WIDTH_TOLD: what comes there is told by other columns; a table on a terminal leaves
	 * it out.
	 */
	size_t (*width_of)(const struct skt_column *column, const void *width_arg);
	const void *width_arg;
};

#endif
