#include "cmd/options.h"

#include <errno.h>
#include <string.h>

#include "cmd/parse.h"
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

/* clang-format off */
/* All but --format, whose values differ. */
#define ROWS_OPTIONS \
	{"json", 'j', NULL, 0, "Short for --format=json", SKT_GROUP_ROWS}, \
	{"columns", 'c', "COLUMNS", 0, \
		"Columns to show: LIST, or +LIST or -LIST to change the default ones, or all", \
		SKT_GROUP_ROWS}, \
	{"no-header", 'H', NULL, 0, "Leave out the line of column names", SKT_GROUP_ROWS}, \
	{"sort", KEY_SORT, "[-]COLUMN,...", 0, "Sort by these columns, - for descending", \
		SKT_GROUP_ROWS}, \
	{"resolve", 'r', NULL, 0, "Show names of hosts and services", SKT_GROUP_ROWS}, \
	{"numeric", 'n', NULL, 0, "Show numbers (default)", SKT_GROUP_ROWS}, \
	{"color", KEY_COLOR, "auto|always|never", 0, "Colour the table (default: auto)", \
		SKT_GROUP_ROWS},

/* clang-format on */
static const struct argp_option rows_options[] = {
	{"format", 'f', "table|json|jsonl|csv", 0, "How rows are written (default: table)",
		SKT_GROUP_ROWS},
	ROWS_OPTIONS{0},
};

static const struct argp_option rows_more_options[] = {
	{"format", 'f', "table|json|jsonl|csv|xml|grepable", 0,
		"How rows are written (default: table)", SKT_GROUP_ROWS},
	ROWS_OPTIONS{0},
};

static const struct argp_option rows_metrics_options[] = {
	{"format", 'f', "table|json|jsonl|csv|openmetrics", 0,
		"How rows are written (default: table)", SKT_GROUP_ROWS},
	ROWS_OPTIONS{0},
};

/* The place of WORD among COUNT texts, or -1. */
static int choice(const char *word, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, texts[i]) == 0)
			return (int)i;
	return -1;
}

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
	int value;

	if (key != KEY_OWNERS)
		return ARGP_ERR_UNKNOWN;
	value = choice(arg, sources, SKT_COUNT(sources));
	if (value < 0)
		return skt_usage_error(state, "--owners '%s': expected auto, bpf or proc", arg);
	*source = (enum skt_owners_source)value;
	return 0;
}

const struct argp skt_owners_argp = {.options = owners_options, .parser = parse_owners};

static error_t parse_rows(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = {"auto", "always", "never"};
	struct skt_rows_options *o = state->input;
	int value;

	switch (key) {
	case 'f':
		value = choice(arg, skt_format_names, SKT_FORMAT_ROWS);
		if (value < 0)
			return skt_usage_error(
				state, "--format '%s': expected table, json, jsonl or csv", arg);
		o->format = (enum skt_format)value;
		o->chosen = true;
		return 0;
	case 'j':
		o->format = SKT_FORMAT_JSON;
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
		value = choice(arg, colors, SKT_COUNT(colors));
		if (value < 0)
			return skt_usage_error(
				state, "--color '%s': expected auto, always or never", arg);
		o->color = (enum skt_color)value;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp skt_rows_argp = {.options = rows_options, .parser = parse_rows};

static error_t parse_rows_more(int key, char *arg, struct argp_state *state)
{
	static const char *const more[] = {"xml", "grepable"};
	struct skt_rows_options *o = state->input;
	int value;

	if (key == 'f' || key == 'j')
		o->more_format = 0;
	if (key != 'f')
		return parse_rows(key, arg, state);
	value = choice(arg, more, SKT_COUNT(more));
	if (value < 0 && choice(arg, skt_format_names, SKT_FORMAT_ROWS) < 0)
		return skt_usage_error(state,
			"--format '%s': expected table, json, jsonl, csv, xml or grepable", arg);
	if (value < 0)
		return parse_rows(key, arg, state);
	o->more_format = (unsigned int)value + 1;
	return 0;
}

const struct argp skt_rows_more_argp = {.options = rows_more_options, .parser = parse_rows_more};

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

static error_t parse_rows_metrics(int key, char *arg, struct argp_state *state)
{
	struct skt_rows_options *o = state->input;
	int value;

	if (key != 'f')
		return parse_rows(key, arg, state);
	value = choice(arg, skt_format_names, SKT_FORMATS);
	if (value < 0)
		return skt_usage_error(state,
			"--format '%s': expected table, json, jsonl, csv or openmetrics", arg);
	o->format = (enum skt_format)value;
	o->chosen = true;
	return 0;
}

const struct argp skt_rows_metrics_argp = {
	.options = rows_metrics_options, .parser = parse_rows_metrics};

error_t skt_rows_settle(const struct argp_state *state, struct skt_rows_options *options,
	const struct skt_column *table, const char *const *extra, const char *default_sort)
{
	const char *sort = options->sort_text ? options->sort_text : default_sort;
	uint8_t flag = options->format == SKT_FORMAT_TABLE ? SKT_COLUMN_TABLE : SKT_COLUMN_DATA;
	struct skt_err err;

	if (skt_selection_parse(
		    table, options->columns_text, flag, extra, &options->selection, &err))
		return skt_usage_error(state, "--columns: %s", err.text);
	if (sort && skt_sort_parse(table, sort, &options->sort, &err))
		return skt_usage_error(state, "--sort: %s", err.text);
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
		.color = options->color == SKT_COLOR_ALWAYS ||
			(options->color == SKT_COLOR_AUTO && terminal && !ctx->no_color),
		.metric = options->metric,
		.metric_help = options->metric_help,
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

int skt_rows_end(
	const struct skt_context *ctx, struct skt_sink *sink, struct skt_output *output, int status)
{
	int rc = skt_output_end(output);

	skt_sink_fini(sink);
	if (!rc)
		return status;
	skt_warn(ctx, "cannot write to standard output: %s", strerror(-rc));
	return SKT_EXIT_TROUBLE;
}
