/*
 * A limit of bytes per second, as a token bucket that fills with time. Pure: the caller says what
 * time it is. Several pumps may share one.
 */
#ifndef SKT_NET_BUCKET_H
#define SKT_NET_BUCKET_H

#include <stdint.h>

struct skt_bucket {
	uint64_t rate;    /* bytes per second, not 0 */
	uint64_t burst;   /* bytes that a full bucket holds */
	uint64_t paid_ns; /* when all that was spent will have been earned */
};

/* RATE bytes per second in bursts of a twentieth of a second; full at the beginning. */
void skt_bucket_init(struct skt_bucket *bucket, uint64_t rate);

/* Bytes that may be spent at NOW_NS. */
uint64_t skt_bucket_level(const struct skt_bucket *bucket, uint64_t now_ns);

void skt_bucket_spend(struct skt_bucket *bucket, uint64_t bytes, uint64_t now_ns);

/*
 * When it is worth to try again, at the latest when half a burst may be spent: waking for each byte
 * would be a waste. The level is above 0 then.
 */
uint64_t skt_bucket_when(const struct skt_bucket *bucket);

#endif
