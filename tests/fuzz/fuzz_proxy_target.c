/*
 * Arguments that anybody may give to a process and call it docker-proxy: what is read of them is an
 * address and a port, and reads back from arguments that say nothing else.
 */
#include "base/addr.h"
#include "cmd/ports/proxy_target.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *command = fuzz_text(data, size);
	char text[SKT_ADDR_TEXT_MAX], own[256];
	struct skt_proxy_target target, again;

	if (skt_proxy_target_parse(command, &target)) {
		if (!target.port || !strstr(command, "-container-ip") ||
			(target.addr.family != AF_INET && target.addr.family != AF_INET6))
			abort();
		(void)snprintf(own, sizeof(own), "x -proto %s -container-ip=%s --container-port %u",
			target.proto == SKT_PROTO_UDP ? "udp" : "tcp",
			skt_addr_text(&target.addr, text), target.port);
		if (!skt_proxy_target_parse(own, &again) || again.port != target.port ||
			again.proto != target.proto || !skt_addr_equal(&again.addr, &target.addr))
			abort();
	}
	free(command);
	return 0;
}
