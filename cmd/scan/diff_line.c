#include "cmd/scan/diff_line.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "cmd/scan/up_state.h"
#include "cmd/scan/zone.h"
#include "scan/plan.h"
#include "scan/verdict.h"

enum { WORD_MAX = 80, DEPTH_MAX = 16 };

/* ---- one line: as much of JSON (RFC 8259) as it takes ---- */

struct reader {
	const char *at, *end;
};

/* A short value as text; what is longer or has escapes is none that is looked for. */
struct word {
	char text[WORD_MAX];
	bool fits;
};

static void skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static void keep_word(struct word *word, const char *text, size_t len)
{
	word->fits =
		len < sizeof(word->text) && !memchr(text, '\\', len) && !memchr(text, '\0', len);
	if (word->fits) {
		memcpy(word->text, text, len);
		word->text[len] = '\0';
	}
}

static bool take_string(struct reader *r, struct word *word)
{
	const char *begin;

	if (!take(r, '"'))
		return false;
	for (begin = r->at; r->at < r->end && *r->at != '"'; r->at++)
		if ((unsigned char)*r->at < 0x20 || (*r->at == '\\' && ++r->at == r->end))
			return false;
	if (r->at == r->end)
		return false;
	keep_word(word, begin, (size_t)(r->at++ - begin));
	return true;
}

/* A number, true, false or null: which of them, is for whoever wants it. */
static bool take_bare(struct reader *r, struct word *word)
{
	const char *begin = r->at;

	while (r->at < r->end &&
		((*r->at >= '0' && *r->at <= '9') || (*r->at >= 'a' && *r->at <= 'z') ||
			*r->at == '.' || *r->at == '+' || *r->at == '-' || *r->at == 'E'))
		r->at++;
	keep_word(word, begin, (size_t)(r->at - begin));
	return r->at > begin;
}

/* Lists and objects inside are passed over by their brackets. */
static bool skip_nested(struct reader *r)
{
	char open[DEPTH_MAX];
	size_t depth = 0;
	struct word word;

	do {
		skip_space(r);
		if (r->at == r->end)
			return false;
		if (*r->at == '[' || *r->at == '{') {
			if (depth == DEPTH_MAX)
				return false;
			open[depth++] = *r->at++;
		} else if (*r->at == ']' || *r->at == '}') {
			if (!depth || open[--depth] != (*r->at++ == ']' ? '[' : '{'))
				return false;
		} else if (*r->at == '"') {
			if (!take_string(r, &word))
				return false;
		} else if (*r->at == ',' || *r->at == ':') {
			r->at++;
		} else if (!take_bare(r, &word)) {
			return false;
		}
	} while (depth);
	return true;
}

static bool take_value(struct reader *r, struct word *word)
{
	word->fits = false;
	skip_space(r);
	if (r->at == r->end)
		return false;
	if (*r->at == '"')
		return take_string(r, word);
	return *r->at == '[' || *r->at == '{' ? skip_nested(r) : take_bare(r, word);
}

enum { ADDRESS = 1, PORT = 2, PROTO = 4, STATE = 8, ALL = 15, ALL_OF_HOSTS = ADDRESS | STATE };

static bool read_state(const char *text, bool hosts, uint8_t *ret)
{
	const char *const *names = hosts ? scan_up_state_names : skt_scan_state_names;
	const size_t count = hosts ? (size_t)SCAN_UP_STATES : (size_t)SKT_SCAN_STATES;

	for (size_t i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (uint8_t)i;
			return true;
		}
	return false;
}

/* The zone may be the name of an interface that there is no more: it is of none that there is then.
 */
static bool read_address(const char *text, struct skt_addr *ret)
{
	size_t len = strlen(text), bare = strcspn(text, "%");
	char zoned[SCAN_ZONED_MAX];

	if (!scan_zone_number(&text, &len, zoned))
		return !skt_addr_parse(text, len, ret);
	if (skt_addr_parse(text, bare, ret))
		return false;
	ret->scope_id = UINT32_MAX;
	return true;
}

/* Takes in what the object says under NAME; *known has a bit for each that is. */
static int read_member(const struct word *name, const struct word *value, bool hosts,
	struct scan_diff_line *ret, int *known)
{
	uint64_t port;

	if (!name->fits)
		return 0;
	if (strcmp(name->text, "address") == 0) {
		if (!value->fits || !read_address(value->text, &ret->addr))
			return -EINVAL;
		*known |= ADDRESS;
	} else if (strcmp(name->text, "port") == 0) {
		if (!value->fits || skt_num_parse(value->text, 0, UINT16_MAX, &port))
			return -EINVAL;
		ret->port = (uint16_t)port;
		*known |= PORT;
	} else if (strcmp(name->text, "proto") == 0) {
		ret->udp = value->fits && strcmp(value->text, "udp") == 0;
		if (!ret->udp && (!value->fits || strcmp(value->text, "tcp") != 0))
			return -EINVAL;
		*known |= PROTO;
	} else if (strcmp(name->text, "state") == 0) {
		if (!value->fits || !read_state(value->text, hosts, &ret->state))
			return -EINVAL;
		*known |= STATE;
	}
	return 0;
}

int scan_diff_parse(const char *text, size_t len, bool hosts, struct scan_diff_line *ret)
{
	struct reader r = {text, text + len};
	struct scan_diff_line line = {0};
	struct word name, value;
	int known = 0;

	if (!take(&r, '{'))
		return -EINVAL;
	do {
		if (!take_string(&r, &name) || !take(&r, ':') || !take_value(&r, &value) ||
			read_member(&name, &value, hosts, &line, &known))
			return -EINVAL;
	} while (take(&r, ','));
	if (!take(&r, '}') || known != (hosts ? ALL_OF_HOSTS : ALL))
		return -EINVAL;
	skip_space(&r);
	if (r.at != r.end)
		return -EINVAL;
	if (hosts)
		line.port = SKT_PLAN_ANY_PORT;
	*ret = line;
	return 0;
}
