#include "cmd/complete/filter.h"

#include <string.h>

#include "filter/token.h"

struct reading {
	const struct skt_column *columns;
	struct complete_filter at;
	bool in_set;
};

/* The length of the token at TEXT, quotes and all; *RET: what it is. */
static size_t token_at(const char *text, enum skt_filter_token *ret)
{
	const struct skt_filter_spelling *spelling;
	const char *end;
	size_t len;

	if (*text == '"' || *text == '\'') {
		end = strchr(text + 1, *text);
		*ret = end ? TOKEN_WORD : TOKEN_UNCLOSED;
		return end ? (size_t)(end + 1 - text) : strlen(text);
	}
	spelling = skt_filter_spelling_at(text, &len);
	*ret = spelling ? spelling->token : TOKEN_WORD;
	return len;
}

static void expect(struct reading *r, enum complete_operand operand, const char *column)
{
	r->at.operand = operand;
	r->at.column = column ? skt_column_find(r->columns, column, strlen(column)) : NULL;
	r->at.behind = false;
}

/* A predicate is over. */
static void finish(struct reading *r)
{
	expect(r, COMPLETE_SUBJECT, NULL);
	r->at.behind = true;
	r->in_set = false;
}

static void take_subject(
	struct reading *r, enum skt_filter_token token, const char *text, size_t len)
{
	const struct skt_column *column;

	switch (token) {
	case TOKEN_SRC:
		expect(r, COMPLETE_HOSTS, "local_address");
		return;
	case TOKEN_DST:
		expect(r, COMPLETE_HOSTS, "remote_address");
		return;
	case TOKEN_SPORT:
	case TOKEN_DPORT:
	case TOKEN_PORT:
		expect(r, COMPLETE_PORTS, NULL);
		return;
	case TOKEN_DEV:
		expect(r, COMPLETE_INTERFACE, NULL);
		return;
	case TOKEN_STATE:
	case TOKEN_EXCLUDE:
		expect(r, COMPLETE_STATES, NULL);
		return;
	case TOKEN_CGROUP:
		expect(r, COMPLETE_COLUMN, "cgroup");
		return;
	case TOKEN_MARK:
		expect(r, COMPLETE_OTHER, NULL);
		return;
	case TOKEN_WORD:
		column = skt_column_called(r->columns, text, len);
		if (!column)
			break;
		expect(r, COMPLETE_COLUMN, NULL);
		r->at.column = column;
		return;
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_NOT:
	case TOKEN_OPEN:
		expect(r, COMPLETE_SUBJECT, NULL);
		return;
	case TOKEN_CLOSE:
	case TOKEN_AUTOBOUND:
	case TOKEN_OPEN_SET:
	case TOKEN_CLOSE_SET:
	case TOKEN_OPERATOR:
	case TOKEN_UNCLOSED:
	case TOKEN_END:
		break;
	}
	finish(r);
}

static void take(struct reading *r, enum skt_filter_token token, const char *text, size_t len)
{
	if (r->at.operand == COMPLETE_SUBJECT) {
		take_subject(r, token, text, len);
		return;
	}
	/* A list goes on behind its comma, blanks or not. */
	if (token == TOKEN_OPERATOR || text[len - 1] == ',')
		return;
	if (token == TOKEN_OPEN_SET)
		r->in_set = true;
	else if (!r->in_set || token == TOKEN_CLOSE_SET)
		finish(r);
}

struct complete_filter complete_filter_at(const char *text, const struct skt_column *columns)
{
	struct reading r = {.columns = columns};

	for (;;) {
		enum skt_filter_token token;
		size_t len;

		text += strspn(text, SKT_FILTER_BLANKS);
		if (!*text)
			return r.at;
		len = token_at(text, &token);
		/* What a word is, is not known before it is over; a symbol is one. */
		if (!text[len] && !strchr("(){}&|=!<>~", *text)) {
			r.at.typed = len;
			return r.at;
		}
		take(&r, token, text, len);
		text += len;
	}
}
