/* SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
#ifndef SKT_BASE_SIPHASH_H
#define SKT_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Of LEN bytes under a key of 128 bits. */
uint64_t skt_siphash(const uint64_t key[2], const void *bytes, size_t len);

#endif
