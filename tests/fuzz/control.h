/* Ancillary data as the kernel would write them (put_cmsg() in net/core/scm.c), of any contents. */
#ifndef SKT_TESTS_FUZZ_CONTROL_H
#define SKT_TESTS_FUZZ_CONTROL_H

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "tests/fuzz/fuzz.h"

/*
 * Fills the room that MESSAGE has for control messages with what INPUT says, until a level of 0xff
 * or the end of either. The last one is cut where the room ends, as the kernel does.
 */
static inline void fuzz_control(struct fuzz_input *input, struct msghdr *message)
{
	static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP};
	static const int types[] = {SO_TIMESTAMPNS, SO_RXQ_OVFL, IP_PKTINFO, IP_TTL, IP_TOS,
		IP_RECVERR, IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, IPV6_RECVERR, UDP_GRO};
	size_t used = 0, room = message->msg_controllen;

	memset(message->msg_control, 0, room);
	while (input->size && used + CMSG_LEN(0) <= room) {
		struct cmsghdr *c = (struct cmsghdr *)((char *)message->msg_control + used);
		uint8_t level = fuzz_byte(input), type = fuzz_byte(input);
		size_t len = fuzz_byte(input) % 64;

		if (level == 0xff)
			break;
		if (CMSG_LEN(len) > room - used)
			len = room - used - CMSG_LEN(0);
		c->cmsg_level = levels[level % 4];
		c->cmsg_type =
			type & 0x80 ? type : types[type % (sizeof(types) / sizeof(types[0]))];
		c->cmsg_len = CMSG_LEN(len);
		fuzz_take(input, CMSG_DATA(c), len);
		used += CMSG_SPACE(len);
	}
	message->msg_controllen = used < room ? used : room;
}

#endif
