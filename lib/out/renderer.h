/* What a format is; private to this room. */
#ifndef SKT_OUT_RENDERER_H
#define SKT_OUT_RENDERER_H

#include "out/format.h"
#include "out/sink.h"

/*
 * A format is three functions. They append to sink->pending, which remembers that memory ran out;
 * settling and flushing is the caller's work.
 */
struct skt_renderer {
	/* Prepares for the columns and writes what stands before the first row. 0 or -ENOMEM. */
	int (*begin)(struct skt_sink *sink, const struct skt_output_config *config, void **ret);
	void (*row)(void *renderer, const void *row);
	/* Writes what is held back and what stands behind the last row; frees RENDERER. */
	void (*end)(void *renderer);
};

extern const struct skt_renderer skt_table_renderer;
extern const struct skt_renderer skt_json_renderer;
extern const struct skt_renderer skt_jsonl_renderer;
extern const struct skt_renderer skt_csv_renderer;
extern const struct skt_renderer skt_metrics_renderer;

#endif
