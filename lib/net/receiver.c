#include "net/receiver.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/macros.h"

enum {
	/* Buffers that lie a power of two apart would all share the same few sets of the cache. */
	STAGGER = 1 + 192,
	UNIX_BATCH = 8,
	CONTROL = 256,
};

struct skt_receiver {
	int fd;
	bool gro;
	bool control;
	bool drops; /* told with a datagram only where there are any (net/socket.c) */
	size_t capture;
	unsigned int batch; /* messages of a call, each with so many bytes of ROOM for it */
	size_t room;
	int filled, at;              /* messages of this batch, and the one that is read */
	size_t offset;               /* GRO: in the message that is read */
	uint8_t *buffers;            /* only what is written takes memory */
	struct skt_datagram current; /* GRO: what its segments share */
	size_t segment, total;
	struct mmsghdr messages[SKT_RECEIVER_BATCH];
	struct iovec iov[SKT_RECEIVER_BATCH];
	union {
		struct sockaddr_storage storage;
		struct sockaddr_un un;
	} names[SKT_RECEIVER_BATCH];
	_Alignas(struct cmsghdr) char controls[SKT_RECEIVER_BATCH][CONTROL];
};

struct request {
	unsigned int wanted; /* the bit that asks for it */
	int level, name;
};

/* What AF_INET sockets have; on AF_INET6 ones it is for the IPv4 datagrams among the others. */
static const struct request requests_v4[] = {
	{SKT_RECEIVE_DESTINATION, IPPROTO_IP, IP_PKTINFO},
	{SKT_RECEIVE_TTL, IPPROTO_IP, IP_RECVTTL},
	{SKT_RECEIVE_TOS, IPPROTO_IP, IP_RECVTOS},
};

static const struct request requests_v6[] = {
	{SKT_RECEIVE_DESTINATION, IPPROTO_IPV6, IPV6_RECVPKTINFO},
	{SKT_RECEIVE_TTL, IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
	{SKT_RECEIVE_TOS, IPPROTO_IPV6, IPV6_RECVTCLASS},
};

static const struct request requests_any[] = {
	{SKT_RECEIVE_TIME, SOL_SOCKET, SO_TIMESTAMPNS},
	{SKT_RECEIVE_DROPS, SOL_SOCKET, SO_RXQ_OVFL},
};

static int ask(int fd, unsigned int wanted, const struct request *requests, size_t count)
{
	const int on = 1;

	for (size_t i = 0; i < count; i++)
		if (wanted & requests[i].wanted &&
			setsockopt(fd, requests[i].level, requests[i].name, &on, sizeof(on)))
			return -errno;
	return 0;
}

static int ask_all(int fd, int family, unsigned int wanted)
{
	int rc = ask(fd, wanted, requests_any, SKT_COUNT(requests_any));

	if (!rc && family == AF_INET6)
		rc = ask(fd, wanted, requests_v6, SKT_COUNT(requests_v6));
	if (!rc && family == AF_INET)
		rc = ask(fd, wanted, requests_v4, SKT_COUNT(requests_v4));
	/* Refused where the socket is IPv6 only: then there is nothing to be told of. */
	if (!rc && family == AF_INET6)
		(void)ask(fd, wanted & ~(unsigned int)SKT_RECEIVE_DESTINATION, requests_v4,
			SKT_COUNT(requests_v4));
	return rc;
}

static size_t buffers_size(const struct skt_receiver *r)
{
	return (r->room + STAGGER) * r->batch;
}

static void prepare_messages(struct skt_receiver *r, const struct skt_receiver_config *config)
{
	for (size_t i = 0; i < r->batch; i++) {
		r->iov[i] = (struct iovec){
			.iov_base = r->buffers + i * (r->room + STAGGER),
			.iov_len = r->gro || !config->capture ? r->room : config->capture,
		};
		r->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &r->names[i],
			.msg_namelen = sizeof(r->names[i]),
			.msg_iov = &r->iov[i],
			.msg_iovlen = 1,
			.msg_control = r->control ? r->controls[i] : NULL,
			.msg_controllen = r->control ? CONTROL : 0,
		};
	}
}

int skt_receiver_new(int fd, int family, const struct skt_receiver_config *config,
	struct skt_receiver **ret, struct skt_err *err)
{
	struct skt_receiver *r = calloc(1, sizeof(*r));
	const int on = 1;
	int rc;

