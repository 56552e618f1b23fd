/*
 * What other programs call things, and what these are here: for errors that answer
 * (cmd/translate.h), and for sockkit-from(7), which is written from these tables.
 */
#ifndef SKT_CMD_DIALECT_H
#define SKT_CMD_DIALECT_H

struct skt_dialect {
	const char *command; /* in whose arguments it stands; NULL: it stands for a command */
	/*
	 * What is typed: a word, with `*` for any text; `-x VALUE`: an option whose value is
	 * anything (N: a number), attached or not; `-x value`: with just that value. An option of
	 * one letter is one in a cluster, too.
	 */
	const char *word;
	const char *whose; /* programs, as people call them */
	const char *here;  /* what it is here, in words */
	/*
	 * Words in its place, "" for none, NULL where there is nothing to put there. In them stands
	 * `%` for the value, or for the text of the first `*` and what follows; `$` for the same up
	 * to a comma; `@80` for it as HOST:PORT, up to a slash, 80 where it has no port. `sockkit
	 * NAME` in front: the other words go to that command.
	 */
	const char *to;
};

/* The tables, each ended by one without a word: what is answered, and what is taken as it is. */
extern const struct skt_dialect skt_dialects[], skt_dialects_taken[];

#endif
