#include "filter/token.h"

#include <string.h>

#include "base/macros.h"

/* What needs no blank around it. The longer ones first. */
static const struct skt_filter_spelling symbols[] = {
	{"(", TOKEN_OPEN, 0},
	{")", TOKEN_CLOSE, 0},
	{"{", TOKEN_OPEN_SET, 0},
	{"}", TOKEN_CLOSE_SET, 0},
	{"&&", TOKEN_AND, 0},
	{"&", TOKEN_AND, 0},
	{"||", TOKEN_OR, 0},
	{"|", TOKEN_OR, 0},
	{"==", TOKEN_OPERATOR, SKT_FILTER_EQ},
	{"=", TOKEN_OPERATOR, SKT_FILTER_EQ},
	{"!=", TOKEN_OPERATOR, SKT_FILTER_NE},
	{"!~", TOKEN_OPERATOR, SKT_FILTER_UNLIKE},
	{"~", TOKEN_OPERATOR, SKT_FILTER_LIKE},
	{"!", TOKEN_NOT, 0},
	{"<=", TOKEN_OPERATOR, SKT_FILTER_LE},
	{"<", TOKEN_OPERATOR, SKT_FILTER_LT},
	{">=", TOKEN_OPERATOR, SKT_FILTER_GE},
	{">", TOKEN_OPERATOR, SKT_FILTER_GT},
};

/* Reserved: a host or service of such a name is asked for in quotes. */
static const struct skt_filter_spelling keywords[] = {
	{"src", TOKEN_SRC, 0},
	{"dst", TOKEN_DST, 0},
	{"sport", TOKEN_SPORT, 0},
	{"dport", TOKEN_DPORT, 0},
	{"port", TOKEN_PORT, 0},
	{"local", TOKEN_SRC, 0},
	{"remote", TOKEN_DST, 0},
	{"local_address", TOKEN_SRC, 0},
	{"remote_address", TOKEN_DST, 0},
	{"local_port", TOKEN_SPORT, 0},
	{"remote_port", TOKEN_DPORT, 0},
	{"dev", TOKEN_DEV, 0},
	{"interface", TOKEN_DEV, 0},
	{"fwmark", TOKEN_MARK, 0},
	{"mark", TOKEN_MARK, 0},
	{"cgroup", TOKEN_CGROUP, 0},
	{"autobound", TOKEN_AUTOBOUND, 0},
	{"state", TOKEN_STATE, 0},
	{"exclude", TOKEN_EXCLUDE, 0},
	{"excl", TOKEN_EXCLUDE, 0},
	{"and", TOKEN_AND, 0},
	{"or", TOKEN_OR, 0},
	{"not", TOKEN_NOT, 0},
	{"like", TOKEN_OPERATOR, SKT_FILTER_LIKE},
	{"eq", TOKEN_OPERATOR, SKT_FILTER_EQ},
	{"ne", TOKEN_OPERATOR, SKT_FILTER_NE},
	{"neq", TOKEN_OPERATOR, SKT_FILTER_NE},
	{"lt", TOKEN_OPERATOR, SKT_FILTER_LT},
	{"le", TOKEN_OPERATOR, SKT_FILTER_LE},
	{"leq", TOKEN_OPERATOR, SKT_FILTER_LE},
	{"gt", TOKEN_OPERATOR, SKT_FILTER_GT},
	{"ge", TOKEN_OPERATOR, SKT_FILTER_GE},
	{"geq", TOKEN_OPERATOR, SKT_FILTER_GE},
};

static const struct skt_filter_spelling *find_symbol(const char *at)
{
	for (size_t i = 0; i < SKT_COUNT(symbols); i++)
		if (strncmp(symbols[i].text, at, strlen(symbols[i].text)) == 0)
			return &symbols[i];
	return NULL;
}

static const struct skt_filter_spelling *find_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < SKT_COUNT(keywords); i++)
		if (strlen(keywords[i].text) == len && memcmp(keywords[i].text, word, len) == 0)
			return &keywords[i];
	return NULL;
}

const struct skt_filter_spelling *skt_filter_spelling_at(const char *at, size_t *ret_len)
{
	const struct skt_filter_spelling *symbol = find_symbol(at);

	*ret_len = symbol ? strlen(symbol->text) : strcspn(at, SKT_FILTER_BLANKS "(){}&|=!<>~");
	return symbol ? symbol : find_keyword(at, *ret_len);
}

const char *skt_filter_keyword(size_t i)
{
	return i < SKT_COUNT(keywords) ? keywords[i].text : NULL;
}
