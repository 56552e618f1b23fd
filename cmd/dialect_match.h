/* Where a command line has words of cmd/dialect.h. */
#ifndef SKT_CMD_DIALECT_MATCH_H
#define SKT_CMD_DIALECT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/dialect.h"

/* The words behind a command, or behind the name of another program. */
struct skt_dialect_line {
	const char *command;
	const char *const *words;
	size_t count;
};

/* COUNT words from AT on, or a letter in the cluster at AT and its value. */
struct skt_dialect_match {
	const struct skt_dialect *dialect;
	size_t at, count;
	const char *cluster, *letter; /* NULL: whole words */
	bool attached;                /* the value ends the cluster */
	const char *value;            /* what stands for it in `to`; NULL: nothing */
};

/*
 * The first words of LINE that TABLE (skt_dialects or skt_dialects_taken) has; values of options of
 * the command's own are none, and nothing is behind --. False: there are none.
 */
bool skt_dialect_match_find(const struct skt_dialect *table, const struct skt_dialect_line *line,
	struct skt_dialect_match *ret);

/* Whether the word of DIALECT is those of LINE from AT on, whole. */
bool skt_dialect_match_words(const struct skt_dialect *dialect, const struct skt_dialect_line *line,
	size_t at, struct skt_dialect_match *ret);

/* Whether each option of LINE is one of its command, and has its value. */
bool skt_dialect_line_whole(const struct skt_dialect_line *line);

#endif
