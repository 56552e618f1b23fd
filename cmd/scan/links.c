#include "cmd/scan/links.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/scan/zone.h"
#include "scan/group.h"

enum {
	SWEPT_BITS_MAX =
		16, /* of networks that are asked address by address where there is a better way */
	NODES_MAX = 65536, /* of one link: who answers with more is lying */
};

/* ---- which targets ---- */

static bool is_inside(const struct skt_target *t, const struct skt_addr *addr)
{
	skt_u128 number;

	if (skt_group_is_all_nodes(&t->first))
		return true;
	number = skt_addr_number(addr);
	return addr->family == t->first.family && number >= skt_addr_number(&t->first) &&
		number <= skt_addr_number(&t->last);
}

/* Whether OWN is an address of a link that TARGET is about. */
static bool is_of(const struct skt_local_address *own, const struct skt_target *t, uint32_t ifindex)
{
	if (own->network.addr.family != AF_INET6 || !own->on_link ||
		(ifindex && own->ifindex != ifindex))
		return false;
	return t->first.scope_id ? own->ifindex == t->first.scope_id
				 : is_inside(t, &own->network.addr);
}

bool scan_links_is_one(const struct scan_links *links, const struct skt_target *t)
{
	if (t->wide || (links->options->up && skt_group_is_all_nodes(&t->first)))
		return true;
	if (!links->options->up || 128 - t->prefix <= SWEPT_BITS_MAX)
		return false;
	for (size_t i = 0; i < links->local->len; i++)
		if (is_of(&links->local->data[i], t, 0))
			return true;
	return false;
}

/* ---- one link ---- */

static int found(void *arg, const struct skt_addr *addr)
{
	struct scan_link *link = arg;

	return link->nodes.len < NODES_MAX ? skt_vec_push(&link->nodes, *addr) : -E2BIG;
}

static void tell(const struct scan_links *links, uint32_t ifindex, int rc)
{
	char name[IF_NAMESIZE] = "?";

	(void)if_indextoname(ifindex, name);
	if (rc == -EPERM)
		skt_warn(links->ctx,
			"%s: no ICMP echo for this user, so only hosts that this one knows already are "
			"found: run as root, or see net.ipv4.ping_group_range",
			name);
	else
		skt_warn(links->ctx, "asking the hosts on %s: %s", name, strerror(-rc));
}

/* The hosts on interface IFINDEX; NULL: told on stderr. */
static const struct scan_link *ask(struct scan_links *links, uint32_t ifindex)
{
	struct scan_link link = {.ifindex = ifindex};
	const struct skt_group_config config = {
		.ifindex = ifindex,
		.local = links->local,
		.timeout_ns = links->options->timeout_ns,
		.stop = links->ctx->interrupted,
		.found = found,
		.ctx = &link,
	};
	int rc;

	for (size_t i = 0; i < links->list.len; i++)
		if (links->list.data[i].ifindex == ifindex)
			return &links->list.data[i];
	rc = skt_group_ask(&config);
	if (rc)
		tell(links, ifindex, rc);
	if ((rc && rc != -EPERM && rc != -E2BIG) || skt_vec_push(&links->list, link)) {
		skt_vec_free(&link.nodes);
		return NULL;
	}
	return &links->list.data[links->list.len - 1];
}

/* ---- one target ---- */

static int take_inside(const struct scan_addresses *list, uint32_t zone, const struct skt_target *t,
	int (*take)(void *arg, const struct skt_addr *addr), void *arg)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; status == SKT_EXIT_YES && i < list->len; i++) {
		const struct skt_addr *addr = &list->data[i];

		if (is_inside(t, addr) && (!addr->scope_id || addr->scope_id == zone))
			status = take(arg, addr);
	}
	return status;
}

static int refuse(const struct scan_links *links, const char *text, size_t len)
{
	skt_warn(links->ctx, "target '%.*s': %s", (int)len, text,
		links->options->up
			? "too many addresses to be asked one by one, and it is on no network of this host"
			: "too many addresses to be asked: --up finds those that are there, on a network of "
			  "this host");
	return SKT_EXIT_USAGE;
}

