/*
 * How durations are distributed, in constant memory: a histogram whose buckets grow with the value
 * (32 to an octave, so that a percentile is within 3 % of the truth), from 0 ns to 18 minutes.
 */
#ifndef SKT_NET_HISTOGRAM_H
#define SKT_NET_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SKT_HISTOGRAM_SUB_BITS = 5,
	SKT_HISTOGRAM_VALUE_BITS = 40,
	SKT_HISTOGRAM_BUCKETS = (SKT_HISTOGRAM_VALUE_BITS - SKT_HISTOGRAM_SUB_BITS + 1)
		<< SKT_HISTOGRAM_SUB_BITS,
};

/* Zero-initialised is empty. Longer values are counted in the last bucket; min and max are exact.
 */
struct skt_histogram {
	uint64_t count, min, max;
	uint64_t sum; /* saturates */
	uint64_t buckets[SKT_HISTOGRAM_BUCKETS];
};

void skt_histogram_add(struct skt_histogram *histogram, uint64_t value);

/*
 * The value that PERMILLE of all values do not exceed (990 is the 99th percentile), never outside
 * min..max; 0 while empty.
 */
uint64_t skt_histogram_at(const struct skt_histogram *histogram, unsigned int permille);

/* Whether there are values enough for that to differ from the greatest: a hundred for the 99th. */
bool skt_histogram_tells(const struct skt_histogram *histogram, unsigned int permille);

uint64_t skt_histogram_mean(const struct skt_histogram *histogram);

/* The least value of bucket I; that of I + 1 is where it ends. */
uint64_t skt_histogram_floor(size_t i);

#endif
