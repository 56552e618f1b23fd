/* A parser at its place in the text; private to filter_parse.c and filter_predicate.c. */
#ifndef SKT_FILTER_PARSER_H
#define SKT_FILTER_PARSER_H

#include "filter/token.h"

struct skt_filter_parser {
	enum skt_filter_token token; /* the one at hand */
	enum skt_filter_op op;
	bool quoted;
	bool keyword;     /* a word that is reserved */
	const char *word; /* its bytes, without quotes */
	size_t word_len;
	const char *next; /* what comes behind it */
	unsigned int depth;
	bool behind_operand;  /* one more word there may be a second operand gone astray */
	bool states_in_front; /* a run of states holds for the whole */
	struct skt_filter *filter;
	struct skt_err *err;
};

/* The messages begin with the column of parser->word. All return -EINVAL. */
int skt_filter_fail(struct skt_filter_parser *parser, const char *format, ...) SKT_PRINTF(2, 3);

/* "expected WHAT, found 'word'"; "expected WHAT after 'AFTER', found 'word'" */
int skt_filter_expected(struct skt_filter_parser *parser, const char *what);
int skt_filter_expected_after(
	struct skt_filter_parser *parser, const char *what, const char *after, size_t len);

/* "WHAT 'word': did you mean 'NEAREST'?", or without one what HINT says. */
int skt_filter_unknown(
	struct skt_filter_parser *parser, const char *what, const char *nearest, const char *hint);

void skt_filter_advance(struct skt_filter_parser *parser);

/* Whether an operator stands behind the token at hand. */
bool skt_filter_operator_follows(const struct skt_filter_parser *parser);

/* NULL with ERR filled: memory is out. */
struct skt_filter_node *skt_filter_node_new(
	struct skt_filter_parser *parser, enum skt_filter_kind kind);

/* FIRST itself where it is alone, else a node of KIND over it and its fellows. NULL as above. */
struct skt_filter_node *skt_filter_joined(
	struct skt_filter_parser *parser, enum skt_filter_kind kind, struct skt_filter_node *first);

/* Reads the names of states at hand, with commas between them, and moves on. */
int skt_filter_states_parse(struct skt_filter_parser *parser, uint32_t *ret);

/* Reads one predicate but a run of states; a word that begins none is refused. */
int skt_filter_predicate_parse(
	struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret);

#endif
