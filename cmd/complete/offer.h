/*
 * What is offered in place of a word, written as shells read it: fields that end with a NUL, since
 * a path may hold anything else. First the action (`words`; `list`: more may follow behind a comma;
 * `files` or `directories`: the shell's own, as far as nothing is offered), then what of the word
 * stands in front of the value, then of each word the word whole, and what it is.
 *
 * Words are as they are: each shell quotes them in its own way. What they are is harmless.
 */
#ifndef SKT_CMD_COMPLETE_OFFER_H
#define SKT_CMD_COMPLETE_OFFER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"

struct complete_offer {
	const char *text, *about; /* ABOUT may be NULL */
	size_t len;
};

/* Zero-initialised, but for `typed`. */
struct complete_offers {
	const char *action; /* NULL: words */
	const char *word;   /* that is completed */
	const char *typed;  /* the end of WORD that offers begin with */
	bool dashes;        /* one that begins with - is no option */
	struct skt_arena arena;
	SKT_VEC(const struct complete_offer *) list; /* in their order */
	void *known;                                 /* a tsearch(3) tree of the list's */
	bool failed;                                 /* memory is out */
};

/*
 * Offers TEXT, if what is typed can become that. ABOUT: what it is, or NULL; where TEXT was offered
 * before, it is added to what that is.
 */
void complete_offer(struct complete_offers *offers, const char *text, const char *about);

/* TEXT with BEHIND at its end, which begins more: `unix:`, `localhost:`. */
void complete_offer_more(
	struct complete_offers *offers, const char *text, const char *behind, const char *about);

/* The option --NAME with BEHIND. */
void complete_offer_option(
	struct complete_offers *offers, const char *name, const char *behind, const char *about);

/* Puts those from the FIRST on in order, numbers by their values. */
void complete_offers_sort(struct complete_offers *offers, size_t first);

/* Moves on to the last item of a list with commas. */
void complete_offer_item(struct complete_offers *offers);

/* Whether the list that is typed holds TEXT, with + or - in front or without. */
bool complete_offer_used(const struct complete_offers *offers, const char *list, const char *text);

/* Writes it all to OUT. False: it cannot be. */
bool complete_offers_write(struct complete_offers *offers, int out);
void complete_offers_fini(struct complete_offers *offers);

#endif
