/*
 * Whether a namespace has no socket of a protocol at all, by a count of the kernel's: a file of
 * some lines in place of walks over tables that all namespaces share.
 */
#ifndef SKT_DIAG_IDLE_H
#define SKT_DIAG_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether PROC_ROOT/net/protocols (net/core/sock.c) counts no socket of MPTCP. Counted is what has
 * been connected, accepted, or made to listen by a process (since Linux 6.2, net/mptcp/); not what
 * the path manager listens with for `ip mptcp endpoint ... port N`, which is to be seen as a
 * listener of TCP that has an upper layer. False where nothing is told.
 */
bool skt_mptcp_is_idle(const char *proc_root);

/* A line of that file: 1: it is about MPTCP, and *ret the count; 0: it is not; -EBADMSG. */
int skt_mptcp_count(const char *line, size_t len, uint64_t *ret);

#endif
