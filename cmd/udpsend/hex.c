#include "cmd/udpsend/hex.h"

#include <ctype.h>
#include <errno.h>

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int udpsend_unhex(char *text, size_t len, size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (isspace((unsigned char)text[i]) || text[i] == ':')
			continue;
		high = nibble(text[i]);
		low = i + 1 < len ? nibble(text[i + 1]) : -1;
		if (high < 0 || low < 0)
			return -EINVAL;
		text[n++] = (char)(high << 4 | low);
		i++;
	}
	*ret_len = n;
	return 0;
}
