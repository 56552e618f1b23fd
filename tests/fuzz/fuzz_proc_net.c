/*
 * One line of /proc/net/{tcp,tcp6,udp,udp6}: of the first byte, bit 0 is the protocol and bit 1 the
 * family; the rest is the line.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "diag/proc_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_socket socket;
	uint8_t family;
	int rc;

	if (!size)
		return 0;
	family = data[0] & 2 ? AF_INET6 : AF_INET;
	rc = skt_proc_net_parse((const char *)data + 1, size - 1, family, data[0] & 1, &socket);
	if (rc == -EBADMSG)
		return 0;
	if (rc || socket.family != family || socket.state >= SKT_STATE_COUNT ||
		socket.present >> SKT_SOCKET_FIELDS)
		abort();
	return 0;
}
