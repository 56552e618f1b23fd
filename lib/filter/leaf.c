#include "filter/leaf.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "filter/node.h"

static bool is_place(const struct skt_filter_subject *subject)
{
	return subject->kind == TOKEN_WORD &&
		(subject->field->type == SKT_FILTER_ADDRESS ||
			subject->field->type == SKT_FILTER_ENDPOINT);
}

const struct skt_filter_field *skt_filter_field_find(
	const struct skt_filter_parser *parser, const char *name, size_t len)
{
	const struct skt_filter_fields *fields = parser->filter->fields;

	return fields ? fields->find(fields->ctx, name, len) : NULL;
}

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

struct skt_filter_node *skt_filter_leaf_new(struct skt_filter_parser *parser,
	const struct skt_filter_subject *subject, bool negated, const char *at)
{
	struct skt_filter_node *leaf = skt_filter_node_new(parser, SKT_FILTER_END);

	if (!leaf)
		return NULL;
	leaf->negated = negated;
	leaf->at = at;
	if (skt_filter_is_host(subject->kind) || skt_filter_is_port(subject->kind)) {
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

/* Whether LEAF has names to resolve. */
static bool leaf_waits(struct skt_filter_node *leaf)
{
	const struct skt_filter_place *place = skt_filter_leaf_place(leaf);

	if (place)
		return place->names_ports || place->autobound || place->hosts.name;
	return leaf->kind == SKT_FILTER_NUMBER && leaf->name;
}

void skt_filter_leaf_enlist(struct skt_filter_parser *parser, struct skt_filter_node *leaf)
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
static int read_place(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
	struct skt_filter_node *leaf, const char *word, size_t len)
{
	const struct skt_filter_field *field =
		skt_filter_field_find(parser, subject->text, subject->len);
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
	parser->filter->asks_remote_name |= leaf->end != SKT_FILTER_LOCAL && leaf->place.has_path;
	parser->filter->needs_row |= parser->filter->fields &&
		(leaf->place.family == AF_PACKET || leaf->place.family == AF_XDP);
	return rc;
}

int skt_filter_leaf_read(struct skt_filter_parser *parser, const struct skt_filter_subject *subject,
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
		rc = skt_filter_is_host(subject->kind)
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
		skt_filter_leaf_enlist(parser, leaf);
		return 0;
	}
	if (parser->err)
		skt_err_prefix(
			parser->err, "filter, column %zu", skt_filter_column(filter, leaf->at));
	return -EINVAL;
}

size_t skt_filter_operand_len(const struct skt_filter_subject *subject, enum skt_filter_op op,
	const char *word, size_t len)
{
	const char *comma;

	if (skt_filter_is_host(subject->kind) ||
		(is_place(subject) && op != SKT_FILTER_LIKE && op != SKT_FILTER_UNLIKE))
		return len ? skt_filter_host_len(word, len) : 0;
	if (!len || skt_filter_is_port(subject->kind) || subject->kind == TOKEN_WORD)
		return len;
	comma = memchr(word, ',', len);
	return comma ? (size_t)(comma - word) : len;
}
