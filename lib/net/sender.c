#include "net/sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/macros.h"

/* musl and older headers do not have it. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

size_t skt_sender_room(size_t size)
{
	return size ? SKT_MIN(SKT_MAX(SKT_SEND_MAX / size, 1U), (size_t)SKT_SENDER_BATCH)
		    : SKT_SENDER_BATCH;
}

static struct msghdr header_to(const struct skt_sender *s, struct iovec *iov)
{
	return (struct msghdr){
		.msg_name = s->to,
		.msg_namelen = s->to_len,
		.msg_iov = iov,
		.msg_iovlen = 1,
	};
}

/* What says that segmenting is not to be had here, rather than that this datagram cannot go. */
static bool refuses_gso(int error)
{
	switch (error) {
	case EINVAL:
	case EIO:
	case EMSGSIZE:
	case EOPNOTSUPP:
	case ENOPROTOOPT:
		return true;
	}
	return false;
}

static int send_segmented(struct skt_sender *s, uint8_t *bytes, size_t size, size_t count)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = size * count};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
	struct msghdr header = header_to(s, &iov);
	const uint16_t segment = (uint16_t)size;
	struct cmsghdr *cmsg;
	ssize_t n;

	header.msg_control = control;
	header.msg_controllen = sizeof(control);
	cmsg = CMSG_FIRSTHDR(&header);
	cmsg->cmsg_level = IPPROTO_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(cmsg), &segment, sizeof(segment));
	do
		n = sendmsg(s->fd, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	s->calls++;
	s->gso_calls++;
	return n < 0 ? -errno : (int)count;
}

static int send_one(struct skt_sender *s, struct iovec *iov)
{
	const struct msghdr header = header_to(s, iov);
	ssize_t n;

	do
		n = sendmsg(s->fd, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	s->calls++;
	return n < 0 ? -errno : 1;
}

int skt_sender_many(struct skt_sender *sender, struct iovec *datagrams, size_t count)
{
	struct mmsghdr messages[SKT_SENDER_BATCH];
	int n;

	if (count == 1)
		return send_one(sender, datagrams);
	count = SKT_MIN(count, (size_t)SKT_SENDER_BATCH);
	for (size_t i = 0; i < count; i++)
		messages[i] = (struct mmsghdr){.msg_hdr = header_to(sender, &datagrams[i])};
	do
		n = sendmmsg(sender->fd, messages, (unsigned int)count, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	sender->calls++;
	return n < 0 ? -errno : n;
}

int skt_sender_equal(struct skt_sender *sender, uint8_t *bytes, size_t size, size_t count)
{
	struct iovec iov[SKT_SENDER_BATCH];

	count = SKT_MIN(count, (size_t)SKT_SENDER_BATCH);
	if (!sender->no_gso && count > 1 && size && size * count <= SKT_SEND_MAX) {
		int n = send_segmented(sender, bytes, size, count);

		if (n >= 0 || !refuses_gso(-n))
			return n;
		sender->no_gso = true;
		sender->gso_refused = -n;
	}
	for (size_t i = 0; i < count; i++)
		iov[i] = (struct iovec){.iov_base = bytes + i * size, .iov_len = size};
	return skt_sender_many(sender, iov, count);
}
