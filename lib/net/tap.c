#include "net/tap.h"

#include <string.h>

#include "base/macros.h"

static size_t crlf_apply(struct skt_transform *transform, const char *bytes, size_t len, char *to)
{
	struct skt_crlf *crlf = SKT_CONTAINER(transform, struct skt_crlf, transform);
	const char *end = bytes + len;
	char *start = to;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((newline ? newline : end) - bytes);

		if (n) {
			memcpy(to, bytes, n);
			to += n;
			crlf->after_cr = to[-1] == '\r';
		}
		bytes += n;
		if (!newline)
			break;
		if (!crlf->after_cr)
			*to++ = '\r';
		*to++ = '\n';
		bytes++;
		crlf->after_cr = false;
	}
	return (size_t)(to - start);
}

void skt_crlf_init(struct skt_crlf *crlf)
{
	crlf->transform.apply = crlf_apply;
	crlf->transform.growth = 2;
	crlf->after_cr = false;
}
