#include "cmd/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cmd/option_table.h"
#include "out/terminal.h"

enum {
	WIDTH_DEFAULT = 80, /* where nobody says how wide it is */
	WIDTH_MAX = 100,    /* beyond that lines are hard to read */
	WIDTH_MIN = 20,
	DOC_COLUMN = 27, /* where the words about an option begin */
	DOC_WIDTH_MIN = 30,
	DOC_INDENT = 8, /* the same where that leaves them no room */
};

static unsigned int width_of(const struct skt_context *ctx)
{
	uint64_t width = skt_terminal_width(ctx->out, ctx->columns_env);

	if (!width && (!ctx->columns_env || skt_num_parse(ctx->columns_env, 1, UINT16_MAX, &width)))
		width = WIDTH_DEFAULT;
	return (unsigned int)SKT_MAX(SKT_MIN(width, WIDTH_MAX), WIDTH_MIN);
}

/* ---- text in lines ---- */

/* Where the next word goes. */
struct flow {
	unsigned int width, indent;
	unsigned int at; /* columns that the line has */
};

static void flow_line(struct flow *flow)
{
	(void)putchar('\n');
	flow->at = 0;
}

/* WORD behind a blank, or in the next line where this one has no room for it. */
static void flow_word(struct flow *flow, const char *word, size_t len)
{
	if (flow->at > flow->indent && flow->at + 1 + len > flow->width)
		flow_line(flow);
	if (flow->at < flow->indent)
		flow->at += (unsigned int)printf("%*s", (int)(flow->indent - flow->at), "");
	else if (flow->at > flow->indent)
		flow->at += (unsigned int)printf(" ");
	flow->at += (unsigned int)printf("%.*s", (int)len, word);
}

static void flow_text(struct flow *flow, const char *text, size_t len)
{
	for (const char *end = text + len; text < end;) {
		size_t blanks = strspn(text, " \n"), word = strcspn(text + blanks, " \n");

		text += blanks;
		word = SKT_MIN(word, (size_t)(end - text));
		if (word)
			flow_word(flow, text, word);
		text += word;
	}
}

static void print_text(const struct skt_context *ctx, const char *text, size_t len)
{
	struct flow flow = {.width = width_of(ctx)};

	flow_text(&flow, text, len);
	flow_line(&flow);
}

/* ---- options ---- */

/* Whom to hand the options that are shown. */
struct visit {
	skt_option_fn *fn;
	void *arg;
};

static void visit_shown(const struct argp_option *option, void *arg)
{
	const struct visit *visit = arg;

	if (!(option->flags & OPTION_HIDDEN))
		visit->fn(option, visit->arg);
}

static void each_option(const struct argp *argp, skt_option_fn *fn, void *arg)
{
	skt_options_each(argp, visit_shown, &(struct visit){fn, arg});
}

struct heading {
	int group;
	const char *text;
};

static void find_heading(const struct argp_option *option, void *arg)
{
	struct heading *heading = arg;

	if (!option->name && option->group == heading->group && !heading->text)
		heading->text = option->doc;
}

const char *skt_help_heading(const struct argp *argp, int group)
{
	struct heading heading = {.group = group};

	each_option(argp, find_heading, &heading);
	return heading.text;
}

/* The lowest group above LAST. */
struct next_group {
	int last, next;
};

static void find_next_group(const struct argp_option *option, void *arg)
{
	struct next_group *groups = arg;

	if (option->name && option->group > groups->last &&
		(groups->next <= groups->last || option->group < groups->next))
		groups->next = option->group;
}

/* "-w", or NULL. */
static const char *letter_of(const struct argp_option *option, char buffer[static 3])
{
	if (option->key <= ' ' || option->key > '~')
		return NULL;
	buffer[0] = '-';
	buffer[1] = (char)option->key;
	buffer[2] = '\0';
	return buffer;
}

