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
#include "out/format.h"
#include "out/sink.h"

struct skt_output;

/*
 * Prepares, and gives to SINK what stands before the first row: it is seen with that, or once
 * skt_sink_flush() says so. SINK is borrowed until end(). -ENOMEM.
 */
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