int scan_links_find(struct scan_links *links, const struct skt_target *target, const char *text,
	size_t len, int (*take)(void *arg, const struct skt_addr *addr), void *arg)
{
	const char *interface = links->options->interface;
	const uint32_t ifindex = interface ? if_nametoindex(interface) : 0;
	struct skt_target t = *target;
	int status = SKT_EXIT_YES;
	bool any = false;

	if (skt_group_is_all_nodes(&t.first) && !t.first.scope_id)
		t.first.scope_id = ifindex;
	if (!links->options->up || t.first.family != AF_INET6)
		return refuse(links, text, len);
	if (!scan_zone_set(&t.first, interface) ||
		(skt_group_is_all_nodes(&t.first) && !t.first.scope_id)) {
		skt_warn(links->ctx,
			"target '%.*s': of which network? put %%IFACE behind it, or give --interface",
			(int)len, text);
		return SKT_EXIT_USAGE;
	}
	for (size_t i = 0; status == SKT_EXIT_YES && i < links->local->len; i++) {
		const struct skt_local_address *own = &links->local->data[i];
		const struct scan_link *link;

		if (!is_of(own, &t, ifindex))
			continue;
		any = true;
		link = ask(links, own->ifindex);
		status = link ? take_inside(&link->nodes, own->ifindex, &t, take, arg)
			      : SKT_EXIT_TROUBLE;
		/* Itself it may have asked, and not heard. */
		if (status == SKT_EXIT_YES && is_inside(&t, &own->network.addr))
			status = take(arg, &own->network.addr);
		if (status == SKT_EXIT_YES)
			status = take_inside(&links->also, own->ifindex, &t, take, arg);
	}
	return any ? status : refuse(links, text, len);
}

/* ---- all networks of an interface ---- */

static int take_network(const struct scan_links *links, const struct skt_local_address *own,
	int (*take)(void *arg, const struct skt_target *target), void *arg)
{
	const bool v4 = own->network.addr.family == AF_INET;
	const unsigned int bits = (v4 ? 32u : 128u) - own->network.length;
	const skt_u128 number = skt_addr_number(&own->network.addr);
	const skt_u128 mask = ((skt_u128)1 << (bits < 128 ? bits : 127)) - 1;
	char text[SKT_ADDR_TEXT_MAX];
	const struct skt_target t = {
		.first = skt_addr_of_number(&own->network.addr, number & ~mask),
		.last = skt_addr_of_number(&own->network.addr, number | mask),
		.prefix = own->network.length,
		.wide = bits > SKT_TARGET_BITS_MAX,
	};

	if (v4 && bits > SWEPT_BITS_MAX) {
		skt_warn(links->ctx,
			"the network of %s has a prefix of %u bits, so too many addresses: name the part "
			"that is meant",
			skt_addr_text(&own->network.addr, text), own->network.length);
		return SKT_EXIT_USAGE;
	}
	return take(arg, &t);
}

int scan_links_networks(const struct scan_links *links, uint32_t ifindex,
	int (*take)(void *arg, const struct skt_target *target), void *arg)
{
	int status = SKT_EXIT_YES;
	bool any = false;

	for (size_t i = 0; status == SKT_EXIT_YES && i < links->local->len; i++) {
		const struct skt_local_address *own = &links->local->data[i];

		if (own->ifindex != ifindex || !own->on_link)
			continue;
		any = true;
		status = take_network(links, own, take, arg);
	}
	if (any)
		return status;
	skt_warn(links->ctx, "--interface '%s': there is no network of this host on it",
		links->options->interface);
	return SKT_EXIT_USAGE;
}

void scan_links_fini(struct scan_links *links)
{
	for (size_t i = 0; i < links->list.len; i++)
		skt_vec_free(&links->list.data[i].nodes);
	skt_vec_free(&links->list);
	skt_vec_free(&links->also);
}
