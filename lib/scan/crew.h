/*
 * Threads that share the system calls of a batch with whoever calls: a scan spends nearly all of
 * its time inside connect(2) and sendmmsg(2), and the kernel can do several of those at once. What
 * is to be done and what comes of it stays with one thread.
 */
#ifndef SKT_SCAN_CREW_H
#define SKT_SCAN_CREW_H

#include <stddef.h>

struct skt_crew;

/*
 * As many helpers as processors are left, none for less than some thousand items in all, made when
 * there is work for them; NULL is a crew of nobody but the caller.
 */
struct skt_crew *skt_crew_new(size_t items);

/* Calls WORK for 0..COUNT-1, each once, in any order and thread; returns behind the last of them.
 */
void skt_crew_run(
	struct skt_crew *crew, size_t count, void (*work)(void *ctx, size_t i), void *ctx);

void skt_crew_free(struct skt_crew *crew);

#endif
