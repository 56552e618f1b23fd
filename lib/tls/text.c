#include "tls/text.h"

#include <string.h>

static const char ellipsis[] = "...";

char *skt_tls_text_escape(const void *bytes, size_t len, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	size_t used = 0, fits = 0; /* FITS: the last place at which an ellipsis has room */

	for (size_t i = 0; i < len; i++) {
		bool plain = from[i] >= ' ' && from[i] <= '~' && from[i] != '\\';
		size_t needed = plain ? 1 : strlen("\\xHH");

		if (used + sizeof(ellipsis) <= size)
			fits = used;
		if (used + needed >= size) {
			memcpy(text + fits, ellipsis, sizeof(ellipsis));
			return text;
		}
		if (plain) {
			text[used++] = (char)from[i];
			continue;
		}
		text[used++] = '\\';
		text[used++] = 'x';
		text[used++] = digits[from[i] >> 4];
		text[used++] = digits[from[i] & 15];
	}
	text[used] = '\0';
	return text;
}

size_t skt_tls_text_cut(char *text, size_t len, size_t max)
{
	size_t at;

	if (len <= max)
		return len;
	at = max - strlen(ellipsis);
	while (at && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	memcpy(text + at, ellipsis, sizeof(ellipsis));
	return at + strlen(ellipsis);
}
