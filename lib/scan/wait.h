/* Waiting for descriptors until a time of CLOCK_MONOTONIC. */
#ifndef SKT_SCAN_WAIT_H
#define SKT_SCAN_WAIT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* What is left until UNTIL_NS at NOW_NS; nothing where it has passed. */
struct timespec skt_wait_rest(uint64_t until_ns, uint64_t now_ns);

/*
 * poll(2) until UNTIL_NS at the longest (0: not at all). How many are ready; 0 too where a signal
 * has ended it, with no events then; or -errno.
 */
int skt_wait_poll(struct pollfd *polls, size_t count, uint64_t until_ns);

#endif
