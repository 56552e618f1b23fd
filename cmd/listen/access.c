/* Who may come: entries from the command line, and from files with one on each line. */
#include "cmd/listen/access.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* A host has a letter somewhere: what has none was meant for an address. */
static bool is_host(const char *text, size_t len)
{
	bool letter = false;

	for (size_t i = 0; i < len; i++) {
		bool is_letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';

		if (!is_letter && !strchr("0123456789-_.", text[i]))
			return false;
		letter |= is_letter;
	}
	return letter && len < LISTEN_HOST_MAX;
}

static int add_entry(struct listen_access *access, const char *text, size_t len)
{
	struct listen_host host = {0};
	struct skt_cidr cidr;

	if (skt_cidr_parse(text, len, &cidr) == 0)
		return skt_vec_push(&access->prefixes, cidr);
	if (!is_host(text, len))
		return -EINVAL;
	memcpy(host.name, text, len);
	return skt_vec_push(&access->hosts, host);
}

int listen_access_add(struct listen_access *access, const char *text)
{
	size_t len;
	int r = 0;

	if (text[0] == '@')
		return text[1] ? skt_vec_push(&access->files, text + 1) : -EINVAL;
	do {
		len = strcspn(text, ",");
		r = add_entry(access, text, len);
		text += len;
	} while (r == 0 && *text++);
	return r;
}

/* A line is an entry, or blank; `#` begins a comment. */
static int add_line(struct listen_access *access, const char *line)
{
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t\r\n#");
	if (len == 0)
		return line[0] == '\0' || strchr("\r\n#", line[0]) ? 0 : -EINVAL;
	return add_entry(access, line, len);
}

static int load_file(struct listen_access *access, const char *path, struct skt_err *err)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!file)
		return skt_fail(err, errno, "open %.128s", path);
	while (r == 0 && getline(&line, &size, file) >= 0) {
		r = add_line(access, line + (number++ ? 0 : skt_str_mark(line, strlen(line))));
	}
	if (r == -ENOMEM)
		(void)skt_fail(err, ENOMEM, "read %.128s", path);
	else if (r)
		(void)skt_fail_text(err, -r,
			"%.128s, line %u: expected a prefix such as 10.0.0.0/8, or a host", path,
			number);
	else if (ferror(file))
		r = skt_fail(err, errno, "read %.128s", path);
	free(line);
	(void)fclose(file);
	return r;
}

int listen_access_load(
	struct listen_access *access, const struct listen_access *from, struct skt_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->prefixes.len; i++)
		r = skt_vec_push(&access->prefixes, from->prefixes.data[i]);
	for (size_t i = 0; r == 0 && i < from->hosts.len; i++)
		r = skt_vec_push(&access->hosts, from->hosts.data[i]);
	if (r)
		return skt_fail(err, -r, "the list of addresses");
	for (size_t i = 0; r == 0 && i < from->files.len; i++)
		r = load_file(access, from->files.data[i], err);
	return r;
}

void listen_access_free(struct listen_access *access)
{
	skt_vec_free(&access->hosts);
	skt_vec_free(&access->prefixes);
	skt_vec_free(&access->files);
}
