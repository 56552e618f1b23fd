#include "cmd/ports/proxy_target.h"

#include <string.h>
#include <unistd.h>

/* The word behind the option NAME: where it begins, and its length. NULL: there is none. */
static const char *argument(const char *command, const char *name, size_t *ret_len)
{
	const size_t name_len = strlen(name);
	const char *at = command;

	while ((at = strstr(at, name))) {
		/* As `-container-ip IP`, `--container-ip IP` or with a `=`. */
		if (at != command && (at[-1] == ' ' || at[-1] == '-') &&
			(at[name_len] == ' ' || at[name_len] == '=')) {
			at += name_len + 1;
			*ret_len = strcspn(at, " ");
			return at;
		}
		at += name_len;
	}
	return NULL;
}

static bool parse_port(const char *text, size_t len, uint16_t *ret)
{
	uint32_t port = 0;

	if (!len || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	*ret = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

bool skt_proxy_target_parse(const char *command, struct skt_proxy_target *ret)
{
	struct skt_proxy_target target = {.proto = SKT_PROTO_TCP};
	const char *text;
	size_t len;

	text = argument(command, "-container-ip", &len);
	if (!text || skt_addr_parse(text, len, &target.addr))
		return false;
	text = argument(command, "-container-port", &len);
	if (!text || !parse_port(text, len, &target.port))
		return false;
	text = argument(command, "-proto", &len);
	if (text && len == 3 && memcmp(text, "udp", 3) == 0)
		target.proto = SKT_PROTO_UDP;
	*ret = target;
	return true;
}

/* Whether the namespace that this thread is in has the address: it can be bound. */
static int has_address(void *ctx)
{
	const struct skt_proxy_target *target = ctx;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(&target->addr, 0, &sa);
	int fd = socket(target->addr.family, SOCK_DGRAM | SOCK_CLOEXEC, 0), bound;

	if (fd < 0)
		return 0;
	bound = bind(fd, (const struct sockaddr *)&sa, len);
	(void)close(fd);
	return bound == 0;
}

struct search {
	const struct skt_proxy_target *target;
	uint64_t inode;
};

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct search *search = ctx;

	if (socket->local.port == search->target->port &&
		(skt_addr_is_any(&socket->local.addr) ||
			skt_addr_equal(&socket->local.addr, &search->target->addr)))
		search->inode = socket->inode;
	return 0;
}

static uint64_t find_within(const struct skt_proxy_target *target,
	const struct skt_dump_system *system, struct skt_netns *netns)
{
	const struct skt_dump_query query = {
		.protos = {[SKT_PROTO_TCP] = target->proto == SKT_PROTO_TCP,
			[SKT_PROTO_UDP] = target->proto == SKT_PROTO_UDP},
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
		.local_port = target->port,
	};
	struct skt_dump_system there = *system;
	struct search search = {.target = target};
	struct skt_dump_report report;

	there.netns = netns;
	(void)skt_dump_sockets(&there, &query, take_socket, &search, &report, NULL);
	return search.inode;
}

uint64_t skt_proxy_target_find(const struct skt_proxy_target *target,
	const struct skt_dump_system *system, struct skt_netns_set *set,
	const struct skt_netns **ret_netns)
{
	struct skt_proxy_target copy = *target;

	for (size_t i = 0; i < set->list.len; i++) {
		struct skt_netns *netns = &set->list.data[i];
		uint64_t inode;

		if (netns->own || skt_netns_run(netns, has_address, &copy, NULL) <= 0)
			continue;
		inode = find_within(target, system, netns);
		if (inode) {
			*ret_netns = netns;
			return inode;
		}
	}
	return 0;
}
