#include "proc/bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"
#include "base/macros.h"

/* What the loader takes, and where it leaves descriptors (skel_internal.h of libbpf). */
struct loader_context {
	__u32 size, flags;
	__u32 log_level, log_size;
	__u64 log;
	/* MAPS of these, and behind them the __s32 of each program. */
	struct {
		__s32 fd;
		__u32 max_entries; /* 0: as many as the program says */
		__u64 initial_value;
	} maps[SKT_BPF_MAPS_MAX];
	__s32 programs[SKT_BPF_PROGRAMS_MAX];
};
_Static_assert(offsetof(struct loader_context, maps) == 24, "where the loader writes to");

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
	union bpf_attr attr;
	int map, errnum;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(__u32);
	attr.value_size = image->data_size;
	attr.max_entries = 1;
	map = bpf(BPF_MAP_CREATE, &attr);
	if (map < 0)
		return -errno;

	errnum = -skt_bpf_write(map, 0, image->data);
	if (!errnum)
		return map;
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

/* Has the loader make and load everything. */
static int run_loader(const struct skt_bpf_image *image, int loader, struct skt_bpf_loaded *ret)
{
	struct loader_context context = {0};
	/* There are no gaps where there are fewer maps. */
	__s32 *programs = (__s32 *)&context.maps[image->maps];
	union bpf_attr attr;

	context.size = (__u32)((char *)(programs + image->programs) - (char *)&context);
	/* A loader that leaves nothing. */
	for (uint32_t i = 0; i < image->maps; i++)
		context.maps[i].fd = -EBADMSG;
	for (uint32_t i = 0; i < image->programs; i++)
		programs[i] = -EBADMSG;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)loader;
	attr.test.ctx_in = address(&context);
	attr.test.ctx_size_in = context.size;
	if (bpf(BPF_PROG_RUN, &attr) < 0)
		return -errno;
	if ((int)attr.test.retval < 0)
		return (int)attr.test.retval;
	for (uint32_t i = 0; i < image->maps; i++)
		ret->maps[i] = context.maps[i].fd;
	for (uint32_t i = 0; i < image->programs; i++)
		ret->programs[i] = programs[i];
	return image->programs && programs[0] < 0 ? programs[0] : 0;
}

int skt_bpf_load(const struct skt_bpf_image *image, struct skt_bpf_loaded *ret, struct skt_err *err)
{
	int map, loader, rc;

	memset(ret, 0xff, sizeof(*ret));
	if (image->maps > SKT_BPF_MAPS_MAX || image->programs > SKT_BPF_PROGRAMS_MAX)
		return skt_bpf_refuse(err, E2BIG, "load a BPF program");
	map = make_data(image);
	if (map < 0)
		return skt_bpf_refuse(err, -map, "make a BPF map");
	loader = load_loader(image, map);
	rc = loader < 0 ? loader : run_loader(image, loader, ret);
	if (loader >= 0)
		(void)close(loader);
	(void)close(map);
	if (!rc)
		return 0;
	skt_bpf_unload(ret);
	return skt_bpf_refuse(err, -rc, "load a BPF program");
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

void skt_bpf_unload(struct skt_bpf_loaded *loaded)
{
	close_all(loaded->maps, SKT_COUNT(loaded->maps));
	close_all(loaded->programs, SKT_COUNT(loaded->programs));
}

int skt_bpf_attach(int program, int *ret_fd, struct skt_err *err)
{
	union bpf_attr attr;
	int link;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = (__u32)program;
	link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (link < 0)
		return skt_bpf_refuse(err, errno, "attach a BPF program to a tracepoint");
	*ret_fd = link;
	return 0;
}

static int access_element(enum bpf_cmd command, int map, uint32_t key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = address(&key);
	attr.value = address(value);
	return bpf(command, &attr) < 0 ? -errno : 0;
}

int skt_bpf_write(int map, uint32_t key, const void *value)
{
	return access_element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int skt_bpf_read(int map, uint32_t key, void *value)
{
	return access_element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int skt_bpf_next(int map, const void *key, void *ret_key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = address(key);
	attr.next_key = address(ret_key);
	if (bpf(BPF_MAP_GET_NEXT_KEY, &attr) < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = address(ret_key);
	attr.value = address(value);
	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) < 0 ? -errno : 0;
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
