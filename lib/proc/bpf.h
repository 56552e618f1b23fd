/*
 * BPF programs, loaded by bpf(2) alone and without a library. What is loaded is an image: the data
 * and the instructions of a "loader", a program of type SYSCALL (Linux 5.14) that hands our own
 * program to the kernel from inside, where the addresses of kernel types (CO-RE, since 5.17) are at
 * hand. A library would read all of /sys/kernel/btf/vmlinux for that, and take ten times as long.
 * generate-skeleton writes images; the loader is that of "light skeletons", libbpf's gen_loader.c.
 */
#ifndef SKT_PROC_BPF_H
#define SKT_PROC_BPF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { SKT_BPF_MAPS_MAX = 4, SKT_BPF_PROGRAMS_MAX = 4 };

struct skt_bpf_image {
	const uint64_t *data, *insns;
	uint32_t data_size, insns_size; /* bytes */
	uint32_t maps, programs;        /* how many; the skeleton says in which order */
};

/* Descriptors of what was loaded; -1: none. */
struct skt_bpf_loaded {
	int maps[SKT_BPF_MAPS_MAX], programs[SKT_BPF_PROGRAMS_MAX];
};

/*
 * Loads the programs of IMAGE, and makes their maps: *ret is the caller's to unload. -EOPNOTSUPP:
 * the kernel refuses, ERR says at which step and what it takes.
 */
int skt_bpf_load(
	const struct skt_bpf_image *image, struct skt_bpf_loaded *ret, struct skt_err *err);

/* Closes what is open, and says so in LOADED. */
void skt_bpf_unload(struct skt_bpf_loaded *loaded);

/*
 * Attaches PROGRAM to the tracepoint that it was made for, as long as *ret_fd is open.
 * -EOPNOTSUPP as above.
 */
int skt_bpf_attach(int program, int *ret_fd, struct skt_err *err);

/* The element KEY of the array MAP, to or from VALUE. -errno. */
int skt_bpf_write(int map, uint32_t key, const void *value);
int skt_bpf_read(int map, uint32_t key, void *value);

/*
 * Goes through a hash map: the key behind that at KEY (NULL: the first) to RET_KEY, and what VALUE
 * has room for. Keys that come meanwhile may be passed over. -ENOENT: there is no other; -errno.
 */
int skt_bpf_next(int map, const void *key, void *ret_key, void *value);

/*
 * Opens an iterator (Documentation/bpf/bpf_iterators.rst), whose read(2) runs PROGRAM. It keeps the
 * program: *ret_fd is all that need stay open. -EOPNOTSUPP as above.
 */
int skt_bpf_iterate(int program, int *ret_fd, struct skt_err *err);

/* Fills ERR: "<step>: <strerror(errnum)>", and what it takes, where that is known. -EOPNOTSUPP. */
int skt_bpf_refuse(struct skt_err *err, int errnum, const char *step);

/*
 * What is missing where bpf(2) said ERRNUM on a KERNEL (SKT_KERNEL(); 0: not known) that has, or
 * has not, descriptions of its own types (BTF); NULL: nothing that is known.
 */
const char *skt_bpf_lacks(int errnum, unsigned int kernel, bool btf);

#endif