/* "=DURATION", "[=DURATION]" or nothing: as snprintf(). */
static int value_of(const struct argp_option *option, char *buffer, size_t size)
{
	const bool optional = option->flags & OPTION_ARG_OPTIONAL;

	return snprintf(buffer, size, "%s%s%s%s", option->arg && optional ? "[" : "",
		option->arg ? "=" : "", option->arg ? option->arg : "",
		option->arg && optional ? "]" : "");
}

struct listing {
	int group;
	bool letters; /* those that have one, which are the ones that are typed most; or the others
		       */
	unsigned int width;
};

static void print_option(const struct argp_option *option, void *arg)
{
	const struct listing *listing = arg;
	const bool beside = listing->width >= DOC_COLUMN + DOC_WIDTH_MIN;
	struct flow flow = {.width = listing->width, .indent = beside ? DOC_COLUMN : DOC_INDENT};
	char letter[3], value[80];

	if (!option->name || option->group != listing->group ||
		!letter_of(option, letter) == listing->letters)
		return;
	(void)value_of(option, value, sizeof(value));
	flow.at = (unsigned int)printf("  %2s%s --%s%s", letter_of(option, letter) ? letter : "",
		letter_of(option, letter) ? "," : " ", option->name, value);
	if (!beside || flow.at + 2 > flow.indent)
		flow_line(&flow);
	flow_text(&flow, option->doc, strlen(option->doc));
	flow_line(&flow);
}

static void print_options(const struct argp *root, unsigned int width)
{
	struct next_group groups = {0};

	for (each_option(root, find_next_group, &groups); groups.next > groups.last;
		each_option(root, find_next_group, &groups)) {
		struct listing listing = {.group = groups.next, .letters = true, .width = width};

		(void)printf("\n%s:\n", skt_help_heading(root, groups.next));
		each_option(root, print_option, &listing);
		listing.letters = false;
		each_option(root, print_option, &listing);
		groups.last = groups.next;
	}
}

/* ---- all of it ---- */

static void print_examples(const struct skt_command *command)
{
	(void)printf("\nExamples:\n");
	for (size_t i = 0; i < SKT_EXAMPLES; i++)
		(void)printf(
			"  # %s\n  %s\n", command->examples[i].what, command->examples[i].typed);
}

void skt_help_print(
	const struct skt_command *command, const struct argp *root, const struct skt_context *ctx)
{
	const char *doc = command->argp->doc, *more = strchr(doc, '\v');

	(void)printf(
		"Usage: sockkit %s [OPTION...] %s\n\n", command->name, command->argp->args_doc);
	print_text(ctx, doc, more ? (size_t)(more - doc) : strlen(doc));
	print_options(root, width_of(ctx));
	if (more) {
		(void)putchar('\n');
		print_text(ctx, more + 1, strlen(more + 1));
	}
	print_examples(command);
	(void)printf("\n'man sockkit-%s' tells more.\n", command->name);
}

/* ---- the short form ---- */

static void add_letter(const struct argp_option *option, void *arg)
{
	struct skt_str *letters = arg;

	if (option->name && !option->arg && option->key > ' ' && option->key <= '~')
		skt_str_add_char(letters, (char)option->key);
}

static void add_long(const struct argp_option *option, void *arg)
{
	char value[80], word[160];
	int len;

	if (!option->name)
		return;
	(void)value_of(option, value, sizeof(value));
	len = snprintf(word, sizeof(word), "[--%s%s]", option->name, value);
	flow_word(arg, word, SKT_MIN((size_t)len, sizeof(word) - 1));
}

void skt_help_print_usage(
	const struct skt_command *command, const struct argp *root, const struct skt_context *ctx)
{
	struct flow flow = {.width = width_of(ctx), .indent = DOC_INDENT};
	struct skt_str letters = {0};

	flow.at = (unsigned int)printf("Usage: sockkit %s", command->name);
	skt_str_add_text(&letters, "[-");
	each_option(root, add_letter, &letters);
	skt_str_add_char(&letters, ']');
	flow_word(&flow, letters.data, letters.len);
	each_option(root, add_long, &flow);
	flow_text(&flow, command->argp->args_doc, strlen(command->argp->args_doc));
	flow_line(&flow);
	skt_str_fini(&letters);
}
