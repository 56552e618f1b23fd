#include "net/resolve.h"

#include <string.h>

int skt_resolve_port(const struct skt_endpoint *endpoint, const struct skt_services *services,
	uint8_t protocol, uint16_t *ret, struct skt_err *err)
{
	struct skt_port_item item = {
		.name = endpoint->service, .name_len = strlen(endpoint->service)};
	struct skt_port_list list = {.data = &item, .len = 1, .cap = 1};
	struct skt_portset set = {0};
	int r;

	if (!endpoint->service[0]) {
		*ret = endpoint->port;
		return 0;
	}
	r = skt_services_resolve(services, &list, protocol, &set, err);
	if (r)
		return r;
	for (unsigned int port = 1; port <= UINT16_MAX; port++) {
		if (skt_portset_has(&set, (uint16_t)port)) {
			*ret = (uint16_t)port;
			return 0;
		}
	}
	return skt_fail_text(err, ENOENT, "the service '%s' has no port", endpoint->service);
}
