#include "cmd/introspect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dialect.h"
#include "cmd/help.h"
#include "cmd/option_table.h"
#include "cmd/options.h"
#include "cmd/parse.h"

struct introspect_row {
	uint64_t present;
	const char *kind;
	const char *command; /* NULL: sockkit itself */
	const char *name;
	const char *shorthand; /* one letter */
	const char *metavar;   /* one of the closed set, or as values */
	const char *values;    /* `a|b|c` where only these are allowed */
	const char *group;     /* options: the heading that they stand under */
	const char *set;       /* columns: the option that prints them, NULL: the usual rows */
	const char *help;
	const char *whose, *run; /* dialects: see dialect.h; help is what it is here */
	bool optional;           /* the value, or the argument */
	bool repeats;            /* the argument */
	bool usual;              /* columns: in machine formats without -c */
	bool adds;               /* columns: the usual ones are there too */
};

#define ROW(field, text) \
	SKT_COLUMN(struct introspect_row, field, .help = (text), .flags = SKT_COLUMN_DATA)

const struct skt_column skt_introspect_columns[] = {
	ROW(kind, "command, option, argument, example, column, status, dialect or taken"),
	ROW(command, "whose it is; null: sockkit's own"),
	ROW(name, "option with its dashes, column, number of a status, what is typed"),
	SKT_COLUMN_AS(struct introspect_row, "short", shorthand, .help = "letter of an option",
		.flags = SKT_COLUMN_DATA),
	ROW(metavar, "what its value is, as help has it"),
	ROW(values, "a|b|c, where only these are allowed"),
	ROW(optional, "the value, or the argument, may be left out"),
	ROW(repeats, "the argument may be given again"),
	ROW(group, "heading that an option stands under"),
	ROW(set, "column: option of the mode that prints it"),
	SKT_COLUMN_AS(struct introspect_row, "default", usual,
		.help = "column: machine formats have it without -c", .flags = SKT_COLUMN_DATA),
	ROW(adds, "column: the usual ones are there too"),
	ROW(whose, "dialect: whose word it is"),
	ROW(run, "dialect: what is run in its place"),
	ROW(help, "what it does, or means"),
	SKT_COLUMN_END,
};

struct put {
	struct skt_output *output;
	const char *command;
	const struct argp *root; /* where the headings are */
};

static void put_option(const struct argp_option *option, void *ctx)
{
	const struct put *put = ctx;
	char name[64], letter[2] = {0};
	struct introspect_row row = {
		.kind = "option",
		.command = put->command,
		.name = name,
		.metavar = option->arg,
		.values = option->arg && strchr(option->arg, '|') ? option->arg : NULL,
		.group = skt_help_heading(put->root, option->group),
		.help = option->doc,
		.optional = (option->flags & OPTION_ARG_OPTIONAL) != 0,
	};

	if (!option->name || option->flags & (OPTION_HIDDEN | OPTION_DOC))
		return;
	(void)snprintf(name, sizeof(name), "--%s", option->name);
	if (option->key > ' ' && option->key < 0x7f) {
		letter[0] = (char)option->key;
		row.shorthand = letter;
	}
	(void)skt_output_row(put->output, &row);
}

static void put_options(struct skt_output *output, const char *command, const struct argp *argp)
{
	skt_options_each(argp, put_option, &(struct put){output, command, argp});
}

/* "[FILTER...] PORT" says what is optional and what repeats. */
static void put_arguments(struct skt_output *output, const char *command, const char *doc)
{
	while (doc && *doc) {
		size_t len = strcspn(doc, " \n");
		char metavar[32];
		size_t n = 0;
		struct introspect_row row = {
			.kind = "argument",
			.command = command,
			.name = metavar,
			.metavar = metavar,
			.optional = doc[0] == '[',
			.repeats = memmem(doc, len, "...", 3) != NULL,
		};

		for (size_t i = 0; i < len && n + 1 < sizeof(metavar); i++)
			if (!strchr("[].", doc[i]))
				metavar[n++] = doc[i];
		metavar[n] = '\0';
		if (n)
			(void)skt_output_row(output, &row);
		doc += len + strspn(doc + len, " \n");
	}
}

static void put_command(struct skt_output *output, const struct skt_command *command)
{
	struct introspect_row row = {
		.kind = "command", .name = command->name, .help = command->brief};
	const struct skt_column_set *set = command->column_sets;

	(void)skt_output_row(output, &row);
	put_options(output, command->name, command->argp);
	put_options(output, command->name, &skt_common_argp);
	put_arguments(output, command->name, command->argp->args_doc);
	for (size_t i = 0; i < SKT_EXAMPLES; i++)
		(void)skt_output_row(output,
			&(const struct introspect_row){
				.kind = "example",
				.command = command->name,
				.name = command->examples[i].typed,
				.help = command->examples[i].what,
			});
	for (; set && set->columns; set++) {
		for (const struct skt_column *column = set->columns; column->name; column++) {
			row = (struct introspect_row){
				.kind = "column",
				.command = command->name,
				.name = column->name,
				.set = set->option,
				.adds = set->adds,
				.usual = column->flags & SKT_COLUMN_DATA,
				.help = column->help,
			};
			(void)skt_output_row(output, &row);
		}
	}
}

static void put_statuses(struct skt_output *output)
{
	static const struct {
		const char *name, *help;
	} statuses[] = {
		[SKT_EXIT_YES] = {"0", "yes: done, found, connected, as expected"},
		[SKT_EXIT_NO] = {"1", "no: asked, and the answer is negative"},
		[SKT_EXIT_USAGE] = {"2", "wrong usage"},
		[SKT_EXIT_TROUBLE] = {"3", "could not ask or finish here"},
	};

	for (size_t i = 0; i < SKT_COUNT(statuses); i++)
		(void)skt_output_row(output,
			&(const struct introspect_row){.kind = "status",
				.name = statuses[i].name,
				.help = statuses[i].help});
}

static void put_dialects(
	struct skt_output *output, const char *kind, const struct skt_dialect *table)
{
	for (const struct skt_dialect *d = table; d->word; d++)
		(void)skt_output_row(output,
			&(const struct introspect_row){
				.kind = kind,
				.command = d->command,
				.name = d->word,
				.whose = d->whose,
				.run = d->to,
				.help = d->here,
			});
}

int skt_introspect(const struct skt_context *ctx)
{
	static const struct argp_option global[] = {
		{"help", 'h', NULL, 0, "Show this help", 0},
		{"version", 'V', NULL, 0, "Show the version", 0},
		{0},
	};
	static const struct argp argp = {.options = global};
	struct skt_rows_options options = {.format = SKT_FORMAT_JSONL};
	struct skt_output *output;
	struct skt_sink sink;
	struct skt_err err;
	int status = SKT_EXIT_TROUBLE;

	if (skt_selection_parse(skt_introspect_columns, NULL, SKT_COLUMN_DATA, NULL,
		    &options.selection, &err)) {
		skt_warn(ctx, "%s", err.text);
		return status;
	}
	if (!skt_rows_begin(&options, ctx, sizeof(struct introspect_row), &sink, &output)) {
		put_options(output, NULL, &argp);
		for (const struct skt_command *const *c = skt_commands; *c; c++)
			put_command(output, *c);
		put_statuses(output);
		put_dialects(output, "dialect", skt_dialects);
		put_dialects(output, "taken", skt_dialects_taken);
		status = skt_rows_end(ctx, &sink, output, SKT_EXIT_YES);
	}
	skt_rows_options_fini(&options);
	return status;
}
