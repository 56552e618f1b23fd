#include "proc/bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"

/* What the loader takes, and where it leaves the descriptor of the program (gen_loader.c). */
struct loader_context {
	__u32 size, flags;
	__u32 log_level, log_size;
	__u64 log;
	__s32 program;
	__s32 unused;
};
_Static_assert(offsetof(struct loader_context, program) == 24, "where the loader writes to");

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static __u64 address(const void *pointer)
{
	return (uintptr_t)pointer;
}

const char *skt_bpf_lacks(int errnum, unsigned int kernel, bool btf)
{
	if (errnum == EPERM)
		return "it takes CAP_BPF and CAP_PERFMON";
	if (kernel && kernel < SKT_KERNEL(5, 17))
		return "it takes Linux 5.17";
	if (!btf && (errnum == EINVAL || errnum == ENOENT))
		return "it takes a kernel with BTF (CONFIG_DEBUG_INFO_BTF)";
	return NULL;
}

int skt_bpf_refuse(struct skt_err *err, int errnum, const char *step)
{
	const char *lacks = skt_bpf_lacks(
		errnum, skt_kernel_running(), access("/sys/kernel/btf/vmlinux", F_OK) == 0);

	if (lacks)
		skt_fail_text(err, errnum, "%s: %s: %s", step, strerror(errnum), lacks);
	else
		skt_fail(err, errnum, "%s", step);
	return -EOPNOTSUPP;
}

/* The data of IMAGE as the only element of a map, which the loader reads and writes. */
static int make_data(const struct skt_bpf_image *image)
{
	const __u32 key = 0;
	union bpf_attr attr;
	int map, errnum;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(key);
	attr.value_size = image->data_size;
	attr.max_entries = 1;
	map = bpf(BPF_MAP_CREATE, &attr);
	if (map < 0)
		return -errno;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = address(&key);
	attr.value = address(image->data);
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr) == 0)
		return map;
	errnum = errno;
	(void)close(map);
	return -errnum;
}

static int load_loader(const struct skt_bpf_image *image, int map)
{
	union bpf_attr attr;
	int loader;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = address(image->insns);
	attr.insn_cnt = image->insns_size / (__u32)sizeof(struct bpf_insn);
	attr.license = address("Dual BSD/GPL");
	attr.fd_array = address(&map);
	loader = bpf(BPF_PROG_LOAD, &attr);
	return loader < 0 ? -errno : loader;
}

/* The descriptor of the program that the loader loaded. */
static int run_loader(int loader)
{
	struct loader_context context = {
		.size = offsetof(struct loader_context, unused),
		.program = -EBADMSG, /* a loader that leaves nothing */
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)loader;
	attr.test.ctx_in = address(&context);
	attr.test.ctx_size_in = context.size;
	if (bpf(BPF_PROG_RUN, &attr) < 0)
		return -errno;
	if ((int)attr.test.retval < 0)
		return (int)attr.test.retval;
	return context.program;
}

int skt_bpf_load(const struct skt_bpf_image *image, int *ret_fd, struct skt_err *err)
{
	int map, loader, program;

	map = make_data(image);
	if (map < 0)
		return skt_bpf_refuse(err, -map, "make a BPF map");
	loader = load_loader(image, map);
	program = loader < 0 ? loader : run_loader(loader);
	if (loader >= 0)
		(void)close(loader);
	(void)close(map);
	if (program < 0)
		return skt_bpf_refuse(err, -program, "load a BPF program");
	*ret_fd = program;
	return 0;
}

int skt_bpf_iterate(int program, int *ret_fd, struct skt_err *err)
{
	union bpf_attr attr;
	int link, iterator, errnum;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (__u32)program;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	link = bpf(BPF_LINK_CREATE, &attr);
	if (link < 0)
		return skt_bpf_refuse(err, errno, "attach a BPF iterator");

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (__u32)link;
	iterator = bpf(BPF_ITER_CREATE, &attr);
	errnum = errno;
	(void)close(link);
	if (iterator < 0)
		return skt_bpf_refuse(err, errnum, "create a BPF iterator");
	*ret_fd = iterator;
	return 0;
}
