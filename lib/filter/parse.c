/* The grammar of filters, by recursive descent, down to predicates (filter_predicate.c). */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "filter/filter.h"
#include "filter/node.h"
#include "filter/parser.h"

/* More than anybody writes; the depth bounds the stack of parsing and of matching. */
enum { TEXT_MAX = 65536, DEPTH_MAX = 64 };

void skt_filter_advance(struct skt_filter_parser *parser)
{
	const struct skt_filter_spelling *spelling;
	const char *at = parser->next + strspn(parser->next, SKT_FILTER_BLANKS), *close;

	parser->quoted = *at == '\'' || *at == '"';
	if (parser->quoted) {
		close = strchr(at + 1, *at);
		parser->token = close ? TOKEN_WORD : TOKEN_UNCLOSED;
		parser->word = close ? at + 1 : at;
		parser->word_len = close ? (size_t)(close - parser->word) : 1;
		parser->next = close ? close + 1 : at + 1;
		parser->keyword = false;
		return;
	}
	spelling = skt_filter_spelling_at(at, &parser->word_len);
	parser->word = at;
	parser->next = at + parser->word_len;
	parser->op = spelling ? spelling->op : SKT_FILTER_EQ;
	parser->token = spelling ? spelling->token : *at ? TOKEN_WORD : TOKEN_END;
	parser->keyword = spelling && *at >= 'a' && *at <= 'z';
}

bool skt_filter_operator_follows(const struct skt_filter_parser *parser)
{
	struct skt_filter_parser ahead = *parser;

	skt_filter_advance(&ahead);
	return ahead.token == TOKEN_OPERATOR;
}

size_t skt_filter_column(const struct skt_filter *filter, const char *at)
{
	size_t n = 1;

	for (const char *p = filter->text; p < at; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

int skt_filter_fail(struct skt_filter_parser *parser, const char *format, ...)
{
	char text[sizeof(parser->err->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return skt_fail_text(parser->err, EINVAL, "filter, column %zu: %s",
		skt_filter_column(parser->filter, parser->word), text);
}

int skt_filter_expected(struct skt_filter_parser *parser, const char *what)
{
	char quoted[SKT_FILTER_QUOTED_MAX];

	if (parser->token == TOKEN_END)
		return skt_filter_fail(parser, "expected %s, found the end", what);
	if (parser->token == TOKEN_UNCLOSED)
		return skt_filter_fail(parser, "this %c has no fellow", *parser->word);
	return skt_filter_fail(parser, "expected %s, found %s", what,
		skt_filter_quote(parser->word, parser->word_len, quoted));
}

int skt_filter_expected_after(
	struct skt_filter_parser *parser, const char *what, const char *after, size_t len)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%s after '%.*s'", what, (int)len, after);
	return skt_filter_expected(parser, text);
}

struct skt_filter_node *skt_filter_node_new(
	struct skt_filter_parser *parser, enum skt_filter_kind kind)
{
	struct skt_filter_node *node = skt_arena_alloc(&parser->filter->arena, sizeof(*node));

	if (node)
		node->kind = kind;
	else
		(void)skt_fail(parser->err, ENOMEM, "filter");
	return node;
}

struct skt_filter_node *skt_filter_joined(
	struct skt_filter_parser *parser, enum skt_filter_kind kind, struct skt_filter_node *first)
{
	struct skt_filter_node *node;

	if (!first->next)
		return first;
	node = skt_filter_node_new(parser, kind);
	if (node)
		node->operands = first;
	return node;
}

static void offer_state(const char *name, void *ctx)
{
	skt_suggest_offer(ctx, name);
}

int skt_filter_unknown(
	struct skt_filter_parser *parser, const char *what, const char *nearest, const char *hint)
{
	char quoted[SKT_FILTER_QUOTED_MAX];

	skt_filter_quote(parser->word, parser->word_len, quoted);
	if (nearest)
		return skt_filter_fail(parser, "%s %s: did you mean '%s'?", what, quoted, nearest);
	return skt_filter_fail(parser, "%s %s%s", what, quoted, hint);
}

int skt_filter_states_parse(struct skt_filter_parser *parser, uint32_t *ret)
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
			return skt_filter_unknown(parser, "unknown state", suggestion.nearest, "");
		}
		states |= found;
		if (!comma)
			break;
		name = comma + 1;
	}
	*ret = states;
	skt_filter_advance(parser);
	return 0;
}

/* `state = NAME` is a predicate like any other. */
static bool at_state_run(const struct skt_filter_parser *parser)
{
	return parser->token == TOKEN_EXCLUDE ||
		(parser->token == TOKEN_STATE && !skt_filter_operator_follows(parser));
}

/*
 * A run of `state` and `exclude` is one set, built from left to right as in ss: `state` adds to
 * nothing, `exclude` takes away from everything where it comes first.
 */
static int parse_state_run(
	struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	uint32_t set = parser->token == TOKEN_STATE ? 0 : UINT32_MAX, named = 0;

	while (at_state_run(parser)) {
		bool adds = parser->token == TOKEN_STATE;
		const char *keyword = parser->word;
		size_t len = parser->word_len;
		int rc;

		skt_filter_advance(parser);
		if (parser->token != TOKEN_WORD)
			return skt_filter_expected_after(parser, "a state", keyword, len);
		rc = skt_filter_states_parse(parser, &named);
		if (rc)
			return rc;
		set = adds ? set | named : set & ~named;
	}
	*ret = skt_filter_node_new(parser, SKT_FILTER_STATE);
	if (!*ret)
		return -ENOMEM;
	(*ret)->states = negate ? ~set : set;
	parser->behind_operand = true;
	return 0;
}

