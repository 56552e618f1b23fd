/* What each policy leaves, seen from inside of a process that lives by it. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/policy.h"
#include "privilege/seccomp.h"

/* Runs LIVE in a process of its own, which nothing of it leaves. LIVE returns what is wrong. */
static void live_by(const struct skt_needs *needs, const char *what,
	const char *(*live)(const struct skt_needs *needs, const struct skt_confined *confined))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct skt_confined confined;
		const char *wrong;

		skt_confine(needs, &confined);
		wrong = live(needs, &confined);
		if (wrong)
			(void)fprintf(stderr, "%s: %s\n", what, wrong);
		_exit(wrong != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s: status %x", what, (unsigned int)status);
}

/* Every row of the table. */
static void each_policy(
	const char *(*live)(const struct skt_needs *needs, const struct skt_confined *confined))
{
	for (int i = 0; i < SKT_POLICIES; i++) {
		const struct skt_needs needs = skt_policy_needs((enum skt_policy)i);

		live_by(&needs, skt_policy_name((enum skt_policy)i), live);
	}
}

/* A set as /proc/self/status has it. */
static uint64_t set_of_status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t set = UINT64_MAX;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			set = strtoull(line + strlen(name), NULL, 16);
	if (file)
		(void)fclose(file);
	return set;
}

static const char *has_no_more(
	const struct skt_needs *needs, const struct skt_confined *confined SKT_UNUSED)
{
	static const char *const sets[] = {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"};

	for (size_t i = 0; i < SKT_COUNT(sets); i++)
		if (set_of_status(sets[i]) & ~needs->capabilities)
			return sets[i];
	/* Who has no CAP_SETPCAP cannot empty it. */
	if (needs->serves && geteuid() == 0 && set_of_status("CapBnd:") & ~needs->capabilities)
		return "CapBnd:";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != !needs->gains)
		return "NoNewPrivs";
	return NULL;
}

static void test_capabilities(void **state)
{
	(void)state;
	each_policy(has_no_more);
}

/* What is named can be reached by root as before; nothing else can. */
static void test_named_paths(void **state)
{
	struct skt_needs needs = {0};

	(void)state;
	skt_needs_add(&needs, SKT_NEED_READ, NULL);
	assert_int_equal(needs.capabilities, 0);
	skt_needs_add(&needs, SKT_NEED_READ, "/etc/allowed");
	assert_int_equal(needs.capabilities, SKT_CAPABILITY(CAP_DAC_READ_SEARCH));
	skt_needs_add(&needs, SKT_NEED_WRITE, "/var/log/records");
	assert_true(needs.capabilities & SKT_CAPABILITY(CAP_DAC_OVERRIDE));
	assert_int_equal(needs.path_count, 2);
	assert_false(needs.all_files);
	for (size_t i = 0; i < SKT_NEED_PATHS_MAX; i++)
		skt_needs_add(&needs, SKT_NEED_READ, "/etc/allowed");
	/* Too many to be told apart. */
	assert_true(needs.all_files);
	live_by(&needs, "named paths", has_no_more);
}

/* Losing is for good, and once more is no error. */
static const char *cannot_return(const struct skt_needs *needs, const struct skt_confined *confined)
{
	struct skt_confined again;

	skt_confine(&(struct skt_needs){.capabilities = SKT_CAPABILITIES_ALL}, &again);
	if (again.capabilities || again.left)
		return "capabilities came back";
	/*
	 * EINVAL: a namespace that has no such user. Of this thread alone: glibc ends a process of
	 * which some threads may and others may not, and the thread sanitizer has one of its own.
	 */
	if (geteuid() == 0 &&
		(syscall(SYS_setuid, 65534) == 0 || (errno != EPERM && errno != EINVAL)))
		return "the user could be changed";
	return has_no_more(needs, confined);
}

static void test_for_good(void **state)
{
	(void)state;
	live_by(&(struct skt_needs){0}, "nothing", cannot_return);
}

/* ---- system calls ---- */

