/*
 * Names of targets, looked up many at once and taken in the order in which they were begun, so that
 * a list of names takes as long as the slowest of them.
 */
#ifndef SKT_CMD_SCAN_LOOKUP_H
#define SKT_CMD_SCAN_LOOKUP_H

#include <signal.h>

#include "base/err.h"
#include "net/resolve.h"

enum { SCAN_LOOKUPS_MAX = 256 }; /* at a time */

struct scan_lookups {
	int family; /* AF_INET, AF_INET6, AF_UNSPEC: both */
	const volatile sig_atomic_t *interrupted;

	/* its own */
	struct skt_loop loop;
	struct skt_resolver *resolver; /* NULL: nothing was begun yet */
	struct skt_resolve *resolves;
	size_t begun, taken;
};

/*
 * Begins to look NAME up. No more than SCAN_LOOKUPS_MAX may be begun and not taken. 0 or -errno:
 * there is nothing to take then.
 */
int scan_lookups_begin(struct scan_lookups *lookups, const char *name);

/*
 * The answer to the oldest that was not taken, valid until the next one is begun; waits for it.
 * -EINTR: a signal has ended the run.
 */
int scan_lookups_take(struct scan_lookups *lookups, const struct skt_resolve **ret);

void scan_lookups_fini(struct scan_lookups *lookups);

#endif
