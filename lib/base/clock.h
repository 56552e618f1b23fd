/* Time in nanoseconds. */
#ifndef SKT_BASE_CLOCK_H
#define SKT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SKT_NS_PER_SEC UINT64_C(1000000000)
#define SKT_NS_PER_MS UINT64_C(1000000)
#define SKT_NS_PER_US UINT64_C(1000)

/* Never: the deadline of what has none. */
#define SKT_NEVER UINT64_MAX

/* TIME_NS and DURATION_NS, both of which may be SKT_NEVER, or together later than ever. */
static inline uint64_t skt_clock_add(uint64_t time_ns, uint64_t duration_ns)
{
	uint64_t sum;

	return __builtin_add_overflow(time_ns, duration_ns, &sum) ? SKT_NEVER : sum;
}

/* As the kernel is told a time or a duration. */
static inline struct timespec skt_clock_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / SKT_NS_PER_SEC), .tv_nsec = (long)(ns % SKT_NS_PER_SEC)};
}

/* CLOCK_MONOTONIC: for deadlines and durations (clock_gettime(2)). */
static inline uint64_t skt_clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SKT_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* CLOCK_BOOTTIME: never set, and goes on while the machine sleeps (Linux 2.6.39). */
static inline uint64_t skt_clock_boot_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SKT_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* CLOCK_REALTIME since the epoch: for stamps that leave the program. */
static inline uint64_t skt_clock_real_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * SKT_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

#endif
