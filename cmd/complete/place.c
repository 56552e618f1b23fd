#include "cmd/complete/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/option_table.h"
#include "cmd/parse.h"

/* Of the command, or of all. */
static const struct argp_option *find(
	const struct skt_command *command, const char *name, size_t len, int letter)
{
	const struct argp_option *option = skt_option_find(command->argp, name, len, letter);

	return option ? option : skt_option_find(&skt_common_argp, name, len, letter);
}

static void set_value(struct complete_place *place, const char *metavar, size_t front)
{
	place->kind = COMPLETE_VALUE;
	(void)snprintf(place->metavar, sizeof(place->metavar), "%s", metavar);
	place->front = front;
}

/* ---- the words in front ---- */

static int note(struct complete_place *place, const struct argp_option *option, const char *value)
{
	return skt_vec_push(&place->options, (struct complete_option){option, value});
}

/*
 * One word that begins with `-` and more. *RET_PENDING: the option whose value the next word is,
 * or NULL; *RET_FRONT: where in WORD the value of that option begins; 0: it has none.
 */
static int read_option(struct complete_place *place, const char *word,
	const struct argp_option **ret_pending, size_t *ret_front)
{
	const char *equals = strchr(word, '=');
	const struct argp_option *option;
	int rc;

	*ret_pending = NULL;
	*ret_front = 0;
	if (word[1] == '-') {
		const size_t len = equals ? (size_t)(equals - word) : strlen(word);

		option = find(place->command, word + 2, len - 2, 0);
		if (!option)
			return 0;
		if (equals || (option->arg && !(option->flags & OPTION_ARG_OPTIONAL)))
			*ret_pending = option;
		*ret_front = equals ? len + 1 : 0;
		return note(place, option, equals ? equals + 1 : NULL);
	}
	for (const char *letter = word + 1; *letter; letter++) {
		option = find(place->command, NULL, 0, (unsigned char)*letter);
		if (!option)
			return 0;
		rc = note(place, option, option->arg && letter[1] ? letter + 1 : NULL);
		if (rc)
			return rc;
		if (!option->arg)
			continue;
		if (letter[1])
			*ret_front = (size_t)(letter + 1 - word);
		if (letter[1] || !(option->flags & OPTION_ARG_OPTIONAL))
			*ret_pending = option;
		return 0;
	}
	return 0;
}

/* ---- the word at the cursor ---- */

/* The metavar of the INDEX-th argument, from `[FILTER...] PORT`; "": there is none. */
static void find_argument(const char *doc, size_t index, char ret[64])
{
	size_t len = 0, n = 0;

	ret[0] = '\0';
	while (doc && *doc) {
		len = strcspn(doc, " \n");
		if (!index || memmem(doc, len, "...", 3))
			break;
		index--;
		doc += len + strspn(doc + len, " \n");
	}
	if (!doc || !*doc)
		return;
	for (size_t i = 0; i < len && n + 1 < 64; i++)
		if (!strchr("[].", doc[i]))
			ret[n++] = doc[i];
	ret[n] = '\0';
}

static void settle_argument(struct complete_place *place, bool ended)
{
	const size_t index = place->arguments.len;
	char metavar[64];

	find_argument(place->command->argp->args_doc, index, metavar);
	/* An ENDPOINT may be two words. */
	if (!metavar[0] && index && !strchr(place->arguments.data[index - 1], ':')) {
		find_argument(place->command->argp->args_doc, index - 1, metavar);
		if (strcmp(metavar, "ENDPOINT") != 0)
			metavar[0] = '\0';
	}
	/* Behind -- stands the command that is run with the ports. */
	if (ended && complete_place_option(place, "hold"))
		(void)snprintf(
			metavar, sizeof(metavar), "%s", place->arguments.len ? "FILE" : "CMD");
	set_value(place, metavar, 0);
	place->argument = true;
}

static int settle(struct complete_place *place, const struct argp_option *pending, bool ended)
{
	const char *word = place->word;
	size_t front;
	int rc;

	if (pending) {
		set_value(place, pending->arg, 0);
		return 0;
	}
	if (ended || word[0] != '-') {
		settle_argument(place, ended);
		return 0;
	}
	place->kind = COMPLETE_OPTION;
	if (!word[1])
		return 0;
	rc = read_option(place, word, &pending, &front);
	if (rc || !front)
		return rc;
	place->kind = COMPLETE_NOTHING;
	if (pending->arg)
		set_value(place, pending->arg, front);
	return 0;
}

/* In front of the command, or behind `help`. */
static void settle_command(struct complete_place *place, const char *first, size_t words)
{
	const bool help = words == 1 && strcmp(first, "help") == 0;

	if (words && !help)
		return;
	place->kind = place->word[0] == '-' && !help ? COMPLETE_OPTION : COMPLETE_COMMAND;
}

int complete_place_find(char *const *words, size_t count, struct complete_place *ret)
{
	const struct argp_option *pending = NULL;
	bool ended = false;
	size_t front;
	int rc = 0;

	*ret = (struct complete_place){.word = words[count - 1]};
	if (count > 1)
		ret->command = skt_command_find(words[0]);
	if (!ret->command) {
		settle_command(ret, words[0], count - 1);
		return 0;
	}
	for (size_t i = 1; !rc && i + 1 < count; i++) {
		const char *word = words[i];

		if (pending) {
			ret->options.data[ret->options.len - 1].value = word;
			pending = NULL;
		} else if (ended || word[0] != '-' || !word[1]) {
			rc = skt_vec_push(&ret->arguments, word);
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else {
			rc = read_option(ret, word, &pending, &front);
			if (front)
				pending = NULL;
		}
	}
	return rc ? rc : settle(ret, pending, ended);
}

const struct complete_option *complete_place_option(
	const struct complete_place *place, const char *name)
{
	for (size_t i = place->options.len; i-- > 0;)
		if (place->options.data[i].option->name &&
			strcmp(place->options.data[i].option->name, name) == 0)
			return &place->options.data[i];
	return NULL;
}

void complete_place_fini(struct complete_place *place)
{
	skt_vec_free(&place->options);
	skt_vec_free(&place->arguments);
}
