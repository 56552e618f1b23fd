#include "net/proxy_request.h"

#include <errno.h>
#include <string.h>

const char *const skt_proxy_language_names[SKT_PROXY_LANGUAGES] = {
	[SKT_PROXY_SPEAKS_NOTHING] = "nothing",
	[SKT_PROXY_SPEAKS_SOCKS4] = "socks4",
	[SKT_PROXY_SPEAKS_SOCKS5] = "socks5",
	[SKT_PROXY_SPEAKS_CONNECT] = "connect",
	[SKT_PROXY_SPEAKS_HTTP] = "http",
};

static bool is_name(const char *text, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	for (size_t i = 0; i < len; i++)
		if (!text[i] || !strchr(allowed, text[i]))
			return false;
	return len > 0 && len < SKT_ENDPOINT_HOST_MAX && text[0] != '.';
}

int skt_proxy_request_target(
	const char *host, size_t len, uint16_t port, struct skt_endpoint *ret, struct skt_err *err)
{
	struct skt_endpoint target = {.kind = SKT_ENDPOINT_INET, .port = port};

	if (port == 0)
		return skt_fail_text(err, EINVAL, "it asks for port 0");
	if (len && !memchr(host, '%', len) && skt_addr_parse(host, len, &target.addr) == 0) {
		skt_addr_unmap(&target.addr);
	} else if (is_name(host, len)) {
		target.addr = (struct skt_addr){0};
		memcpy(target.host, host, len);
	} else {
		return skt_fail_text(err, EINVAL, "it asks for a host whose name is none");
	}
	*ret = target;
	return 0;
}

int skt_proxy_request_text(const char *bytes, size_t len, char ret[SKT_PROXY_USER_MAX + 1])
{
	if (len > SKT_PROXY_USER_MAX || memchr(bytes, '\0', len))
		return -EINVAL;
	memcpy(ret, bytes, len);
	ret[len] = '\0';
	return 0;
}
