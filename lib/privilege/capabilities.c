#include "privilege/capabilities.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORDS = _LINUX_CAPABILITY_U32S_3, LAST = 63 };

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[WORDS];
};

static int read_sets(struct sets *ret)
{
	*ret = (struct sets){.header = {.version = _LINUX_CAPABILITY_VERSION_3}};
	return syscall(SYS_capget, &ret->header, ret->data) ? -errno : 0;
}

uint64_t skt_capabilities_now(void)
{
	struct sets sets;

	if (read_sets(&sets))
		return 0;
	return sets.data[0].effective | (uint64_t)sets.data[1].effective << 32;
}

int skt_capabilities_bound(uint64_t kept)
{
	if (!(skt_capabilities_now() & SKT_CAPABILITY(CAP_SETPCAP)))
		return -EPERM;
	for (int i = 0; i <= LAST; i++) {
		if (kept & SKT_CAPABILITY(i) || !prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			continue;
		/* EINVAL: this kernel has no more than I of them. */
		return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

int skt_capabilities_keep(uint64_t kept)
{
	struct sets sets;
	int r = read_sets(&sets);

	if (r)
		return r;
	for (int i = 0; i < WORDS; i++) {
		const uint32_t word = (uint32_t)(kept >> (32 * i));

		sets.data[i].effective &= word;
		sets.data[i].permitted &= word;
		/* What is neither permitted nor inheritable is not ambient. */
		sets.data[i].inheritable &= word;
	}
	return syscall(SYS_capset, &sets.header, sets.data) ? -errno : 0;
}

int skt_capabilities_no_new(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