/* What the kernel does with the filter (Documentation/networking/filter.rst), as far as it goes. */
static uint32_t verdict_of(const struct sock_filter *code, size_t len, const void *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *f = &code[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(f->k + sizeof(a) <= sizeof(struct seccomp_data));
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			fail_msg("instruction %zu: %x", pc, f->code);
		}
	}
	fail_msg("no verdict");
	return 0;
}

/* 0: the call is let through; else the error that it fails with. */
static int judged(const struct skt_needs *needs, uint32_t arch, long nr, uint64_t a0, uint64_t a1)
{
	const struct seccomp_data data = {.arch = arch, .nr = (int)nr, .args = {a0, a1}};
	struct sock_filter code[SKT_SECCOMP_MAX];
	const size_t len = skt_seccomp_write(needs, code);
	const uint32_t verdict = verdict_of(code, len, &data);

	if (verdict == SECCOMP_RET_ALLOW)
		return 0;
	assert_int_equal(verdict & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	return (int)(verdict & SECCOMP_RET_DATA);
}

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN AUDIT_ARCH_ARM
#endif

static void test_filter(void **state)
{
	static const long allowed[] = {SYS_read, SYS_write, SYS_openat, SYS_futex, SYS_mmap,
		SYS_sendmsg, SYS_recvmmsg, SYS_accept4, SYS_connect, SYS_getrandom, SYS_statx,
		SYS_faccessat2, SYS_rseq, SYS_epoll_pwait2, SYS_exit_group, SYS_tgkill, SYS_capset,
		SYS_landlock_create_ruleset, SYS_seccomp, SYS_close_range, SYS_prctl, 1000};
	static const long never[] = {SYS_execve, SYS_execveat, SYS_ptrace, SYS_mount, SYS_unshare,
		SYS_init_module, SYS_kexec_load, SYS_keyctl, SYS_userfaultfd, SYS_io_uring_setup,
		SYS_personality, SYS_reboot, SYS_chroot, SYS_process_vm_writev};
	static const long inside[] = {SYS_bpf, SYS_setns, SYS_pidfd_getfd, SYS_pidfd_send_signal,
		SYS_kcmp, SYS_open_by_handle_at};
	const struct skt_needs none = {0}, others = {.others = true};

	(void)state;
#ifndef NATIVE
	skip_because("no filter is written for this architecture");
#else
	for (size_t i = 0; i < SKT_COUNT(allowed); i++)
		assert_int_equal(judged(&none, NATIVE, allowed[i], 0, 0), 0);
	for (size_t i = 0; i < SKT_COUNT(never); i++) {
		assert_int_equal(judged(&none, NATIVE, never[i], 0, 0), EPERM);
		assert_int_equal(judged(&others, NATIVE, never[i], 0, 0), EPERM);
	}
	for (size_t i = 0; i < SKT_COUNT(inside); i++) {
		assert_int_equal(judged(&none, NATIVE, inside[i], 0, 0), EPERM);
		assert_int_equal(judged(&others, NATIVE, inside[i], 0, 0), 0);
	}
	assert_int_equal(judged(&none, NATIVE, SYS_socket, AF_INET6, SOCK_STREAM), 0);
	assert_int_equal(judged(&none, NATIVE, SYS_socket, AF_UNIX, SOCK_DGRAM), 0);
	assert_int_equal(judged(&none, NATIVE, SYS_socket, AF_VSOCK, SOCK_STREAM), 0);
	assert_int_equal(judged(&none, NATIVE, SYS_socket, AF_PACKET, SOCK_RAW), EPERM);
	assert_int_equal(judged(&none, NATIVE, SYS_socket, AF_ALG, SOCK_SEQPACKET), EPERM);
	/* The kernel takes an int. */
	assert_int_equal(
		judged(&none, NATIVE, SYS_socket, (UINT64_C(1) << 32) + AF_INET, SOCK_STREAM), 0);
	assert_int_equal(
		judged(&none, NATIVE, SYS_socket, (UINT64_C(1) << 32) + AF_PACKET, SOCK_RAW),
		EPERM);
	assert_int_equal(judged(&none, NATIVE, SYS_ioctl, 0, FIONREAD), 0);
	assert_int_equal(judged(&none, NATIVE, SYS_ioctl, 0, TIOCSTI), EPERM);
	assert_int_equal(judged(&none, NATIVE, SYS_ioctl, 0, (UINT64_C(1) << 32) + TIOCSTI), EPERM);
	assert_int_equal(judged(&none, NATIVE, SYS_clone, CLONE_VM | CLONE_THREAD, 0), 0);
	assert_int_equal(judged(&none, NATIVE, SYS_clone, CLONE_NEWUSER | SIGCHLD, 0), EPERM);
	assert_int_equal(judged(&none, NATIVE, SYS_clone3, 0, 0), ENOSYS);
	/* The numbers of others mean other calls. */
	assert_int_equal(judged(&none, FOREIGN, SYS_read, 0, 0), ENOSYS);
	assert_int_equal(judged(&none, NATIVE, -1, 0, 0), NATIVE == AUDIT_ARCH_X86_64 ? ENOSYS : 0);
#ifdef __x86_64__
	assert_int_equal(judged(&none, NATIVE, 0x40000000 | SYS_read, 0, 0), ENOSYS);
	assert_int_equal(judged(&none, NATIVE, 0x40000000 | 520, 0, 0), ENOSYS);
#endif
#endif
}

/* ---- what a process meets ---- */

/* Whether a call that returned R has failed with ERROR. */
static bool failed_with(long r, int error)
{
	return r == -1 && errno == error;
}

static void *nothing(void *arg)
{
	return arg;
}

static const char *is_denied_calls(
	const struct skt_needs *needs, const struct skt_confined *confined)
{
	char *const words[] = {(char *)"true", NULL}, *const none[] = {NULL};
	pthread_t thread;

	/* What runs need goes on to work. */
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		return "a thread";
	if (needs->programs || needs->opening)
		return confined->seccomp != -EOPNOTSUPP ? "seccomp with programs" : NULL;
	/* A kernel, or a container, without it is no fault of ours. */
	if (confined->seccomp)
		return confined->seccomp == -EOPNOTSUPP && skt_privilege_is_whole ? "seccomp"
										  : NULL;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return "no filter";
	if (!failed_with(execve("/bin/true", words, none), EPERM))
		return "execve";
	if (!failed_with(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM))
		return "ptrace";
	if (!failed_with(socket(AF_PACKET, SOCK_RAW, 0), EPERM))
		return "AF_PACKET";
	if (!failed_with(unshare(CLONE_NEWUSER), EPERM))
		return "unshare";
	if (!failed_with(syscall(SYS_clone3, NULL, 0), ENOSYS))
		return "clone3";
	if (!needs->others && !failed_with(syscall(SYS_bpf, 0, NULL, 0), EPERM))
		return "bpf";
	return NULL;
}

static void test_calls(void **state)
{
	(void)state;
	each_policy(is_denied_calls);
}

/* A directory with the files `named` and `other`, to be named in turn. */
static char place[] = "/tmp/sockkit-privilege.XXXXXX";

static const char *in_place(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned int slot;

	slot = (slot + 1) % SKT_COUNT(path);
	(void)snprintf(path[slot], sizeof(path[slot]), "%s/%s", place, name);
	return path[slot];
}

static int make_place(void **state)
{
	(void)state;
	return !mkdtemp(place) || mkdir(in_place("read"), 0700) || mkdir(in_place("write"), 0700) ||
		close(creat(in_place("read/file"), 0600)) || close(creat(in_place("other"), 0600));
}

static int remove_place(void **state)
{
	(void)state;
	return unlink(in_place("read/file")) || unlink(in_place("other")) ||
		rmdir(in_place("read")) || rmdir(in_place("write")) || rmdir(place);
}

/* 0, or the error of opening it; creates where FLAGS say so. */
static int opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static const char *is_kept_to_files(
	const struct skt_needs *needs, const struct skt_confined *confined)
{
	const bool bound = confined->landlock == 0;
	const int refused = bound ? EACCES : 0;

	if (!bound && skt_privilege_is_whole && !needs->programs && !needs->others &&
		!needs->opening && confined->landlock == -EOPNOTSUPP)
		return "landlock";
	if (bound && (needs->programs || needs->others))
		return "landlock with programs";
	if (opens(in_place("other"), O_RDONLY) != refused)
		return "a file that is not named";
	if (bound && opens(in_place("new"), O_WRONLY | O_CREAT) != EACCES)
		return "a new file";
	if (opens("/dev/null", O_RDWR) || opens("/proc/self/maps", O_RDONLY))
		return "what everybody needs";
	if (opens("/etc/passwd", O_RDONLY) != (needs->names ? 0 : refused))
		return "files of names";
	return NULL;
}

static void test_files(void **state)
{
	(void)state;
	each_policy(is_kept_to_files);
}

static const char *reaches_named(
	const struct skt_needs *needs SKT_UNUSED, const struct skt_confined *confined)
{
	const bool bound = confined->landlock == 0;
	const char *made = in_place("write/made");

	if (opens(in_place("read/file"), O_RDONLY))
		return "a file to be read";
	if (bound && opens(in_place("read/file"), O_WRONLY) != EACCES)
		return "a file to be read was written";
	/* Who is made in its place is read, too. */
	if (opens(made, O_WRONLY | O_CREAT | O_TRUNC) || opens(made, O_RDWR | O_TRUNC) ||
		unlink(made))
		return "a file to be written";
	if (bound && (unlink(in_place("read/file")) == 0 || errno != EACCES))
		return "a file was removed";
	if (bound && opens(in_place("other"), O_RDONLY) != EACCES)
		return "a file beside them";
	return NULL;
}

static void test_named_files(void **state)
{
	struct skt_needs needs = {0};
	char file[PATH_MAX], dir[PATH_MAX];

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/read/file", place);
	(void)snprintf(dir, sizeof(dir), "%s/write", place);
	skt_needs_add(&needs, SKT_NEED_READ, file);
	skt_needs_add(&needs, SKT_NEED_WRITE, dir);
	/* One that is not there is no reason not to begin. */
	skt_needs_add(&needs, SKT_NEED_READ, "/nonexistent/file");
	live_by(&needs, "named files", reaches_named);
}

/* A listener of ours, and whether it can still be connected to; and the parent be signalled. */
static const char *is_kept_from_tcp(
	const struct skt_needs *needs, const struct skt_confined *confined)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(1)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int r = connect(fd, (const struct sockaddr *)&sa, sizeof(sa));
	const int error = r ? errno : 0;

	(void)close(fd);
	if (confined->landlock || syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 4)
		return NULL;
	return (error == EACCES) == (needs->no_tcp && !needs->names) ? NULL : "TCP";
}

