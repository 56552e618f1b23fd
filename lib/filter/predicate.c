/* One predicate of a filter: what it is about, its operator, and its operands. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/name.h"
#include "diag/socket.h"
#include "filter/parser.h"

/* What a predicate is about: a keyword's own thing, or a field. */
struct subject {
	enum skt_filter_token kind; /* WORD: a field */
	const struct skt_filter_field *field;
	const char *text; /* as written */
	size_t len;
};

static bool is_host(enum skt_filter_token kind)
{
	return kind == TOKEN_SRC || kind == TOKEN_DST;
}

static bool is_port(enum skt_filter_token kind)
{
	return kind == TOKEN_SPORT || kind == TOKEN_DPORT || kind == TOKEN_PORT;
}

static bool is_place(const struct subject *subject)
{
	return subject->kind == TOKEN_WORD &&
		(subject->field->type == SKT_FILTER_ADDRESS ||
			subject->field->type == SKT_FILTER_ENDPOINT);
}

static bool is_negative(enum skt_filter_op op)
{
	return op == SKT_FILTER_NE || op == SKT_FILTER_UNLIKE;
}

static void offer(const char *name, void *suggestion)
{
	skt_suggest_offer(suggestion, name);
}

static int unknown_subject(struct skt_filter_parser *parser)
{
	const struct skt_filter_fields *fields = parser->filter->fields;
	struct skt_suggestion suggestion;
	const char *keyword;

	skt_suggest_begin(&suggestion, parser->word, parser->word_len);
	for (size_t i = 0; (keyword = skt_filter_keyword(i)); i++)
		skt_suggest_offer(&suggestion, keyword);
	if (fields)
		fields->each_name(fields->ctx, offer, &suggestion);
	return skt_filter_unknown(parser, "unknown predicate", suggestion.nearest,
		fields ? ": expected a column, src, dst, sport, dport, port, dev, fwmark, cgroup, "
			 "autobound, state or exclude"
		       : ": expected src, dst, sport, dport, port, dev, fwmark, cgroup, autobound, "
			 "state or exclude");
}

static const struct skt_filter_field *find_field(
	const struct skt_filter_parser *parser, const char *name, size_t len)
{
	const struct skt_filter_fields *fields = parser->filter->fields;

	return fields ? fields->find(fields->ctx, name, len) : NULL;
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
		return is_port(kind);
	case SKT_FILTER_LIKE:
	case SKT_FILTER_UNLIKE:
		break;
	}
	return false;
}

/* ---- one operand ---- */

/* Makes LEAF one about FIELD, with nothing that it is compared with yet. */
static void set_field(struct skt_filter_parser *parser, struct skt_filter_node *leaf,
	const struct skt_filter_field *field)
{
	leaf->kind = SKT_FILTER_FIELD;
	leaf->field = field;
	leaf->items = NULL;
	leaf->count = 0;
	leaf->glob = false;
	leaf->field_place = NULL;
	parser->filter->needs_row |= !field->early;
	parser->filter->asks_mark |= strcmp(field->name, "mark") == 0;
}

static struct skt_filter_node *new_leaf(struct skt_filter_parser *parser,
	const struct subject *subject, bool negated, const char *at)
{
	struct skt_filter_node *leaf = skt_filter_node_new(parser, SKT_FILTER_END);

	if (!leaf)
		return NULL;
	leaf->negated = negated;
	leaf->at = at;
	if (is_host(subject->kind) || is_port(subject->kind)) {
		leaf->end = subject->kind == TOKEN_PORT ? SKT_FILTER_EITHER
			: subject->kind == TOKEN_SRC || subject->kind == TOKEN_SPORT
			? SKT_FILTER_LOCAL
			: SKT_FILTER_REMOTE;
	} else if (subject->kind == TOKEN_WORD) {
		set_field(parser, leaf, subject->field);
	} else {
		leaf->kind = SKT_FILTER_NUMBER;
		parser->filter->asks_mark |= subject->kind == TOKEN_MARK;
		leaf->number = subject->kind == TOKEN_DEV ? SKT_FILTER_DEV
			: subject->kind == TOKEN_MARK     ? SKT_FILTER_MARK
							  : SKT_FILTER_CGROUP;
	}
	return leaf;
}

