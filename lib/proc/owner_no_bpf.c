/* In the place of owner_bpf.c under BPF=0. */
#include <stddef.h>

#include "proc/owner_backend.h"

const struct skt_owner_backend skt_owner_bpf = {
	.name = "bpf", .lacks = "built without BPF (BPF=0)"};