static void test_tcp(void **state)
{
	(void)state;
	each_policy(is_kept_from_tcp);
}

/* ---- where it cannot be had ---- */

/* As containers and emulators have it: ERROR for whatever would confine. */
static void deny_confinement(int error)
{
	static const unsigned int calls[] = {SYS_seccomp, SYS_landlock_create_ruleset, SYS_capset};
	struct sock_filter code[2 * SKT_COUNT(calls) + 2];
	struct sock_fprog program = {.filter = code};

	code[program.len++] = (struct sock_filter){
		BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)};
	for (size_t i = 0; i < SKT_COUNT(calls); i++) {
		code[program.len++] =
			(struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, 0, 1, calls[i]};
		code[program.len++] = (struct sock_filter){
			BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (uint32_t)error};
	}
	code[program.len++] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		_exit(2);
}

static void test_denied(void **state)
{
	static const int errors[] = {EPERM, ENOSYS, EINVAL, EACCES};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(errors); i++) {
		struct skt_confined confined;
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0) {
			deny_confinement(errors[i]);
			skt_confine(&(struct skt_needs){.no_tcp = true}, &confined);
			if (skt_privilege_is_whole &&
				(confined.landlock != -errors[i] || confined.seccomp != -errors[i]))
				_exit(3);
			/* The run goes on, with what there is. */
			_exit(confined.no_new_privs || opens("/dev/null", O_RDWR) ? 4 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_capabilities),
		unit_test(test_named_paths),
		unit_test(test_for_good),
		unit_test(test_filter),
		unit_test(test_calls),
		unit_test(test_files),
		unit_test(test_named_files),
		unit_test(test_tcp),
		unit_test(test_denied),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
