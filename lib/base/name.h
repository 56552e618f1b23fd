/* The nearest of a set of names to one that was mistyped: "did you mean". */
#ifndef SKT_BASE_NAME_H
#define SKT_BASE_NAME_H

#include <stddef.h>

struct skt_suggestion {
	const char *text; /* what was typed, borrowed */
	size_t text_len;
	const char *nearest; /* the best offer so far, borrowed; NULL while none is near enough */
	unsigned int distance;
};

/* Begins a search for LEN bytes at TEXT. */
void skt_suggest_begin(struct skt_suggestion *suggestion, const char *text, size_t len);

/*
 * Considers NAME: by optimal string alignment (insertions, deletions, substitutions, swaps of
 * neighbours), case ignored; more edits than a third of the name never count as near. Where none
 * is, it is the shortest name with a word that begins with the text, of three letters or more.
 */
void skt_suggest_offer(struct skt_suggestion *suggestion, const char *name);

#endif
