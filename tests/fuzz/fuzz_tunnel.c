/* One link, the payload of an RTM_NEWLINK: a tunnel over UDP with a name that ends, or none. */
#include <errno.h>

#include "diag/tunnels.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_tunnel tunnel;
	uint8_t *payload = (uint8_t *)fuzz_text(data, size);
	int rc;

	memset(&tunnel, 0xff, sizeof(tunnel));
	rc = skt_tunnel_parse(payload, size, &tunnel);
	if ((rc != 0 && rc != 1 && rc != -EBADMSG) ||
		(rc == 1 && !memchr(tunnel.name, '\0', sizeof(tunnel.name))))
		abort();
	free(payload);
	return 0;
}
