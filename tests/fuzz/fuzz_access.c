/*
 * Files with an entry on each line: the first byte says whether it is a list of --allow, or the
 * users of a proxy. What is taken has an entry for each line that says something, and, written line
 * by line, is read as the same.
 */
#include <errno.h>

#include "base/str.h"
#include "cmd/access.h"
#include "cmd/listen/proxy_users.h"
#include "tests/fuzz/fuzz.h"

/*
 * How many lines say something: BLANKS may stand in front of it, a mark in front of all. SIZE_MAX:
 * one says something behind its first word, too.
 */
static size_t count_lines(const uint8_t *data, size_t size, bool blanks)
{
	size_t count = 0, i = size >= 3 && blanks && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < size) {
		const uint8_t *newline = memchr(data + i, '\n', size - i);
		size_t end = newline ? (size_t)(newline - data) : size, first = i;

		i = end + 1;
		while (end > first && data[end - 1] == '\r')
			end--;
		while (blanks && first < end && strchr(" \t\r", data[first]))
			first++;
		count += first < end && data[first] != '#';
		while (blanks && first < end && !strchr(" \t\r#", data[first]))
			first++;
		while (blanks && first < end && strchr(" \t\r", data[first]))
			first++;
		if (blanks && first < end && data[first] != '#')
			return SIZE_MAX;
	}
	return count;
}

static int load(struct skt_access *access, const void *data, size_t size, struct skt_err *err)
{
	struct skt_access from = {0};
	char path[FUZZ_PATH];
	int fd = fuzz_file(data, size, path), rc;

	if (skt_vec_push(&from.files, path))
		abort();
	rc = skt_access_load(access, &from, err);
	skt_access_free(&from);
	(void)close(fd);
	return rc;
}

static void check_access(const uint8_t *data, size_t size)
{
	struct skt_access access = {0}, again = {0};
	char text[SKT_ADDR_TEXT_MAX];
	struct skt_str lines = {0};
	struct skt_err err = {0};

	if (load(&access, data, size, &err)) {
		if (!err.text[0])
			abort();
		skt_access_free(&access);
		return;
	}
	if (access.prefixes.len + access.hosts.len != count_lines(data, size, true))
		abort();
	for (size_t i = 0; i < access.prefixes.len; i++)
		skt_str_add_format(&lines, "%s/%d\n",
			skt_addr_text(&access.prefixes.data[i].addr, text),
			access.prefixes.data[i].length);
	for (size_t i = 0; i < access.hosts.len; i++)
		skt_str_add_format(&lines, "%s # a host\n", access.hosts.data[i].name);
	if (load(&again, lines.data, lines.len, &err) ||
		again.prefixes.len != access.prefixes.len || again.hosts.len != access.hosts.len)
		abort();
	skt_str_fini(&lines);
	skt_access_free(&access);
	skt_access_free(&again);
}

static void check_users(const uint8_t *data, size_t size)
{
	struct proxy_users users = {0};
	struct skt_err err = {0};
	char path[FUZZ_PATH];
	int fd = fuzz_file(data, size, path), rc = proxy_users_load(&users, path, &err);

	if (rc && !err.text[0])
		abort();
	for (size_t i = 0; rc == 0 && i < users.list.len; i++)
		if (!users.list.data[i].name[0] ||
			!proxy_users_know(
				&users, users.list.data[i].name, users.list.data[i].password) ||
			proxy_users_know(&users, users.list.data[i].name, "\x7f no"))
			abort();
	if (rc == 0 && users.list.len != count_lines(data, size, false))
		abort();
	proxy_users_free(&users);
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		check_users(data + 1, size - 1);
	else
		check_access(data + 1, size - 1);
	return 0;
}
