#include "cmd/scan/diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "scan/states.h"

enum { PIECE = 64 * 1024 };

/* Differences of both are told by the same rules. */
_Static_assert((int)SCAN_UP == (int)SKT_SCAN_OPEN && (int)SCAN_UP_STATES < (int)SKT_SCAN_ERROR,
	"what is up is what is open");

/* ---- the file ---- */

struct file {
	const char *path;
	bool hosts;
	int (*take)(struct file *file, const struct scan_diff_line *line);
	uint64_t lines;
	/* Of ports: */
	const struct skt_plan *plan;
	bool udp;
	struct scan_diff *diff;
	uint64_t ours;
	/* Of hosts: */
	struct scan_diff_lines *list;
};

/* Whether LINE is about PLAN, and takes it in; what is elsewhere and was open is counted. */
static bool note_line(
	struct scan_diff *diff, const struct skt_plan *plan, const struct scan_diff_line *line)
{
	uint64_t index = skt_plan_find(plan, &line->addr, line->port);

	if (index == SKT_PLAN_NONE) {
		diff->elsewhere += line->state == SKT_SCAN_OPEN;
		return false;
	}
	/* Not known then is not known now. */
	if (line->state != SKT_SCAN_ERROR && line->state != SKT_SCAN_SKIPPED)
		skt_states_set(&diff->was[index / 2], index, line->state);
	return true;
}

static int take_port(struct file *file, const struct scan_diff_line *line)
{
	if (line->udp == file->udp)
		file->ours += note_line(file->diff, file->plan, line);
	else
		file->diff->elsewhere += line->state == SKT_SCAN_OPEN;
	return 0;
}

static int take_host(struct file *file, const struct scan_diff_line *line)
{
	return skt_vec_push(file->list, *line);
}

static int take_line(struct file *file, const char *text, size_t len, struct skt_err *err)
{
	struct scan_diff_line line;
	size_t mark = file->lines++ ? 0 : skt_str_mark(text, len);

	text += mark;
	len -= mark;
	if (!len)
		return 0;
	if (scan_diff_parse(text, len, file->hosts, &line))
		return skt_fail_text(err, EINVAL, "'%s' line %llu: not a row of a scan%s",
			file->path, (unsigned long long)file->lines,
			file->hosts ? " with --up alone" : "");
	return file->take(file, &line) ? skt_fail(err, ENOMEM, "'%s'", file->path) : 0;
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

static int read_file(struct file *file, struct skt_err *err)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return skt_fail(err, errno, "'%s'", file->path);
	rc = read_lines(file, fd, err);
	(void)close(fd);
	return rc;
}

int scan_diff_read(const char *path, const struct skt_plan *plan, bool udp, struct scan_diff *ret,
	struct skt_err *err)
{
	struct scan_diff diff = {.was = calloc(skt_states_size(plan->count), 1)};
	struct file file = {
		.path = path, .take = take_port, .plan = plan, .udp = udp, .diff = &diff};
	int rc = diff.was ? read_file(&file, err) : skt_fail(err, ENOMEM, "'%s'", path);

	if (!rc && file.lines && !file.ours)
		rc = skt_fail_text(err, EINVAL,
			"'%s': has nothing of the hosts and ports to be scanned", path);
	if (rc) {
		scan_diff_fini(&diff);
		return rc;
	}
	*ret = diff;
	return 0;
}

int scan_diff_read_hosts(const char *path, struct scan_diff_lines *ret, struct skt_err *err)
{
	struct file file = {.path = path, .hosts = true, .take = take_host, .list = ret};

	return read_file(&file, err);
}

int scan_diff_of_hosts(
	const struct scan_diff_lines *lines, const struct skt_plan *plan, struct scan_diff *ret)
{
	struct scan_diff diff = {.was = calloc(skt_states_size(plan->count), 1)};
	uint64_t ours = 0;

	if (!diff.was)
		return -ENOMEM;
	for (size_t i = 0; i < lines->len; i++)
		ours += note_line(&diff, plan, &lines->data[i]);
	if (lines->len && !ours) {
		scan_diff_fini(&diff);
		return -EINVAL;
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
