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

/* What became of it: 0, or why it is not in force as -errno; -EOPNOTSUPP also where the needs
 * forbid it. */
struct skt_confined {
	int no_new_privs, capabilities, landlock, seccomp;
	uint64_t left; /* the capabilities that still work */
};

/* False: this build is for tests that restrictions of files and system calls would be in the way
 * of. */
extern const bool skt_privilege_is_whole;

/* Leaves this thread what NEEDS says. */
void skt_confine(const struct skt_needs *needs, struct skt_confined *ret);

#endif
