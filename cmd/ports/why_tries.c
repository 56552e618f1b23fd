#include "cmd/ports/why_tries.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/ports/why_holders.h"
#include "net/claim.h"

enum { PLACES_MAX = 64, SINGLE_MAX = 4, USERS_MAX = 8 };

static int try_bind(struct skt_claim_how how, bool reuse_address, bool reuse_port)
{
	int fd;

	how.reuse_address = reuse_address;
	how.reuse_port = reuse_port;
	fd = skt_claim_bind(&how);
	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

static struct skt_claim_how how_of(const struct why_case *facts, int family)
{
	return (struct skt_claim_how){
		.addr.family = (uint8_t)family,
		.port = facts->port,
		.type = facts->proto == SKT_PROTO_TCP ? SOCK_STREAM : SOCK_DGRAM,
	};
}

static struct why_try try_family(const struct why_case *facts, int family)
{
	const bool tcp = facts->proto == SKT_PROTO_TCP;
	const struct skt_claim_how how = how_of(facts, family);
	struct why_try try = {.plain = try_bind(how, false, false)};

	try.asked = try.plain != -EAFNOSUPPORT && try.plain != -EADDRNOTAVAIL;
	try.reuse_address = tcp ? try_bind(how, true, false) : try.plain;
	try.reuse_port = tcp ? try_bind(how, false, true) : try.plain;
	try.reuse_both = tcp ? try_bind(how, true, true) : try.plain;
	return try;
}

static int family_of(size_t index)
{
	return index == WHY_IPV4 ? AF_INET : AF_INET6;
}

static bool all_usable(const struct why_case *facts)
{
	for (size_t i = 0; i < WHY_FAMILIES; i++)
		if (facts->tries[i].asked && facts->tries[i].plain &&
			facts->tries[i].reuse_address && facts->tries[i].reuse_port &&
			facts->tries[i].reuse_both)
			return false;
	return true;
}

/* As the user of a holder, which root may be for the making of a socket. */
static void try_as(struct why_case *facts, const struct why_row *row)
{
	bool shared = false;

	for (size_t i = 0; i < WHY_FAMILIES; i++) {
		struct skt_claim_how how = how_of(facts, family_of(i));

		if (!facts->tries[i].asked || !facts->tries[i].reuse_port)
			continue;
		how.as_user = true;
		how.user = row->uid;
		facts->tries[i].shared = !try_bind(how, false, true);
		shared |= facts->tries[i].shared;
	}
	if (shared)
		facts->sharer = row->user;
}

static void try_users(struct why *why, struct why_case *facts)
{
	uint32_t tried[USERS_MAX] = {(uint32_t)geteuid()};
	size_t count = 1;

	for (size_t i = 0; i < why->rows.len && !facts->sharer && count < USERS_MAX; i++) {
		const struct why_row *row = &why->rows.data[i];
		size_t at = 0;

		if (row->proto != facts->proto || row->reason > WHY_BOUND || !row->user)
			continue;
		while (at < count && tried[at] != row->uid)
			at++;
		if (at < count)
			continue;
		tried[count++] = row->uid;
		try_as(facts, row);
	}
}

/* ---- single places ---- */

struct places {
	struct skt_str names;
	size_t count;
};

static void try_place(const struct why_case *facts, struct skt_claim_how how, const char *name,
	struct places *places)
{
	const bool tcp = facts->proto == SKT_PROTO_TCP;

	if (places->count >= SINGLE_MAX || (try_bind(how, tcp, false) && try_bind(how, tcp, tcp)))
		return;
	skt_str_add_format(&places->names, "%s%s%s", places->count++ ? " " : "",
		how.interface ? "interface " : "", name);
}

static bool is_repeated(const struct skt_addr *known, size_t count, const struct skt_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (skt_addr_equal(&known[i], addr))
			return true;
	return false;
}

static void try_address(const struct why_case *facts, const struct skt_addr *addr,
	struct skt_addr known[PLACES_MAX], size_t *count, struct places *places)
{
	struct skt_claim_how how = how_of(facts, addr->family);
	char text[SKT_ADDR_TEXT_MAX];

	if (!facts->tries[addr->family == AF_INET ? WHY_IPV4 : WHY_IPV6].asked ||
		*count >= PLACES_MAX || is_repeated(known, *count, addr))
		return;
	known[(*count)++] = *addr;
	how.addr = *addr;
	try_place(facts, how, skt_addr_text(addr, text), places);
}

/* The addresses of this host: the loopback ones first, link-local ones not at all. */
static void try_addresses(const struct why_case *facts, struct places *places)
{
	static const struct skt_addr loopbacks[] = {
		{.family = AF_INET, .bytes = {127, 0, 0, 1}},
		{.family = AF_INET6, .bytes = {[15] = 1}},
	};
	struct skt_addr known[PLACES_MAX];
	struct ifaddrs *all = NULL;
	size_t count = 0;

	for (size_t i = 0; i < 2; i++)
		try_address(facts, &loopbacks[i], known, &count, places);
	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *each = all; each; each = each->ifa_next) {
		struct skt_addr addr;
		uint16_t port;

		if (each->ifa_addr && !skt_addr_from_sockaddr(each->ifa_addr, &addr, &port) &&
			!skt_addr_is_link_local(&addr))
			try_address(facts, &addr, known, &count, places);
	}
	freeifaddrs(all);
}

/* Every address, of one interface: what is bound to others does not hinder. */
static void try_interfaces(const struct why_case *facts, struct places *places)
{
	struct if_nameindex *all = if_nameindex();

	for (size_t i = 0; all && all[i].if_index && i < PLACES_MAX; i++)
		for (size_t family = 0; family < WHY_FAMILIES; family++) {
			struct skt_claim_how how = how_of(facts, family_of(family));
			const size_t before = places->count;

			if (!facts->tries[family].asked)
				continue;
			how.interface = all[i].if_name;
			try_place(facts, how, all[i].if_name, places);
			if (places->count > before)
				break;
		}
	if (all)
		if_freenameindex(all);
}

void why_try_all(struct why *why, struct why_case *facts)
{
	const struct ports_options *o = why->options;
	const bool any_family = o->inet.ipv4 == o->inet.ipv6;
	struct places places = {0};

	if (any_family || o->inet.ipv4)
		facts->tries[WHY_IPV4] = try_family(facts, AF_INET);
	if (any_family || o->inet.ipv6)
		facts->tries[WHY_IPV6] = try_family(facts, AF_INET6);
	facts->root = !geteuid();
	if (all_usable(facts))
		return;
	if (facts->proto == SKT_PROTO_TCP)
		try_users(why, facts);
	try_addresses(facts, &places);
	if (!places.count)
		try_interfaces(facts, &places);
	if (places.count)
		facts->places = why_keep(why, &places.names);
	else
		skt_str_fini(&places.names);
}
