/* Names of protocols inside of TLS (ALPN, RFC 7301). Pure. */
#ifndef SKT_TLS_ALPN_H
#define SKT_TLS_ALPN_H

#include <stddef.h>
#include <stdint.h>

enum { SKT_TLS_ALPN_MAX = 1024 };

/*
 * `h2,http/1.1` as the extension has it, each behind its length. Returns how many bytes of WIRE
 * are used; -EINVAL (an empty name, or one of more than 255 bytes), -E2BIG.
 */
int skt_tls_alpn_parse(const char *text, uint8_t wire[SKT_TLS_ALPN_MAX]);

#endif
