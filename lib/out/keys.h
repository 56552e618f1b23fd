/*
 * Keys as a terminal sends them: characters in UTF-8, and the sequences that VT100 and xterm made
 * common for keys that have none (ECMA-48, 5.4; xterm's ctlseqs). They are hostile bytes: a paste,
 * an answer to a question that somebody else has asked, or noise. Pure.
 */
#ifndef SKT_OUT_KEYS_H
#define SKT_OUT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys without a character of their own, behind all characters. */
enum skt_key {
	SKT_KEY_NONE = 0x110000, /* a sequence that is not known, and says nothing */
	SKT_KEY_ESCAPE,
	SKT_KEY_ENTER,
	SKT_KEY_BACKSPACE,
	SKT_KEY_UP,
	SKT_KEY_DOWN,
	SKT_KEY_LEFT,
	SKT_KEY_RIGHT,
	SKT_KEY_HOME,
	SKT_KEY_END,
	SKT_KEY_PAGE_UP,
	SKT_KEY_PAGE_DOWN,
};

/*
 * Reads one key of the LEN > 0 bytes at P: a character (code point), or an enum skt_key. Returns
 * the bytes that it takes, or 0 where these are the beginning of a key, unless FINAL: no more is to
 * come, and what is there is a lone escape or nothing. However the bytes are cut into reads, the
 * keys are the same.
 */
size_t skt_key_parse(const char *p, size_t len, bool final, uint32_t *ret_key);

/* Bytes that a key takes at the most: of what is longer so many are passed over. */
enum { SKT_KEY_MAX = 32 };

#endif
