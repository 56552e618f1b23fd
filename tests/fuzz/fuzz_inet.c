/* One sock_diag message: the first byte is the protocol, the rest the payload. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "diag/ending.h"
#include "diag/inet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_socket socket;
	struct skt_ending ending;
	int rc;

	if (!size)
		return 0;
	rc = skt_inet_parse(data + 1, size - 1, data[0] % SKT_PROTO_COUNT, &socket);
	/* An event is a message like any other. */
	if (skt_ending_parse(data + 1, size - 1, &ending) != rc)
		abort();
	if (rc == -EBADMSG)
		return 0;
	if (rc || (socket.family != AF_INET && socket.family != AF_INET6) ||
		socket.state >= SKT_STATE_COUNT || socket.timer >= SKT_TIMER_COUNT ||
		socket.present >> SKT_SOCKET_FIELDS)
		abort();
	return 0;
}
