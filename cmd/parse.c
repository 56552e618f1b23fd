#include "cmd/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "cmd/help.h"
#include "cmd/option_table.h"
#include "cmd/translate.h"
#include "cmd/version.h"

/* What a parser returns to end argp_parse() where no real error number fits. */
enum {
	TOLD = EDOM,
	UNABLE = ENOTRECOVERABLE,
	HELP = ECANCELED,
	USAGE = EALREADY,
	VERSION = EISNAM
};

enum { KEY_USAGE = SKT_KEY_COMMON, KEY_NO_SANDBOX };

/* "connect" of "sockkit connect". */
static const char *command_of(const char *program)
{
	const char *blank = strchr(program, ' ');

	return blank ? blank + 1 : program;
}

/*
 * Who speaks another's dialect is told what that is here, whatever was wrong with it. False: that
 * is not it.
 */
static bool answer(const struct argp_state *state)
{
	struct skt_context ctx = {.program = state->name};
	const size_t count = state->argc > 1 ? (size_t)state->argc - 1 : 0;
	struct skt_translation t;
	struct skt_str text = {0};
	bool answered = !skt_translate(command_of(state->name),
				(const char *const *)state->argv + 1, count, &t) &&
		t.first;

	if (answered) {
		if (t.whole) {
			skt_str_add_text(&text, "; so: ");
			skt_translation_text(&text, &t);
		}
		skt_warn(&ctx, "'%s' is %s's; here: %s%.*s", t.typed, t.first->whose, t.first->here,
			(int)text.len, text.data ? text.data : "");
	}
	skt_str_fini(&text);
	skt_translation_fini(&t);
	return answered;
}

static error_t SKT_PRINTF(2, 0)
	tell_wrong(const struct argp_state *state, const char *format, va_list args)
{
	struct skt_context ctx = {.program = state->name};
	char text[512];

	if (answer(state))
		return TOLD;
	(void)vsnprintf(text, sizeof(text), format, args);
	skt_warn(&ctx, "%s", text);
	return TOLD;
}

error_t skt_usage_error(const struct argp_state *state, const char *format, ...)
{
	va_list args;
	error_t r;

	va_start(args, format);
	r = tell_wrong(state, format, args);
	va_end(args);
	return r;
}

error_t skt_usage_error_of(
	const struct argp_state *state, const struct skt_err *err, const char *format, ...)
{
	va_list args;
	error_t r;

	va_start(args, format);
	r = tell_wrong(state, format, args);
	va_end(args);
	return err->domain == SKT_ERR_SYS && err->code == ENOMEM ? UNABLE : r;
}

/* ---- which option was wrong: argp only says that one was ---- */

struct search {
	const struct argp_option *exact, *prefix; /* the option itself; one that begins so */
	unsigned int prefixes;                    /* how many begin so */
	struct skt_suggestion suggestion;
	const char *name;
	size_t len;
	int letter;
};

static void search_option(const struct argp_option *o, void *ctx)
{
	struct search *search = ctx;

	if (search->letter && o->key == search->letter && !(o->flags & OPTION_DOC))
		search->exact = o;
	if (!search->name || !o->name || o->flags & (OPTION_DOC | OPTION_HIDDEN))
		return;
	skt_suggest_offer(&search->suggestion, o->name);
	if (strncmp(o->name, search->name, search->len) != 0)
		return;
	if (strlen(o->name) == search->len)
		search->exact = o;
	search->prefix = o;
	search->prefixes++;
}

static void search_options(const struct argp *argp, struct search *search)
{
	skt_options_each(argp, search_option, search);
}

static error_t explain_long(const struct argp_state *state, const char *word)
{
	const char *equals = strchr(word, '=');
	struct search search = {
		.name = word + 2,
		.len = equals ? (size_t)(equals - word - 2) : strlen(word + 2),
	};
	const struct argp_option *option;

	skt_suggest_begin(&search.suggestion, search.name, search.len);
	search_options(state->root_argp, &search);
	option = search.exact ? search.exact : search.prefixes == 1 ? search.prefix : NULL;
	if (option && equals && !option->arg)
		return skt_usage_error(
			state, "option '--%s' takes no value: '%s'", option->name, word);
	if (option && option->arg)
		return skt_usage_error(
			state, "option '--%s' needs a value: %s", option->name, option->arg);
	if (search.prefixes > 1)
		return skt_usage_error(state, "option '%s' is ambiguous", word);
	if (search.suggestion.nearest)
		return skt_usage_error(state, "unknown option '%s': did you mean '--%s'?", word,
			search.suggestion.nearest);
	return skt_usage_error(state, "unknown option '%s'", word);
}

