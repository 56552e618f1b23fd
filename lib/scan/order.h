/*
 * A seeded permutation of 0..count-1 in constant memory: a balanced Feistel network over the next
 * even power of two, walked along its cycle until it lands inside (Black and Rogaway, "Ciphers with
 * arbitrary finite domains", 2002). Position and seed are all the state there is, so that a run can
 * be split into shards and continued anywhere.
 */
#ifndef SKT_SCAN_ORDER_H
#define SKT_SCAN_ORDER_H

#include <stdint.h>

enum { SKT_ORDER_ROUNDS = 6 };

struct skt_order {
	uint64_t count;
	uint64_t keys[SKT_ORDER_ROUNDS];
	uint64_t half_mask;
	unsigned int half_bits;
};

/* COUNT is 1..2^62. */
void skt_order_init(struct skt_order *order, uint64_t count, uint64_t seed);

/* Which index stands at POSITION, both below count. A bijection. */
uint64_t skt_order_at(const struct skt_order *order, uint64_t position);

#endif
