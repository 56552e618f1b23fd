/* One predicate of a filter: what it is about, its operator, and its operands. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/name.h"
#include "diag/socket.h"
#include "filter/leaf.h"

static bool is_negative(enum skt_filter_op op)
{
	return op == SKT_FILTER_NE || op == SKT_FILTER_UNLIKE;
}

static void offer(const char *name, void *suggestion)
{
	skt_suggest_offer(suggestion, name);
}

/* Whether the word at hand is all that is said of a socket. */
static bool is_alone(const struct skt_filter_parser *parser)
{
	struct skt_filter_parser behind = *parser;

	skt_filter_advance(&behind);
	return behind.token != TOKEN_OPERATOR && behind.token != TOKEN_WORD &&
		behind.token != TOKEN_OPEN_SET;
}

static int unknown_subject(struct skt_filter_parser *parser)
{
	static const char process[] = "process";
	const struct skt_filter_fields *fields = parser->filter->fields;
	char quoted[SKT_FILTER_QUOTED_MAX];
	struct skt_suggestion suggestion;
	const char *keyword;

	skt_suggest_begin(&suggestion, parser->word, parser->word_len);
	for (size_t i = 0; (keyword = skt_filter_keyword(i)); i++)
		skt_suggest_offer(&suggestion, keyword);
	if (fields)
		fields->each_name(fields->ctx, offer, &suggestion);
	/* What people call by its name alone is a program. */
	if (!suggestion.nearest && is_alone(parser) &&
		skt_filter_field_find(parser, process, strlen(process))) {
		skt_filter_quote(parser->word, parser->word_len, quoted);
		return skt_filter_fail(parser,
			"unknown predicate %s: for a program write process = %s", quoted, quoted);
	}
	return skt_filter_unknown(parser, "unknown predicate", suggestion.nearest,
		fields ? ": expected a column, src, dst, sport, dport, port, dev, fwmark, cgroup, "
			 "autobound, state or exclude"
		       : ": expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, "
			 "state or exclude");
}

/* Whether a predicate about KIND can say `OP` and then the token at hand. */
static bool keyword_takes(
	const struct skt_filter_parser *parser, enum skt_filter_token kind, enum skt_filter_op op)
{
	if (parser->token == TOKEN_WORD && !parser->quoted && parser->word_len == 1 &&
		*parser->word == '-')
		return false;
	switch (op) {
	case SKT_FILTER_EQ:
	case SKT_FILTER_NE:
		return true;
	case SKT_FILTER_LT:
	case SKT_FILTER_LE:
	case SKT_FILTER_GT:
	case SKT_FILTER_GE:
		return skt_filter_is_port(kind);
	case SKT_FILTER_LIKE:
	case SKT_FILTER_UNLIKE:
		break;
	}
	return false;
}

/* ---- one operand ---- */

/* The word at hand: operands with commas between them, one node each, appended at *TAIL. */
static int read_word(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	enum skt_filter_op op, bool negate, struct skt_filter_node ***tail)
{
	const char *word = parser->word, *end = word + parser->word_len;
	struct skt_filter_node *leaf;

	for (;;) {
		size_t left = (size_t)(end - word);
		size_t len =
			parser->quoted ? left : skt_filter_operand_len(subject, op, word, left);
		int rc;

		leaf = skt_filter_leaf_new(parser, subject, negate != is_negative(op), word);
		if (!leaf)
			return -ENOMEM;
		rc = skt_filter_leaf_read(parser, subject, op, leaf, word, len);
		if (rc)
			return rc;
		**tail = leaf;
		*tail = &leaf->next;
		if (word + len == end)
			break;
		word += len + 1;
	}
	skt_filter_advance(parser);
	return 0;
}

/* ---- one, or a set of them ---- */

static const char *operand_name(const struct skt_filter_subject *subject)
{
	if (skt_filter_is_host(subject->kind))
		return "an address";
	if (skt_filter_is_port(subject->kind))
		return "a port";
	if (subject->kind == TOKEN_DEV)
		return "an interface";
	if (subject->kind == TOKEN_MARK)
		return "a mark";
	if (subject->kind == TOKEN_STATE)
		return "a state";
	return subject->kind == TOKEN_CGROUP ? "the path of a cgroup" : "a value";
}

/* A comma at the end of a word, or alone, says no more than the blank behind it. */
static bool drop_comma(struct skt_filter_parser *parser)
{
	if (!parser->quoted && parser->word_len && parser->word[parser->word_len - 1] == ',')
		parser->word_len--;
	return parser->quoted || parser->word_len;
}

