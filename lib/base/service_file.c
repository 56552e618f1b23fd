#include "base/service_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

enum {
	FILE_SIZE_MAX = 4 * 1024 * 1024, /* a full copy of the registry has a fifth of that */
	NAME_LEN_MAX = 63,
	ALIASES_MAX = 32, /* of a line */
};

struct span {
	const char *text;
	size_t len;
};

static bool token_next(const char **p, const char *end, struct span *ret)
{
	while (*p < end && isspace((unsigned char)**p))
		++*p;
	ret->text = *p;
	while (*p < end && !isspace((unsigned char)**p))
		++*p;
	ret->len = (size_t)(*p - ret->text);
	return ret->len > 0;
}

static bool is_name(const struct span *token)
{
	if (token->len > NAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < token->len; i++)
		if (token->text[i] <= ' ' || token->text[i] > '~')
			return false;
	return true;
}

/* "PORT/PROTOCOL"; false for what is malformed, port 0, and protocols that are not of interest. */
static bool parse_port(const struct span *token, struct skt_service *ret)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} protocols[] = {
		{"tcp", SKT_SERVICE_TCP},
		{"udp", SKT_SERVICE_UDP},
		{"sctp", SKT_SERVICE_SCTP},
		{"dccp", SKT_SERVICE_DCCP},
	};
	const char *p = token->text, *end = p + token->len;
	uint32_t port = 0;
	size_t len;

	for (; p < end && isdigit((unsigned char)*p) && port <= UINT16_MAX; p++)
		port = port * 10 + (uint32_t)(*p - '0');
	if (!port || port > UINT16_MAX || p == end || *p++ != '/')
		return false;
	len = (size_t)(end - p);
	for (size_t i = 0; i < SKT_COUNT(protocols); i++)
		if (strlen(protocols[i].name) == len &&
			strncasecmp(protocols[i].name, p, len) == 0) {
			ret->port = (uint16_t)port;
			ret->protocols = protocols[i].bit;
			return true;
		}
	return false;
}

/* The words of P..END between single spaces; NULL when memory is out. */
static const char *parse_aliases(struct skt_arena *arena, const char *p, const char *end)
{
	char joined[ALIASES_MAX * (NAME_LEN_MAX + 1)];
	size_t used = 0, count = 0;
	struct span alias;

	while (count < ALIASES_MAX && token_next(&p, end, &alias)) {
		if (!is_name(&alias))
			continue;
		if (used)
			joined[used++] = ' ';
		memcpy(joined + used, alias.text, alias.len);
		used += alias.len;
		count++;
	}
	return used ? skt_arena_text(arena, joined, used) : "";
}

/* What is behind the `#`, without the blanks around it; NULL when memory is out. */
static const char *parse_comment(struct skt_arena *arena, const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (p < end && isspace((unsigned char)end[-1]))
		end--;
	return p < end ? skt_arena_text(arena, p, (size_t)(end - p)) : "";
}

/* services(5): NAME PORT/PROTOCOL [ALIAS...] [# COMMENT]. Skips what is not of this form. */
static int parse_line(
	const char *p, const char *end, struct skt_arena *arena, struct skt_service_lines *lines)
{
	struct skt_service_line line = {.number = (uint32_t)lines->len};
	struct skt_service *service = &line.service;
	const char *hash = memchr(p, '#', (size_t)(end - p));
	const char *words_end = hash ? hash : end;
	struct span name, port;

	if (!token_next(&p, words_end, &name) || !is_name(&name))
		return 0;
	if (!token_next(&p, words_end, &port) || !parse_port(&port, service))
		return 0;
	if (memchr(p, '\0', (size_t)(end - p)))
		return 0;
	service->name = skt_arena_text(arena, name.text, name.len);
	service->aliases = parse_aliases(arena, p, words_end);
	service->description = hash ? parse_comment(arena, hash + 1, end) : "";
	if (!service->name || !service->aliases || !service->description)
		return -ENOMEM;
	return skt_vec_push(lines, line);
}

static int line_compare(const void *a, const void *b)
{
	const struct skt_service_line *x = a, *y = b;

	if (x->service.port != y->service.port)
		return x->service.port < y->service.port ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

int skt_service_lines_parse(
	const char *text, size_t len, struct skt_arena *arena, struct skt_service_lines *lines)
{
	const char *end, *line_end;
	int rc;

	if (!len)
		return 0;
	for (end = text + len; text < end; text = line_end + 1) {
		line_end = memchr(text, '\n', (size_t)(end - text));
		if (!line_end)
			line_end = end;
		rc = parse_line(text, line_end, arena, lines);
		if (rc)
			return rc;
		if (line_end == end)
			break;
	}
	if (lines->len)
		qsort(lines->data, lines->len, sizeof(lines->data[0]), line_compare);
	return 0;
}

int skt_service_file_read(const char *path, struct skt_str *text)
{
	/* Not blocking: a FIFO in place of the file must not hang the program. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;
	int rc = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st)) {
		rc = -errno;
		goto out;
	}
	if (!S_ISREG(st.st_mode))
		goto out;
	do {
		/* One byte more than the file has finds its end with the second read. */
		size_t want = SKT_MAX((size_t)SKT_MIN(st.st_size, FILE_SIZE_MAX) + 1, 4096);
		char *room = skt_str_room(text, want);

		if (!room)
			break;
		n = read(fd, room, want);
		if (n > 0)
			skt_str_commit(text, room + n);
	} while ((n > 0 && text->len < FILE_SIZE_MAX) || (n < 0 && errno == EINTR));
	if (n < 0) {
		rc = -errno;
		text->len = 0;
	} else if (n > 0 && text->data) {
		const char *newline = memrchr(text->data, '\n', text->len);

		text->len = newline ? (size_t)(newline + 1 - text->data) : 0;
	}
out:
	(void)close(fd);
	return rc;
}
