/* What paths of control groups say, the lines of /proc/PID/cgroup, and the live hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/cgroup.h"
#include "unit.h"

/* A number of 64 digits, as runtimes make them. */
#define ID "4f1c09aa31d2b86c5e07f3d1a29b4c8e6d7f0a1b2c3d4e5f60718293a4b5c6d7"
#define ID2 "00ff00ff00ffb86c5e07f3d1a29b4c8e6d7f0a1b2c3d4e5f60718293a4b5c6d7"
#define SHORT "4f1c09aa31d2"

static const struct {
	const char *path, *unit, *container;
} paths[] = {
	/* systemd */
	{"/", "", ""},
	{"", "", ""},
	{"/init.scope", "init.scope", ""},
	{"/system.slice", "", ""},
	{"/system.slice/ssh.service", "ssh.service", ""},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", ""},
	{"/system.slice/system-postgresql.slice/postgresql@15-main.service",
		"postgresql@15-main.service", ""},
	{"/system.slice/dev-disk-by\\x2duuid-01.swap", "dev-disk-by\\x2duuid-01.swap", ""},
	{"/system.slice/dbus.socket", "dbus.socket", ""},
	{"/system.slice/_cpu.service", "cpu.service", ""},
	{"/system.slice/foo.service/child/grandchild", "foo.service", ""},
	{"/system.slice/.service", "", ""},
	{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
	{"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", ""},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope",
		"app-gnome-firefox-4711.scope", ""},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service",
		"syncthing.service", ""},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/run-u12.scope/x", "run-u12.scope",
		""},
	{"/../../system.slice/cron.service", "cron.service", ""},
	/* docker */
	{"/docker/" ID, "", "docker:" SHORT},
	{"/system.slice/docker-" ID ".scope", "", "docker:" SHORT},
	{"/system.slice/docker-" ID ".scope/system.slice/nginx.service", "nginx.service",
		"docker:" SHORT},
	{"/system.slice/docker-" ID ".scope/init.scope", "", "docker:" SHORT},
	{"/docker/" ID "/docker/" ID2, "", "docker:00ff00ff00ff"},
	{"/system.slice/docker.service", "docker.service", ""},
	{"/system.slice/docker.service/docker/" ID, "docker.service", "docker:" SHORT},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope",
		"user@1000.service", "docker:" SHORT},
	{"/moby/" ID, "", "docker:" SHORT},
	{"/actions_job/" ID, "", "docker:" SHORT},
	/* podman */
	{"/machine.slice/libpod-" ID ".scope", "", "podman:" SHORT},
	{"/machine.slice/libpod-" ID ".scope/container", "", "podman:" SHORT},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
		"user@1000.service", "podman:" SHORT},
	{"/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", "",
		"podman:" SHORT},
	{"/libpod_parent/libpod-" ID, "", "podman:" SHORT},
	{"/libpod_parent/" ID "/ctr", "", "podman:" SHORT},
	{"/system.slice/web.service/libpod-payload-" ID, "web.service", "podman:" SHORT},
	{"/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", ""},
	/* kubernetes, both drivers */
	{"/kubepods/burstable/pod0a1b2c3d-0000-1111-2222-333344445555/" ID, "", "k8s:" SHORT},
	{"/kubepods/besteffort/pod0a1b2c3d-0000-1111-2222-333344445555/" ID "/child", "",
		"k8s:" SHORT},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b_2c.slice/"
	 "cri-containerd-" ID ".scope",
		"", "containerd:" SHORT},
	{"/kubepods.slice/kubepods-pod0a1b_2c.slice/crio-" ID ".scope", "", "crio:" SHORT},
	{"/kubepods.slice/kubepods-pod0a1b_2c.slice/crio-" ID ".scope/container", "",
		"crio:" SHORT},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0a1b_2c.slice/docker-" ID
	 ".scope",
		"", "docker:" SHORT},
	{"/kubepods.slice/kubepods-pod0a1b_2c.slice/" ID, "", "k8s:" SHORT},
	{"/system.slice/containerd.service/kubepods-burstable-pod0a1b_2c.slice:cri-containerd:" ID,
		"containerd.service", "containerd:" SHORT},
	{"/kubepods-besteffort-pod0a1b_2c.slice:docker:" ID, "", "docker:" SHORT},
	{"/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod0a1b_2c.slice/"
	 "cri-containerd-" ID ".scope",
		"", "containerd:" SHORT},
	{"/docker/" ID2 "/kubelet/kubepods/pod0a1b2c3d/" ID, "", "k8s:" SHORT},
	{"/system.slice/k3s.service", "k3s.service", ""},
	{"/k8s.io/" ID, "", "containerd:" SHORT},
	/* containerd */
	{"/default/" ID, "", "containerd:" SHORT},
	{"/system.slice/nerdctl-" ID ".scope", "", "nerdctl:" SHORT},
	/* ECS and others */
	{"/ecs/0123456789abcdef0123456789abcdef/" ID, "", "ecs:" SHORT},
	{"/ecs/production/0123456789abcdef0123456789abcdef/" ID, "", "ecs:" SHORT},
	{"/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1234567890", "",
		"ecs:0123456789ab"},
	{"/ecstasks.slice/ecstasks-0123456789abcdef.slice/docker-" ID ".scope", "",
		"docker:" SHORT},
	{"/garden/" ID, "", "garden:" SHORT},
	{"/somewhere/" ID, "", "oci:" SHORT},
	/* LXC, LXD */
	{"/lxc/web", "", "lxc:web"},
	{"/lxc/101/ns/system.slice/ssh.service", "ssh.service", "lxc:101"},
	{"/lxc.payload.web", "", "lxc:web"},
	{"/lxc.payload.web/init.scope", "", "lxc:web"},
	{"/lxc.payload.user-1000_web/system.slice/nginx.service", "nginx.service",
		"lxc:user-1000_web"},
	{"/lxc.payload/web", "", "lxc:web"},
	{"/lxc.monitor.web", "", ""},
	{"/lxc.monitor/web", "", ""},
	/* machines */
	{"/machine.slice/machine-web.scope", "", "nspawn:web"},
	{"/machine.slice/machine-my\\x2dweb.scope/payload/system.slice/nginx.service",
		"nginx.service", "nspawn:my-web"},
	{"/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@web.service",
		"nspawn:web"},
	{"/machine.slice/machine-lxc\\x2d1234\\x2dweb.scope", "", "lxc:web"},
	{"/machine.slice/machine-qemu\\x2d1\\x2dubuntu.scope",
		"machine-qemu\\x2d1\\x2dubuntu.scope", ""},
	/* what looks like something, and is not */
	{"/docker", "", ""},
	{"/docker/buildx", "", ""},
	{"/docker/4f1c09aa31d2", "", ""},
	{"/process_api/fcbaa6d3b6b2f703f341b7023f11c111", "", ""},
	{"/system.slice/docker-.scope", "docker-.scope", ""},
	{"/system.slice/dockers-" ID ".scope", "dockers-" ID ".scope", ""},
	{"/x/" ID "0", "", ""},
	{"//system.slice///cron.service//", "cron.service", ""},
	{"cron.service", "cron.service", ""},
	{"/machine.slice/machine-\\x00.scope", "", "nspawn:?"},
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(paths); i++) {
		const size_t len = strlen(paths[i].path);
		struct skt_cgroup_names names;

		skt_cgroup_path_names(guard_copy(paths[i].path, len), len, &names);
		if (strcmp(names.unit, paths[i].unit) != 0 ||
			strcmp(names.container, paths[i].container) != 0)
			fail_msg("%s: unit '%s', container '%s'", paths[i].path, names.unit,
				names.container);
	}
}

