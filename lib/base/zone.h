/*
 * Zones of IPv6 addresses by the names of their interfaces (RFC 4007 11.2), as people and other
 * programs know them. Names are those of this very network namespace, now.
 */
#ifndef SKT_BASE_ZONE_H
#define SKT_BASE_ZONE_H

#include "base/addr.h"

/*
 * Like skt_addr_put(), with the name of the interface behind `%`; its number where there is none,
 * or one with bytes that have a meaning in texts. At most SKT_ADDR_TEXT_MAX - 1 bytes.
 */
char *skt_zone_put(char *p, const struct skt_addr *addr);

/* The same as a string in TEXT. Returns TEXT. */
const char *skt_zone_text(const struct skt_addr *addr, char text[SKT_ADDR_TEXT_MAX]);

#endif