	if (!r)
		return skt_fail(err, ENOMEM, "receive buffers");
	r->fd = fd;
	r->batch = family == AF_UNIX ? UNIX_BATCH : SKT_RECEIVER_BATCH;
	r->room = family == AF_UNIX ? SKT_DATAGRAM_UNIX_MAX : SKT_DATAGRAM_MAX;
	r->buffers = mmap(NULL, buffers_size(r), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->buffers == MAP_FAILED) {
		r->buffers = NULL;
		rc = skt_fail(err, errno, "receive buffers");
		goto fail;
	}
	rc = ask_all(fd, family, config->wanted);
	if (rc) {
		(void)skt_fail(err, -rc, "receive options");
		goto fail;
	}
	r->gro = config->gro && family != AF_UNIX &&
		setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0;
	r->capture = config->capture;
	r->control = config->wanted || r->gro;
	r->drops = config->wanted & SKT_RECEIVE_DROPS;
	prepare_messages(r, config);
	*ret = r;
	return 0;
fail:
	skt_receiver_free(r);
	return rc;
}

void skt_receiver_free(struct skt_receiver *receiver)
{
	if (!receiver)
		return;
	if (receiver->buffers)
		(void)munmap(receiver->buffers, buffers_size(receiver));
	free(receiver);
}

bool skt_receiver_gro(const struct skt_receiver *receiver)
{
	return receiver->gro;
}

int skt_receiver_fill(struct skt_receiver *receiver)
{
	int n;

	/* The kernel has shortened what it used of the last batch. */
	for (int i = 0; i < receiver->filled; i++) {
		struct msghdr *header = &receiver->messages[i].msg_hdr;

		header->msg_namelen = sizeof(receiver->names[i]);
		header->msg_controllen = receiver->control ? CONTROL : 0;
	}
	receiver->filled = receiver->at = 0;
	receiver->offset = receiver->total = 0;
	do
		n = recvmmsg(receiver->fd, receiver->messages, receiver->batch,
			MSG_DONTWAIT | MSG_TRUNC, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	receiver->filled = n;
	return n;
}

/* False: there is less, as where the kernel had no more room (MSG_CTRUNC). */
static bool cmsg_get(const struct cmsghdr *cmsg, void *ret, size_t size)
{
	if (cmsg->cmsg_len < CMSG_LEN(size))
		return false;
	memcpy(ret, CMSG_DATA(cmsg), size);
	return true;
}

/* IP_TOS comes as one byte, everything else as an int. */
static bool cmsg_get_int(const struct cmsghdr *cmsg, int *ret)
{
	uint8_t byte;

	if (cmsg_get(cmsg, ret, sizeof(*ret)))
		return true;
	if (!cmsg_get(cmsg, &byte, sizeof(byte)))
		return false;
	*ret = byte;
	return true;
}

static void cmsg_get_class(const struct cmsghdr *cmsg, int *ret)
{
	if (cmsg_get_int(cmsg, ret))
		*ret &= 0xff;
}

static void take_socket_cmsg(const struct cmsghdr *cmsg, struct skt_datagram *d)
{
	struct timespec ts;

	switch (cmsg->cmsg_type) {
	case SO_TIMESTAMPNS:
		if (cmsg_get(cmsg, &ts, sizeof(ts)))
			d->time_ns = (uint64_t)ts.tv_sec * SKT_NS_PER_SEC + (uint64_t)ts.tv_nsec;
		break;
	case SO_RXQ_OVFL:
		if (cmsg_get(cmsg, &d->drops, sizeof(d->drops)))
			d->drops_known = true;
		break;
	}
}

static void take_v4_cmsg(const struct cmsghdr *cmsg, struct skt_datagram *d)
{
	struct in_pktinfo info;

	switch (cmsg->cmsg_type) {
	case IP_PKTINFO:
		if (!cmsg_get(cmsg, &info, sizeof(info)))
			break;
		d->destination = (struct skt_addr){.family = AF_INET};
		memcpy(d->destination.bytes, &info.ipi_addr, sizeof(info.ipi_addr));
		d->ifindex = (uint32_t)info.ipi_ifindex;
		break;
	case IP_TTL:
		(void)cmsg_get_int(cmsg, &d->ttl);
		break;
	case IP_TOS:
		cmsg_get_class(cmsg, &d->tos);
		break;
	}
}

static void take_v6_cmsg(const struct cmsghdr *cmsg, struct skt_datagram *d)
{
	struct in6_pktinfo info;

	switch (cmsg->cmsg_type) {
	case IPV6_PKTINFO:
		if (!cmsg_get(cmsg, &info, sizeof(info)))
			break;
		d->destination = (struct skt_addr){.family = AF_INET6};
		memcpy(d->destination.bytes, &info.ipi6_addr, sizeof(info.ipi6_addr));
		d->ifindex = (uint32_t)info.ipi6_ifindex;
		if (skt_addr_is_v4_mapped(&d->destination)) {
			memmove(d->destination.bytes, d->destination.bytes + 12, 4);
			memset(d->destination.bytes + 4, 0, 12);
			d->destination.family = AF_INET;
		} else if (skt_addr_is_link_local(&d->destination)) {
			d->destination.scope_id = d->ifindex;
		}
		break;
	case IPV6_HOPLIMIT:
		(void)cmsg_get_int(cmsg, &d->ttl);
		break;
	case IPV6_TCLASS:
		cmsg_get_class(cmsg, &d->tos);
		break;
	}
}

/* Returns the length of the segments that the message is made of, 0: it is one datagram. */
static size_t take_control(struct msghdr *header, struct skt_datagram *d)
{
	int segment = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == SOL_SOCKET)
			take_socket_cmsg(c, d);
		else if (c->cmsg_level == IPPROTO_IP)
			take_v4_cmsg(c, d);
		else if (c->cmsg_level == IPPROTO_IPV6)
			take_v6_cmsg(c, d);
		else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			(void)cmsg_get_int(c, &segment);
	}
	return segment > 0 ? (size_t)segment : 0;
}

