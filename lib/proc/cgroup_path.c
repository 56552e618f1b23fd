#include "proc/cgroup_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

/* Digits of a container's ID, and how many of them users are shown. */
enum { ID_DIGITS = 64, ID_SHOWN = 12 };

/* Part of a text that somebody else owns. */
struct part {
	const char *p;
	size_t len;
};

static bool begins(struct part part, const char *with)
{
	return part.len >= strlen(with) && memcmp(part.p, with, strlen(with)) == 0;
}

static bool ends(struct part part, const char *with)
{
	size_t n = strlen(with);

	return part.len >= n && memcmp(part.p + part.len - n, with, n) == 0;
}

static bool is(struct part part, const char *text)
{
	return part.len == strlen(text) && begins(part, text);
}

static struct part behind(struct part part, size_t skip)
{
	return (struct part){part.p + skip, part.len - skip};
}

/* PART without WITH at its end, which may be missing. */
static struct part without(struct part part, const char *with)
{
	if (ends(part, with))
		part.len -= strlen(with);
	return part;
}

/* Cuts the first component off *path; false at its end. */
static bool next_component(struct part *path, struct part *ret)
{
	const char *slash;

	while (path->len && *path->p == '/')
		*path = behind(*path, 1);
	if (!path->len)
		return false;
	slash = memchr(path->p, '/', path->len);
	*ret = (struct part){path->p, slash ? (size_t)(slash - path->p) : path->len};
	*path = behind(*path, ret->len);
	return true;
}

static bool is_hex(struct part part)
{
	for (size_t i = 0; i < part.len; i++)
		if (!memchr("0123456789abcdef", part.p[i], 16))
			return false;
	return part.len > 0;
}

static bool is_id(struct part part)
{
	return part.len == ID_DIGITS && is_hex(part);
}

static bool is_number(struct part part)
{
	for (size_t i = 0; i < part.len; i++)
		if (part.p[i] < '0' || part.p[i] > '9')
			return false;
	return part.len > 0;
}

/* ---- units ---- */

static bool is_unit(struct part part)
{
	static const char *const types[] = {
		".service", ".scope", ".socket", ".mount", ".swap", ".timer"};

	if (part.len >= SKT_UNIT_MAX)
		return false;
	for (size_t i = 0; i < SKT_COUNT(types); i++)
		if (ends(part, types[i]) && part.len > strlen(types[i]))
			return true;
	return false;
}

/* What systemd puts in front of names that could be the kernel's own files. */
static struct part unescaped(struct part part)
{
	return part.len > 1 && *part.p == '_' ? behind(part, 1) : part;
}

/* ---- containers ---- */

static void put_container(struct skt_cgroup_names *names, const char *kind, struct part name)
{
	int len = (int)SKT_MIN(is_id(name) ? ID_SHOWN : name.len, SKT_UNIT_MAX);

	(void)snprintf(names->container, sizeof(names->container), "%s:%.*s", kind, len, name.p);
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The name of a machine in that of its unit: `\x2d` is a dash there (systemd-escape(1)). */
static size_t unescape_unit(struct part part, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < part.len && len < size; i++) {
		const char *p = part.p + i;

		if (part.len - i >= 4 && p[0] == '\\' && p[1] == 'x' && hex_value(p[2]) >= 0 &&
			hex_value(p[3]) >= 0) {
			char c = (char)(hex_value(p[2]) * 16 + hex_value(p[3]));

			/* A NUL would end the name, and none has one. */
			out[len++] = c ? c : '?';
			i += 3;
		} else {
			out[len++] = *p;
		}
	}
	return len;
}

/* `machine-NAME.scope` of systemd-machined: containers of nspawn and libvirt, and virtual machines.
 */
