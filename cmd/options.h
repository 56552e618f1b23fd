/*
 * Option groups that commands share, each an argp child with the struct of its values. Parsing is
 * pure: texts are checked here, and resolved, opened or counted when the command runs.
 */
#ifndef SKT_CMD_OPTIONS_H
#define SKT_CMD_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "cmd/command.h"
#include "diag/dump.h"
#include "out/output.h"
#include "proc/owner.h"

/* Which sockets that speak IP: -t -u -4 -6. Those that are left out do not narrow. */
struct skt_inet_options {
	bool tcp, udp, ipv4, ipv6;
};

extern const struct argp skt_inet_argp; /* input: struct skt_inet_options * */

/* Sets the protocols and address families of QUERY, neither TCP nor UDP for both. */
void skt_inet_query(const struct skt_inet_options *options, struct skt_dump_query *query);

enum skt_color { SKT_COLOR_AUTO, SKT_COLOR_ALWAYS, SKT_COLOR_NEVER };

/* How rows are shown: -f -j -c -H --sort -r -n --color. */
struct skt_rows_options {
	enum skt_format format;
	bool blocks;              /* -f long: a table of rows in their long form */
	unsigned int more_format; /* one of skt_rows_more_argp's: 1 xml, 2 grepable; else 0 */
	const char *columns_text, *sort_text; /* as given, or NULL; borrowed from argv */
	bool chosen;                          /* -f, -j or -c was given */
	bool live; /* set by the command: rows are events, each to be seen when it comes */
	/* Set by the command, for live rows: see struct skt_output_config. */
	size_t (*width_of)(const struct skt_column *column, const void *width_arg);
	const void *width_arg;
	const struct skt_column *bar;     /* set by the command: see struct skt_output_config */
	const struct skt_metric *metrics; /* set by a command with skt_rows_metrics_argp */
	size_t metrics_count;
	bool no_header;
	bool resolve;
	enum skt_color color;
	struct skt_selection selection; /* set by skt_rows_settle(); owned */
	struct skt_sort sort;
};

/* Who looks for the processes behind sockets: --owners. Input: enum skt_owners_source *. */
extern const struct argp skt_owners_argp;

extern const struct argp skt_rows_argp; /* input: struct skt_rows_options * */

/* The same with nmap's formats, xml and grepable, which the command writes itself. */
extern const struct argp skt_rows_more_argp;

/* Whose sockets: -N. */
struct skt_netns_options {
	const char *selector; /* for skt_netns_find(); NULL: this namespace; borrowed from argv */
};

extern const struct argp skt_netns_argp; /* input: struct skt_netns_options * */

/* The same with openmetrics, for commands that count. */
extern const struct argp skt_rows_metrics_argp;

/*
 * Reads --columns and --sort against TABLE once all options are known (ARGP_KEY_END). EXTRA:
 * columns that other options add to the default ones (NULL-terminated, or NULL); DEFAULT_SORT: the
 * text of
 * --sort where none is given, or NULL. Reports bad names itself: 0, or what the parser must return.
 */
error_t skt_rows_settle(const struct argp_state *state, struct skt_rows_options *options,
	const struct skt_column *table, const char *const *extra, const char *default_sort);
void skt_rows_options_fini(struct skt_rows_options *options);

/*
 * Begins the output of rows of ROW_SIZE bytes to SINK (stdout) as OPTIONS say. OPTIONS and SINK
 * must outlive the output.
 */
int skt_rows_begin(const struct skt_rows_options *options, const struct skt_context *ctx,
	size_t row_size, struct skt_sink *sink, struct skt_output **ret);

/*
 * Ends it, reporting what could not be written. STATUS is handed back, or SKT_EXIT_TROUBLE in its
 * place where rows were lost.
 */
int skt_rows_end(const struct skt_context *ctx, struct skt_sink *sink, struct skt_output *output,
	int status);

/* The same of bytes that are no rows: what is pending in SINK is written, and it is let go of. */
int skt_bytes_end(const struct skt_context *ctx, struct skt_sink *sink, int status);

/* STATUS, or where writing ended with -errno RC, which is told, SKT_EXIT_TROUBLE. */
int skt_output_settle(const struct skt_context *ctx, int rc, int status);

/*
 * Where there were no rows, COUNT is 0, and it is known that there are none: TEXT on stderr, in
 * place of the table that a terminal then does not get.
 */
void skt_rows_tell_none(const struct skt_rows_options *options, const struct skt_context *ctx,
	uint64_t count, int status, const char *text);

#endif
