/*
 * Text: a growable byte string, raw decimal writers for hot paths, and UTF-8.
 *
 * A struct skt_str remembers that memory ran out (`failed`), so appends need no check of their own:
 * whoever hands the text on looks once.
 */
#ifndef SKT_BASE_STR_H
#define SKT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

struct skt_str {
	char *data; /* LEN bytes, not NUL-terminated; NULL while nothing was ever appended */
	size_t len, cap;
	bool failed; /* an append was lost for want of memory */
};

/* Makes room for N more bytes; false (and `failed`) when memory is out. */
bool skt_str_grow(struct skt_str *str, size_t n);

/* Room for N > 0 more bytes: where they go, or NULL when memory is out. Then skt_str_commit(). */
static inline char *skt_str_room(struct skt_str *str, size_t n)
{
	if (SKT_UNLIKELY(str->cap - str->len < n) && !skt_str_grow(str, n))
		return NULL;
	return str->data + str->len;
}

/* Takes what was written from skt_str_room() up to END. */
static inline void skt_str_commit(struct skt_str *str, const char *end)
{
	str->len = (size_t)(end - str->data);
}

static inline void skt_str_add(struct skt_str *str, const char *bytes, size_t n)
{
	char *room = n ? skt_str_room(str, n) : NULL;

	if (SKT_LIKELY(room)) {
		memcpy(room, bytes, n);
		str->len += n;
	}
}

static inline void skt_str_add_char(struct skt_str *str, char c)
{
	skt_str_add(str, &c, 1);
}

static inline void skt_str_add_text(struct skt_str *str, const char *text)
{
	skt_str_add(str, text, strlen(text));
}

void skt_str_add_format(struct skt_str *str, const char *format, ...) SKT_PRINTF(2, 3);

/* Appends N copies of C. */
void skt_str_add_fill(struct skt_str *str, char c, size_t n);

/* How many bytes a byte-order mark in front of UTF-8 takes (Unicode 15 23.8), which some editors
 * write: 3, or 0 where TEXT of LEN bytes has none. */
static inline size_t skt_str_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/*
 * Appends all that FD has up to its end. 0; -EFBIG once it is more than MAX bytes; -ENOMEM, or what
 * read(2) says: what had come is there.
 */
int skt_str_read(struct skt_str *str, int fd, size_t max);

void skt_str_fini(struct skt_str *str);

/* Bytes that skt_put_u64() writes at the most. */
enum { SKT_PUT_U64_MAX = 20 };

/* Writes VALUE in decimal at P, no NUL; returns the end. */
char *skt_put_u64(char *p, uint64_t value);

/*
 * Reads one UTF-8 sequence (RFC 3629: no surrogates, no overlong forms) of the LEN > 0 bytes at P.
 * Returns its length 1..4 and the code point, or 0 where the bytes are not UTF-8.
 */
size_t skt_utf8_decode(const char *p, size_t len, uint32_t *ret_code);

#endif
