/*
 * What rows look like in JSON, as JSON Schema (draft 2020-12): each kind of rows is one document,
 * made from the table of columns that the renderer reads.
 */
#ifndef SKT_CMD_SCHEMA_H
#define SKT_CMD_SCHEMA_H

#include "cmd/command.h"
#include "out/column.h"

/* One kind of rows, or of lines on stderr: what a document describes. */
struct skt_schema {
	const char *command; /* NULL: sockkit itself */
	const char *kind;    /* "follow"; NULL: the usual rows */
	const struct skt_column *columns;
	const struct skt_column *more; /* those of them that COLUMNS has not; or NULL */
	bool totals;                   /* sum_NAME and max_NAME of the numbers of MORE */
	bool whole;                    /* -c does not choose: every key is there */
	bool others;                   /* keys that no table knows: texts and numbers */
};

/* Calls EACH with every kind there is: the commands' own, their reports, events, introspection. */
void skt_schema_each(void (*each)(const struct skt_schema *schema, void *ctx), void *ctx);

/* Appends `sockets-follow`: the name of the document's file, without its `.json`. */
void skt_schema_add_name(struct skt_str *out, const struct skt_schema *schema);

/*
 * Writes the documents to CTX->out, one after the other; each begins with a line `{`, ends with a
 * line `}`, and has a line for each column. Returns an exit status.
 */
int skt_schema_print(const struct skt_context *ctx);

#endif
