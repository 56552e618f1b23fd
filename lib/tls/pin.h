/*
 * A pin: SHA-256 of a public key as certificates have it (SubjectPublicKeyInfo), which stays when
 * a certificate is renewed with the same key (RFC 7469, 2.4; RFC 7671, 5.1). Pure.
 */
#ifndef SKT_TLS_PIN_H
#define SKT_TLS_PIN_H

#include <stdint.h>

enum {
	SKT_TLS_PIN_SIZE = 32,
	SKT_TLS_PIN_TEXT_MAX = sizeof("sha256//") + 44, /* with its NUL */
};

struct skt_tls_pin {
	uint8_t digest[SKT_TLS_PIN_SIZE];
};

/* `sha256//` and base64 with its `=`, as curl has it. -EINVAL. */
int skt_tls_pin_parse(const char *text, struct skt_tls_pin *ret);

/* Returns TEXT. */
const char *skt_tls_pin_text(const struct skt_tls_pin *pin, char text[SKT_TLS_PIN_TEXT_MAX]);

#endif
