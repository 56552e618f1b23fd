/*
 * Option groups that commands share, each an argp child with the struct of its values. Parsing is
 * pure: texts are checked here, and resolved, opened or counted when the command runs.
 */
#ifndef SKT_CMD_OPTIONS_H
#define SKT_CMD_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "cmd/command.h"
#include "out/output.h"

/*
 * Reports wrong usage in one line on stderr and returns EINVAL, for `return skt_usage_error(...)`
 * in a parser: it is what argp_error() would be if that did not exit and print two lines.
 */
error_t skt_usage_error(const struct argp_state *state, const char *format, ...) SKT_PRINTF(2, 3);

/* -h, --help, --usage, -V: in every command. No values. */
extern const struct argp skt_common_argp;

enum skt_color { SKT_COLOR_AUTO, SKT_COLOR_ALWAYS, SKT_COLOR_NEVER };

/* How rows are shown: -f -j -c --no-header --sort -r -n --color. */
struct skt_rows_options {
	const struct skt_column *table; /* set by the command in ARGP_KEY_INIT: what may be named */
	enum skt_format format;
	const char *columns; /* the text of --columns, NULL: the defaults */
	struct skt_sort sort;
	bool no_header;
	bool resolve;
	enum skt_color color;
};

extern const struct argp skt_rows_argp; /* input: struct skt_rows_options * */
void skt_rows_options_fini(struct skt_rows_options *options);

/*
 * Begins the output of a command's rows as OPTIONS say. EXTRA: names of columns that other options
 * of the command add (NULL-terminated, or NULL). The selection must outlive the output.
 */
int skt_rows_select(const struct skt_rows_options *options, const char *const *extra,
	struct skt_selection *ret, struct skt_err *err);
int skt_rows_begin(const struct skt_rows_options *options, const struct skt_context *ctx,
	const struct skt_selection *selection, size_t row_size, struct skt_sink *sink,
	struct skt_output **ret);

#endif
