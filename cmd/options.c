#include "cmd/options.h"

#include <errno.h>
#include <string.h>

#include "cmd/parse.h"
#include "cmd/values.h"
#include "out/terminal.h"

/* ---- which sockets ---- */

static const struct argp_option inet_options[] = {
	{"tcp", 't', NULL, 0, "TCP", SKT_GROUP_MAIN},
	{"udp", 'u', NULL, 0, "UDP", SKT_GROUP_MAIN},
	{"ipv4", '4', NULL, 0, "IPv4 only", SKT_GROUP_MAIN},
	{"ipv6", '6', NULL, 0, "IPv6 only", SKT_GROUP_MAIN},
	{0},
};

static error_t parse_inet(int key, char *arg, struct argp_state *state)
{
	struct skt_inet_options *o = state->input;

	(void)arg;
	switch (key) {
	case 't':
		o->tcp = true;
		return 0;
	case 'u':
		o->udp = true;
		return 0;
	case '4':
		o->ipv4 = true;
		return 0;
	case '6':
		o->ipv6 = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_inet_argp = {.options = inet_options, .parser = parse_inet};

void skt_inet_query(const struct skt_inet_options *options, struct skt_dump_query *query)
{
	const bool both = !options->tcp && !options->udp, any = !options->ipv4 && !options->ipv6;

	query->protos[SKT_PROTO_TCP] = options->tcp || both;
	query->protos[SKT_PROTO_UDP] = options->udp || both;
	query->ipv4 = options->ipv4 || any;
	query->ipv6 = options->ipv6 || any;
}

/* ---- how rows are shown ---- */

enum {
	KEY_SORT = SKT_KEY_ROWS,
	KEY_COLOR,
	KEY_OWNERS,
};

static const struct argp_option owners_options[] = {
	{"owners", KEY_OWNERS, "auto|bpf|proc", 0,
		"Find processes by a BPF iterator, in /proc, or by what is faster here (default)",
		SKT_GROUP_MAIN},
	{0},
};

static error_t parse_owners(int key, char *arg, struct argp_state *state)
{
	static const char *const sources[] = {
		[SKT_OWNERS_AUTO] = "auto",
		[SKT_OWNERS_BPF] = "bpf",
		[SKT_OWNERS_PROC] = "proc",
	};
	enum skt_owners_source *source = state->input;
	error_t rc;
	int value;

	if (key != KEY_OWNERS)
		return ARGP_ERR_UNKNOWN;
	rc = skt_parse_choice(state, "--owners", arg, sources, SKT_COUNT(sources), &value);
	if (rc)
		return rc;
	*source = (enum skt_owners_source)value;
	return 0;
}

const struct argp skt_owners_argp = {.options = owners_options, .parser = parse_owners};

/* All but --format, whose words differ: one argp child for each set of them, and this below. */
static const struct argp_option rows_options[] = {
	SKT_HEADING("Rows", SKT_GROUP_ROWS),
	{"json", 'j', NULL, 0, "Short for --format=json", SKT_GROUP_ROWS},
	{"columns", 'c', "COLUMNS", 0,
		"Columns to show: LIST, or +LIST or -LIST to change the default ones, or all",
		SKT_GROUP_ROWS},
	{"no-header", 'H', NULL, 0, "Leave out the line of column names", SKT_GROUP_ROWS},
	{"sort", KEY_SORT, "[-]COLUMN,...", 0, "Sort by these columns, - for descending",
		SKT_GROUP_ROWS},
	{"resolve", 'r', NULL, 0, "Show names of hosts and services", SKT_GROUP_ROWS},
	{"numeric", 'n', NULL, 0, "Show numbers (default)", SKT_GROUP_ROWS},
	{"color", KEY_COLOR, "auto|always|never", 0, "Colour the table (default: auto)",
		SKT_GROUP_ROWS},
	{0},
};

static error_t parse_rows(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = {"auto", "always", "never"};
	struct skt_rows_options *o = state->input;
	error_t rc;
	int value;

	switch (key) {
	case 'j':
		o->format = SKT_FORMAT_JSON;
		o->blocks = false;
		o->more_format = 0;
		o->chosen = true;
		return 0;
	case 'c':
		o->columns_text = arg;
		o->chosen = true;
		return 0;
	case 'H':
		o->no_header = true;
		return 0;
	case KEY_SORT:
		o->sort_text = arg;
		return 0;
	case 'r':
		o->resolve = true;
		return 0;
	case 'n':
		o->resolve = false;
		return 0;
	case KEY_COLOR:
		rc = skt_parse_choice(state, "--color", arg, colors, SKT_COUNT(colors), &value);
		if (!rc)
			o->color = (enum skt_color)value;
		return rc;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp rows_argp = {.options = rows_options, .parser = parse_rows};
static const struct argp_child rows_children[] = {{.argp = &rows_argp}, {0}};

/*
 * --format with the words that all have, and COUNT more: the names of formats of lib/out, or the
 * command's OWN.
 */
static error_t parse_format(int key, const char *arg, struct argp_state *state,
	const char *const *more, size_t count, bool own)
{
	/* The table, its long form, and formats of lib/out behind the table's. */
	enum { LONG = 1, COMMON = 1 + SKT_FORMAT_ROWS };
	const char *words[COMMON + 2] = {"table", "long", "json", "jsonl", "csv"};
	struct skt_rows_options *o = state->input;
	error_t rc;
	int value;

	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = o;
	if (key != 'f')
		return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
	SKT_ASSERT(count <= SKT_COUNT(words) - COMMON);
	for (size_t i = 0; i < count; i++)
		words[COMMON + i] = more[i];
	rc = skt_parse_choice(state, "--format", arg, words, COMMON + count, &value);
	if (rc)
		return rc;
	o->blocks = value == LONG;
	o->more_format = own && value >= COMMON ? (unsigned int)(value - COMMON) + 1 : 0;
	if (!o->more_format)
		o->format = (enum skt_format)(value < LONG ? value : value - LONG);
	o->chosen = true;
	return 0;
}

#define FORMAT_OPTION(words) \
	{ \
		"format", 'f', words, 0, "How rows are written (default: table)", SKT_GROUP_ROWS \
	}

static error_t parse_plain(int key, char *arg, struct argp_state *state)
{
	return parse_format(key, arg, state, NULL, 0, false);
}

static const struct argp_option plain_options[] = {FORMAT_OPTION("table|long|json|jsonl|csv"), {0}};

const struct argp skt_rows_argp = {
	.options = plain_options, .parser = parse_plain, .children = rows_children};

static error_t parse_more(int key, char *arg, struct argp_state *state)
{
	static const char *const more[] = {"xml", "grepable"};

	return parse_format(key, arg, state, more, SKT_COUNT(more), true);
}

static const struct argp_option more_options[] = {
	FORMAT_OPTION("table|long|json|jsonl|csv|xml|grepable"), {0}};

const struct argp skt_rows_more_argp = {
	.options = more_options, .parser = parse_more, .children = rows_children};

static error_t parse_metrics(int key, char *arg, struct argp_state *state)
{
	return parse_format(key, arg, state, skt_format_names + SKT_FORMAT_OPENMETRICS, 1, false);
}

static const struct argp_option metrics_options[] = {
	FORMAT_OPTION("table|long|json|jsonl|csv|openmetrics"), {0}};

const struct argp skt_rows_metrics_argp = {
	.options = metrics_options, .parser = parse_metrics, .children = rows_children};

static const struct argp_option netns_options[] = {
	{"netns", 'N', "NETNS", 0,
		"Sockets of another network namespace: its name, a process in it, or all",
		SKT_GROUP_MAIN},
	{0},
};

static error_t parse_netns(int key, char *arg, struct argp_state *state)
{
	struct skt_netns_options *o = state->input;

	if (key != 'N')
		return ARGP_ERR_UNKNOWN;
	if (!*arg)
		return skt_usage_error(state, "--netns '': expected a name, a process, or all");
	o->selector = arg;
	return 0;
}

const struct argp skt_netns_argp = {.options = netns_options, .parser = parse_netns};

error_t skt_rows_settle(const struct argp_state *state, struct skt_rows_options *options,
	const struct skt_column *table, const char *const *extra, const char *default_sort)
{
	const char *sort = options->sort_text ? options->sort_text : default_sort;
	uint8_t flag = options->format == SKT_FORMAT_TABLE ? SKT_COLUMN_TABLE : SKT_COLUMN_DATA;
	struct skt_err err;

	if (skt_selection_parse(
		    table, options->columns_text, flag, extra, &options->selection, &err))
		return skt_usage_error_of(state, &err, "--columns: %s", err.text);
	if (sort && skt_sort_parse(table, sort, &options->sort, &err))
		return skt_usage_error_of(state, &err, "--sort: %s", err.text);
	return 0;
}

void skt_rows_options_fini(struct skt_rows_options *options)
{
	skt_selection_fini(&options->selection);
	skt_sort_fini(&options->sort);
}

int skt_rows_begin(const struct skt_rows_options *options, const struct skt_context *ctx,
	size_t row_size, struct skt_sink *sink, struct skt_output **ret)
{
	bool terminal = skt_terminal_is(ctx->out);
	struct skt_output_config config = {
		.format = options->format,
		.selection = &options->selection,
		.sort = &options->sort,
		.row_size = row_size,
		.header = !options->no_header,
		/* Machine formats hold nothing back but what is in the buffer. */
		.flush_rows = options->live && options->format == SKT_FORMAT_TABLE,
		.width_of = options->width_of,
		.width_arg = options->width_arg,
		.color = options->color == SKT_COLOR_ALWAYS ||
			(options->color == SKT_COLOR_AUTO && terminal && !ctx->no_color),
		.blocks = options->blocks,
		.exact = options->columns_text,
		.bar = options->bar,
		.metrics = options->metrics,
		.metrics_count = options->metrics_count,
		.width = terminal ? skt_terminal_width(ctx->out, ctx->columns_env) : 0,
	};
	int rc;

	skt_sink_init(sink, ctx->out);
	rc = skt_output_begin(sink, &config, ret);
	if (rc) {
		skt_sink_fini(sink);
		skt_warn(ctx, "cannot begin the output: %s", strerror(-rc));
	}
	return rc;
}

void skt_rows_tell_none(const struct skt_rows_options *options, const struct skt_context *ctx,
	uint64_t count, int status, const char *text)
{
	if (!count && (status == SKT_EXIT_YES || status == SKT_EXIT_NO) &&
		options->format == SKT_FORMAT_TABLE && skt_terminal_is(ctx->out))
		skt_warn(ctx, "%s", text);
}

int skt_rows_end(
	const struct skt_context *ctx, struct skt_sink *sink, struct skt_output *output, int status)
{
	int rc = skt_output_end(output);

	skt_sink_fini(sink);
	return skt_output_settle(ctx, rc, status);
}

int skt_bytes_end(const struct skt_context *ctx, struct skt_sink *sink, int status)
{
	int rc = skt_sink_flush(sink);

	skt_sink_fini(sink);
	return skt_output_settle(ctx, rc, status);
}

int skt_output_settle(const struct skt_context *ctx, int rc, int status)
{
	if (!rc)
		return status;
	skt_warn(ctx, SKT_STDOUT_BROKEN, strerror(-rc));
	return SKT_EXIT_TROUBLE;
}