static bool place_waits(const struct skt_filter_place *place)
{
	return place->names_ports || place->autobound || place->hosts.name;
}

/* Whether LEAF has names to resolve. */
static bool leaf_waits(const struct skt_filter_node *leaf)
{
	switch (leaf->kind) {
	case SKT_FILTER_AND:
	case SKT_FILTER_OR:
	case SKT_FILTER_STATE:
		break;
	case SKT_FILTER_END:
		return place_waits(&leaf->place);
	case SKT_FILTER_NUMBER:
		return leaf->name;
	case SKT_FILTER_FIELD:
		return leaf->field_place && place_waits(leaf->field_place);
	}
	return false;
}

static void enlist(struct skt_filter_parser *parser, struct skt_filter_node *leaf)
{
	if (!leaf_waits(leaf))
		return;
	leaf->pending = parser->filter->pending;
	parser->filter->pending = leaf;
}

/* Whether WORD, which is no place, may be what a column shows of an end: no number gone wrong. */
static bool is_shown(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isalpha((unsigned char)word[i]) || (unsigned char)word[i] >= 0x80)
			return true;
	/* CID:PORT, or that of TIPC. */
	return len && isdigit((unsigned char)*word) && memchr(word, ':', len) &&
		!memchr(word, '.', len) && !memchr(word, '/', len);
}

/*
 * A place; but `local` and `remote` are columns as well: what is none there is the text that they
 * show, and nobody is asked for a name.
 */
static int read_place(struct skt_filter_parser *parser, const struct subject *subject,
	struct skt_filter_node *leaf, const char *word, size_t len)
{
	const struct skt_filter_field *field = find_field(parser, subject->text, subject->len);
	struct skt_err err = {0};
	int rc = skt_filter_host_parse(parser->filter, &leaf->place, word, len, &err);
	const bool named = leaf->place.hosts.name && !strchr(leaf->place.hosts.name, '%');

	if (field && field->type == SKT_FILTER_ENDPOINT && rc != -ENOMEM && (rc || named) &&
		is_shown(word, len)) {
		set_field(parser, leaf, field);
		return skt_filter_text_parse(parser->filter, leaf, word, len, parser->err);
	}
	if (rc && parser->err)
		*parser->err = err;
	parser->filter->needs_row |= parser->filter->fields &&
		(leaf->place.family == AF_PACKET || leaf->place.family == AF_XDP);
	return rc;
}

/* The LEN bytes at WORD as the operand of LEAF. */
static int read_operand(struct skt_filter_parser *parser, const struct subject *subject,
	enum skt_filter_op op, struct skt_filter_node *leaf, const char *word, size_t len)
{
	struct skt_filter *filter = parser->filter;
	int rc = -EINVAL;

	switch (leaf->kind) {
	case SKT_FILTER_AND:
	case SKT_FILTER_OR:
	case SKT_FILTER_STATE:
		break;
	case SKT_FILTER_END:
		rc = is_host(subject->kind)
			? read_place(parser, subject, leaf, word, len)
			: skt_filter_ports_parse(filter, &leaf->place, op, word, len, parser->err);
		break;
	case SKT_FILTER_NUMBER:
		rc = skt_filter_number_parse(filter, leaf, word, len, parser->err);
		break;
	case SKT_FILTER_FIELD:
		rc = skt_filter_field_parse(
			filter, leaf, op, word, len, parser->quoted, parser->err);
		break;
	}
	if (rc == -ENOMEM)
		return rc;
	if (!rc) {
		enlist(parser, leaf);
		return 0;
	}
	if (parser->err)
		skt_err_prefix(
			parser->err, "filter, column %zu", skt_filter_column(filter, leaf->at));
	return -EINVAL;
}

/* How many of the LEN bytes at WORD are one operand about SUBJECT. */
static size_t operand_len(
	const struct subject *subject, enum skt_filter_op op, const char *word, size_t len)
{
	const char *comma;

	if (is_host(subject->kind) ||
		(is_place(subject) && op != SKT_FILTER_LIKE && op != SKT_FILTER_UNLIKE))
		return len ? skt_filter_host_len(word, len) : 0;
	if (!len || is_port(subject->kind) || subject->kind == TOKEN_WORD)
		return len;
	comma = memchr(word, ',', len);
	return comma ? (size_t)(comma - word) : len;
}

