/*
 * How much of a namespace's table of TCP connections was exchanged meanwhile, by the kernel's own
 * counts (/proc/net/snmp, /proc/net/sockstat): cheap, where the table itself is long.
 */
#ifndef SKT_DIAG_CHURN_H
#define SKT_DIAG_CHURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/netns.h"

/* What the kernel had counted. */
struct skt_churn_counts {
	bool known;
	uint64_t opens; /* connections ever opened, by either side, that failed, that were reset */
	uint64_t open, time_wait; /* sockets, and what TIME-WAIT keeps of some */
};

/* Of the looks at one table. The paths are borrowed. */
struct skt_churn {
	const char *proc_root;         /* "/proc" */
	const struct skt_netns *netns; /* NULL: that of this process */
	/*
	 * How many sockets a look is expected to have missed, the worst of them: each that left the
	 * table can have stood in front of the position of the dump, if it was in the same bucket.
	 * What only listened, or was a request and ran into its timeout, is in no count. Less than
	 * 0: not known.
	 */
	double missed;
	struct skt_churn_counts before; /* the next look */
};

/* Before the first look. Where COUNTED is false, nothing will be known. */
void skt_churn_begin(struct skt_churn *churn, const char *proc_root, const struct skt_netns *netns,
	bool counted);

/* After each look. */
void skt_churn_update(struct skt_churn *churn);

#endif
