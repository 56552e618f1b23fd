#include "base/random.h"

#include <sys/random.h>

#include "base/clock.h"

uint64_t skt_random_seed(void)
{
	uint64_t seed;

	return getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed) ? seed
									     : skt_clock_ns();
}
