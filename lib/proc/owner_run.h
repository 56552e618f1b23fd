/* Who looks through the descriptors of all processes: the choice between the backends. */
#ifndef SKT_PROC_OWNER_RUN_H
#define SKT_PROC_OWNER_RUN_H

#include "proc/owner_backend.h"

/* AUTO is BPF where there is much to look through and the kernel permits, else /proc. */
enum skt_owners_source { SKT_OWNERS_AUTO, SKT_OWNERS_BPF, SKT_OWNERS_PROC };

/*
 * Runs SCAN by SOURCE. RESTART: what was handed on so far is to be forgotten, it begins anew.
 * Errors: of the backend; ERR is set with them.
 */
int skt_owner_run(const struct skt_owner_scan *scan, enum skt_owners_source source,
	void (*restart)(void *ctx), struct skt_err *err);

#endif
