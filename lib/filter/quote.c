/* Words of a filter as messages show them. */
#include "base/macros.h"
#include "base/str.h"
#include "filter/node.h"

enum { QUOTED_BYTES = 60 };

const char *skt_filter_quote(const char *word, size_t len, char quoted[SKT_FILTER_QUOTED_MAX])
{
	char *out = quoted;
	uint32_t code;

	*out++ = '\'';
	for (size_t i = 0; i < len;) {
		size_t n = skt_utf8_decode(word + i, len - i, &code);

		if (i + SKT_MAX(n, 1) > QUOTED_BYTES) {
			memcpy(out, "...", 3);
			out += 3;
			break;
		}
		/* C0, DEL and C1 are what terminals act upon. */
		if (!n || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			*out++ = '?';
		} else {
			memcpy(out, word + i, n);
			out += n;
		}
		i += SKT_MAX(n, 1);
	}
	*out++ = '\'';
	*out = '\0';
	return quoted;
}
