/* One sock_diag message: the first byte is the protocol, the rest the payload. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag/ending.h"
#include "diag/inet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever came, names end, and what is two bits is no more. */
static bool detail_is_sound(const struct skt_socket_detail *detail)
{
	return !(detail->present >> SKT_DETAIL_FIELDS) &&
		detail->tcp_length <= sizeof(detail->tcp) &&
		detail->memory_length <= sizeof(detail->memory) &&
		memchr(detail->congestion, '\0', sizeof(detail->congestion)) &&
		memchr(detail->ulp, '\0', sizeof(detail->ulp)) && detail->ecn_mode <= 3 &&
		detail->fastopen_client_fail <= 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_socket_detail detail;
	struct skt_socket socket, plain;
	uint8_t proto;
	struct skt_ending ending;
	int rc;

	if (!size)
		return 0;
	proto = data[0] % SKT_PROTO_COUNT;
	rc = skt_inet_parse_detail(data + 1, size - 1, proto, UINT8_MAX,
		SKT_KERNEL(data[0] & 0x80 ? 7 : 6, 0), &socket, &detail);
	/* What is read besides changes nothing in the plain record, but whether it is sound. */
	if (skt_inet_parse(data + 1, size - 1, proto, &plain) && !rc)
		abort();
	/* An event is a message like any other. */
	if (skt_ending_parse(data + 1, size - 1, &ending) !=
		skt_inet_parse(data + 1, size - 1, proto, &plain))
		abort();
	if (rc == -EBADMSG)
		return 0;
	if (plain.present != socket.present || plain.cookie != socket.cookie || plain.detail ||
		socket.detail != &detail || !detail_is_sound(&detail))
		abort();
	if (rc || (socket.family != AF_INET && socket.family != AF_INET6) ||
		socket.state >= SKT_STATE_COUNT || socket.present >> SKT_SOCKET_FIELDS)
		abort();
	return 0;
}