static bool read_machine(struct skt_cgroup_names *names, struct part part)
{
	static const char prefix[] = "machine-";
	char name[SKT_UNIT_MAX];
	struct part machine = {name, 0}, rest;

	if (!begins(part, prefix) || !ends(part, ".scope"))
		return false;
	machine.len = unescape_unit(
		behind(without(part, ".scope"), sizeof(prefix) - 1), name, sizeof(name));
	if (!machine.len || begins(machine, "qemu-"))
		return false;
	/* libvirt: lxc-PID-NAME. */
	if (begins(machine, "lxc-")) {
		rest = behind(machine, 4);
		while (rest.len && *rest.p >= '0' && *rest.p <= '9')
			rest = behind(rest, 1);
		if (rest.len > 1 && *rest.p == '-') {
			put_container(names, "lxc", behind(rest, 1));
			return true;
		}
	}
	put_container(names, "nspawn", machine);
	return true;
}

/* PREFIX-ID.scope and PREFIX-ID, and SLICE:PREFIX:ID where a runtime has no systemd to ask. */
static bool read_prefixed(struct skt_cgroup_names *names, struct part part)
{
	static const struct {
		const char *prefix, *kind;
	} runtimes[] = {
		{"docker", "docker"},
		{"libpod", "podman"},
		{"libpod-payload", "podman"},
		{"crio", "crio"},
		{"cri-containerd", "containerd"},
		{"containerd", "containerd"},
		{"nerdctl", "nerdctl"},
	};
	struct part name = without(part, ".scope"), prefix;

	/* No separator is part of an ID, so that what stands before the last one is the prefix. */
	if (name.len <= ID_DIGITS + 1 || !is_id(behind(name, name.len - ID_DIGITS)))
		return false;
	prefix = (struct part){name.p, name.len - ID_DIGITS - 1};
	for (size_t i = 0; i < SKT_COUNT(runtimes); i++) {
		const char *text = runtimes[i].prefix;
		size_t len = strlen(text);
		bool whole = name.p[prefix.len] == '-' && is(prefix, text);
		bool last = name.p[prefix.len] == ':' && ends(prefix, text) && prefix.len > len &&
			prefix.p[prefix.len - len - 1] == ':';

		if (whole || last) {
			put_container(names, runtimes[i].kind, behind(name, prefix.len + 1));
			return true;
		}
	}
	return false;
}

/* LXC: `lxc.payload.NAME`, or NAME inside of `lxc` or `lxc.payload`. */
static bool read_lxc(struct skt_cgroup_names *names, struct part part, struct part parent)
{
	static const char prefix[] = "lxc.payload.";

	if (begins(part, prefix) && part.len > sizeof(prefix) - 1)
		part = behind(part, sizeof(prefix) - 1);
	else if (!is(parent, "lxc") && !is(parent, "lxc.payload"))
		return false;
	put_container(names, "lxc", part);
	return true;
}

/* Whose the IDs are inside of a group of this name; NULL: nobody's. */
static const char *kind_inside(struct part part)
{
	static const struct {
		const char *name, *kind;
	} parents[] = {
		{"docker", "docker"},
		{"moby", "docker"},
		{"actions_job", "docker"},
		{"libpod_parent", "podman"},
		{"crio", "crio"},
		{"default", "containerd"},
		{"k8s.io", "containerd"},
		{"ecs", "ecs"},
		{"garden", "garden"},
	};

	for (size_t i = 0; i < SKT_COUNT(parents); i++)
		if (is(part, parents[i].name))
			return parents[i].kind;
	return begins(part, "kubepods") || begins(part, "kubelet-kubepods") ? "k8s" : NULL;
}

/* A bare ID; on Fargate, TASK-NUMBER (32 hexadecimal and up to 10 decimal digits). */
static bool read_id(struct skt_cgroup_names *names, struct part part, const char *kind)
{
	enum { TASK_DIGITS = 32 };
	bool fargate = kind && strcmp(kind, "ecs") == 0 && part.len > TASK_DIGITS + 1 &&
		part.p[TASK_DIGITS] == '-' && is_hex((struct part){part.p, TASK_DIGITS}) &&
		is_number(behind(part, TASK_DIGITS + 1));

	if (!is_id(part) && !fargate)
		return false;
	if (fargate)
		part.len = ID_SHOWN;
	put_container(names, kind ? kind : "oci", part);
	return true;
}

