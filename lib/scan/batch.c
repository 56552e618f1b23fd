#include "scan/batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"

int skt_batch_take(struct skt_batch *batch, int fd, int flags, size_t size)
{
	int n;

	for (size_t i = 0; i < SKT_BATCH_MAX; i++) {
		batch->iovs[i] =
			(struct iovec){batch->bytes[i], SKT_MIN(size, (size_t)SKT_BATCH_BYTES)};
		batch->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->names[i],
			.msg_namelen = sizeof(batch->names[i]),
			.msg_iov = &batch->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &batch->controls[i],
			.msg_controllen = sizeof(batch->controls[i]),
		};
	}
	n = recvmmsg(fd, batch->messages, SKT_BATCH_MAX, flags | MSG_DONTWAIT, NULL);
	return n < 0 ? -errno : n;
}

uint8_t skt_batch_hop_limit(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		int value;

		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			return (uint8_t)value;
		}
	}
	return 0;
}
