/*
 * What other programs call things, and what these are here: for errors that answer, and for
 * sockkit-from(7), which is written from this table.
 */
#ifndef SKT_CMD_DIALECT_H
#define SKT_CMD_DIALECT_H

#include <stddef.h>

struct skt_dialect {
	const char *command; /* in whose arguments it stands; NULL: it stands for a command */
	/*
	 * What is typed: a word; one that ends in `*` for all that begin so; two words, the second
	 * of which may be `N` for any number. An option of one letter is one in a cluster, too.
	 */
	const char *word;
	const char *whose; /* programs, as people call them */
	const char *here;  /* what it is here, in words */
	const char *run; /* arguments of COMMAND in its place, which the tests try; or NULL: none */
};

/* The table, ended by one without a word. */
extern const struct skt_dialect skt_dialects[];

/* What stands for a command in place of NAME, or NULL. */
const struct skt_dialect *skt_dialect_command(const char *name);

/* What COMMAND is told by the option -LETTER, or NULL. */
const struct skt_dialect *skt_dialect_letter(const char *command, char letter);

/*
 * The first of ARGC words at ARGV that is no option of one letter and that COMMAND is told by
 * another's name, or NULL; *RET_WORDS: how many words it is, from *RET_AT on.
 */
const struct skt_dialect *skt_dialect_find(
	const char *command, int argc, char *const *argv, int *ret_at, int *ret_words);

#endif
