/* A line of an earlier scan: any bytes are a row or none. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/scan/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan_diff_line line;

	if (!scan_diff_parse((const char *)data, size, &line) &&
		((line.addr.family != AF_INET && line.addr.family != AF_INET6) ||
			line.state >= SKT_SCAN_STATES))
		abort();
	return 0;
}
