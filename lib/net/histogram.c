#include "net/histogram.h"

#include "base/macros.h"

enum { SUB = 1 << SKT_HISTOGRAM_SUB_BITS };

/*
 * Below SUB each value has a bucket of its own; above, the leading bit picks an octave and the bits
 * behind it one of its SUB buckets.
 */
static size_t bucket_of(uint64_t value)
{
	unsigned int octave;

	if (value < SUB)
		return (size_t)value;
	if (value >> SKT_HISTOGRAM_VALUE_BITS)
		return SKT_HISTOGRAM_BUCKETS - 1;
	octave = 63U - (unsigned int)__builtin_clzll(value) - SKT_HISTOGRAM_SUB_BITS;
	return ((size_t)octave << SKT_HISTOGRAM_SUB_BITS) + (size_t)(value >> octave);
}

uint64_t skt_histogram_floor(size_t i)
{
	size_t octave = i >> SKT_HISTOGRAM_SUB_BITS;

	if (octave < 2)
		return i;
	return (uint64_t)(i - ((octave - 1) << SKT_HISTOGRAM_SUB_BITS)) << (octave - 1);
}

void skt_histogram_add(struct skt_histogram *histogram, uint64_t value)
{
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	if (__builtin_add_overflow(histogram->sum, value, &histogram->sum))
		histogram->sum = UINT64_MAX;
	histogram->count++;
	histogram->buckets[bucket_of(value)]++;
}

uint64_t skt_histogram_at(const struct skt_histogram *histogram, unsigned int permille)
{
	uint64_t seen = 0, rank;

	if (!histogram->count)
		return 0;
	rank = (uint64_t)(((unsigned __int128)histogram->count * permille + 999) / 1000);
	for (size_t i = 0; i < SKT_HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank && seen) {
			uint64_t end = skt_histogram_floor(i + 1) - 1;

			if (i == SKT_HISTOGRAM_BUCKETS - 1)
				end = histogram->max;
			return SKT_MAX(SKT_MIN(end, histogram->max), histogram->min);
		}
	}
	return histogram->max;
}

bool skt_histogram_tells(const struct skt_histogram *histogram, unsigned int permille)
{
	return histogram->count * (uint64_t)(1000 - permille) >= 1000;
}

uint64_t skt_histogram_mean(const struct skt_histogram *histogram)
{
	return histogram->count ? histogram->sum / histogram->count : 0;
}
