#include "cmd/rest.h"

#include "base/clock.h"

void skt_rest_until(const struct skt_context *ctx, uint64_t until_ns)
{
	for (uint64_t now_ns = skt_clock_ns(); now_ns < until_ns && !skt_interrupted(ctx);
		now_ns = skt_clock_ns()) {
		const struct timespec left = skt_clock_timespec(until_ns - now_ns);

		(void)nanosleep(&left, NULL);
	}
}
