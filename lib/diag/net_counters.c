#include "diag/net_counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "diag/proc_line.h"

enum { NAME_LEN_MAX = 64, TEXT_MAX = 1 << 20 };

/* The next line of *TEXT, which has *LEN bytes, and moves behind it. False: there is none. */
static bool next_line(const char **text, size_t *len, struct skt_proc_line *ret)
{
	const char *end = *len ? memchr(*text, '\n', *len) : NULL;

	if (!*len)
		return false;
	*ret = (struct skt_proc_line){.p = *text, .end = end ? end : *text + *len};
	*len -= end ? (size_t)(end + 1 - *text) : *len;
	*text = end ? end + 1 : ret->end;
	return true;
}

/* The next word of LINE; its length is 0 at the end. */
static size_t next_word(struct skt_proc_line *line, const char **ret)
{
	while (line->p < line->end && (*line->p == ' ' || *line->p == '\t'))
		line->p++;
	*ret = line->p;
	while (line->p < line->end && *line->p != ' ' && *line->p != '\t')
		line->p++;
	return (size_t)(line->p - *ret);
}

static bool read_value(const char *word, size_t len, uint64_t *ret)
{
	struct skt_proc_line line = {.p = word, .end = word + len};

	*ret = skt_proc_line_decimal(&line, UINT64_MAX);
	return !line.bad && line.p == line.end;
}

/* The counters of one pair, whose protocols are the same. */
static void take_pair(
	struct skt_proc_line names, struct skt_proc_line values, skt_net_counter_fn *fn, void *ctx)
{
	const char *proto, *other, *name, *value;
	char text[2 * NAME_LEN_MAX];
	size_t proto_len = next_word(&names, &proto), len;
	uint64_t number;

	if (next_word(&values, &other) != proto_len || memcmp(proto, other, proto_len) != 0 ||
		proto_len < 2 || proto_len > NAME_LEN_MAX || proto[proto_len - 1] != ':')
		return;
	proto_len--;
	memcpy(text, proto, proto_len);
	while ((len = next_word(&names, &name))) {
		const size_t value_len = next_word(&values, &value);

		if (len > NAME_LEN_MAX || !read_value(value, value_len, &number))
			continue;
		memcpy(text + proto_len, name, len);
		fn(text, proto_len + len, number, ctx);
	}
}

void skt_net_counters_pairs(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx)
{
	struct skt_proc_line names, values;

	while (next_line(&text, &len, &names) && next_line(&text, &len, &values))
		take_pair(names, values, fn, ctx);
}

void skt_net_counters_lines(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx)
{
	struct skt_proc_line line;

	while (next_line(&text, &len, &line)) {
		const char *name, *value;
		const size_t name_len = next_word(&line, &name);
		const size_t value_len = next_word(&line, &value);
		uint64_t number;

		if (name_len && read_value(value, value_len, &number))
			fn(name, name_len, number, ctx);
	}
}

void skt_net_counters_softnet(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx)
{
	struct skt_proc_line line;
	uint64_t dropped = 0;
	bool told = false;

	while (next_line(&text, &len, &line)) {
		uint64_t one;

		(void)skt_proc_line_hex(&line, 1, 16);
		one = skt_proc_line_next_hex(&line, 1, 16);
		if (line.bad)
			continue;
		dropped += one;
		told = true;
	}
	if (told)
		fn("SoftnetDropped", sizeof("SoftnetDropped") - 1, dropped, ctx);
}

/* All of PROC_ROOT/net/NAME, behind what is in OUT. */
static int read_file(const char *proc_root, const char *name, struct skt_str *out)
{
	char path[512];
	const int len = snprintf(path, sizeof(path), "%s/net/%s", proc_root, name);
	int fd, rc;

	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = skt_str_read(out, fd, TEXT_MAX);
	(void)close(fd);
	return rc;
}

int skt_net_counters_read(
	const char *proc_root, skt_net_counter_fn *fn, void *ctx, struct skt_err *err)
{
	static const struct {
		const char *name;
		void (*read)(const char *text, size_t len, skt_net_counter_fn *fn, void *ctx);
	} files[] = {{"snmp", skt_net_counters_pairs}, {"netstat", skt_net_counters_pairs},
		{"snmp6", skt_net_counters_lines}, {"softnet_stat", skt_net_counters_softnet}};
	struct skt_str text = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < SKT_COUNT(files); i++) {
		text.len = 0;
		rc = read_file(proc_root, files[i].name, &text);
		if (!rc && text.len)
			files[i].read(text.data, text.len, fn, ctx);
		if (rc)
			skt_fail(err, -rc, "read %s/net/%s", proc_root, files[i].name);
	}
	skt_str_fini(&text);
	return rc;
}
