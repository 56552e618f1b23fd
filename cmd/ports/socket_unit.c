#include "cmd/ports/socket_unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

enum { FILE_MAX = 16 * 1024, ENTRIES_MAX = 8192 };

const char *const skt_socket_unit_dirs[] = {"/etc/systemd/system", "/run/systemd/system",
	"/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system", NULL};

static bool ends(const char *text, const char *with)
{
	const size_t len = strlen(text), n = strlen(with);

	return len > n && strcmp(text + len - n, with) == 0;
}

/* Whether a value is PORT at any address: `22`, `0.0.0.0:22`, `[::1]:22`. */
static bool names_port(const char *value, size_t len, uint16_t port)
{
	const char *colon = memrchr(value, ':', len);
	uint64_t number;
	char text[8];

	if (colon) {
		len -= (size_t)(colon + 1 - value);
		value = colon + 1;
	}
	if (len >= sizeof(text))
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	return !skt_num_parse(text, 1, UINT16_MAX, &number) && number == port;
}

static bool line_listens(const char *line, size_t len, const char *key, uint16_t port)
{
	const size_t key_len = strlen(key);
	const char *equals = memchr(line, '=', len);
	size_t before = equals ? (size_t)(equals - line) : 0;

	while (before && (line[before - 1] == ' ' || line[before - 1] == '\t'))
		before--;
	if (before != key_len || memcmp(line, key, key_len) != 0)
		return false;
	len -= (size_t)(equals + 1 - line);
	line = equals + 1;
	while (len && (line[0] == ' ' || line[0] == '\t')) {
		line++;
		len--;
	}
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	return names_port(line, len, port);
}

bool skt_socket_unit_listens(const char *text, size_t len, enum skt_proto proto, uint16_t port)
{
	const char *key = proto == SKT_PROTO_UDP ? "ListenDatagram" : "ListenStream";

	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (line_listens(text, line, key, port))
			return true;
		line += end != NULL;
		text += line;
		len -= line;
	}
	return false;
}

static bool file_listens(int dir, const char *name, enum skt_proto proto, uint16_t port)
{
	/* A masked unit is a link to /dev/null; a pipe would keep us waiting. */
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[FILE_MAX];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text));
	(void)close(fd);
	return n > 0 && skt_socket_unit_listens(text, (size_t)n, proto, port);
}

/* The drop-ins of a unit: NAME is its directory. */
static bool drop_in_listens(int dir, const char *name, enum skt_proto proto, uint16_t port)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	bool listens = false;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	for (int i = 0; i < ENTRIES_MAX && !listens && (entry = readdir(stream)); i++)
		listens = ends(entry->d_name, ".conf") &&
			file_listens(fd, entry->d_name, proto, port);
	(void)closedir(stream);
	return listens;
}

bool skt_socket_unit_find(const char *const *dirs, enum skt_proto proto, uint16_t port,
	char (*ret)[SKT_SOCKET_UNIT_MAX])
{
	bool found = false;

	for (; *dirs && !found; dirs++) {
		DIR *dir = opendir(*dirs);
		const struct dirent *entry;

		for (int i = 0; dir && i < ENTRIES_MAX && !found && (entry = readdir(dir)); i++) {
			const char *name = entry->d_name;
			bool drop_in = ends(name, ".socket.d");

			found = (drop_in && drop_in_listens(dirfd(dir), name, proto, port)) ||
				(ends(name, ".socket") &&
					file_listens(dirfd(dir), name, proto, port));
			if (found)
				(void)snprintf(*ret, sizeof(*ret), "%.*s",
					(int)(strlen(name) - (drop_in ? strlen(".d") : 0)), name);
		}
		if (dir)
			(void)closedir(dir);
	}
	return found;
}
