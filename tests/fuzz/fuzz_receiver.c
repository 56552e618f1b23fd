/*
 * Datagrams from a kernel that says anything: recvmmsg(2) is this target's own, and gives what the
 * input says, with any control messages, also for datagrams that are glued together (UDP_GRO).
 * Every byte is handed out once and in order, in pieces of the length that was said.
 */
#include <errno.h>

#include "net/receiver.h"
#include "tests/fuzz/control.h"

static struct fuzz_input input;
static size_t given; /* bytes of the messages of this batch, as far as there was room */

/* In place of the C library's: the receiver asks for what it likes, and is told what we like. */
int setsockopt(int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	(void)fd, (void)level, (void)optname, (void)optval, (void)optlen;
	return 0;
}

static void fill(struct mmsghdr *message)
{
	struct msghdr *header = &message->msg_hdr;
	struct iovec *iov = header->msg_iov;
	const size_t len = fuzz_short(&input);
	const size_t fits = len < iov->iov_len ? len : iov->iov_len;
	const size_t name = fuzz_byte(&input) % 29;

	for (size_t i = 0; i < fits; i++)
		((uint8_t *)iov->iov_base)[i] = (uint8_t)(given + i);
	given += fits;
	fuzz_take(&input, header->msg_name, name);
	header->msg_namelen = (socklen_t)name;
	if (header->msg_control)
		fuzz_control(&input, header);
	message->msg_len = (unsigned int)len;
}

int recvmmsg(int fd, struct mmsghdr *vmessages, unsigned int vlen, int flags, struct timespec *tmo)
{
	unsigned int n = 0;

	(void)fd, (void)flags, (void)tmo;
	given = 0;
	while (n < vlen && input.size)
		fill(&vmessages[n++]);
	if (!n)
		errno = EAGAIN;
	return n ? (int)n : -1;
}

static void check(const struct skt_datagram *d, size_t *taken)
{
	if (d->captured > d->length || (d->truncated && d->captured == d->length))
		abort();
	for (size_t i = 0; i < d->captured; i++)
		if (d->data[i] != (uint8_t)(*taken + i))
			abort();
	*taken += d->captured;
	if (d->tos > 0xff || d->source_len > sizeof(struct sockaddr_storage) ||
		(d->destination.family != AF_UNSPEC && d->destination.family != AF_INET &&
			d->destination.family != AF_INET6))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_receiver_config config = {0};
	struct skt_receiver *receiver;
	uint8_t how;

	input = (struct fuzz_input){data, size};
	how = fuzz_byte(&input);
	config.wanted = how & SKT_RECEIVE_ALL;
	config.gro = how & 32;
	config.capture = how & 64 ? fuzz_short(&input) : 0;
	if (skt_receiver_new(-1, how & 128 ? AF_INET6 : AF_INET, &config, &receiver, NULL))
		abort();
	while (skt_receiver_fill(receiver) > 0) {
		struct skt_datagram d;
		size_t taken = 0;

		while (skt_receiver_next(receiver, &d))
			check(&d, &taken);
		/* With a limit, what is glued together is cut where its pieces are known. */
		if (taken != given)
			abort();
	}
	skt_receiver_free(receiver);
	return 0;
}
