/* The one text of an end: renderers show it, filters match it. */
#ifndef SKT_BASE_END_H
#define SKT_BASE_END_H

#include <string.h>

#include "base/addr.h"
#include "base/str.h"

/* Bytes that skt_end_put() writes at the most. */
enum { SKT_END_PUT_MAX = SKT_ADDR_TEXT_MAX + sizeof("[]:65535") };

/* How many bytes END->host has, NULs and all; 0: there is none. */
static inline size_t skt_end_host_len(const struct skt_end *end)
{
	return end->host_len ? end->host_len : end->host ? strlen(end->host) : 0;
}

/*
 * Writes the address and port of END at P, whatever their names: `10.0.0.1:22`, `[::1]:*`, `*:80`.
 * BARE leaves out port and brackets. Returns the end.
 */
char *skt_end_put(char *p, const struct skt_end *end, bool bare);

/* Appends END as it is shown, by its names where it has some. Not escaped. */
void skt_end_add(struct skt_str *out, const struct skt_end *end, bool bare);

#endif
