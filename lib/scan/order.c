#include "scan/order.h"

/* The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", 2014): every bit of the input reaches every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

void skt_order_init(struct skt_order *order, uint64_t count, uint64_t seed)
{
	unsigned int bits = 1;

	while (bits < 31 && (UINT64_C(1) << 2 * bits) < count)
		bits++;
	*order = (struct skt_order){
		.count = count,
		.half_bits = bits,
		.half_mask = (UINT64_C(1) << bits) - 1,
	};
	for (unsigned int i = 0; i < SKT_ORDER_ROUNDS; i++) {
		seed += UINT64_C(0x9e3779b97f4a7c15);
		order->keys[i] = mix(seed);
	}
}

static uint64_t encrypt(const struct skt_order *order, uint64_t x)
{
	uint64_t left = x >> order->half_bits, right = x & order->half_mask;

	for (unsigned int i = 0; i < SKT_ORDER_ROUNDS; i++) {
		uint64_t next = left ^ (mix(right + order->keys[i]) & order->half_mask);

		left = right;
		right = next;
	}
	return left << order->half_bits | right;
}

uint64_t skt_order_at(const struct skt_order *order, uint64_t position)
{
	uint64_t x = position;

	/* The domain is less than four times the count: four steps on the average at the worst. */
	do
		x = encrypt(order, x);
	while (x >= order->count);
	return x;
}