static int parse_or(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret);

static int parse_group(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	const char *opened = parser->word;
	char what[64];
	int rc;

	parser->behind_operand = false;
	if (++parser->depth > DEPTH_MAX)
		return skt_filter_fail(parser, "parentheses nest deeper than %d", DEPTH_MAX);
	skt_filter_advance(parser);
	rc = parse_or(parser, negate, ret);
	if (rc)
		return rc;
	if (parser->token != TOKEN_CLOSE) {
		(void)snprintf(what, sizeof(what), "')' for the '(' at column %zu",
			skt_filter_column(parser->filter, opened));
		return skt_filter_expected(parser, what);
	}
	parser->depth--;
	skt_filter_advance(parser);
	return 0;
}

static int parse_not(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	for (; parser->token == TOKEN_NOT; skt_filter_advance(parser))
		negate = !negate;
	if (parser->token == TOKEN_OPEN)
		return parse_group(parser, negate, ret);
	if (!at_state_run(parser))
		return skt_filter_predicate_parse(parser, negate, ret);
	if (parser->states_in_front && !parser->depth)
		return skt_filter_fail(parser,
			"the states in front hold for all: put those that do not between "
			"parentheses");
	return parse_state_run(parser, negate, ret);
}

typedef int parse_fn(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret);

/* Operands that OPERAND reads, as long as MORE says so, under a node of KIND if more than one. */
static int parse_operands(struct skt_filter_parser *parser, bool negate, enum skt_filter_kind kind,
	parse_fn *operand, bool (*more)(struct skt_filter_parser *parser),
	struct skt_filter_node **ret)
{
	struct skt_filter_node *first = NULL, **tail = &first;
	int rc;

	do {
		rc = operand(parser, negate, tail);
		if (rc)
			return rc;
		tail = &(*tail)->next;
	} while (more(parser));
	*ret = skt_filter_joined(parser, kind, first);
	return *ret ? 0 : -ENOMEM;
}

/* Past an `and`, or where the next predicate follows without one. */
static bool more_and(struct skt_filter_parser *parser)
{
	if (parser->token == TOKEN_AND) {
		parser->behind_operand = false;
		skt_filter_advance(parser);
		return true;
	}
	return parser->token != TOKEN_END && parser->token != TOKEN_OR &&
		parser->token != TOKEN_CLOSE;
}

static bool more_or(struct skt_filter_parser *parser)
{
	if (parser->token != TOKEN_OR)
		return false;
	parser->behind_operand = false;
	skt_filter_advance(parser);
	return true;
}

static int parse_and(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	return parse_operands(
		parser, negate, negate ? SKT_FILTER_OR : SKT_FILTER_AND, parse_not, more_and, ret);
}

static int parse_or(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	return parse_operands(
		parser, negate, negate ? SKT_FILTER_AND : SKT_FILTER_OR, parse_and, more_or, ret);
}

/*
 * As in ss, states in front of the first predicate hold for the whole: `state established sport =
 * :22 or dport = :22`. With `and` or `or` behind them they are a predicate like any other.
 */
static int parse_states_in_front(struct skt_filter_parser *parser, struct skt_filter_node **ret)
{
	struct skt_filter_parser start = *parser;
	int rc;

	if (!at_state_run(parser))
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

static int parse_text(struct skt_filter_parser *parser)
{
	struct skt_filter_node *states = NULL, *rest = NULL, *root;
	int rc;

	skt_filter_advance(parser);
	if (parser->token == TOKEN_END)
		return 0;
	rc = parse_states_in_front(parser, &states);
	if (!rc && parser->token != TOKEN_END)
		rc = parse_or(parser, false, &rest);
	if (!rc && parser->token != TOKEN_END)
		rc = skt_filter_fail(parser, "')' without '(' before it");
	if (rc)
		return rc;
	root = states ? states : rest;
	if (states && rest) {
		states->next = rest;
		root = skt_filter_joined(parser, SKT_FILTER_AND, states);
		if (!root)
			return -ENOMEM;
	}
	parser->filter->root = root;
	return 0;
}

int skt_filter_parse(const char *text, const struct skt_filter_fields *fields,
	struct skt_filter **ret, struct skt_err *err)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	struct skt_filter *filter;
	struct skt_filter_parser parser;
	int rc;

	if (len > TEXT_MAX)
		return skt_fail_text(err, EINVAL, "filter: longer than %d bytes", TEXT_MAX);
	filter = calloc(1, sizeof(*filter));
	if (!filter)
		return skt_fail(err, ENOMEM, "filter");
	filter->fields = fields;
	filter->text = skt_arena_text(&filter->arena, text, len);
	parser = (struct skt_filter_parser){.next = filter->text, .filter = filter, .err = err};
	rc = filter->text ? parse_text(&parser) : skt_fail(err, ENOMEM, "filter");
	if (rc || !filter->root) {
		skt_filter_free(filter);
		filter = NULL;
	}
	if (!rc)
		*ret = filter;
	return rc;
}
