/* Command lines in other programs' words, translated by the tables of cmd/dialect.h. */
#ifndef SKT_CMD_TRANSLATE_H
#define SKT_CMD_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "cmd/dialect.h"

SKT_VEC_DECLARE(skt_word_vec, const char *);

struct skt_translation {
	const char *command; /* that takes the words: `connect` */
	struct skt_word_vec words;
	const struct skt_dialect *first; /* the first that was met; NULL: none was */
	const char *typed;               /* the words that FIRST is about */
	bool lost;  /* FIRST has nothing in its place here, and the rest stays as it is */
	bool whole; /* the words are options that COMMAND has, and others */
	/* Private. */
	struct skt_arena arena; /* of new words */
};

/*
 * Translates the COUNT words behind COMMAND, which may be the name of another program: what
 * skt_dialects says. Words that stay are borrowed. -ENOMEM; skt_translation_fini() in any case.
 */
int skt_translate(
	const char *command, const char *const *words, size_t count, struct skt_translation *ret);

/* The same for what is taken as it is: skt_dialects_taken. */
int skt_translate_taken(
	const char *command, const char *const *words, size_t count, struct skt_translation *ret);

/* `sockkit connect 'a b'`, for a shell. */
void skt_translation_text(struct skt_str *out, const struct skt_translation *translation);

void skt_translation_fini(struct skt_translation *translation);

#endif
