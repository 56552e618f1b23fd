/* Packets from the network: any bytes, of any length, are read or refused. */
#include <stdint.h>
#include <stdlib.h>

#include "scan/group.h"
#include "scan/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[8] = "cookie!";
	struct skt_reply reply = {0};

	if (!skt_reply_read4(data, size, &reply) &&
		(size < 28 || reply.from.family != AF_INET || reply.target.family != AF_INET))
		abort();
	reply = (struct skt_reply){0};
	if (!skt_reply_read_icmp6(data, size, &reply) &&
		(size < 56 || reply.kind != SKT_REPLY_ICMP || reply.target.family != AF_INET6))
		abort();
	if (skt_group_is_answer(data, size, cookie) && size < 16)
		abort();
	if (!skt_reply_read_tcp(data, size, &reply) && size < 20)
		abort();
	return 0;
}
