#include "cmd/listen/own_names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scan/local.h"

static void add(struct listen_own_names *names, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= SKT_TLS_NAME_MAX || names->count == LISTEN_OWN_NAMES_MAX)
		return;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->texts[i], text) == 0)
			return;
	memcpy(names->texts[names->count], text, len + 1);
	names->pointers[names->count] = names->texts[names->count];
	names->count++;
}

/* Without its zone, which is of nobody else's business. */
static void add_address(struct listen_own_names *names, struct skt_addr addr)
{
	char text[SKT_ADDR_TEXT_MAX];

	addr.scope_id = 0;
	add(names, skt_addr_text(&addr, text));
}

void listen_own_names(const struct skt_endpoint *endpoint, int family, struct listen_own_names *ret)
{
	bool inet = endpoint->kind == SKT_ENDPOINT_INET;
	char host[SKT_TLS_NAME_MAX] = "";
	struct skt_local local = {0};

	ret->count = 0;
	add(ret, endpoint->host);
	if (gethostname(host, sizeof(host) - 1) == 0)
		add(ret, host);
	add(ret, "localhost");
	if (inet && endpoint->addr.family != AF_UNSPEC && !skt_addr_is_any(&endpoint->addr))
		add_address(ret, endpoint->addr);
	else if (inet && skt_local_read(&local) == 0)
		for (size_t i = 0; i < local.len; i++)
			if (family == AF_UNSPEC || local.data[i].network.addr.family == family)
				add_address(ret, local.data[i].network.addr);
	skt_vec_free(&local);
}

/* How good an address is for others, the best first. */
static int rank(const struct skt_addr *addr)
{
	if (skt_addr_is_loopback(addr))
		return 3;
	if (skt_addr_is_link_local(addr))
		return 4;
	return addr->family == AF_INET ? 1 : 2;
}

const char *listen_own_place(
	const struct skt_endpoint *bound, bool dual, char text[LISTEN_PLACE_MAX])
{
	struct skt_addr best = bound->addr;
	struct skt_local local = {0};
	char addr[SKT_ADDR_TEXT_MAX];

	if (bound->kind != SKT_ENDPOINT_INET)
		return skt_endpoint_text(bound, text);
	if (skt_addr_is_any(&best) && skt_local_read(&local) == 0)
		for (size_t i = 0; i < local.len; i++) {
			const struct skt_addr *at = &local.data[i].network.addr;

			if ((dual || at->family == bound->addr.family) &&
				(skt_addr_is_any(&best) || rank(at) < rank(&best)))
				best = *at;
		}
	skt_vec_free(&local);
	(void)snprintf(text, LISTEN_PLACE_MAX, "%s %u",
		skt_addr_is_any(&best) ? "localhost" : skt_addr_text(&best, addr), bound->port);
	return text;
}
