/*
 * What the path of a control group says: the systemd unit and the container that it is of. Pure
 * functions of text that whoever owns a group may choose: any byte, any length.
 *
 * Sources: systemd (docs/CGROUP_DELEGATION.md, src/basic/cgroup-util.c), the runtime specification
 * of OCI runtimes (`SLICE:PREFIX:NAME` and `PREFIX-NAME.scope`), and the paths that docker, podman,
 * CRI-O, containerd, the kubelet, ECS, LXC and systemd-nspawn make.
 */
#ifndef SKT_PROC_CGROUP_PATH_H
#define SKT_PROC_CGROUP_PATH_H

#include <stddef.h>

enum {
	SKT_UNIT_MAX = 256,      /* bytes of a unit's name with its NUL: a file name's */
	SKT_CONTAINER_MAX = 288, /* the same of a kind, a colon and a name */
};

/* NUL-terminated; "" where the path says nothing. */
struct skt_cgroup_names {
	/*
	 * The innermost unit: `ssh.service`, `session-3.scope`. A unit of a user's own manager
	 * stands for itself, inside user@UID.service. Slices only group units and are none here,
	 * and neither is the scope that a container runtime makes for a container.
	 */
	char unit[SKT_UNIT_MAX];
	/*
	 * The innermost container as KIND:ID or KIND:NAME. IDs of 64 digits are cut to 12, as
	 * docker(1) and podman(1) show them. Kinds: docker podman crio containerd nerdctl k8s (the
	 * runtime is not told) ecs garden lxc nspawn oci (an ID, and no hint whose).
	 */
	char container[SKT_CONTAINER_MAX];
};

/* Reads the LEN bytes of a path as in /proc/PID/cgroup; a NUL ends it sooner. */
void skt_cgroup_path_names(const char *path, size_t len, struct skt_cgroup_names *ret);

/*
 * Chooses among the lines of a /proc/PID/cgroup (cgroups(7)) the path that says most: one with a
 * container, else with a unit, else other than the root; in doubt that of version 2, then that of
 * systemd, then the first. Returns its length, *ret_path inside TEXT; 0: no line was of the form.
 */
size_t skt_cgroup_file_path(const char *text, size_t len, const char **ret_path);

#endif
