/*
 * The names that the running kernel has for the values of one of its enumerations, out of its
 * description of its own types (BTF; Documentation/bpf/btf.rst, include/uapi/linux/btf.h): numbers
 * change from release to release.
 */
#ifndef SKT_PROC_BTF_ENUM_H
#define SKT_PROC_BTF_ENUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* NAME is borrowed, NUL-terminated. Negative: stop, and hand this back. */
typedef int skt_btf_enum_fn(const char *name, uint32_t value, void *ctx);

/*
 * Hands every value of the enumeration NAME in the LEN bytes of BTF to FN. -ENOENT: there is none
 * of that name; -EBADMSG: this is no BTF that is known here.
 */
int skt_btf_enum_each(
	const void *btf, size_t len, const char *name, skt_btf_enum_fn *fn, void *ctx);

/* The same of the kernel that runs. -errno: it does not tell. */
int skt_btf_enum_kernel(const char *name, skt_btf_enum_fn *fn, void *ctx);

#endif
