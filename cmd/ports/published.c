#include "cmd/ports/published.h"

#include <string.h>

#include "proc/owner.h"

/* By the base names of their programs. */
static const struct {
	const char *name, *list;
} publishers[] = {
	{"docker-proxy", "docker ps"},
	{"rootlesskit", "docker ps"}, /* of rootless docker and nerdctl */
	{"com.docker.backend", "docker ps"},
	{"rootlessport", "podman ps"},
	{"conmon", "podman ps"}, /* keeps the ports that netavark redirects */
	{"gvproxy", "podman ps"},
	{"slirp4netns", "podman ps"},
	{"pasta", "podman ps"},
	{"pasta.avx2", "podman ps"},
};

const char *ports_publisher(const char *name)
{
	for (size_t i = 0; name && i < sizeof(publishers) / sizeof(*publishers); i++)
		if (strcmp(name, publishers[i].name) == 0)
			return publishers[i].list;
	return NULL;
}

static const char *keep(struct skt_arena *arena, const char *text)
{
	return text ? skt_arena_text(arena, text, strlen(text)) : NULL;
}

static void find_group(const char *proc_root, struct skt_arena *arena, struct ports_published *ret)
{
	struct skt_cgroups *cgroups = NULL;
	const struct skt_cgroup *group = NULL;

	if (!skt_cgroups_new(proc_root, &cgroups))
		group = skt_cgroups_by_pid(cgroups, ret->pid);
	if (group)
		ret->group = (struct skt_cgroup){
			.path = keep(arena, group->path),
			.unit = keep(arena, group->unit),
			.container = keep(arena, group->container),
		};
	skt_cgroups_free(cgroups);
}

bool ports_published_find(const char *command, const struct skt_dump_system *system,
	struct skt_netns_set *set, struct skt_arena *arena, struct ports_published *ret)
{
	const struct skt_holder *holders;
	const struct skt_netns *netns = NULL;
	struct skt_owners *owners = NULL;
	uint64_t inode;

	*ret = (struct ports_published){0};
	if (!command || !skt_proxy_target_parse(command, &ret->target))
		return false;
	inode = skt_proxy_target_find(&ret->target, system, set, &netns);
	if (!inode)
		return true;
	ret->netns = netns->label;
	if (!skt_owners_new(system->proc_root, &owners) && !skt_owners_want(owners, inode) &&
		!skt_owners_scan(owners, NULL) && skt_owners_of(owners, inode, &holders)) {
		ret->pid = holders[0].pid;
		ret->process = keep(arena, holders[0].name);
		find_group(system->proc_root, arena, ret);
	}
	skt_owners_free(owners);
	return true;
}
