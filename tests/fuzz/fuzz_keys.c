/* What a terminal sends: every byte is taken, by the same keys however they are cut into reads. */
#include <stdint.h>
#include <stdlib.h>

#include "base/macros.h"
#include "out/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key at the beginning of LEN bytes, read one by one, as a slow line has them. */
static size_t parse_slowly(const char *p, size_t len, uint32_t *ret_key)
{
	for (size_t have = 1; have <= len; have++) {
		size_t n = skt_key_parse(p, have, false, ret_key);

		if (n > have)
			abort();
		if (n)
			return n;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;

	while (size) {
		uint32_t key = 0, slow = 0;
		size_t n = skt_key_parse(p, size, false, &key);

		if (n > SKT_KEY_MAX || (!n && size >= SKT_KEY_MAX))
			abort();
		if (parse_slowly(p, size, &slow) != n || (n && key != slow))
			abort();
		if (!n)
			n = skt_key_parse(p, size, true, &key);
		if (!n || n > size || (key > SKT_KEY_PAGE_DOWN))
			abort();
		p += n;
		size -= n;
	}
	return 0;
}
