/*
 * What the error queue of a socket says: the first byte chooses the destination, the rest are
 * control messages, each of a level, a type, a length and so many bytes.
 */
#include <errno.h>
#include <netinet/in.h>

#include "net/errqueue.h"
#include "tests/fuzz/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	union {
		struct sockaddr sa;
		struct sockaddr_in6 in6;
	} *name = calloc(1, sizeof(*name));
	union skt_errqueue_control control;
	struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};
	struct skt_icmp_error error;
	uint8_t to = fuzz_byte(&input);

	if (!name)
		return 0;
	if (to & 1) {
		fuzz_take(&input, name, sizeof(*name));
		message.msg_name = name;
		message.msg_namelen = to & 2 ? sizeof(*name) : 0;
		if (to & 4)
			name->sa.sa_family = to & 8 ? AF_INET : AF_INET6;
	}
	fuzz_control(&input, &message);
	if (skt_errqueue_parse(&message, &error) == 0) {
		const char *words = skt_icmp_name(error.v6, error.type, error.code);

		if ((words && !*words) || (error.mtu && error.error != EMSGSIZE) ||
			(error.sender.family != AF_UNSPEC && error.sender.family != AF_INET &&
				error.sender.family != AF_INET6))
			abort();
	}
	free(name);
	return 0;
}
