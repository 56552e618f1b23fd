#include "cmd/stream/request.h"

#include <string.h>

#include "base/macros.h"

static bool is_method(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < 'A' || bytes[i] > 'Z')
			return false;
	return len > 0;
}

bool skt_request_is_http(const char *bytes, size_t len)
{
	static const char version[] = " HTTP/1.";
	enum { VERSION_LEN = sizeof(version) - 1 };
	const char *end = memchr(bytes, '\n', len);
	const char *blank = end ? memchr(bytes, ' ', (size_t)(end - bytes)) : NULL;

	if (!blank || !is_method(bytes, (size_t)(blank - bytes)))
		return false;
	if (end > bytes && end[-1] == '\r')
		end--;
	/* A method, a target of a byte at least, the version with one digit more. */
	return end - blank >= 2 + VERSION_LEN + 1 &&
		memcmp(end - 1 - VERSION_LEN, version, VERSION_LEN) == 0 && end[-1] >= '0' &&
		end[-1] <= '9';
}

static void see(struct skt_tap *tap, const char *bytes, size_t len)
{
	SKT_CONTAINER(tap, struct skt_request, tap)->is_http = skt_request_is_http(bytes, len);
}

void skt_request_init(struct skt_request *request)
{
	*request = (struct skt_request){.tap.see = see};
}
