/* The kernel's description of its types: the first byte says which enumeration is asked for. */
#include <errno.h>

#include "proc/btf_enum.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	size_t count, most;
};

static int take(const char *name, uint32_t value, void *ctx)
{
	struct seen *seen = ctx;

	(void)value;
	(void)strlen(name);
	return ++seen->count == seen->most ? -ECANCELED : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"skb_drop_reason", "a", "", "tcp_state"};
	struct seen seen = {0};
	uint8_t *btf;
	int rc;

	if (!size--)
		return 0;
	btf = (uint8_t *)fuzz_text(data + 1, size);
	seen.most = data[0] >> 4;
	rc = skt_btf_enum_each(btf, size, names[data[0] & 3], take, &seen);
	if ((rc && rc != -ENOENT && rc != -EBADMSG && rc != -ECANCELED) ||
		(rc == -ECANCELED && seen.count != seen.most) ||
		(rc && rc != -ECANCELED && seen.count) || seen.count * 8 > size)
		abort();
	free(btf);
	return 0;
}
