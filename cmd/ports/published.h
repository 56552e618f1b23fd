/*
 * Ports that are published for containers: a process of the container engine listens, and passes on
 * what comes to the real server. Who ends it has a container without its port.
 */
#ifndef SKT_CMD_PORTS_PUBLISHED_H
#define SKT_CMD_PORTS_PUBLISHED_H

#include "cmd/ports/proxy_target.h"
#include "proc/cgroup.h"

struct ports_published {
	struct skt_proxy_target target;
	const char *netns;       /* the label of the server's namespace */
	uint32_t pid;            /* of the server; 0: it was not seen */
	const char *process;     /* its name */
	struct skt_cgroup group; /* its control group */
};

/* The command that lists the containers of an engine whose process NAME is, or NULL: it is none. */
const char *ports_publisher(const char *name);

/*
 * What the process with the arguments COMMAND publishes, found in the namespaces of SET. False
 * where they do not say; what more may not be seen is 0 and NULL. Texts live in ARENA and SET.
 */
bool ports_published_find(const char *command, const struct skt_dump_system *system,
	struct skt_netns_set *set, struct skt_arena *arena, struct ports_published *ret);

#endif
