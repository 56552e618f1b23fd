/* Ends of families that have no addresses: a prefix says which, and patterns are like their names.
 */
#ifndef SKT_FILTER_FAMILY_H
#define SKT_FILTER_FAMILY_H

#include "filter/node.h"

/* The family (AF_*) that WORD begins with, and the length of its prefix; 0: none. */
uint8_t skt_filter_family_of(const char *word, size_t len, size_t *ret_len);

/*
 * Whether WORD is the name of a socket that speaks no IP, `@` and what is in no file system, or a
 * pattern: no address with perhaps ports.
 */
bool skt_filter_is_name(const char *word, size_t len);

/*
 * Reads WORD, past the prefix of PLACE's family, into PLACE: a path or a pattern; of other families
 * NAME[:SERVICE], each `*` for any.
 */
void skt_filter_name_parse(struct skt_filter_place *place, const char *word, size_t len);

#endif
