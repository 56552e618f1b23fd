/*
 * Dumps of many network namespaces at once, handed over in order. The kernel walks its tables,
 * which all namespaces share, once for each namespace, in the thread that asks; so threads that go
 * from namespace to namespace share the work, as many as there are processors.
 *
 * What they read ahead is bounded, whatever a namespace holds: the thread waits then.
 */
#ifndef SKT_DIAG_SWEEP_H
#define SKT_DIAG_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "diag/dump.h"

struct skt_sweep;

/*
 * Begins to dump what QUERY asks for in each of the COUNT namespaces at LIST, but the own one.
 * Everything is borrowed until skt_sweep_free(). NULL: it does not pay, or cannot be had.
 */
struct skt_sweep *skt_sweep_new(const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_netns *list, size_t count);

/*
 * Waits until the namespace INDEX is entered, or was not to be: before that nobody else may.
 * Indices must be asked for in order; any may be left out.
 */
void skt_sweep_reach(struct skt_sweep *sweep, size_t index);

/*
 * Hands the sockets of the namespace INDEX to FN, and waits for them. False: they could not be
 * read that way and none was handed on, skt_dump_sockets() shall tell why. True: *ret_rc is what it
 * would have returned, *ret_report is set, and so may ERR be.
 */
bool skt_sweep_take(struct skt_sweep *sweep, size_t index, skt_socket_fn *fn, void *ctx,
	int *ret_rc, struct skt_dump_report *ret_report, struct skt_err *err);

/* Ends what is under way. NULL is none. */
void skt_sweep_free(struct skt_sweep *sweep);

#endif
