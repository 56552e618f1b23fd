#include "privilege/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macros.h"

/* Numbers are those of the architecture that is compiled for; the filter asks for it by name. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE AUDIT_ARCH_X86_64
#define X32 0x40000000
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#endif

#ifdef NATIVE

/* Newer than the headers of Debian 12; the numbers are the same everywhere. */
enum { OPEN_TREE_ATTR = 467 };

/* Denied to everybody. Calls that an architecture lacks are not its calls. */
static const unsigned int denied[] = {
	/* programs, and other processes */
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_process_madvise,
	SYS_migrate_pages,
	SYS_move_pages,
	/* the kernel, and the doors by which it is attacked most */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	/* mounts and namespaces */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_move_mount,
	SYS_open_tree,
	OPEN_TREE_ATTR,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_chroot,
	SYS_unshare,
	SYS_fanotify_init,
	SYS_mknodat,
	SYS_swapon,
	SYS_swapoff,
	SYS_quotactl,
	SYS_quotactl_fd,
	/* the machine */
	SYS_reboot,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_acct,
	SYS_syslog,
	SYS_vhangup,
	SYS_personality,
#ifdef __x86_64__
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_mknod,
#endif
};

/* Denied but to those who look into other processes, enter their namespaces, and load BPF. */
static const unsigned int denied_inside[] = {
	SYS_bpf,
	SYS_setns,
	SYS_kcmp,
	SYS_pidfd_getfd,
	SYS_pidfd_send_signal,
	SYS_open_by_handle_at,
};

/* Sockets of other families: packets, the kernel's ciphers, Bluetooth, whatever is loaded then. */
static const unsigned int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_VSOCK};

/* Bytes pushed into a terminal's input, to be run by the shell when the process has ended. */
static const unsigned int ioctls[] = {TIOCSTI, TIOCLINUX};

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET)

struct program {
	struct sock_filter *code;
	size_t len;
};

static void put(struct program *p, uint16_t code, uint32_t k, size_t jt, size_t jf)
{
	SKT_ASSERT(p->len < SKT_SECCOMP_MAX && jt <= UINT8_MAX && jf <= UINT8_MAX);
	p->code[p->len++] =
		(struct sock_filter){.code = code, .k = k, .jt = (uint8_t)jt, .jf = (uint8_t)jf};
}

static void put_load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void put_end(struct program *p, uint32_t verdict)
{
	put(p, BPF_RET | BPF_K, verdict, 0, 0);
}

static void put_deny(struct program *p, int error)
{
	put_end(p, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* What becomes of a call that is not simply let through. */
struct rule {
	unsigned int nr;
	void (*put)(struct program *p);
};

static void put_eperm(struct program *p)
{
	put_deny(p, EPERM);
}

static void put_enosys(struct program *p)
{
	put_deny(p, ENOSYS);
}

/* Of an argument the kernel takes 32 bits for these. */
static void put_argument(struct program *p, size_t i)
{
	put_load(p, offsetof(struct seccomp_data, args) + 8 * i);
}

/* One of COUNT VALUES is FOUND, any other OTHERWISE. */
static void put_choice(struct program *p, const unsigned int *values, size_t count, uint32_t found,
	uint32_t otherwise)
{
	for (size_t i = 0; i < count; i++)
		put(p, BPF_JMP | BPF_JEQ | BPF_K, values[i], count - i, 0);
	put_end(p, otherwise);
	put_end(p, found);
}

static void put_socket(struct program *p)
{
	put_argument(p, 0);
	put_choice(p, families, SKT_COUNT(families), SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM);
}

static void put_ioctl(struct program *p)
{
	put_argument(p, 1);
	put_choice(p, ioctls, SKT_COUNT(ioctls), SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
}

static void put_clone(struct program *p)
{
	put_argument(p, 0);
	put(p, BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	put_deny(p, EPERM);
	put_end(p, SECCOMP_RET_ALLOW);
}

static const struct rule special[] = {
	{SYS_clone3, put_enosys},
	{SYS_socket, put_socket},
	{SYS_ioctl, put_ioctl},
	{SYS_clone, put_clone},
};

enum { RULES_MAX = SKT_COUNT(denied) + SKT_COUNT(denied_inside) + SKT_COUNT(special) };

struct rules {
	struct rule list[RULES_MAX];
	size_t count;
};

static void add_denials(struct rules *rules, const unsigned int *nrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rules->list[rules->count++] = (struct rule){nrs[i], put_eperm};
}

static int compare(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	return (x->nr > y->nr) - (x->nr < y->nr);
}

/*
 * Halves the COUNT rules at RULES until few are left to be asked for one by one: when a filter is
 * put into force, the kernel runs it for every number that there is, to know those that it need not
 * run it for later (kernel/seccomp.c: seccomp_cache_prepare()).
 */
static void put_rules(struct program *p, const struct rule *rules, size_t count)
{
	const size_t half = count / 2, at = p->len;

	if (count > 2) {
		put(p, BPF_JMP | BPF_JGE | BPF_K, rules[half].nr, 0, 0);
		put_rules(p, rules, half);
		SKT_ASSERT(p->len - at - 1 <= UINT8_MAX);
		p->code[at].jt = (uint8_t)(p->len - at - 1);
		put_rules(p, rules + half, count - half);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const size_t asked = p->len;

		put(p, BPF_JMP | BPF_JEQ | BPF_K, rules[i].nr, 0, 0);
		rules[i].put(p);
		p->code[asked].jf = (uint8_t)(p->len - asked - 1);
	}
	put_end(p, SECCOMP_RET_ALLOW);
}

size_t skt_seccomp_write(const struct skt_needs *needs, struct sock_filter ret[SKT_SECCOMP_MAX])
{
	struct program p = {.code = ret};
	struct rules rules = {0};

	put_load(&p, offsetof(struct seccomp_data, arch));
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
	put_deny(&p, ENOSYS);
	put_load(&p, offsetof(struct seccomp_data, nr));
#ifdef X32
	put(&p, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
	put_deny(&p, ENOSYS);
#endif
	add_denials(&rules, denied, SKT_COUNT(denied));
	if (!needs->others)
		add_denials(&rules, denied_inside, SKT_COUNT(denied_inside));
	for (size_t i = 0; i < SKT_COUNT(special); i++)
		rules.list[rules.count++] = special[i];
	qsort(rules.list, rules.count, sizeof(rules.list[0]), compare);
	put_rules(&p, rules.list, rules.count);
	return p.len;
}

#else

size_t skt_seccomp_write(const struct skt_needs *needs SKT_UNUSED,
	struct sock_filter ret[SKT_SECCOMP_MAX] SKT_UNUSED)
{
	return 0;
}

#endif

int skt_seccomp_enter(const struct skt_needs *needs)
{
	/* Without SPEC_ALLOW kernels before 5.16 slow everything down by a mitigation. */
	static const unsigned int flags[] = {SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
			SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC, 0};
	struct sock_filter code[SKT_SECCOMP_MAX];
	struct sock_fprog program = {.filter = code};
	long r = 0;

	if (needs->programs)
		return -EOPNOTSUPP;
	program.len = (unsigned short)skt_seccomp_write(needs, code);
	if (!program.len)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < SKT_COUNT(flags); i++) {
		r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], &program);
		/* EINVAL: a flag is not known; a number: a thread, which cannot follow. */
		if (!r || (r < 0 && errno != EINVAL))
			break;
	}
	return r < 0 ? -errno : r ? -ESRCH : 0;
}
