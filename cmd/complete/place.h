/*
 * Where the cursor stands on a command line, and what may stand there: words and the tables of
 * options, nothing else. Pure.
 */
#ifndef SKT_CMD_COMPLETE_PLACE_H
#define SKT_CMD_COMPLETE_PLACE_H

#include <argp.h>

#include "base/vec.h"
#include "cmd/command.h"

enum complete_kind {
	COMPLETE_NOTHING, /* the user's own: a number, a text; or no command takes it */
	COMPLETE_COMMAND,
	COMPLETE_OPTION,
	COMPLETE_VALUE, /* of an option, or an argument: see metavar */
};

/* An option that stands in front, with its value; NULL: none. */
struct complete_option {
	const struct argp_option *option;
	const char *value;
};

/* Texts are those of the words and the tables. */
struct complete_place {
	enum complete_kind kind;
	const struct skt_command *command; /* NULL: in front of it */
	char metavar[64];                  /* of a VALUE: one of the closed set, or `a|b|c` */
	bool argument;                     /* the VALUE is not of an option */
	const char *word;                  /* that is completed, as far as it is typed */
	size_t front;                      /* how much of it is not the value: `--option=` */
	SKT_VEC(struct complete_option) options;
	SKT_VEC(const char *) arguments; /* in front of this one */
};

/*
 * Finds what the last of the COUNT > 0 words behind the name of the program is. -ENOMEM;
 * complete_place_fini() in any case.
 */
int complete_place_find(char *const *words, size_t count, struct complete_place *ret);
void complete_place_fini(struct complete_place *place);

/* The option --NAME in front of the cursor, or NULL. */
const struct complete_option *complete_place_option(
	const struct complete_place *place, const char *name);

#endif
