/* The iterator of owner.bpf.c: its bytes, its refusals, and that it finds what /proc shows. */
#include "holders.h"
#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/kernel.h"
#include "base/macros.h"
#include "proc/bpf.h"
#include "proc/owner_records.h"
#include "proc/root.h"

/* ---- records ---- */

struct taken {
	struct skt_owner_hit hits[64];
	size_t count, calls;
	int answer;
};

static int take(void *ctx, const struct skt_owner_hit *hits, size_t count)
{
	struct taken *taken = ctx;

	taken->calls++;
	assert_true(count > 0 && count <= SKT_COUNT(taken->hits) - taken->count);
	memcpy(&taken->hits[taken->count], hits, count * sizeof(*hits));
	taken->count += count;
	return taken->answer;
}

/* An io_uring with FD registered, which stands in its fdinfo too; -1: not here. */
static int ring_with(int fd)
{
	/* struct io_uring_params, and IORING_REGISTER_FILES: linux/io_uring.h may be too old. */
	uint32_t params[30] = {0};
	char path[64], text[8192];
	ssize_t len;
	int ring = (int)syscall(SYS_io_uring_setup, 8, params), info;

	if (ring < 0)
		return -1;
	(void)fcntl(ring, F_SETFD, FD_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ring);
	if (syscall(SYS_io_uring_register, ring, 2, &fd, 1) == 0) {
		info = open(path, O_RDONLY | O_CLOEXEC);
		len = read(info, text, sizeof(text));
		(void)close(info);
		if (len > 0 && memmem(text, (size_t)len, "socket:[", 8))
			return ring;
	}
	(void)close(ring);
	return -1;
}

static const struct skt_owner_hit records[] = {
	{10, 1, 0}, {11, 4194304, 1073741823}, {0, 5, 6}, /* an io_uring */
	{12, 0, 6},                                       /* nobody whom we know */
	{12, 0x80000000u, 6},                             /* no pid */
	{12, 5, 0x40000000u},                             /* no descriptor */
	{UINT32_MAX, 7, 3}, {10, 7, 4},
	{10, 7, SKT_OWNER_NAMESPACE | 4}, /* and it is of another namespace, of that number */
	{0, 7, SKT_OWNER_NAMESPACE | 5},  /* a namespace */
};

/* Feeds all records in pieces of STEP bytes, as reads may cut them. */
static void feed(const struct skt_owner_scan *scan, size_t step)
{
	const char *bytes = (const char *)records;
	struct skt_owner_hit buffer[SKT_COUNT(records) + 1];
	size_t done, rest = 0;

	for (done = 0; done < sizeof(records); done += step) {
		size_t len = SKT_MIN(step, sizeof(records) - done);
		ssize_t left;

		memcpy((char *)buffer + rest, bytes + done, len);
		left = skt_owner_records_take(scan, buffer, rest + len);
		assert_in_range(left, 0, sizeof(records[0]) - 1);
		rest = (size_t)left;
	}
	assert_int_equal(rest, 0);
}

static void records_in_every_cut(void **state)
{
	static const size_t sound[] = {0, 1, 6, 7};
	size_t step, i;

	(void)state;
	for (step = 1; step <= sizeof(records); step++) {
		struct taken taken = {0};
		const struct skt_owner_scan scan = {.hits = take, .ctx = &taken};

		feed(&scan, step);
		assert_int_equal(taken.count, SKT_COUNT(sound));
		for (i = 0; i < SKT_COUNT(sound); i++)
			assert_memory_equal(&taken.hits[i], &records[sound[i]], sizeof(records[0]));
	}
}

static void records_that_are_wanted(void **state)
{
	struct skt_inode_table wanted = {0};
	struct skt_inode_slot *slot;
	struct taken taken = {0};
	const struct skt_owner_scan scan = {.wanted = &wanted, .hits = take, .ctx = &taken};

	(void)state;
	feed(&scan, sizeof(records));
	assert_int_equal(taken.calls, 0);
	assert_int_equal(skt_inode_table_add(&wanted, 10, &slot), 0);
	feed(&scan, sizeof(records));
	assert_int_equal(taken.calls, 1);
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.hits[1].fd, 4);
	skt_inode_table_fini(&wanted);
}

static void records_of_rings(void **state)
{
	struct taken taken = {0};
	const struct skt_owner_scan scan = {.rings = true, .hits = take, .ctx = &taken};

	(void)state;
	feed(&scan, sizeof(records));
	assert_int_equal(taken.count, 5);
	assert_memory_equal(&taken.hits[2], &records[2], sizeof(records[2]));
}

