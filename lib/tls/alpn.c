#include "tls/alpn.h"

#include <errno.h>
#include <string.h>

int skt_tls_alpn_parse(const char *text, uint8_t wire[SKT_TLS_ALPN_MAX])
{
	size_t used = 0;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len == 0 || len > UINT8_MAX)
			return -EINVAL;
		if (used + 1 + len > SKT_TLS_ALPN_MAX)
			return -E2BIG;
		wire[used++] = (uint8_t)len;
		memcpy(wire + used, text, len);
		used += len;
		if (text[len] == '\0')
			return (int)used;
		text += len + 1;
	}
}