/* systemd-nspawn@NAME.service is a container as well as a unit. */
static void read_nspawn_service(struct skt_cgroup_names *names, struct part part)
{
	static const char prefix[] = "systemd-nspawn@";
	char name[SKT_UNIT_MAX];
	struct part machine = {name, 0};

	if (!begins(part, prefix) || !ends(part, ".service"))
		return;
	machine.len = unescape_unit(
		behind(without(part, ".service"), sizeof(prefix) - 1), name, sizeof(name));
	if (machine.len)
		put_container(names, "nspawn", machine);
}

void skt_cgroup_path_names(const char *path, size_t len, struct skt_cgroup_names *ret)
{
	struct part rest = {path, len ? strnlen(path, len) : 0}, part, parent = {"", 0};
	const char *kind = NULL, *inside;

	ret->unit[0] = ret->container[0] = '\0';
	for (; next_component(&rest, &part); parent = part) {
		struct part unit = unescaped(part);

		inside = kind_inside(part);
		if (inside)
			kind = inside;
		if (read_lxc(ret, part, parent) || read_prefixed(ret, part) ||
			read_machine(ret, part) || read_id(ret, part, kind))
			continue;
		/* The manager of a user or a container has an init.scope, which is part of it. */
		if (!is_unit(unit) || (is(unit, "init.scope") && parent.len))
			continue;
		(void)snprintf(ret->unit, sizeof(ret->unit), "%.*s", (int)unit.len, unit.p);
		read_nspawn_service(ret, unit);
	}
}

/* ---- /proc/PID/cgroup ---- */

/* How much a line says, the most significant first; 0: nothing. */
static unsigned int weigh(struct part controllers, struct part path)
{
	struct skt_cgroup_names names;
	unsigned int weight = 4;

	skt_cgroup_path_names(path.p, path.len, &names);
	if (names.container[0])
		weight = 32;
	else if (names.unit[0])
		weight = 16;
	else if (path.len > 1)
		weight = 8;
	return weight + (!controllers.len ? 2 : is(controllers, "name=systemd") ? 1 : 0);
}

/* Reads `ID:CONTROLLERS:PATH`. */
static bool read_line(struct part line, struct part *ret_controllers, struct part *ret_path)
{
	const char *colon = line.len ? memchr(line.p, ':', line.len) : NULL;
	struct part rest;

	if (!colon || !is_number((struct part){line.p, (size_t)(colon - line.p)}))
		return false;
	rest = behind(line, (size_t)(colon + 1 - line.p));
	colon = rest.len ? memchr(rest.p, ':', rest.len) : NULL;
	if (!colon)
		return false;
	*ret_controllers = (struct part){rest.p, (size_t)(colon - rest.p)};
	/* The kernel adds the rest for a group that was removed under its last process. */
	*ret_path = without(behind(rest, ret_controllers->len + 1), " (deleted)");
	return ret_path->len && *ret_path->p == '/';
}

size_t skt_cgroup_file_path(const char *text, size_t len, const char **ret_path)
{
	struct part rest = {text, len}, line, controllers, path, best = {NULL, 0};
	unsigned int weight, heaviest = 0;

	while (rest.len) {
		const char *newline = memchr(rest.p, '\n', rest.len);

		line = (struct part){rest.p, newline ? (size_t)(newline - rest.p) : rest.len};
		rest = behind(rest, line.len + (newline != NULL));
		if (!read_line(line, &controllers, &path))
			continue;
		weight = weigh(controllers, path);
		if (weight > heaviest) {
			heaviest = weight;
			best = path;
		}
	}
	if (best.len)
		*ret_path = best.p;
	return best.len;
}