static void records_of_namespaces(void **state)
{
	static const struct skt_inode_table none;
	struct taken taken = {0};
	const struct skt_owner_scan scan = {
		.wanted = &none, .namespaces = true, .hits = take, .ctx = &taken};

	(void)state;
	feed(&scan, sizeof(records));
	assert_int_equal(taken.count, 2);
	assert_memory_equal(taken.hits, &records[8], 2 * sizeof(records[8]));
}

static void records_that_nobody_takes(void **state)
{
	struct taken taken = {.answer = -ENOMEM};
	const struct skt_owner_scan scan = {.hits = take, .ctx = &taken};
	/* Nothing behind the last byte is touched. */
	struct skt_owner_hit *copy = guard_copy(records, sizeof(records));

	(void)state;
	assert_int_equal(skt_owner_records_take(&scan, copy, sizeof(records)), -ENOMEM);
	assert_int_equal(skt_owner_records_take(&scan, copy, 0), 0);
	assert_int_equal(skt_owner_records_take(&scan, copy, 11), 11);
	guard_free_all();
}

static void status_of_own_namespace(void **state)
{
	static const struct {
		const char *text;
		bool own;
	} cases[] = {
		{"Name:\tx\nNStgid:\t1\nNSpid:\t1\n", true},
		{"Name:\tx\nNStgid:\t4711\n", true},
		{"Name:\tx\nNStgid:\t4711\t1\nNSpid:\t1\n", false},
		{"Name:\tx\nNStgid:\t\n", false},
		{"Name:\tx\nNStgid:\t17", false},
		{"Name:\tNStgid:\t1\nTgid:\t1\n", false},
		{"NStgid:\t1\n", false},
		{"", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++)
		assert_int_equal(
			skt_proc_status_is_own(guard_text(cases[i].text), strlen(cases[i].text)),
			cases[i].own);
	guard_free_all();
	assert_true(skt_proc_root_is_own("/proc"));
	assert_false(skt_proc_root_is_own("/nonexistent"));
	assert_true(skt_proc_root_descriptors("/proc") > 0);
	assert_int_equal(skt_proc_root_descriptors("/nonexistent"), 0);
}

static void mounts_that_hide(void **state)
{
	static const struct {
		const char *line;
		bool hides;
	} cases[] = {
		{"22 27 0:21 / /proc rw,relatime - proc proc rw", false},
		{"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible", true},
		{"22 27 0:21 / /proc rw - proc proc rw,gid=5,hidepid=2", true},
		{"22 27 0:21 / /proc rw - proc proc rw,hidepid=ptraceable", true},
		{"22 27 0:21 / /proc rw - proc proc rw,hidepid=noaccess", false},
		{"22 27 0:21 / /proc rw - proc proc rw,hidepid=1", false},
		{"22 27 0:21 / /proc rw - proc proc rw,hidepid=off", false},
		{"22 27 0:21 / /proc/1 rw - proc proc rw,hidepid=2", false},
		{"22 27 0:21 / /mnt/proc rw - proc proc rw,hidepid=2", false},
		{"22 27 0:21 / /proc rw", false},
		{"22 27", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++)
		assert_int_equal(skt_proc_mount_hides(cases[i].line, "/proc"), cases[i].hides);
	assert_false(skt_proc_root_hides("/nonexistent"));
	assert_true(skt_proc_root_is_initial("/nonexistent"));
}

/* The line that tells comes behind all supplementary groups, which may be 65536. */
static int look_with_many_groups(void)
{
	enum { GROUPS = 20000 };
	gid_t *groups = calloc(GROUPS, sizeof(*groups));

	if (!groups)
		return 1;
	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (gid_t)(1000000000 + i);
	/* Not permitted: the groups of whoever runs this must do. */
	if (setgroups(GROUPS, groups) < 0 && errno != EPERM)
		return 2;
	free(groups);
	return skt_proc_root_is_own("/proc") ? 0 : 3;
}

static void own_namespace_with_many_groups(void **state)
{
	(void)state;
	assert_in_child(look_with_many_groups);
}

/* ---- the kernel ---- */

/* Whether the running kernel is one that BPF must work on, if it is permitted. */
static bool kernel_has_bpf(void)
{
	struct utsname name;
	unsigned long major, minor = 0;
	char *end;

	if (uname(&name) < 0)
		return false;
	major = strtoul(name.release, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	return (major > 5 || (major == 5 && minor >= 17)) &&
		access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

/*
 * Whether there is anything to compare. Where BPF is left out or not permitted that is what must be
 * said; any other refusal fails.
 */
static bool has_bpf(void)
{
	struct skt_owners *owners = owners_new("/proc");
	struct skt_err err = {0};
	int status;

	skt_owners_use(owners, SKT_OWNERS_BPF);
	skt_owners_want_all(owners);
	status = skt_owners_scan(owners, &err);
	skt_owners_free(owners);
	if (status == 0)
		return true;
	assert_int_equal(status, -EOPNOTSUPP);
	if (kernel_has_bpf() && !strstr(err.text, "built without") &&
		!strstr(err.text, strerror(EPERM)))
		fail_msg("BPF should work here: %s", err.text);
	print_message("no BPF here: %s\n", err.text);
	return false;
}

/* What is no loader is refused in words, and leaves no descriptor (unit.c counts them). */
static void images_that_are_none(void **state)
{
	static const uint64_t data[2], no_insns[] = {0, 0xffff}, ends[] = {0xb7, 0x95};
	static const struct skt_bpf_image images[] = {
		{data, no_insns, sizeof(data), sizeof(no_insns), 0, 1},
		{data, no_insns, sizeof(data), 0, 0, 1},
		{data, no_insns, 0, sizeof(no_insns), 0, 1},
		/* Loads and runs, but returns no program, nor map. */
		{data, ends, sizeof(data), sizeof(ends), 0, 1},
		{data, ends, sizeof(data), sizeof(ends), 2, 3},
		/* More than there is room for. */
		{data, ends, sizeof(data), sizeof(ends), SKT_BPF_MAPS_MAX + 1, 1},
	};
	struct skt_bpf_loaded loaded;
	struct skt_err err;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < SKT_COUNT(images); i++) {
		err = (struct skt_err){0};
		assert_int_equal(skt_bpf_load(&images[i], &loaded, &err), -EOPNOTSUPP);
		assert_int_equal(loaded.programs[0], -1);
		assert_int_equal(loaded.maps[0], -1);
		assert_non_null(strstr(err.text, "a BPF "));
	}
	err = (struct skt_err){0};
	assert_int_equal(skt_bpf_iterate(-1, &fd, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "attach a BPF iterator: "));
	assert_int_equal(skt_bpf_attach(-1, &fd, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.text, "attach a BPF program to a tracepoint: "));
}

static void what_a_kernel_lacks(void **state)
{
	static const struct {
		int errnum;
		unsigned int kernel;
		bool btf;
		const char *said; /* NULL: nothing */
	} cases[] = {
		{EPERM, SKT_KERNEL(6, 1), true, "CAP_BPF"},
		{EPERM, SKT_KERNEL(5, 15), false, "CAP_BPF"},
		{E2BIG, SKT_KERNEL(5, 15), true, "Linux 5.17"},
		{EINVAL, SKT_KERNEL(5, 10), false, "Linux 5.17"},
		{EINVAL, SKT_KERNEL(5, 17), false, "BTF"},
		{ENOENT, SKT_KERNEL(6, 1), false, "BTF"},
		{EINVAL, 0, false, "BTF"},
		{EINVAL, SKT_KERNEL(6, 1), true, NULL},
		{ENOMEM, SKT_KERNEL(6, 1), false, NULL},
		{ENOSYS, 0, true, NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < SKT_COUNT(cases); i++) {
		const char *said = skt_bpf_lacks(cases[i].errnum, cases[i].kernel, cases[i].btf);

		assert_int_equal(said != NULL, cases[i].said != NULL);
		assert_true(!said || strstr(said, cases[i].said));
	}
}

/* Both ways of looking must give the same holders of every one of COUNT inodes; COUNT of each. */
static void assert_agreement(const uint64_t *inodes, const size_t *holders, size_t count, bool all)
{
	static const enum skt_owners_source sources[] = {SKT_OWNERS_PROC, SKT_OWNERS_BPF};
	struct skt_owners *owners[2];
	const struct skt_holder *found[2];
	size_t way, i, j;

	for (way = 0; way < 2; way++) {
		owners[way] = owners_new("/proc");
		skt_owners_use(owners[way], sources[way]);
		for (i = 0; i < count; i++)
			assert_int_equal(skt_owners_want(owners[way], inodes[i]), 0);
		if (all)
			skt_owners_want_all(owners[way]);
		scan(owners[way]);
	}
	for (i = 0; i < count; i++) {
		for (way = 0; way < 2; way++)
			if (skt_owners_of(owners[way], inodes[i], &found[way]) != holders[i])
				fail_msg("socket %zu: not %zu holders by %s", i, holders[i],
					way ? "BPF" : "/proc");
		for (j = 0; j < holders[i]; j++) {
			assert_int_equal(found[0][j].pid, found[1][j].pid);
			assert_int_equal(found[0][j].fd, found[1][j].fd);
			assert_string_equal(found[0][j].name, found[1][j].name);
		}
	}
	for (way = 0; way < 2; way++)
		skt_owners_free(owners[way]);
}

static int kept; /* the descriptor that only a thread keeps */

/* A table of its own: what is opened here, and what the others close, is this thread's only. */
static void *leave_table(void *arg)
{
	int copy;

	(void)arg;
	if (unshare(CLONE_FILES) < 0)
		_exit(1);
	copy = fcntl(kept, F_DUPFD, 300);
	if (copy != 300)
		_exit(2);
	stay(leader_ready, leader_hold);
	_exit(0);
}

static void keep_in_thread(int ready, int hold)
{
	pthread_t thread;

	leader_ready = ready;
	leader_hold = hold;
	if (pthread_create(&thread, NULL, leave_table, NULL) == 0)
		(void)pthread_join(thread, NULL);
}

static void all_ways_to_hold(void **state)
{
	enum { SOCKETS = 5 };
	uint64_t inodes[SOCKETS];
	size_t holders[SOCKETS], i;
	struct child sharing, thread, orphan;
	int fds[SOCKETS], high;

	(void)state;
	if (!has_bpf())
		return;
	for (i = 0; i < SOCKETS; i++) {
		fds[i] = open_socket();
		inodes[i] = inode_of(fds[i]);
	}
	/* 0: this process alone. 1: also a child. 2: also a child's thread, twice. */
	high = fcntl(fds[0], F_DUPFD_CLOEXEC, 700);
	assert_int_equal(high, 700);
	holders[0] = 2;
	kept = fds[2];
	child_start(&sharing, stay);
	child_start(&thread, keep_in_thread);
	child_start(&orphan, leave_to_thread);
	/* Each child has all of them, at the same numbers, and 0 also at 700. */
	for (i = 0; i < SOCKETS; i++)
		holders[i] = 4;
	holders[0] = 8;
	holders[2] = 5;
	assert_agreement(inodes, holders, SOCKETS, false);
	assert_agreement(inodes, holders, SOCKETS, true);
	assert_agreement(&inodes[2], &holders[2], 1, false);
	assert_agreement(&inodes[3], &holders[3], 2, false);
	for (i = 0; i < SOCKETS; i++)
		assert_int_equal(close(fds[i]), 0);
	assert_int_equal(close(high), 0);
	for (i = 0; i < SOCKETS; i++)
		holders[i]--;
	holders[0]--;
	assert_agreement(inodes, holders, SOCKETS, false);
	/* Each has the pipes of those before it. */
	child_end(&orphan);
	child_end(&thread);
	child_end(&sharing);
}

/* A socket that is registered with a ring is held by whoever has the ring, closed or not. */
static void registered_with_a_ring(void **state)
{
	static const enum skt_owners_source sources[] = {SKT_OWNERS_PROC, SKT_OWNERS_BPF};
	int fd = open_socket(), ring = ring_with(fd);
	uint64_t inode = inode_of(fd);
	size_t ways = has_bpf() ? 2 : 1;
	const struct skt_holder *holders;
	struct skt_holder holder;

	(void)state;
	if (ring < 0) {
		(void)close(fd);
		skip_because("no io_uring that tells what is registered (Linux 6.10)");
	}
	for (size_t i = 0; i < 2 * ways; i++) {
		struct skt_owners *owners = owners_new("/proc");

		skt_owners_use(owners, sources[i % ways]);
		if (i >= ways)
			skt_owners_want_all(owners);
		assert_int_equal(skt_owners_want(owners, inode), 0);
		scan(owners);
		assert_false(skt_owners_ring(owners, inode, &holder));
		skt_owners_want_rings(owners);
		scan(owners);
		assert_int_equal(skt_owners_of(owners, inode, &holders), i == 0);
		assert_true(skt_owners_ring(owners, inode, &holder));
		assert_int_equal(holder.pid, getpid());
		assert_int_equal(holder.fd, ring);
		assert_string_equal(holder.name, "test_owner_bpf");
		assert_false(skt_owners_ring(owners, inode + 1, &holder));
		if (i == 0)
			assert_int_equal(close(fd), 0);
		skt_owners_free(owners);
	}
	(void)close(ring);
}

static void roots_of_others(void **state)
{
	struct skt_owners *owners = owners_new("/sys");
	struct skt_err err = {0};

	(void)state;
	skt_owners_use(owners, SKT_OWNERS_BPF);
	skt_owners_want_all(owners);
	assert_int_equal(skt_owners_scan(owners, &err), -EOPNOTSUPP);
	assert_true(strstr(err.text, "/sys is not of this pid namespace") ||
		strstr(err.text, "built without BPF"));
	skt_owners_free(owners);
}

/* Without privilege: asked for, it is refused in words; not asked for, nobody hears of it. */
static int scan_without_privilege(void)
{
	const struct skt_holder *holders;
	struct skt_err err = {0};
	struct skt_owners *owners;
	int fd = open_socket();

	if (geteuid() == 0 && (setegid(65534) < 0 || seteuid(65534) < 0))
		return 1;
	/* Who changed his ids cannot look into himself else. */
	(void)prctl(PR_SET_DUMPABLE, 1);
	if (skt_owners_new("/proc", &owners) < 0 || skt_owners_want(owners, inode_of(fd)) < 0)
		return 2;
	skt_owners_use(owners, SKT_OWNERS_BPF);
	if (skt_owners_scan(owners, &err) != -EOPNOTSUPP || !strstr(err.text, "BPF"))
		return 3;
	if (skt_owners_of(owners, inode_of(fd), &holders) != 0)
		return 4;
	skt_owners_use(owners, SKT_OWNERS_AUTO);
	if (skt_owners_scan(owners, &err) < 0)
		return 5;
	if (skt_owners_of(owners, inode_of(fd), &holders) != 1 || holders[0].fd != (uint32_t)fd)
		return 6;
	skt_owners_free(owners);
	return 0;
}

static void refused_without_privilege(void **state)
{
	(void)state;
	assert_in_child(scan_without_privilege);
}

/* ---- few sockets among many descriptors ---- */

/* One or two sockets, held far up in a large table and elsewhere: all holders. */
static void few_among_many(void **state)
{
	enum { MANY = 6000 };
	struct rlimit limit;
	uint64_t inodes[2];
	size_t holders[2] = {4, 2}, way, i;
	int first, fds[2], high, *filler = calloc(MANY, sizeof(*filler));
	struct child child;

	(void)state;
	assert_non_null(filler);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (i = 0; i < 2; i++) {
		fds[i] = open_socket();
		inodes[i] = inode_of(fds[i]);
	}
	first = open_socket();
	for (i = 0; i < MANY; i++)
		filler[i] = fcntl(first, F_DUPFD_CLOEXEC, 0);
	high = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	assert_true(high > MANY);
	child_start(&child, stay);
	for (way = 1; way <= 2; way++) {
		struct skt_owners *owners = owners_new("/proc");
		const struct skt_holder *found;

		skt_owners_use(owners, SKT_OWNERS_PROC);
		for (i = 0; i < way; i++)
			assert_int_equal(skt_owners_want(owners, inodes[i]), 0);
		scan(owners);
		for (i = 0; i < way; i++)
			assert_int_equal(skt_owners_of(owners, inodes[i], &found), holders[i]);
		assert_int_equal(skt_owners_of(owners, inodes[0], &found), 4);
		assert_int_equal(found[0].fd, fds[0]);
		assert_int_equal(found[1].fd, high);
		skt_owners_free(owners);
	}
	child_end(&child);
	for (i = 0; i < MANY; i++)
		(void)close(filler[i]);
	(void)close(high);
	(void)close(first);
	for (i = 0; i < 2; i++)
		(void)close(fds[i]);
	free(filler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(records_in_every_cut),
		unit_test(records_that_are_wanted),
		unit_test(records_of_rings),
		unit_test(records_of_namespaces),
		unit_test(records_that_nobody_takes),
		unit_test(status_of_own_namespace),
		unit_test(mounts_that_hide),
		unit_test(own_namespace_with_many_groups),
		unit_test(images_that_are_none),
		unit_test(what_a_kernel_lacks),
		unit_test(all_ways_to_hold),
		unit_test(registered_with_a_ring),
		unit_test(roots_of_others),
		unit_test(refused_without_privilege),
		unit_test(few_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
