/*
 * `sockkit --complete -- WORD...`: what may stand in place of the last word, for the completions of
 * shells, which know nothing of sockkit themselves. Not for people; offer.h says what is written.
 */
#include <string.h>

#include "cmd/complete/offer.h"
#include "cmd/complete/place.h"
#include "cmd/complete/values.h"
#include "cmd/option_table.h"
#include "cmd/parse.h"

struct complete_options {
	char *const *words; /* COUNT of them, borrowed from argv */
	size_t count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct complete_options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARGS:
		o->words = state->argv + state->next;
		o->count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		return skt_usage_error(state, "expected the words of a command line behind --");
	}
	return ARGP_ERR_UNKNOWN;
}

static void offer_commands(struct complete_offers *offers, bool help)
{
	for (const struct skt_command *const *c = skt_commands; *c; c++)
		complete_offer(offers, (*c)->name, (*c)->brief);
	if (!help)
		complete_offer(offers, "help", "Show the help of a command");
}

/* By their letters only where nothing but a dash is typed. */
static void offer_option(const struct argp_option *option, void *ctx)
{
	struct complete_offers *offers = ctx;
	const char letter[] = {'-', (char)option->key, '\0'};
	const bool takes = option->arg && !(option->flags & OPTION_ARG_OPTIONAL);

	if (!option->name || option->flags & (OPTION_HIDDEN | OPTION_DOC))
		return;
	if (option->key > ' ' && option->key < 0x7f && !offers->typed[1])
		complete_offer(offers, letter, option->doc);
	complete_offer_option(offers, option->name, takes ? "=" : "", option->doc);
}

static void offer_options(struct complete_offers *offers, const struct skt_command *command)
{
	static const struct argp_option global[] = {
		{"help", 'h', NULL, 0, "Show this help", 0},
		{"version", 'V', NULL, 0, "Show the version", 0},
		{0},
	};
	static const struct argp argp = {.options = global};

	offers->dashes = true;
	skt_options_each(command ? command->argp : &argp, offer_option, offers);
	if (command)
		skt_options_each(&skt_common_argp, offer_option, offers);
}

static int run(const void *options, struct skt_context *ctx)
{
	const struct complete_options *o = options;
	struct complete_place place;
	struct complete_offers offers = {0};
	int status = SKT_EXIT_YES;

	offers.failed = complete_place_find(o->words, o->count, &place) != 0;
	offers.word = place.word;
	offers.typed = place.word + place.front;
	switch (place.kind) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_COMMAND:
		offer_commands(&offers, o->count > 1);
		break;
	case COMPLETE_OPTION:
		offer_options(&offers, place.command);
		break;
	case COMPLETE_VALUE:
		complete_value(&place, ctx, &offers);
		break;
	}
	if (!complete_offers_write(&offers, ctx->out))
		status = SKT_EXIT_TROUBLE;
	complete_offers_fini(&offers);
	complete_place_fini(&place);
	return status;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "-- WORD...",
	.doc = "Say what may stand in place of the last WORD of a command line, for the completions of "
	       "shells: fields that end with a NUL. This is no command for people.",
};

static const struct skt_example examples[SKT_EXAMPLES] = {
	{"Which commands are there?", "sockkit --complete -- ''"},
	{"Which ports are listened on?", "sockkit --complete -- ports ''"},
	{"Which states begin so?", "sockkit --complete -- sockets state fin"},
};

const struct skt_command skt_complete_command = {
	.name = "--complete",
	.brief = "What may stand in place of a word, for shells",
	.argp = &argp,
	.examples = examples,
	.options_size = sizeof(struct complete_options),
	.run = run,
};
