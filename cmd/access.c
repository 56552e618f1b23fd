/* Who may come: entries from the command line, and from files with one on each line. */
#include "cmd/access.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/look_up.h"
#include "cmd/parse.h"

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
	return letter && len < SKT_ACCESS_HOST_MAX;
}

static int add_entry(struct skt_access *access, const char *text, size_t len)
{
	struct skt_access_host host = {0};
	struct skt_cidr cidr;

	if (skt_cidr_parse(text, len, &cidr) == 0)
		return skt_vec_push(&access->prefixes, cidr);
	if (!is_host(text, len))
		return -EINVAL;
	memcpy(host.name, text, len);
	return skt_vec_push(&access->hosts, host);
}

static int add_word(struct skt_access *access, const char *text)
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

error_t skt_access_parse(const struct argp_state *state, const char *option, const char *arg,
	struct skt_access *access)
{
	int r = add_word(access, arg);

	if (r == -ENOMEM)
		return ENOMEM;
	if (r)
		return skt_usage_error(state,
			"%s '%s': expected an address, a prefix such as 10.0.0.0/8, a host, or "
			"@FILE",
			option, arg);
	return 0;
}

bool skt_access_given(const struct skt_access *access)
{
	return access->prefixes.len || access->hosts.len || access->files.len;
}

/* A line is an entry, or blank; `#` begins a comment. */
static int add_line(struct skt_access *access, const char *line)
{
	const char *rest;
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t\r\n#");
	/* Who writes two entries into a line must not believe that both count. */
	rest = line + len + strspn(line + len, " \t\r\n");
	if (*rest && *rest != '#')
		return -EINVAL;
	return len ? add_entry(access, line, len) : 0;
}

static int load_file(struct skt_access *access, const char *path, struct skt_err *err)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	if (!file)
		return skt_fail(err, errno, "open %.128s", path);
	while (r == 0 && (len = getline(&line, &size, file)) >= 0) {
		size_t mark = number++ ? 0 : skt_str_mark(line, (size_t)len);

		/* Behind a NUL there may be anything. */
		r = strlen(line) == (size_t)len ? add_line(access, line + mark) : -EINVAL;
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

int skt_access_load(struct skt_access *access, const struct skt_access *from, struct skt_err *err)
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

static int add_addresses(struct skt_access *access, const struct skt_answer *answer, uint8_t length)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < answer->count; i++)
		r = skt_vec_push(&access->prefixes,
			(struct skt_cidr){.addr = answer->addrs[i], .length = length});
	return r;
}

int skt_access_add_host(struct skt_access *access, const struct skt_resolve *found)
{
	int r = add_addresses(access, &found->v6, 128);

	return r ? r : add_addresses(access, &found->v4, 32);
}

int skt_access_check(const struct skt_access *allow, struct skt_err *err)
{
	if (allow->prefixes.len)
		return 0;
	return skt_fail_text(err, ENODATA, "--allow: the list is empty, and nobody may come");
}

struct skt_lists skt_access_lists(const struct skt_access *allow, const struct skt_access *deny)
{
	return (struct skt_lists){
		.allow = allow->prefixes.data,
		.allow_count = allow->prefixes.len,
		.deny = deny->prefixes.data,
		.deny_count = deny->prefixes.len,
	};
}

int skt_access_resolve(const struct skt_context *ctx, const struct skt_access *from,
	struct skt_access *ret, struct skt_err *err)
{
	int r = skt_access_load(ret, from, err);

	for (size_t i = 0; r == 0 && i < ret->hosts.len; i++) {
		const char *host = ret->hosts.data[i].name;
		struct skt_resolve found;

		r = skt_look_up(ctx, host, AF_UNSPEC, &found, err);
		if (r == 0 && skt_access_add_host(ret, &found))
			r = skt_fail(err, ENOMEM, "the addresses of %.128s", host);
	}
	return r;
}

void skt_access_free(struct skt_access *access)
{
	skt_vec_free(&access->hosts);
	skt_vec_free(&access->prefixes);
	skt_vec_free(&access->files);
}
