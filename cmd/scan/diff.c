#include "cmd/scan/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "cmd/scan/zone.h"
#include "scan/states.h"

enum { WORD_MAX = 80, DEPTH_MAX = 16, PIECE = 64 * 1024 };

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

enum { ADDRESS = 1, PORT = 2, PROTO = 4, STATE = 8, ALL = 15 };

_Static_assert(1 + SKT_SCAN_STATES <= 16, "a state, or none, is half a byte");

static bool read_state(const char *text, enum skt_scan_state *ret)
{
	for (size_t i = 0; i < SKT_SCAN_STATES; i++)
		if (strcmp(text, skt_scan_state_names[i]) == 0) {
			*ret = (enum skt_scan_state)i;
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
static int read_member(
	const struct word *name, const struct word *value, struct scan_diff_line *ret, int *known)
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
		if (!value->fits || !read_state(value->text, &ret->state))
			return -EINVAL;
		*known |= STATE;
	}
	return 0;
}

int scan_diff_parse(const char *text, size_t len, struct scan_diff_line *ret)
{
	struct reader r = {text, text + len};
	struct scan_diff_line line = {0};
	struct word name, value;
	int known = 0;

	if (!take(&r, '{'))
		return -EINVAL;
	do {
		if (!take_string(&r, &name) || !take(&r, ':') || !take_value(&r, &value) ||
			read_member(&name, &value, &line, &known))
			return -EINVAL;
	} while (take(&r, ','));
	if (!take(&r, '}') || known != ALL)
		return -EINVAL;
	skip_space(&r);
	if (r.at != r.end)
		return -EINVAL;
	*ret = line;
	return 0;
}

/* ---- the file ---- */

struct file {
	const char *path;
	const struct skt_plan *plan;
	bool udp;
	struct scan_diff *diff;
	uint64_t lines, ours;
};

static int take_line(struct file *file, const char *text, size_t len, struct skt_err *err)
{
	struct scan_diff_line line;
	size_t mark = file->lines++ ? 0 : skt_str_mark(text, len);
	uint64_t index;

	text += mark;
	len -= mark;
	if (!len)
		return 0;
	if (scan_diff_parse(text, len, &line))
		return skt_fail_text(err, EINVAL, "'%s' line %llu: not a row of a scan", file->path,
			(unsigned long long)file->lines);
	index = line.udp == file->udp ? skt_plan_find(file->plan, &line.addr, line.port)
				      : SKT_PLAN_NONE;
	if (index == SKT_PLAN_NONE) {
		file->diff->elsewhere += line.state == SKT_SCAN_OPEN;
		return 0;
	}
	file->ours++;
	/* Not known then is not known now. */
	if (line.state != SKT_SCAN_ERROR && line.state != SKT_SCAN_SKIPPED)
		skt_states_set(&file->diff->was[index / 2], index, (uint8_t)line.state);
	return 0;
}

/* Takes the whole lines out of TEXT. */
static int take_lines(struct file *file, struct skt_str *text, struct skt_err *err)
{
	size_t done = 0;
	int rc = 0;

	while (!rc) {
		const char *begin = text->data + done;
		const char *end = memchr(begin, '\n', text->len - done);

		if (!end)
			break;
		rc = take_line(file, begin, (size_t)(end - begin), err);
		done += (size_t)(end + 1 - begin);
	}
	if (!rc && text->len - done > SCAN_DIFF_LINE_MAX)
		rc = skt_fail_text(err, EINVAL, "'%s' line %llu: not a row of a scan", file->path,
			(unsigned long long)file->lines + 1);
	if (!rc && done) {
		memmove(text->data, text->data + done, text->len - done);
		text->len -= done;
	}
	return rc;
}

static int read_lines(struct file *file, int fd, struct skt_err *err)
{
	struct skt_str text = {0};
	int rc = 0;

	while (!rc) {
		char *room = skt_str_room(&text, PIECE);
		ssize_t n;

		if (!room) {
			rc = skt_fail(err, ENOMEM, "'%s'", file->path);
			break;
		}
		n = read(fd, room, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = skt_fail(err, errno, "'%s'", file->path);
		if (n <= 0)
			break;
		skt_str_commit(&text, room + n);
		rc = take_lines(file, &text, err);
	}
	/* The last line may be without its end: then it is whole, or it is refused. */
	if (!rc && text.len)
		rc = take_line(file, text.data, text.len, err);
	skt_str_fini(&text);
	return rc;
}

int scan_diff_read(const char *path, const struct skt_plan *plan, bool udp, struct scan_diff *ret,
	struct skt_err *err)
{
	struct scan_diff diff = {.was = calloc(skt_states_size(plan->count), 1)};
	struct file file = {.path = path, .plan = plan, .udp = udp, .diff = &diff};
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		rc = skt_fail(err, errno, "'%s'", path);
	else
		rc = diff.was ? read_lines(&file, fd, err) : skt_fail(err, ENOMEM, "'%s'", path);
	if (!rc && file.lines && !file.ours)
		rc = skt_fail_text(err, EINVAL,
			"'%s': has nothing of the hosts and ports to be scanned", path);
	if (fd >= 0)
		(void)close(fd);
	if (rc) {
		scan_diff_fini(&diff);
		return rc;
	}
	*ret = diff;
	return 0;
}

/* ---- differences ---- */

bool scan_diff_was(const struct scan_diff *diff, uint64_t index, uint8_t *ret_state)
{
	return skt_states_get(diff->was[index / 2], index, ret_state);
}

bool scan_diff_note(struct scan_diff *diff, uint64_t index, uint8_t state)
{
	uint8_t was;
	bool known = scan_diff_was(diff, index, &was);

	if (state == SKT_SCAN_ERROR || state == SKT_SCAN_SKIPPED || (known && was == state) ||
		(!known && state != SKT_SCAN_OPEN))
		return false;
	if (state == SKT_SCAN_OPEN)
		diff->opened++;
	else if (was == SKT_SCAN_OPEN)
		diff->closed++;
	else
		diff->changed++;
	return true;
}

void scan_diff_fini(struct scan_diff *diff)
{
	free(diff->was);
	diff->was = NULL;
}
