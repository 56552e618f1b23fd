#include "scan/wait.h"

#include <errno.h>

#include "base/clock.h"

struct timespec skt_wait_rest(uint64_t until_ns, uint64_t now_ns)
{
	uint64_t rest = until_ns > now_ns ? until_ns - now_ns : 0;

	return skt_clock_timespec(rest);
}

int skt_wait_poll(struct pollfd *polls, size_t count, uint64_t until_ns)
{
	const struct timespec rest = skt_wait_rest(until_ns, until_ns ? skt_clock_ns() : 0);
	int n = ppoll(polls, (nfds_t)count, &rest, NULL);

	if (n >= 0)
		return n;
	for (size_t i = 0; i < count; i++)
		polls[i].revents = 0;
	return errno == EINTR ? 0 : -errno;
}