/* Finds the first letter of a cluster such as `-tlX` that is unknown or lacks its value. */
static error_t explain_letters(const struct argp_state *state, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		struct search search = {.letter = (unsigned char)*letter};

		search_options(state->root_argp, &search);
		if (!search.exact && isdigit((unsigned char)*letter))
			return skt_usage_error(state,
				"unknown option '-%c' in '%s': an argument like it goes behind --",
				*letter, word);
		if (!search.exact)
			return skt_usage_error(state, "unknown option '-%c' in '%s'",
				isprint((unsigned char)*letter) ? *letter : '?', word);
		if (search.exact->arg && !letter[1])
			return skt_usage_error(state, "option '-%c' needs a value: %s", *letter,
				search.exact->arg);
		if (search.exact->arg)
			break; /* the rest is its value */
	}
	return skt_usage_error(state, "bad option '%s'", word);
}

/*
 * STATE->next is behind a long option, and behind a cluster of letters whose last one was wrong; an
 * earlier letter leaves it at the cluster itself.
 */
static error_t explain(const struct argp_state *state)
{
	const char *behind = state->next > 1 ? state->argv[state->next - 1] : "";
	const char *at = state->next < state->argc ? state->argv[state->next] : "";
	struct search search = {0};

	if (strncmp(behind, "--", 2) == 0 && behind[2])
		return explain_long(state, behind);
	if (at[0] == '-' && at[1] && at[1] != '-') {
		for (const char *letter = at + 1; *letter; letter++) {
			search = (struct search){.letter = (unsigned char)*letter};
			search_options(state->root_argp, &search);
			if (!search.exact || (search.exact->arg && !letter[1]))
				return explain_letters(state, at);
			if (search.exact->arg)
				break;
		}
	}
	if (behind[0] == '-' && behind[1])
		return explain_letters(state, behind);
	return skt_usage_error(state, "unexpected argument '%s'", behind);
}

/* ---- the options of every command ---- */

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	bool *no_sandbox = state->input;

	(void)arg;
	switch (key) {
	case KEY_NO_SANDBOX:
		*no_sandbox = true;
		return 0;
	case 'h':
		return HELP;
	case KEY_USAGE:
		return USAGE;
	case 'V':
		return VERSION;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option common_options[] = {
	SKT_HEADING("Help", SKT_GROUP_COMMON),
	{"help", 'h', NULL, 0, "Show this help", SKT_GROUP_COMMON},
	{"usage", KEY_USAGE, NULL, 0, "Show a short summary of the options", SKT_GROUP_COMMON},
	{"version", 'V', NULL, 0, "Show the version", SKT_GROUP_COMMON},
	{"no-sandbox", KEY_NO_SANDBOX, NULL, 0,
		"Keep all privilege, also what the run does not need", SKT_GROUP_COMMON},
	{0},
};

const struct argp skt_common_argp = {.options = common_options, .parser = parse_common};

/* ---- the recipe ---- */

struct root_input {
	void *options;
	bool *no_sandbox;
	const char *const *words;  /* as they were given, for answer() */
	struct argp_state stopped; /* as it was when argp gave up */
};

static error_t parse_root(int key, char *arg, struct argp_state *state)
{
	struct root_input *input = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		state->child_inputs[1] = input->no_sandbox;
		return 0;
	case ARGP_KEY_ERROR:
		input->stopped = *state;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int skt_parse(const struct skt_command *command, struct skt_context *ctx, int argc, char **argv,
	void *options)
{
	const struct argp_child children[] = {
		{.argp = command->argp}, {.argp = &skt_common_argp}, {0}};
	const struct argp root = {.parser = parse_root, .children = children};
	struct root_input input = {.options = options, .no_sandbox = &ctx->no_sandbox};

	switch (argp_parse(&root, argc, argv, ARGP_SILENT, NULL, &input)) {
	case 0:
		return -1;
	case HELP:
		skt_help_print(command, &root, ctx);
		return SKT_EXIT_YES;
	case USAGE:
		skt_help_print_usage(command, &root, ctx);
		return SKT_EXIT_YES;
	case VERSION:
		skt_version_print(stdout);
		return SKT_EXIT_YES;
	case TOLD:
		return SKT_EXIT_USAGE;
	case UNABLE:
		return SKT_EXIT_TROUBLE;
	case ENOMEM:
		/* Perhaps before any parser was called. */
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	(void)explain(&input.stopped);
	return SKT_EXIT_USAGE;
}

void skt_parse_help(const struct skt_command *command, const struct skt_context *ctx)
{
	const struct argp_child children[] = {
		{.argp = command->argp}, {.argp = &skt_common_argp}, {0}};
	const struct argp root = {.children = children};

	skt_help_print(command, &root, ctx);
}
