#include "diag/proc_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The kernel fills a read with as many whole lines as fit its own page or two (fs/seq_file.c), so a
 * larger buffer would stay empty. A line is at most 150 bytes padded to that (net/ipv4/tcp_ipv4.c).
 */
enum { BUFFER_SIZE = 65536 };

struct table {
	skt_proc_line_fn *fn;
	void *ctx;
	size_t lines, bad;
	bool skipping; /* inside a line that is longer than the buffer */
};

static int take_line(struct table *table, const char *line, size_t len)
{
	int rc;

	/* The first line names the columns. */
	if (table->lines++ == 0)
		return 0;
	rc = table->fn(line, len, table->ctx);
	if (rc != SKT_PROC_TABLE_BAD)
		return rc;
	table->bad++;
	return 0;
}

/* Takes the whole lines of the LEN bytes at TEXT; the number of bytes taken goes to *ret_taken. */
static int take_lines(struct table *table, const char *text, size_t len, size_t *ret_taken)
{
	const char *p = text, *end = text + len, *newline;
	int rc = 0;

	while (rc == 0 && p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		if (table->skipping)
			table->skipping = false;
		else
			rc = take_line(table, p, (size_t)(newline - p));
		p = newline + 1;
	}
	*ret_taken = (size_t)(p - text);
	return rc;
}

static ssize_t read_some(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int read_table(struct table *table, int fd, const char *path, struct skt_err *err)
{
	char *buffer = malloc(BUFFER_SIZE);
	size_t used = 0, taken;
	ssize_t n;
	int rc = 0;

	if (!buffer)
		return skt_fail(err, ENOMEM, "read %s", path);
	while (rc == 0 && (n = read_some(fd, buffer + used, BUFFER_SIZE - used)) > 0) {
		used += (size_t)n;
		rc = take_lines(table, buffer, used, &taken);
		used -= taken;
		memmove(buffer, buffer + taken, used);
		if (used == BUFFER_SIZE) {
			if (!table->skipping) {
				table->lines++;
				table->bad++;
			}
			table->skipping = true;
			used = 0;
		}
	}
	if (rc == 0 && n < 0)
		rc = skt_fail(err, (int)-n, "read %s", path);
	/* A last line without its newline was cut short, or is whole: the form tells. */
	if (rc == 0 && used && !table->skipping)
		rc = take_line(table, buffer, used);
	free(buffer);
	return rc;
}

int skt_proc_table_read(const char *proc_root, const char *name, skt_proc_line_fn *fn, void *ctx,
	size_t *ret_bad, struct skt_err *err)
{
	struct table table = {.fn = fn, .ctx = ctx};
	char path[PATH_MAX];
	int fd, rc = snprintf(path, sizeof(path), "%s/net/%s", proc_root, name);

	*ret_bad = 0;
	if (rc < 0 || (size_t)rc >= sizeof(path))
		return skt_fail(err, ENAMETOOLONG, "%s/net", proc_root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return skt_fail(err, errno, "open %s", path);
	rc = read_table(&table, fd, path, err);
	(void)close(fd);
	*ret_bad = table.bad;
	return rc;
}
