/* Chance, for what shall differ from one run to the next; no secret. */
#ifndef SKT_BASE_RANDOM_H
#define SKT_BASE_RANDOM_H

#include <stdint.h>

/* 64 random bits of getrandom(2); of the clock where the kernel has none to give yet. */
uint64_t skt_random_seed(void);

#endif
