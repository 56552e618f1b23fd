/*
 * What UDP over loopback can do at all: segmented sends of 64 datagrams, recvmmsg(2) of 64, and
 * nothing else. The measure for udpsend and udprecv.
 *
 *	bare_udp send PORT SIZE SECONDS      prints what was sent
 *	bare_udp receive PORT gro|plain      until nothing comes for a second; prints received and
 *	                                     nanoseconds from the first to the last
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/num.h"

enum { BATCH = 64, BYTES = 65536 + 192, PAYLOAD_MAX = 65507 };

static char buffers[BATCH][BYTES];

static int send_all(int fd, const struct sockaddr_in *to, uint16_t size, uint64_t seconds)
{
	const size_t segments = SKT_MAX(SKT_MIN((size_t)BATCH, (size_t)PAYLOAD_MAX / size), 1U);
	const uint64_t end = skt_clock_ns() + seconds * SKT_NS_PER_SEC;
	const int segment = size, room = 4 << 20;
	uint64_t sent = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (segments > 1 &&
		setsockopt(fd, IPPROTO_UDP, 103 /* UDP_SEGMENT */, &segment, sizeof(segment)))
		return 1;
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return 1;
	while (skt_clock_ns() < end)
		if (send(fd, buffers[0], segments * size, 0) > 0)
			sent += segments;
	(void)printf("%llu\n", (unsigned long long)sent);
	return 0;
}

static uint64_t datagrams_in(struct mmsghdr *message)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message->msg_hdr);
	int segment;

	if (!cmsg || cmsg->cmsg_type != 104 /* UDP_GRO */)
		return 1;
	memcpy(&segment, CMSG_DATA(cmsg), sizeof(segment));
	return segment ? (message->msg_len + (unsigned int)segment - 1) / (unsigned int)segment : 1;
}

static int receive_all(int fd, bool gro)
{
	static char controls[BATCH][64];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec iov[BATCH];
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	const int on = 1, room = 32 << 20;
	uint64_t received = 0, first = 0, last = 0;
	int n;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (gro)
		(void)setsockopt(fd, IPPROTO_UDP, 104 /* UDP_GRO */, &on, sizeof(on));
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){buffers[i], sizeof(buffers[i])};
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (;;) {
		for (int i = 0; gro && i < BATCH; i++) {
			messages[i].msg_hdr.msg_control = controls[i];
			messages[i].msg_hdr.msg_controllen = sizeof(controls[i]);
		}
		n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
		if (n > 0) {
			last = skt_clock_ns();
			first = first ? first : last;
			for (int i = 0; i < n; i++)
				received += gro ? datagrams_in(&messages[i]) : 1;
		} else if (poll(&wait, 1, first ? 1000 : -1) == 0) {
			break;
		}
	}
	(void)printf(
		"%llu %llu\n", (unsigned long long)received, (unsigned long long)(last - first));
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint64_t port = 0, size = 0, seconds = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || argc < 4 || skt_num_parse(argv[2], 1, 65535, &port))
		return 2;
	address.sin_port = htons((uint16_t)port);
	if (strcmp(argv[1], "receive") == 0) {
		if (bind(fd, (struct sockaddr *)&address, sizeof(address))) {
			perror("bind");
			return 1;
		}
		return receive_all(fd, strcmp(argv[3], "gro") == 0);
	}
	if (argc < 5 || skt_num_parse(argv[3], 1, PAYLOAD_MAX, &size) ||
		skt_num_parse(argv[4], 1, 1000, &seconds))
		return 2;
	return send_all(fd, &address, (uint16_t)size, seconds);
}
