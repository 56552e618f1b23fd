/*
 * Port lists as users write them: PORTS is `22,80,8000-8100,https,-1023,60000-`. Reading is pure:
 * names stay names until a service table is at hand (base/service.h).
 */
#ifndef SKT_BASE_PORT_H
#define SKT_BASE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

/* A set of ports: one bit for each of 0..65535. */
struct skt_portset {
	uint64_t bits[65536 / 64];
};

static inline void skt_portset_add(struct skt_portset *set, uint16_t port)
{
	set->bits[port / 64] |= UINT64_C(1) << port % 64;
}

/* LOW..HIGH, both included. */
static inline void skt_portset_add_range(struct skt_portset *set, uint16_t low, uint16_t high)
{
	for (uint32_t port = low; port <= high; port++) {
		if (port % 64 == 0 && high - port >= 63) {
			set->bits[port / 64] = UINT64_MAX;
			port += 63;
		} else {
			skt_portset_add(set, (uint16_t)port);
		}
	}
}

static inline bool skt_portset_has(const struct skt_portset *set, uint16_t port)
{
	return set->bits[port / 64] >> port % 64 & 1;
}

/* One item of a list: the ports LOW..HIGH, or those of a service name. */
struct skt_port_item {
	const char *name; /* NAME_LEN bytes inside the text that was parsed; NULL: a range */
	size_t name_len;
	uint16_t low, high;
};

SKT_VEC_DECLARE(skt_port_list, struct skt_port_item);

/*
 * Appends the items of the LEN bytes at TEXT, which must outlive LIST. Errors: -EINVAL for an empty
 * item, a range that is reversed, cut short, or open but leaving nothing out (`1-`); -ERANGE past
 * 65535, or for 0, which is no port that anybody could have (RFC 6335 section 6). ERR names the
 * item. LIST is as before then.
 */
int skt_port_list_parse(
	const char *text, size_t len, struct skt_port_list *list, struct skt_err *err);

/* The same, where 0 is what a socket without a port has. */
int skt_port_list_parse_any(
	const char *text, size_t len, struct skt_port_list *list, struct skt_err *err);

#endif
