/* Network and broadcast addresses of the networks that this host is on: in many a prefix, and no
 * hosts. */
#ifndef SKT_CMD_SCAN_RESERVED_H
#define SKT_CMD_SCAN_RESERVED_H

#include <stdint.h>

#include "scan/local.h"
#include "scan/plan.h"

/* Takes them out of PLAN, and counts them in *count. 0 or -ENOMEM. */
int scan_reserved_exclude(const struct skt_local *local, struct skt_plan *plan, uint64_t *count);

#endif
