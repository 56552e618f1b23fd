/* PROXY headers of either version: what is measured is whole, and what is read can be written. */
#include <stdlib.h>
#include <string.h>

#include "net/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct skt_proxy_header header, again;
	char written[SKT_PROXY_WRITTEN_MAX];
	struct skt_err err;
	ssize_t whole = skt_proxy_measure(bytes, size);
	size_t len;

	/* It does not change its mind when more comes, and nothing shorter is whole. */
	for (size_t i = 1; i <= size && i <= SKT_PROXY_MAX; i++) {
		ssize_t n = skt_proxy_measure(bytes, i);

		if (n > (ssize_t)i || (n > 0 && n != whole) || (n < 0 && n != whole))
			abort();
	}
	if (whole <= 0 || skt_proxy_parse(bytes, (size_t)whole, &header, &err))
		return 0;
	len = skt_proxy_write(&header, written);
	if (len == 0 || len > sizeof(written) || skt_proxy_parse(written, len, &again, &err) ||
		again.version != header.version)
		abort();
	if (header.version == 2 && header.family != SKT_PROXY_UNKNOWN &&
		(strcmp(again.alpn, header.alpn) != 0 ||
			strcmp(again.authority, header.authority) != 0 ||
			again.tls_client != header.tls_client ||
			(header.tls_client && strcmp(again.tls_name, header.tls_name) != 0)))
		abort();
	if (header.version == 2 && again.family != header.family)
		abort();
	if (again.family == SKT_PROXY_INET &&
		(!skt_addr_equal(&again.source.addr, &header.source.addr) ||
			!skt_addr_equal(&again.destination.addr, &header.destination.addr) ||
			again.source.port != header.source.port ||
			again.destination.port != header.destination.port))
		abort();
	return 0;
}
