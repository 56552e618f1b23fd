/* Whether a certificate is to be believed, and for which reasons not (RFC 5280, RFC 9525). */
#ifndef SKT_TLS_VERDICT_H
#define SKT_TLS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "tls/pin.h"

/* In the order in which they are told where there are several. */
enum skt_tls_reason {
	SKT_TLS_VERIFIED,
	SKT_TLS_NO_CERTIFICATE,
	SKT_TLS_PIN_DIFFERS,
	SKT_TLS_REVOKED,
	SKT_TLS_EXPIRED,
	SKT_TLS_NOT_YET_VALID,
	SKT_TLS_SELF_SIGNED,
	SKT_TLS_UNKNOWN_ISSUER,
	SKT_TLS_NAME_MISMATCH,
	SKT_TLS_WEAK_KEY,
	SKT_TLS_WEAK_SIGNATURE,
	SKT_TLS_WRONG_PURPOSE, /* not for servers (clients), or signed by what may not sign */
	SKT_TLS_INVALID,       /* anything else that is wrong with it or its chain */
	SKT_TLS_REASONS,
};

/* "verified", "expired", "name-mismatch", ... */
extern const char *const skt_tls_reason_names[SKT_TLS_REASONS];

struct skt_tls_verdict {
	enum skt_tls_reason reason; /* the first of `reasons` */
	uint32_t reasons;           /* a bit for each: 1 << SKT_TLS_EXPIRED; 0: verified */
	bool by_pin;                /* the pin alone was asked for */
	/*
	 * One line for `reason`: "expired on 2026-11-01T00:00:00Z", "is for a.example, b.example,
	 * not for c.example". Bytes of the peer are escaped. "" where verified.
	 */
	char text[512];
};

/*
 * Who is expected. Without a name and an address any is right; without a pin, any key. A pin alone
 * is all that is asked for: chain, names and dates are not (RFC 7671, 5.1); CHAIN_TOO asks for
 * both.
 */
struct skt_tls_expected {
	const char *name;               /* ASCII (skt_tls_name_parse()); borrowed. NULL: none */
	const struct skt_addr *address; /* borrowed. NULL: none */
	const struct skt_tls_pin *pins; /* any of them; borrowed */
	size_t pins_count;
	bool chain_too;
};

#endif
