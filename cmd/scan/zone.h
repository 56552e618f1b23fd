/* Zones of link-local addresses: interfaces by their names (RFC 4007 11). */
#ifndef SKT_CMD_SCAN_ZONE_H
#define SKT_CMD_SCAN_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

enum { SCAN_ZONED_MAX = 512 };

/*
 * Makes TEXT, `fe80::1%eth0`, one with the interface's number in place of its name, in ZONED; any
 * other stays. -ENODEV: there is no such interface.
 */
int scan_zone_number(const char **text, size_t *len, char zoned[SCAN_ZONED_MAX]);

/*
 * Gives a link-local address without a zone that of INTERFACE (NULL: none is known). false: it has
 * none, and so is no address of anything.
 */
bool scan_zone_set(struct skt_addr *addr, const char *interface);

#endif