/* The word at hand: operands with commas between them, one node each, appended at *TAIL. */
static int read_word(struct skt_filter_parser *parser, const struct subject *subject,
	enum skt_filter_op op, bool negate, struct skt_filter_node ***tail)
{
	const char *word = parser->word, *end = word + parser->word_len;
	struct skt_filter_node *leaf;

	for (;;) {
		size_t left = (size_t)(end - word);
		size_t len = parser->quoted ? left : operand_len(subject, op, word, left);
		int rc;

		leaf = new_leaf(parser, subject, negate != is_negative(op), word);
		if (!leaf)
			return -ENOMEM;
		rc = read_operand(parser, subject, op, leaf, word, len);
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

static const char *operand_name(const struct subject *subject)
{
	if (is_host(subject->kind))
		return "an address";
	if (is_port(subject->kind))
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

static int read_set(struct skt_filter_parser *parser, const struct subject *subject,
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

static int read_operands(struct skt_filter_parser *parser, const struct subject *subject,
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
	const struct subject sport = {.kind = TOKEN_SPORT};
	struct skt_filter_node *leaf = new_leaf(parser, &sport, negate, parser->word);

	if (!leaf)
		return -ENOMEM;
	leaf->place.autobound = leaf->place.has_ports = true;
	leaf->place.ports.low = 1; /* none, until the range is known */
	enlist(parser, leaf);
	parser->behind_operand = true;
	skt_filter_advance(parser);
	*ret = leaf;
	return 0;
}

/* `v6only` alone says that it is so. */
static bool is_bare(
	const struct skt_filter_parser *parser, const struct subject *subject, bool has_op)
{
	if (subject->kind != TOKEN_WORD || subject->field->type != SKT_FILTER_BOOL || has_op)
		return false;
	return parser->token != TOKEN_WORD || find_field(parser, parser->word, parser->word_len);
}

static int parse_bare(struct skt_filter_parser *parser, const struct subject *subject, bool negate,
	struct skt_filter_node **ret)
{
	static const char yes[] = "yes";

	*ret = new_leaf(parser, subject, negate, subject->text);
	if (!*ret)
		return -ENOMEM;
	return read_operand(parser, subject, SKT_FILTER_EQ, *ret, yes, strlen(yes));
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
	struct subject *subject, enum skt_filter_op op)
{
	static const char interface[] = "interface";
	const struct skt_filter_fields *fields = parser->filter->fields;
	/* A number is one in any namespace. */
	const bool foreign = subject->kind == TOKEN_DEV && fields && fields->foreign &&
		!is_number(parser->word, parser->word_len);

	if (subject->kind == TOKEN_WORD || (!foreign && keyword_takes(parser, subject->kind, op)))
		return 0;
	subject->field = subject->kind == TOKEN_DEV
		? find_field(parser, interface, strlen(interface))
		: find_field(parser, subject->text, subject->len);
	if (subject->field)
		subject->kind = TOKEN_WORD;
	else if (op != SKT_FILTER_EQ && op != SKT_FILTER_NE)
		return skt_filter_expected_after(at_op,
			is_host(subject->kind)           ? "'=', '!=' or an address"
				: is_port(subject->kind) ? "a comparison or a port"
							 : "'=' or '!='",
			subject->text, subject->len);
	return 0;
}

/* The predicate about SUBJECT, behind which the parser is. */
static int parse_about(struct skt_filter_parser *parser, struct subject *subject, bool negate,
	struct skt_filter_node **ret)
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
	const struct skt_filter_field *field = find_field(parser, proto, strlen(proto));
	struct subject subject = {.kind = TOKEN_WORD, .field = field, .text = proto};

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

	struct subject subject = {
		.kind = parser->token, .text = parser->word, .len = parser->word_len};

	switch (parser->token) {
	case TOKEN_WORD:
		if (parser->quoted)
			return no_subject(parser);
		subject.field = find_field(parser, parser->word, parser->word_len);
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
