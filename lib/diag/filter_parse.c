/* The grammar of filters, by recursive descent. The operands are read in filter_operand.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "diag/filter_node.h"
#include "diag/filter_token.h"

/* More than anybody writes; the depth bounds the stack of parsing and of matching. */
enum { TEXT_MAX = 65536, DEPTH_MAX = 64 };

struct parser {
	enum skt_filter_token token; /* the one at hand */
	enum skt_filter_op op;
	const char *word; /* its bytes */
	size_t word_len;
	unsigned int depth;
	bool states_in_front; /* a run of states holds for the whole */
	struct skt_filter *filter;
	struct skt_err *err;
};

static void advance(struct parser *parser)
{
	const struct skt_filter_spelling *spelling;
	const char *at = parser->word + parser->word_len;

	at += strspn(at, SKT_FILTER_BLANKS);
	spelling = skt_filter_spelling_at(at, &parser->word_len);
	parser->word = at;
	parser->op = spelling ? spelling->op : SKT_FILTER_EQ;
	parser->token = spelling ? spelling->token : *at ? TOKEN_WORD : TOKEN_END;
}

size_t skt_filter_column(const struct skt_filter *filter, const char *at)
{
	size_t n = 1;

	for (const char *p = filter->text; p < at; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

static int SKT_PRINTF(2, 3) fail(struct parser *parser, const char *format, ...)
{
	char text[sizeof(parser->err->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return skt_fail_text(parser->err, EINVAL, "filter, column %zu: %s",
		skt_filter_column(parser->filter, parser->word), text);
}

/* "expected WHAT, found 'word'" */
static int expected(struct parser *parser, const char *what)
{
	char quoted[SKT_FILTER_QUOTED_MAX];

	if (parser->token == TOKEN_END)
		return fail(parser, "expected %s, found the end", what);
	return fail(parser, "expected %s, found %s", what,
		skt_filter_quote(parser->word, parser->word_len, quoted));
}

/* "expected WHAT after 'AFTER', found ..." */
static int expected_after(struct parser *parser, const char *what, const char *after, size_t len)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%s after '%.*s'", what, (int)len, after);
	return expected(parser, text);
}

static struct skt_filter_node *new_node(struct parser *parser, enum skt_filter_kind kind)
{
	struct skt_filter_node *node = skt_arena_alloc(&parser->filter->arena, sizeof(*node));

	if (node)
		node->kind = kind;
	else
		(void)skt_fail(parser->err, ENOMEM, "filter");
	return node;
}

static void offer_state(const char *name, void *ctx)
{
	skt_suggest_offer(ctx, name);
}

/* WHAT is "unknown state" or the like. */
static int unknown(struct parser *parser, const char *what, const char *nearest, const char *hint)
{
	char quoted[SKT_FILTER_QUOTED_MAX];

	skt_filter_quote(parser->word, parser->word_len, quoted);
	if (nearest)
		return fail(parser, "%s %s: did you mean '%s'?", what, quoted, nearest);
	return fail(parser, "%s %s%s", what, quoted, hint);
}

/* NAMES is one, or several with commas between them. */
static int parse_states(struct parser *parser, uint32_t *ret)
{
	const char *name = parser->word, *end = name + parser->word_len;
	struct skt_suggestion suggestion;
	uint32_t states = 0;

	for (;;) {
		const char *comma = memchr(name, ',', (size_t)(end - name));
		const char *stop = comma ? comma : end;
		uint32_t found = skt_states_named(name, (size_t)(stop - name));

		if (!found) {
			parser->word = name;
			parser->word_len = (size_t)(stop - name);
			skt_suggest_begin(&suggestion, name, parser->word_len);
			skt_states_each_name(offer_state, &suggestion);
			return unknown(parser, "unknown state", suggestion.nearest, "");
		}
		states |= found;
		if (!comma)
			break;
		name = comma + 1;
	}
	*ret = states;
	return 0;
}

/*
 * A run of `state` and `exclude` is one set, built from left to right as in ss: `state` adds to
 * nothing, `exclude` takes away from everything where it comes first.
 */
static int parse_state_run(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	uint32_t set = parser->token == TOKEN_STATE ? 0 : UINT32_MAX, named = 0;

	while (parser->token == TOKEN_STATE || parser->token == TOKEN_EXCLUDE) {
		bool adds = parser->token == TOKEN_STATE;
		const char *keyword = parser->word;
		size_t len = parser->word_len;
		int rc;

		advance(parser);
		if (parser->token != TOKEN_WORD)
			return expected_after(parser, "a state", keyword, len);
		rc = parse_states(parser, &named);
		if (rc)
			return rc;
		set = adds ? set | named : set & ~named;
		advance(parser);
	}
	*ret = new_node(parser, SKT_FILTER_STATE);
	if (!*ret)
		return -ENOMEM;
	(*ret)->states = negate ? ~set : set;
	return 0;
}

/* Reads [OP] and the operand of a predicate about an end; KIND is its keyword. */
static int parse_operand(
	struct parser *parser, enum skt_filter_token kind, struct skt_filter_node *leaf)
{
	bool host = kind == TOKEN_SRC || kind == TOKEN_DST;
	const char *before = parser->word;
	size_t len = parser->word_len;
	enum skt_filter_op op = SKT_FILTER_EQ;
	int rc;

	advance(parser);
	if (parser->token == TOKEN_OPERATOR) {
		op = parser->op;
		if (host && op != SKT_FILTER_EQ && op != SKT_FILTER_NE)
			return expected_after(parser, "'=', '!=' or an address", before, len);
		before = parser->word;
		len = parser->word_len;
		advance(parser);
	}
	if (parser->token != TOKEN_WORD)
		return expected_after(parser, host ? "an address" : "a port", before, len);
	leaf->at = parser->word;
	if (op == SKT_FILTER_NE)
		leaf->negated = !leaf->negated;
	rc = host ? skt_filter_host_parse(
			    parser->filter, leaf, parser->word, parser->word_len, parser->err)
		  : skt_filter_ports_parse(
			    parser->filter, leaf, op, parser->word, parser->word_len, parser->err);
	if (!rc || rc == -ENOMEM)
		return rc;
	skt_err_prefix(
		parser->err, "filter, column %zu", skt_filter_column(parser->filter, leaf->at));
	return -EINVAL;
}

static int parse_end(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	struct skt_filter_node *leaf = new_node(parser, SKT_FILTER_END);
	enum skt_filter_token kind = parser->token;
	int rc;

	if (!leaf)
		return -ENOMEM;
	leaf->negated = negate;
	leaf->end = kind == TOKEN_PORT                     ? SKT_FILTER_EITHER
		: kind == TOKEN_SRC || kind == TOKEN_SPORT ? SKT_FILTER_LOCAL
							   : SKT_FILTER_REMOTE;
	rc = parse_operand(parser, kind, leaf);
	if (rc)
		return rc;
	if (leaf->names_ports || leaf->hosts.name) {
		leaf->pending = parser->filter->pending;
		parser->filter->pending = leaf;
	}
	advance(parser);
	*ret = leaf;
	return 0;
}

static int parse_or(struct parser *parser, bool negate, struct skt_filter_node **ret);

static int parse_group(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	const char *opened = parser->word;
	char what[64];
	int rc;

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, "parentheses nest deeper than %d", DEPTH_MAX);
	advance(parser);
	rc = parse_or(parser, negate, ret);
	if (rc)
		return rc;
	if (parser->token != TOKEN_CLOSE) {
		(void)snprintf(what, sizeof(what), "')' for the '(' at column %zu",
			skt_filter_column(parser->filter, opened));
		return expected(parser, what);
	}
	parser->depth--;
	advance(parser);
	return 0;
}

static int parse_not(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	static const char choices[] = "src, dst, sport, dport, port, state, exclude, not or '('";
	struct skt_suggestion suggestion;
	const char *keyword;

	for (; parser->token == TOKEN_NOT; advance(parser))
		negate = !negate;
	switch (parser->token) {
	case TOKEN_OPEN:
		return parse_group(parser, negate, ret);
	case TOKEN_STATE:
	case TOKEN_EXCLUDE:
		if (parser->states_in_front && !parser->depth)
			return fail(parser,
				"the states in front hold for all: put those that do not "
				"between parentheses");
		return parse_state_run(parser, negate, ret);
	case TOKEN_SRC:
	case TOKEN_DST:
	case TOKEN_SPORT:
	case TOKEN_DPORT:
	case TOKEN_PORT:
		return parse_end(parser, negate, ret);
	case TOKEN_WORD:
		skt_suggest_begin(&suggestion, parser->word, parser->word_len);
		for (size_t i = 0; (keyword = skt_filter_keyword(i)); i++)
			skt_suggest_offer(&suggestion, keyword);
		return unknown(parser, "unknown predicate", suggestion.nearest,
			": expected src, dst, sport, dport, port, state or exclude");
	case TOKEN_END:
	case TOKEN_CLOSE:
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
	case TOKEN_OPERATOR:
		break;
	}
	return expected(parser, choices);
}

typedef int parse_fn(struct parser *parser, bool negate, struct skt_filter_node **ret);

/* Operands that OPERAND reads, as long as MORE says so, under a node of KIND if more than one. */
static int parse_operands(struct parser *parser, bool negate, enum skt_filter_kind kind,
	parse_fn *operand, bool (*more)(struct parser *parser), struct skt_filter_node **ret)
{
	struct skt_filter_node *first = NULL, **tail = &first;
	int rc;

	do {
		rc = operand(parser, negate, tail);
		if (rc)
			return rc;
		tail = &(*tail)->next;
	} while (more(parser));
	*ret = first;
	if (!first || !first->next)
		return 0;
	*ret = new_node(parser, kind);
	if (!*ret)
		return -ENOMEM;
	(*ret)->operands = first;
	return 0;
}

/* Past an `and`, or where the next predicate follows without one. */
static bool more_and(struct parser *parser)
{
	if (parser->token == TOKEN_AND) {
		advance(parser);
		return true;
	}
	return parser->token != TOKEN_END && parser->token != TOKEN_OR &&
		parser->token != TOKEN_CLOSE;
}

static bool more_or(struct parser *parser)
{
	if (parser->token != TOKEN_OR)
		return false;
	advance(parser);
	return true;
}

static int parse_and(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	return parse_operands(
		parser, negate, negate ? SKT_FILTER_OR : SKT_FILTER_AND, parse_not, more_and, ret);
}

static int parse_or(struct parser *parser, bool negate, struct skt_filter_node **ret)
{
	return parse_operands(
		parser, negate, negate ? SKT_FILTER_AND : SKT_FILTER_OR, parse_and, more_or, ret);
}

/*
 * As in ss, states in front of the first predicate hold for the whole: `state established sport =
 * :22 or dport = :22`. With `and` or `or` behind them they are a predicate like any other.
 */
static int parse_states_in_front(struct parser *parser, struct skt_filter_node **ret)
{
	struct parser start = *parser;
	int rc;

	if (parser->token != TOKEN_STATE && parser->token != TOKEN_EXCLUDE)
		return 0;
	rc = parse_state_run(parser, false, ret);
	if (rc)
		return rc;
	if (parser->token == TOKEN_AND || parser->token == TOKEN_OR) {
		*parser = start;
		*ret = NULL;
	} else {
		parser->states_in_front = true;
	}
	return 0;
}

static int parse_text(struct parser *parser)
{
	struct skt_filter_node *states = NULL, *rest = NULL, *root;
	int rc;

	advance(parser);
	if (parser->token == TOKEN_END)
		return 0;
	rc = parse_states_in_front(parser, &states);
	if (!rc && parser->token != TOKEN_END)
		rc = parse_or(parser, false, &rest);
	if (!rc && parser->token != TOKEN_END)
		rc = fail(parser, "')' without '(' before it");
	if (rc)
		return rc;
	root = states ? states : rest;
	if (states && rest) {
		root = new_node(parser, SKT_FILTER_AND);
		if (!root)
			return -ENOMEM;
		states->next = rest;
		root->operands = states;
	}
	parser->filter->root = root;
	return 0;
}

int skt_filter_parse(const char *text, struct skt_filter **ret, struct skt_err *err)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	struct skt_filter *filter;
	struct parser parser;
	int rc;

	if (len > TEXT_MAX)
		return skt_fail_text(err, EINVAL, "filter: longer than %d bytes", TEXT_MAX);
	filter = calloc(1, sizeof(*filter));
	if (!filter)
		return skt_fail(err, ENOMEM, "filter");
	filter->text = skt_arena_text(&filter->arena, text, len);
	parser = (struct parser){.word = filter->text, .filter = filter, .err = err};
	rc = filter->text ? parse_text(&parser) : skt_fail(err, ENOMEM, "filter");
	if (rc || !filter->root) {
		skt_filter_free(filter);
		filter = NULL;
	}
	if (!rc)
		*ret = filter;
	return rc;
}
