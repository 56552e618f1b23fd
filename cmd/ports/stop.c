#include "cmd/ports/stop.h"

#include <string.h>

/* By the kinds of proc/cgroup_path.h. Pods are left out: their keeper makes them anew. */
static const struct {
	const char *kind, *command;
} containers[] = {
	{"docker:", "docker stop "},
	{"podman:", "podman stop "},
	{"nerdctl:", "nerdctl stop "},
	{"lxc:", "lxc-stop -n "},
	{"nspawn:", "machinectl terminate "},
};

bool ports_stop_word(struct skt_str *out, const char *command, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789:_.@-";
	const bool quoted = name[strspn(name, plain)] != '\0';

	if (!*name || *name == '-' || strchr(name, '\''))
		return false;
	skt_str_add_format(out, quoted ? "%s'%s'" : "%s%s", command, name);
	return true;
}

static bool ends(const char *text, const char *with)
{
	const size_t len = strlen(text), n = strlen(with);

	return len > n && strcmp(text + len - n, with) == 0;
}

bool ports_stop_command(struct skt_str *out, const struct skt_cgroup *group)
{
	for (size_t i = 0; group->container && i < sizeof(containers) / sizeof(*containers); i++) {
		const size_t len = strlen(containers[i].kind);

		if (strncmp(group->container, containers[i].kind, len) == 0)
			return ports_stop_word(out, containers[i].command, group->container + len);
	}
	if (group->container || !group->unit ||
		(!ends(group->unit, ".service") && !ends(group->unit, ".socket")))
		return false;
	/* A user's own manager (user@UID.service) knows what is below it, the system's does not. */
	return ports_stop_word(out,
		group->path && strstr(group->path, "/user@") &&
				strncmp(group->unit, "user@", 5) != 0
			? "systemctl --user stop "
			: "systemctl stop ",
		group->unit);
}
