#include "cmd/complete/system.h"

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

/* ---- hosts ---- */

/* The longest name (RFC 1035), and what no line of these files is longer than. */
enum { NAME_MAX_LEN = 253, LINES_MAX = 20000 };

static void offer_host(
	struct complete_offers *offers, const char *name, size_t len, const char *behind)
{
	char text[NAME_MAX_LEN + 1];

	if (!len || len > NAME_MAX_LEN)
		return;
	memcpy(text, name, len);
	text[len] = '\0';
	/* No name, but an address, a pattern, a hash or nonsense: those are not looked up. */
	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
		len)
		complete_offer_more(offers, text, behind, NULL);
}

/* Lines of the file at PATH, without their ends, as far as there are sensibly many. */
static void each_line(const char *path,
	void (*take)(struct complete_offers *offers, const char *line, const char *behind),
	struct complete_offers *offers, const char *behind)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	for (size_t i = 0; file && i < LINES_MAX && getline(&line, &size, file) > 0; i++) {
		line[strcspn(line, "\n")] = '\0';
		take(offers, line, behind);
	}
	free(line);
	if (file)
		(void)fclose(file);
}

/* hosts(5): an address and its names. */
static void take_names(struct complete_offers *offers, const char *line, const char *behind)
{
	const char *word = line + strspn(line, " \t");
	size_t len = strcspn(word, " \t#");

	while (len) {
		word += len + strspn(word + len, " \t");
		len = strcspn(word, " \t#");
		offer_host(offers, word, len, behind);
	}
}

/* sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: names with commas between them, and a key. */
static void take_known(struct complete_offers *offers, const char *line, const char *behind)
{
	const char *end = line + strcspn(line, " \t");

	if (line[0] == '#' || line[0] == '@' || line[0] == '|')
		return;
	while (line < end) {
		size_t len = strcspn(line, ", \t");

		offer_host(offers, line, len, behind);
		line += len + 1;
	}
}

void complete_hosts(struct complete_offers *offers, const char *behind)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	each_line("/etc/hosts", take_names, offers, behind);
	if (!home ||
		(size_t)snprintf(path, sizeof(path), "%s/.ssh/known_hosts", home) >= sizeof(path))
		return;
	each_line(path, take_known, offers, behind);
}

/* ---- addresses and interfaces ---- */

void complete_addresses(struct complete_offers *offers, bool brackets, const char *behind)
{
	char host[NI_MAXHOST], text[NI_MAXHOST + 2];
	struct ifaddrs *list;

	if (getifaddrs(&list))
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
		const bool wrap = brackets && family == AF_INET6;

		if ((family != AF_INET && family != AF_INET6) ||
			getnameinfo(i->ifa_addr,
				family == AF_INET ? sizeof(struct sockaddr_in)
						  : sizeof(struct sockaddr_in6),
				host, sizeof(host), NULL, 0, NI_NUMERICHOST))
			continue;
		(void)snprintf(
			text, sizeof(text), "%s%s%s", wrap ? "[" : "", host, wrap ? "]" : "");
		complete_offer_more(offers, text, behind, i->ifa_name);
	}
	freeifaddrs(list);
}

void complete_interfaces(struct complete_offers *offers)
{
	struct if_nameindex *list = if_nameindex();

	for (const struct if_nameindex *i = list; i && i->if_name; i++)
		complete_offer(offers, i->if_name, NULL);
	if (list)
		if_freenameindex(list);
}

/* As proc/netns.h finds those that have names; the others would be looked for in every process. */
void complete_namespaces(struct complete_offers *offers)
{
	static const char *const places[] = {"/run/netns", "/run/docker/netns"};

	complete_offer(offers, "all", "every network namespace");
	for (size_t i = 0; i < SKT_COUNT(places); i++) {
		DIR *dir = opendir(places[i]);
		const struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				complete_offer(offers, entry->d_name, NULL);
		if (dir)
			(void)closedir(dir);
	}
}

/* ---- users and programs ---- */

void complete_users(struct complete_offers *offers)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user;

	while (file && (user = fgetpwent(file)))
		complete_offer(offers, user->pw_name, user->pw_gecos);
	if (file)
		(void)fclose(file);
}

static void offer_programs_in(struct complete_offers *offers, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	struct stat status;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
			strncmp(entry->d_name, offers->typed, strlen(offers->typed)) != 0)
			continue;
		if (!fstatat(dirfd(dir), entry->d_name, &status, 0) && S_ISREG(status.st_mode) &&
			!faccessat(dirfd(dir), entry->d_name, X_OK, AT_EACCESS))
			complete_offer(offers, entry->d_name, NULL);
	}
	if (dir)
		(void)closedir(dir);
}

void complete_programs(struct complete_offers *offers)
{
	const char *path = getenv("PATH");
	char directory[PATH_MAX];

	while (path && *path) {
		const size_t len = strcspn(path, ":");

		/* What is looked for where one happens to be is not offered. */
		if (path[0] == '/' && len < sizeof(directory)) {
			memcpy(directory, path, len);
			directory[len] = '\0';
			offer_programs_in(offers, directory);
		}
		path += len + (path[len] == ':');
	}
}
