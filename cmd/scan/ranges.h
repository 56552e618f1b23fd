/*
 * Hosts that are alike in rows for people: a network of which a handful of addresses live is a
 * handful of rows, and one for all the others. Pure, but for the memory.
 */
#ifndef SKT_CMD_SCAN_RANGES_H
#define SKT_CMD_SCAN_RANGES_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "cmd/scan/line.h"

enum {
	SCAN_HOSTS_ALIKE_MIN = 3,     /* so many are one row */
	SCAN_ADDRESSES_TEXT_MAX = 48, /* longer lists are cut, with ",..." at their end */
};

/*
 * Puts lines together that say the same of SCAN_HOSTS_ALIKE_MIN hosts or more, open ports and hosts
 * with names apart; LINES are COUNT and in order of hosts, before and after. Texts are ARENA's. How
 * many are left, or -ENOMEM.
 */
ssize_t scan_ranges_collapse(struct scan_line *lines, size_t count, struct skt_arena *arena);

#endif
