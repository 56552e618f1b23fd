/* A line of an earlier scan: any bytes are a row or none. */
#include <stdint.h>
#include <stdlib.h>

#include "cmd/scan/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan_diff_line line;

	for (int hosts = 0; hosts < 2; hosts++)
		if (!scan_diff_parse((const char *)data, size, hosts, &line) &&
			((line.addr.family != AF_INET && line.addr.family != AF_INET6) ||
				line.state >= (hosts ? (int)SCAN_UP_STATES : (int)SKT_SCAN_STATES)))
			abort();
	return 0;
}
