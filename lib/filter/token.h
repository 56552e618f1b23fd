/* The words and symbols of filters; private to the parser and filter_token.c. */
#ifndef SKT_FILTER_TOKEN_H
#define SKT_FILTER_TOKEN_H

#include <stddef.h>

#include "filter/node.h"

#define SKT_FILTER_BLANKS " \t\n"

enum skt_filter_token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_UNCLOSED, /* a quote without its fellow */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_SET,
	TOKEN_CLOSE_SET,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPERATOR, /* which one says the spelling */
	TOKEN_STATE,
	TOKEN_EXCLUDE,
	TOKEN_SRC,
	TOKEN_DST,
	TOKEN_SPORT,
	TOKEN_DPORT,
	TOKEN_PORT,
	TOKEN_DEV,
	TOKEN_MARK,
	TOKEN_CGROUP,
	TOKEN_AUTOBOUND
};

struct skt_filter_spelling {
	const char *text;
	enum skt_filter_token token;
	enum skt_filter_op op; /* of an OPERATOR */
};

/*
 * The symbol or keyword that AT begins with, or NULL: a word, or the end of the text. *ret_len is
 * set to its length, 0 at the end.
 */
const struct skt_filter_spelling *skt_filter_spelling_at(const char *at, size_t *ret_len);

/* The I-th keyword, or NULL past the last. */
const char *skt_filter_keyword(size_t i);

#endif
