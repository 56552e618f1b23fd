/*
 * Targets as users write them: `name`, `192.0.2.1`, `192.0.2.0/24`, `192.0.2.10-20`,
 * `192.0.2.10-192.0.3.5`, `2001:db8::/120`, each with `:PORTS` behind where it has ports of its own
 * (IPv6 in brackets then). Reading is pure; names are resolved by who runs.
 */
#ifndef SKT_SCAN_TARGET_H
#define SKT_SCAN_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum { SKT_TARGET_BITS_MAX = 40 };

/* An address as a number, so that ranges can be reckoned with. */
typedef unsigned __int128 skt_u128;

struct skt_target {
	/* A name: NAME_LEN bytes inside the text that was parsed, not resolved yet. NULL: a range
	 * of addresses of one family and scope. */
	const char *name;
	size_t name_len;
	struct skt_addr first, last;
	const char *ports; /* PORTS_LEN bytes inside the text behind the colon; NULL: none */
	size_t ports_len;
	uint8_t prefix; /* as written behind `/`, or the length of the family */
	bool wide; /* a prefix of more than 2^SKT_TARGET_BITS_MAX addresses: nobody can ask them all
		    */
};

/*
 * Reads the LEN bytes at TEXT, which must outlive RET. ERR names the text. -EINVAL: of none of the
 * forms; -ERANGE: a range that runs backwards, or of more than 2^40 addresses.
 */
int skt_target_parse(const char *text, size_t len, struct skt_target *ret, struct skt_err *err);

skt_u128 skt_addr_number(const struct skt_addr *addr);

/* The address NUMBER of the family and scope of LIKE. */
struct skt_addr skt_addr_of_number(const struct skt_addr *like, skt_u128 number);

/*
 * Why nobody should send there without being asked twice: "multicast", "broadcast", "reserved", or
 * NULL. Judges every address between FIRST and LAST.
 */
const char *skt_target_refusal(const struct skt_addr *first, const struct skt_addr *last);

#endif
