/* Texts of the other side, as they can be shown and handed on. Pure. */
#ifndef SKT_TLS_TEXT_H
#define SKT_TLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes LEN hostile bytes as printable ASCII, `\xHH` for all else and for `\`, into SIZE > 3
 * bytes with a NUL, and `...` at the end where they do not fit. Returns TEXT.
 */
char *skt_tls_text_escape(const void *bytes, size_t len, char *text, size_t size);

/*
 * Cuts TEXT of LEN bytes of UTF-8, which has room for its NUL, to MAX > 3 bytes, `...` included,
 * and never inside of a character. Returns the length.
 */
size_t skt_tls_text_cut(char *text, size_t len, size_t max);

#endif
