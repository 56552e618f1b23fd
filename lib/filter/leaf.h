/*
 * A leaf of a filter while it is parsed: what it is about, and the one operand that this is
 * compared with.
 */
#ifndef SKT_FILTER_LEAF_H
#define SKT_FILTER_LEAF_H

#include "filter/parser.h"

/* What a predicate is about: a keyword's own thing, or a field. */
struct skt_filter_subject {
	enum skt_filter_token kind; /* WORD: a field */
	const struct skt_filter_field *field;
	const char *text; /* as written */
	size_t len;
};

static inline bool skt_filter_is_host(enum skt_filter_token kind)
{
	return kind == TOKEN_SRC || kind == TOKEN_DST;
}

static inline bool skt_filter_is_port(enum skt_filter_token kind)
{
	return kind == TOKEN_SPORT || kind == TOKEN_DPORT || kind == TOKEN_PORT;
}

/* NULL: no field is called so. */
const struct skt_filter_field *skt_filter_field_find(
	const struct skt_filter_parser *parser, const char *name, size_t len);

/* One about SUBJECT, compared with nothing yet; AT is its operand. NULL with ERR: -ENOMEM. */
struct skt_filter_node *skt_filter_leaf_new(struct skt_filter_parser *parser,
	const struct skt_filter_subject *subject, bool negated, const char *at);

/* Notes that LEAF, whose operand is read, has names to resolve, if it has. */
void skt_filter_leaf_enlist(struct skt_filter_parser *parser, struct skt_filter_node *leaf);

/* Takes the LEN bytes at WORD for the operand of LEAF. -EINVAL with ERR in words; -ENOMEM. */
int skt_filter_leaf_read(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	enum skt_filter_op op, struct skt_filter_node *leaf, const char *word, size_t len);

/* How many of the LEN bytes at WORD are one operand about SUBJECT. */
size_t skt_filter_operand_len(const struct skt_filter_subject *subject, enum skt_filter_op op,
	const char *word, size_t len);

#endif
