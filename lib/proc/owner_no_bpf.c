/* In the place of owner_bpf.c where clang, bpftool or libbpf's headers were missing. */
#include <errno.h>

#include "proc/owner_backend.h"

static int refuse(const struct skt_owner_scan *scan, struct skt_err *err)
{
	(void)scan;
	skt_fail_text(err, EOPNOTSUPP,
		"built without BPF: that takes clang, bpftool and the headers of libbpf");
	return -EOPNOTSUPP;
}

const struct skt_owner_backend skt_owner_bpf = {.name = "bpf", .scan = refuse};