/* A name longer than any file's is cut or no unit, and never runs over. */
static void test_long_names(void **state)
{
	char path[8192];
	struct skt_cgroup_names names;

	(void)state;
	for (size_t n = 1; n < 2000; n += 37) {
		int len = snprintf(
			path, sizeof(path), "/lxc/%0*d/%0*d.service", (int)n, 0, (int)n, 0);

		skt_cgroup_path_names(guard_copy(path, (size_t)len), (size_t)len, &names);
		assert_int_equal(strncmp(names.container, "lxc:0", 5), 0);
		assert_true(strlen(names.container) <= SKT_UNIT_MAX + 4);
		assert_int_equal(names.unit[0] != '\0', n + strlen(".service") < SKT_UNIT_MAX);
	}
}

static const struct {
	const char *text, *path;
} files[] = {
	{"0::/system.slice/ssh.service\n", "/system.slice/ssh.service"},
	{"0::/", "/"},
	{"0::/system.slice/gone.service (deleted)\n", "/system.slice/gone.service"},
	/* Version 1 and hybrid hosts: what says most counts. */
	{"3:cpu,cpuacct:/user.slice\n2:memory:/\n1:name=systemd:/user.slice/x.scope\n0::/\n",
		"/user.slice/x.scope"},
	{"4:memory:/docker/" ID "\n1:name=systemd:/docker/" ID
	 "\n0::/system.slice/containerd.service\n",
		"/docker/" ID},
	{"2:pids:/a.service\n1:name=systemd:/b.service\n0::/c.service\n", "/c.service"},
	{"2:pids:/a.service\n1:name=systemd:/b.service\n", "/b.service"},
	{"2:pids:/a\n1:name=systemd:/\n0::/\n", "/a"},
	{"2:pids:/\n1:name=systemd:/\n", "/"},
	/* A colon is part of a path. */
	{"0::/a:b/c.service\n", "/a:b/c.service"},
	/* What is no line says nothing. */
	{"junk\n:\n::\n0:\n0::\n0::relative\nx::/a\n7:cpu:/b\n", "/b"},
	{"", NULL},
	{"\n\n", NULL},
	{"0:no end", NULL},
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(files); i++) {
		const size_t len = strlen(files[i].text);
		const char *path = NULL;
		size_t n = skt_cgroup_file_path(guard_copy(files[i].text, len), len, &path);

		if (!files[i].path) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_int_equal(n, strlen(files[i].path));
		assert_memory_equal(path, files[i].path, n);
	}
}

