/*
 * The end of all privilege that a run does not need: one call, made once everything is open that
 * can be opened in advance, and before the first byte of a stranger is read.
 *
 * A sandbox that breaks a run is worse than none: what this kernel, or the container, does not
 * offer is left out and told in the report, never an error.
 *
 * All of it is the thread's (credentials(7), landlock(7)); threads that are made later inherit it.
 * So it is done before a run makes any.
 */
#ifndef SKT_PRIVILEGE_PRIVILEGE_H
#define SKT_PRIVILEGE_PRIVILEGE_H

#include "privilege/needs.h"

/* What became of it: 0, or why it is not in force as -errno. */
struct skt_confined {
	int no_new_privs, capabilities;
	uint64_t left; /* the capabilities that still work */
};

/* Leaves this thread what NEEDS says. */
void skt_confine(const struct skt_needs *needs, struct skt_confined *ret);

#endif
