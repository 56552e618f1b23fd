#include "cmd/udpsend/hex.h"

#include <ctype.h>
#include <errno.h>

#include "base/num.h"

int udpsend_unhex(char *text, size_t len, size_t *ret_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int high, low;

		if (isspace((unsigned char)text[i]) || text[i] == ':')
			continue;
		high = skt_hex_digit(text[i]);
		low = i + 1 < len ? skt_hex_digit(text[i + 1]) : -1;
		if (high < 0 || low < 0)
			return -EINVAL;
		text[n++] = (char)(high << 4 | low);
		i++;
	}
	*ret_len = n;
	return 0;
}