static int read_set(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	enum skt_filter_op op, bool negate, struct skt_filter_node ***tail)
{
	struct skt_filter_node **first = *tail;
	const char *before = parser->word;
	size_t len = parser->word_len;

	skt_filter_advance(parser);
	while (parser->token == TOKEN_WORD) {
		int rc;

		before = parser->word;
		len = parser->word_len;
		if (!drop_comma(parser)) {
			skt_filter_advance(parser);
			continue;
		}
		rc = read_word(parser, subject, op, negate, tail);
		if (rc)
			return rc;
	}
	if (parser->token != TOKEN_CLOSE_SET || !*first)
		return skt_filter_expected_after(
			parser, *first ? "'}'" : operand_name(subject), before, len);
	skt_filter_advance(parser);
	return 0;
}

static int read_operands(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	enum skt_filter_op op, bool negate, struct skt_filter_node **ret)
{
	const bool compares = op == SKT_FILTER_LT || op == SKT_FILTER_LE || op == SKT_FILTER_GT ||
		op == SKT_FILTER_GE;
	struct skt_filter_node *first = NULL, **tail = &first;
	int rc;

	if (parser->token == TOKEN_OPEN_SET && compares)
		return skt_filter_fail(parser, "a comparison takes one value, not a set");
	rc = parser->token == TOKEN_OPEN_SET ? read_set(parser, subject, op, negate, &tail)
					     : read_word(parser, subject, op, negate, &tail);
	if (rc)
		return rc;
	*ret = skt_filter_joined(
		parser, negate != is_negative(op) ? SKT_FILTER_AND : SKT_FILTER_OR, first);
	return *ret ? 0 : -ENOMEM;
}

/* ---- the predicate ---- */

static int parse_states(struct skt_filter_parser *parser, enum skt_filter_op op, bool negate,
	struct skt_filter_node **ret)
{
	uint32_t states = 0;
	int rc = skt_filter_states_parse(parser, &states);

	if (rc)
		return rc;
	*ret = skt_filter_node_new(parser, SKT_FILTER_STATE);
	if (!*ret)
		return -ENOMEM;
	(*ret)->states = negate != is_negative(op) ? ~states : states;
	return 0;
}

static int parse_autobound(
	struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	const struct skt_filter_subject sport = {.kind = TOKEN_SPORT};
	struct skt_filter_node *leaf = skt_filter_leaf_new(parser, &sport, negate, parser->word);

	if (!leaf)
		return -ENOMEM;
	leaf->place.autobound = leaf->place.has_ports = true;
	leaf->place.ports.low = 1; /* none, until the range is known */
	skt_filter_leaf_enlist(parser, leaf);
	parser->behind_operand = true;
	skt_filter_advance(parser);
	*ret = leaf;
	return 0;
}

/* `v6only` alone says that it is so. */
static bool is_bare(const struct skt_filter_parser *parser,
	const struct skt_filter_subject *subject, bool has_op)
{
	if (subject->kind != TOKEN_WORD || subject->field->type != SKT_FILTER_BOOL || has_op)
		return false;
	return parser->token != TOKEN_WORD ||
		skt_filter_field_find(parser, parser->word, parser->word_len);
}

static int parse_bare(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	bool negate, struct skt_filter_node **ret)
{
	static const char yes[] = "yes";

	*ret = skt_filter_leaf_new(parser, subject, negate, subject->text);
	if (!*ret)
		return -ENOMEM;
	return skt_filter_leaf_read(parser, subject, SKT_FILTER_EQ, *ret, yes, strlen(yes));
}

static bool is_number(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)word[i]))
			return false;
	return len;
}

/*
 * What a keyword cannot say of its own is about the column of that name, as in `mark > 5` or `state
 * ~ *wait*`. AT_OP: the parser at OP.
 */
static int settle_subject(struct skt_filter_parser *parser, struct skt_filter_parser *at_op,
	struct skt_filter_subject *subject, enum skt_filter_op op)
{
	static const char interface[] = "interface";
	const struct skt_filter_fields *fields = parser->filter->fields;
	/* A number is one in any namespace. */
	const bool foreign = subject->kind == TOKEN_DEV && fields && fields->foreign &&
		!is_number(parser->word, parser->word_len);

	if (subject->kind == TOKEN_WORD || (!foreign && keyword_takes(parser, subject->kind, op)))
		return 0;
	subject->field = subject->kind == TOKEN_DEV
		? skt_filter_field_find(parser, interface, strlen(interface))
		: skt_filter_field_find(parser, subject->text, subject->len);
	if (subject->field)
		subject->kind = TOKEN_WORD;
	else if (op != SKT_FILTER_EQ && op != SKT_FILTER_NE)
		return skt_filter_expected_after(at_op,
			skt_filter_is_host(subject->kind)           ? "'=', '!=' or an address"
				: skt_filter_is_port(subject->kind) ? "a comparison or a port"
								    : "'=' or '!='",
			subject->text, subject->len);
	return 0;
}

