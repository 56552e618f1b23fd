/*
 * What a certificate says (RFC 5280), as texts and numbers. All of it is chosen by the other side:
 * sizes are bounded, and bytes that are not printable ASCII or UTF-8 stand as \xHH or \HH, NULs
 * included, so that no text is cut.
 */
#ifndef SKT_TLS_CERTIFICATE_H
#define SKT_TLS_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "tls/date.h"
#include "tls/pin.h"

enum {
	SKT_TLS_NAMES_MAX = 256, /* of the names, so many are kept */
	SKT_TLS_TEXT_MAX = 1024, /* bytes of one text, `...` at its end where it is cut */
};

/* Texts live in an arena. */
struct skt_tls_certificate {
	const char *subject, *issuer;    /* RFC 4514, as `CN=a.example,O=A`; "" where empty */
	const char *common_name;         /* the last CN of the subject, or NULL */
	const char **names;              /* subjectAltName: DNS names and IP addresses */
	size_t names_count, names_total; /* those in `names`; all there are */
	int64_t not_before, not_after;   /* seconds since the epoch, or SKT_TLS_NO_DATE */
	const char *key_type;            /* "RSA", "EC", "ED25519", ...; "unknown" */
	uint32_t key_bits;
	const char *signature; /* "RSA-SHA256", "ecdsa-with-SHA256", ... */
	const char *serial;    /* hexadecimal */
	char fingerprint[65];  /* SHA-256 of all of it, hexadecimal */
	struct skt_tls_pin pin;
};

/*
 * Reads LEN bytes of DER. Texts go into ARENA. -EINVAL: no certificate; -ENOMEM; -EOPNOTSUPP
 * (skt_tls_lacks()).
 */
int skt_tls_certificate_parse(
	const void *der, size_t len, struct skt_arena *arena, struct skt_tls_certificate *ret);

#endif
