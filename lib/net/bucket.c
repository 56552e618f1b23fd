#include "net/bucket.h"

#include "base/clock.h"
#include "base/macros.h"

/* Both ways in 128 bits: bytes times nanoseconds pass 2^64 within a second at 18 GB/s. */
static uint64_t duration_ns(const struct skt_bucket *bucket, uint64_t bytes)
{
	return (uint64_t)(((unsigned __int128)bytes * SKT_NS_PER_SEC + bucket->rate - 1) /
		bucket->rate);
}

static uint64_t worth(const struct skt_bucket *bucket, uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * bucket->rate / SKT_NS_PER_SEC);
}

void skt_bucket_init(struct skt_bucket *bucket, uint64_t rate)
{
	bucket->rate = SKT_MAX(rate, 1);
	bucket->burst = SKT_MAX(bucket->rate / 20, 1);
	bucket->paid_ns = 0;
}

uint64_t skt_bucket_level(const struct skt_bucket *bucket, uint64_t now_ns)
{
	uint64_t debt;

	if (bucket->paid_ns <= now_ns)
		return bucket->burst;
	/* Rounded up, so that a level is never shown before it is earned. */
	debt = worth(bucket, bucket->paid_ns - now_ns) + 1;
	return debt < bucket->burst ? bucket->burst - debt : 0;
}

void skt_bucket_spend(struct skt_bucket *bucket, uint64_t bytes, uint64_t now_ns)
{
	bucket->paid_ns = SKT_MAX(bucket->paid_ns, now_ns) + duration_ns(bucket, bytes);
}

uint64_t skt_bucket_when(const struct skt_bucket *bucket)
{
	/* In a small bucket the rounding of level() is not small. */
	uint64_t early = bucket->burst < 16 ? 0 : duration_ns(bucket, bucket->burst / 2);

	return bucket->paid_ns > early ? bucket->paid_ns - early : 0;
}