static void test_process(void **state)
{
	struct skt_cgroups *cgroups;
	const struct skt_cgroup *cgroup;

	(void)state;
	assert_int_equal(skt_cgroups_new("/proc", &cgroups), 0);
	cgroup = skt_cgroups_by_pid(cgroups, (uint32_t)getpid());
	assert_non_null(cgroup);
	assert_ptr_equal(cgroup, skt_cgroups_by_pid(cgroups, (uint32_t)getpid()));
	if (access("/proc/self/cgroup", R_OK) == 0)
		assert_int_equal(cgroup->path[0], '/');
	/* No process has this number (PID_MAX_LIMIT). */
	cgroup = skt_cgroups_by_pid(cgroups, 1u << 30);
	assert_null(cgroup->path);
	assert_true(skt_cgroup_is_vague(cgroup));
	skt_cgroups_free(cgroups);
	skt_cgroups_free(NULL);
}

/* ---- the hierarchy: by a tree of plain directories, which has inodes as well ---- */

struct tree {
	char root[64]; /* of a false /proc */
	char mount[128];
};

static void make(const struct tree *tree, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static uint64_t number_of(const struct tree *tree, const char *name)
{
	struct stat found;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s%s", tree->mount, name);
	assert_int_equal(stat(path, &found), 0);
	return found.st_ino;
}

/* A mountinfo whose cgroup2, with GROUP as its root, is a directory with a space in its name. */
static void make_tree(struct tree *tree, const char *group)
{
	char path[256];
	FILE *file;

	(void)snprintf(tree->root, sizeof(tree->root), "/tmp/sockkit-cgroup.XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	(void)snprintf(tree->mount, sizeof(tree->mount), "%s/c 2", tree->root);
	make(tree, "self");
	make(tree, "c 2");
	make(tree, "c 2/system.slice");
	make(tree, "c 2/system.slice/ssh.service");
	make(tree, "c 2/lxc.payload.web");
	(void)snprintf(path, sizeof(path), "%s/self/mountinfo", tree->root);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fprintf(file,
		"20 1 0:5 / /proc rw - proc proc rw\n"
		"30 1 0:9 / /nowhere/at/all rw,nosuid - cgroup2 cgroup2 rw\n"
		"31 1 0:9 %s %s/c\\0402 rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
		group, tree->root);
	assert_int_equal(fclose(file), 0);
}

static void remove_tree(const struct tree *tree)
{
	static const char *const names[] = {"c 2/system.slice/ssh.service", "c 2/system.slice",
		"c 2/lxc.payload.web", "c 2", "self/mountinfo", "self", ""};
	char path[256];

	for (size_t i = 0; i < SKT_COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", tree->root, names[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void rename_group(const struct tree *tree, const char *from, const char *to)
{
	char before[512], after[512];

	(void)snprintf(before, sizeof(before), "%s/%s", tree->mount, from);
	(void)snprintf(after, sizeof(after), "%s/%s", tree->mount, to);
	assert_int_equal(rename(before, after), 0);
}

/* Not kernfs: no handle of it can be opened, and the tree is walked. */
static void test_walk(void **state)
{
	const struct skt_cgroup *cgroup;
	struct skt_cgroups *cgroups;
	struct tree tree;
	uint64_t id;

	(void)state;
	make_tree(&tree, "/");
	assert_int_equal(skt_cgroups_new(tree.root, &cgroups), 0);
	cgroup = skt_cgroups_by_id(cgroups, number_of(&tree, "/system.slice/ssh.service"));
	assert_string_equal(cgroup->path, "/system.slice/ssh.service");
	assert_string_equal(cgroup->unit, "ssh.service");
	assert_null(cgroup->container);
	assert_false(skt_cgroup_is_vague(cgroup));
	cgroup = skt_cgroups_by_id(cgroups, number_of(&tree, "/lxc.payload.web"));
	assert_string_equal(cgroup->container, "lxc:web");
	assert_null(cgroup->unit);
	cgroup = skt_cgroups_by_id(cgroups, 1);
	assert_string_equal(cgroup->path, "/");
	assert_true(skt_cgroup_is_vague(cgroup));
	cgroup = skt_cgroups_by_id(cgroups, UINT64_MAX);
	assert_null(cgroup->path);
	assert_true(skt_cgroup_is_vague(cgroup));
	/* Until it is renewed. */
	id = number_of(&tree, "/lxc.payload.web");
	rename_group(&tree, "lxc.payload.web", "lxc.payload.api");
	assert_string_equal(skt_cgroups_by_id(cgroups, id)->container, "lxc:web");
	skt_cgroups_renew(cgroups);
	assert_string_equal(skt_cgroups_by_id(cgroups, id)->container, "lxc:api");
	rename_group(&tree, "lxc.payload.api", "lxc.payload.web");
	skt_cgroups_free(cgroups);
	remove_tree(&tree);
}

/* In a container the mount is a part of the hierarchy: paths still begin at its root. */
static void test_partial_mount(void **state)
{
	const struct skt_cgroup *cgroup;
	struct skt_cgroups *cgroups;
	struct tree tree;

	(void)state;
	make_tree(&tree, "/docker/" ID);
	assert_int_equal(skt_cgroups_new(tree.root, &cgroups), 0);
	cgroup = skt_cgroups_by_id(cgroups, number_of(&tree, "/system.slice"));
	assert_string_equal(cgroup->path, "/docker/" ID "/system.slice");
	assert_string_equal(cgroup->container, "docker:" SHORT);
	skt_cgroups_free(cgroups);
	remove_tree(&tree);
}

static void test_no_hierarchy(void **state)
{
	struct skt_cgroups *cgroups;

	(void)state;
	assert_int_equal(skt_cgroups_new("/nowhere", &cgroups), 0);
	assert_null(skt_cgroups_by_id(cgroups, 4711)->path);
	assert_null(skt_cgroups_by_pid(cgroups, 1)->path);
	assert_string_equal(skt_cgroups_by_id(cgroups, 1)->path, "/");
	skt_cgroups_free(cgroups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_paths),
		unit_test(test_long_names),
		unit_test(test_files),
		unit_test(test_process),
		unit_test(test_walk),
		unit_test(test_partial_mount),
		unit_test(test_no_hierarchy),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