/* One message that holds several datagrams: the last one may be shorter. */
static void take_segment(struct skt_receiver *r, struct skt_datagram *ret)
{
	const size_t rest = r->total - r->offset;

	*ret = r->current;
	ret->data = r->current.data + r->offset;
	ret->length = ret->captured = SKT_MIN(r->segment, rest);
	r->offset += ret->length;
}

bool skt_receiver_next(struct skt_receiver *receiver, struct skt_datagram *ret)
{
	struct mmsghdr *message;
	size_t segment = 0;

	if (receiver->offset < receiver->total) {
		take_segment(receiver, ret);
		return true;
	}
	if (receiver->at >= receiver->filled)
		return false;
	message = &receiver->messages[receiver->at++];
	*ret = (struct skt_datagram){
		.data = message->msg_hdr.msg_iov->iov_base,
		.length = message->msg_len,
		.captured = SKT_MIN(message->msg_len, message->msg_hdr.msg_iov->iov_len),
		.source = message->msg_hdr.msg_name,
		.source_len = message->msg_hdr.msg_namelen,
		.drops_known = receiver->drops,
		.ttl = -1,
		.tos = -1,
	};
	ret->truncated = !receiver->capture && ret->captured < ret->length;
	if (receiver->control)
		segment = take_control(&message->msg_hdr, ret);
	if (segment && segment < ret->captured) {
		receiver->current = *ret;
		receiver->segment = segment;
		receiver->total = ret->captured;
		receiver->offset = 0;
		take_segment(receiver, ret);
	}
	return true;
}

int skt_datagram_wait(int fd, uint64_t deadline_ns, const sigset_t *mask)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return skt_datagram_poll(&poll_fd, 1, deadline_ns, mask);
}

int skt_datagram_poll(struct pollfd *fds, size_t count, uint64_t deadline_ns, const sigset_t *mask)
{
	struct timespec ts = {0};
	int rc;

	if (deadline_ns && deadline_ns != UINT64_MAX) {
		uint64_t now = skt_clock_ns();

		ts = skt_clock_timespec(deadline_ns > now ? deadline_ns - now : 0);
	}
	rc = ppoll(fds, count, deadline_ns == UINT64_MAX ? NULL : &ts, mask);
	return rc < 0 ? -errno : rc > 0;
}

int skt_datagram_drops(int fd, uint32_t *ret)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return -errno;
	if (len <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return -ENOTSUP;
	*ret = info[SK_MEMINFO_DROPS];
	return 0;
}
