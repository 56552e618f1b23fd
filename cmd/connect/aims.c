#include "cmd/connect/aims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve.h"

struct search {
	const struct connect_options *options;
	const struct skt_chain_plan *plan;
	const struct skt_services *services;
	struct skt_arena *arena;
	struct connect_aims *aims;
	uint8_t protocol;
};

/* The host of NAME, new or known. NULL: no memory. */
static struct connect_host *find_host(const struct search *search, const char *name)
{
	struct connect_host *host;

	for (host = search->aims->hosts; host; host = host->next)
		if (strcmp(host->name, name) == 0)
			return host;
	host = skt_arena_alloc(search->arena, sizeof(*host));
	if (!host)
		return NULL;
	*host = (struct connect_host){.next = search->aims->hosts,
		.name = name,
		.family = search->options->socket.way.family};
	search->aims->hosts = host;
	return host;
}

static int add_aim(const struct search *search, const struct skt_endpoint *endpoint, uint16_t port)
{
	struct skt_endpoint shown = *endpoint;
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct connect_aim aim = {.endpoint = endpoint, .port = port};

	shown.port = port;
	shown.service[0] = '\0';
	(void)skt_endpoint_text(&shown, text);
	aim.text = skt_arena_text(search->arena, text, strlen(text));
	if (!aim.text)
		return -ENOMEM;
	if (endpoint->kind == SKT_ENDPOINT_INET && endpoint->addr.family == AF_UNSPEC &&
		!skt_chain_first(search->plan, endpoint)) {
		aim.host = find_host(search, endpoint->host);
		if (!aim.host)
			return -ENOMEM;
	}
	return skt_vec_push(&search->aims->list, aim);
}

/* One aim for each of the target's ports. */
static int add_ports(
	const struct search *search, const struct connect_target *target, struct skt_err *err)
{
	struct skt_portset *set = calloc(1, sizeof(*set));
	int r;

	if (!set)
		return -ENOMEM;
	r = skt_services_resolve(search->services, &target->ports, search->protocol, set, err);
	/* Nothing listens at port 0: `-1023` means from 1. */
	for (unsigned int i = 1; r == 0 && i <= UINT16_MAX; i++)
		if (skt_portset_has(set, (uint16_t)i))
			r = add_aim(search, &target->endpoint, (uint16_t)i);
	free(set);
	return r;
}

static int add_target(
	const struct search *search, const struct connect_target *target, struct skt_err *err)
{
	uint16_t port = 0;
	int r;

	if (target->endpoint.kind != SKT_ENDPOINT_INET) {
		if (search->options->udp)
			return skt_fail_text(err, EAFNOSUPPORT, "--udp: only for HOST:PORT");
		return add_aim(search, &target->endpoint, 0);
	}
	if (target->ports.len)
		return add_ports(search, target, err);
	r = skt_resolve_port(&target->endpoint, search->services, search->protocol, &port, err);
	return r ? r : add_aim(search, &target->endpoint, port);
}

int connect_aims_find(const struct connect_options *options, const struct skt_chain_plan *plan,
	const struct skt_services *services, struct skt_arena *arena, struct connect_aims *ret,
	struct skt_err *err)
{
	const struct search search = {.options = options,
		.plan = plan,
		.services = services,
		.arena = arena,
		.aims = ret,
		.protocol = options->udp ? SKT_SERVICE_UDP : SKT_SERVICE_TCP};
	int r = 0;

	(void)skt_fail(err, ENOMEM, "probe");
	for (size_t i = 0; r == 0 && i < options->targets.len; i++)
		r = add_target(&search, &options->targets.data[i], err);
	return r;
}

void connect_aims_fini(struct connect_aims *aims)
{
	for (struct connect_host *host = aims->hosts; host; host = host->next)
		skt_resolve_cancel(&host->resolve);
	skt_vec_free(&aims->list);
}
