/* Plans made of a plan: its hosts alone, and what is left of it without some of them. */
#ifndef SKT_SCAN_NARROW_H
#define SKT_SCAN_NARROW_H

#include "scan/plan.h"

/* The hosts of PLAN, with SKT_PLAN_ANY_PORT each, in RET, which is zeroed. 0, -ENOMEM or -ERANGE.
 */
int skt_plan_hosts(const struct skt_plan *plan, struct skt_plan *ret);

/* PLAN without the hosts whose bit, by number, is set in LEFT_OUT, in RET, which is zeroed. */
int skt_plan_without(const struct skt_plan *plan, const uint64_t *left_out, struct skt_plan *ret);

#endif
