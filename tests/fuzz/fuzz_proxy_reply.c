/* Answers of proxies: the first byte says of which protocol and phase, the rest is what came. */
#include <stdlib.h>

#include "base/macros.h"
#include "net/http_connect.h"
#include "net/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static ssize_t (*const measures[])(const char *bytes, size_t len) = {
		skt_http_connect_measure, skt_socks4_measure, skt_socks5_measure_short,
		skt_socks5_measure};
	const char *bytes = (const char *)data + 1;
	struct skt_proxy proxy = {0};
	enum skt_socks_phase phase;
	struct skt_err err;
	size_t which;
	ssize_t whole;
	int r;

	if (size < 1 || size > SKT_HTTP_HEAD_MAX)
		return 0;
	which = data[0] % SKT_COUNT(measures);
	proxy.has_user = data[0] & 0x80;
	phase = which == 2 ? (data[0] & 0x40 ? SKT_SOCKS_USER : SKT_SOCKS_METHOD)
			   : SKT_SOCKS_CONNECT;
	proxy.scheme = which == 0 ? SKT_PROXY_HTTP
		: which == 1      ? SKT_PROXY_SOCKS4
				  : SKT_PROXY_SOCKS5;
	whole = measures[which](bytes, --size);
	if (whole > (ssize_t)size)
		abort();
	/* It does not change its mind. */
	if (whole > 0 && measures[which](bytes, (size_t)whole) != whole)
		abort();
	if (whole <= 0)
		return 0;
	r = which ? skt_socks_reply(&proxy, bytes, &phase, &err)
		  : skt_http_connect_reply(&proxy, bytes, (size_t)whole, &err);
	if (r > 0)
		abort();
	return 0;
}