/* The predicate about SUBJECT, behind which the parser is. */
static int parse_about(struct skt_filter_parser *parser, struct skt_filter_subject *subject,
	bool negate, struct skt_filter_node **ret)
{
	struct skt_filter_parser at_op = *parser;
	const bool has_op = parser->token == TOKEN_OPERATOR;
	const enum skt_filter_op op = has_op ? parser->op : SKT_FILTER_EQ;
	const char *before = has_op ? parser->word : subject->text;
	const size_t len = has_op ? parser->word_len : subject->len;
	int rc;

	if (has_op)
		skt_filter_advance(parser);
	rc = settle_subject(parser, &at_op, subject, op);
	if (rc)
		return rc;
	if (is_bare(parser, subject, has_op))
		return parse_bare(parser, subject, negate, ret);
	/* Behind an operator a reserved word is a value where it can be no more of the grammar. */
	if (subject->kind == TOKEN_WORD && has_op && parser->keyword &&
		parser->token != TOKEN_AND && parser->token != TOKEN_OR &&
		parser->token != TOKEN_NOT)
		parser->token = TOKEN_WORD;
	if (parser->token != TOKEN_WORD &&
		(parser->token != TOKEN_OPEN_SET || subject->kind == TOKEN_STATE))
		return skt_filter_expected_after(parser, operand_name(subject), before, len);
	return subject->kind == TOKEN_STATE ? parse_states(parser, op, negate, ret)
					    : read_operands(parser, subject, op, negate, ret);
}

static int no_subject(struct skt_filter_parser *parser)
{
	return skt_filter_expected(parser,
		parser->filter->fields ? "a column, src, dst, sport, dport, port, dev, fwmark, "
					 "cgroup, autobound, state, exclude, not or '('"
				       : "src, dst, sport, dport, port, dev, fwmark, cgroup, "
					 "autobound, state, exclude, not or '('");
}

/*
 * What stands alone and says by itself what it is about: a port (`:80`, `80`), a state (`LISTEN`)
 * or a protocol (`tcp`). 1: it is none of these.
 */
static int parse_alone(struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	static const char proto[] = "proto";
	const struct skt_filter_field *field = skt_filter_field_find(parser, proto, strlen(proto));
	struct skt_filter_subject subject = {.kind = TOKEN_WORD, .field = field, .text = proto};

	if (parser->behind_operand)
		return 1;
	if (skt_states_named(parser->word, parser->word_len))
		return parse_states(parser, SKT_FILTER_EQ, negate, ret);
	if (*parser->word == ':' || is_number(parser->word, parser->word_len)) {
		subject.kind = TOKEN_PORT;
		return read_operands(parser, &subject, SKT_FILTER_EQ, negate, ret);
	}
	for (size_t i = 0; field && i < field->names_count; i++)
		if (field->names[i] && strlen(field->names[i]) == parser->word_len &&
			strncasecmp(field->names[i], parser->word, parser->word_len) == 0)
			return read_operands(parser, &subject, SKT_FILTER_EQ, negate, ret);
	return 1;
}

int skt_filter_predicate_parse(
	struct skt_filter_parser *parser, bool negate, struct skt_filter_node **ret)
{
	int rc;

	struct skt_filter_subject subject = {
		.kind = parser->token, .text = parser->word, .len = parser->word_len};

	switch (parser->token) {
	case TOKEN_WORD:
		if (parser->quoted)
			return no_subject(parser);
		subject.field = skt_filter_field_find(parser, parser->word, parser->word_len);
		if (subject.field)
			break;
		rc = parse_alone(parser, negate, ret);
		return rc > 0 ? unknown_subject(parser) : rc;
	case TOKEN_STATE:
	case TOKEN_SRC:
	case TOKEN_DST:
	case TOKEN_SPORT:
	case TOKEN_DPORT:
	case TOKEN_PORT:
	case TOKEN_DEV:
	case TOKEN_MARK:
	case TOKEN_CGROUP:
		break;
	case TOKEN_AUTOBOUND:
		return parse_autobound(parser, negate, ret);
	case TOKEN_END:
	case TOKEN_UNCLOSED:
	case TOKEN_OPEN:
	case TOKEN_CLOSE:
	case TOKEN_OPEN_SET:
	case TOKEN_CLOSE_SET:
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
	case TOKEN_OPERATOR:
	case TOKEN_EXCLUDE:
		return no_subject(parser);
	}
	skt_filter_advance(parser);
	parser->behind_operand = true;
	return parse_about(parser, &subject, negate, ret);
}
