#include "cmd/ports/why_elsewhere.h"

#include <errno.h>
#include <string.h>

#include "cmd/ports/proxy_target.h"
#include "cmd/ports/wanted.h"

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct why *why = ctx;

	if (socket->local.port != why->port)
		return 0;
	if (why->tallies[socket->proto].elsewhere++ >= WHY_NAMESPACES_SHOWN)
		return 0;
	return skt_join_socket(socket, &why->join);
}

/* What cannot be entered or read is passed over: it hinders nobody here. */
static int look_into(struct why *why, struct skt_netns *netns)
{
	struct skt_dump_query query = ports_query(why->options, NULL);
	struct skt_dump_system system = why->ctx->system;
	struct skt_dump_report report;
	int rc = skt_join_from(&why->join, netns);

	if (rc)
		return rc;
	system.netns = netns;
	query.local_port = why->port;
	rc = skt_dump_sockets(&system, &query, take_socket, why, &report, NULL);
	return rc == -ENOMEM || rc == -ECANCELED ? rc : 0;
}

int why_elsewhere(struct why *why)
{
	int rc = skt_netns_find(why->ctx->system.proc_root, "all", &why->namespaces, NULL);

	/* A recording has one namespace. */
	if (rc || why->ctx->system.netlink)
		return rc == -ENOMEM ? rc : 0;
	for (size_t i = 0; !rc && i < why->namespaces.list.len; i++)
		if (!why->namespaces.list.data[i].own)
			rc = look_into(why, &why->namespaces.list.data[i]);
	return rc;
}

/* The first holder of INODE, as text. */
static void add_holder(struct skt_str *out, const char *proc_root, uint64_t inode)
{
	const struct skt_holder *holders;
	struct skt_owners *owners = NULL;

	if (!skt_owners_new(proc_root, &owners) && !skt_owners_want(owners, inode) &&
		!skt_owners_scan(owners, NULL) && skt_owners_of(owners, inode, &holders))
		skt_str_add_format(out, ", served by %s[%u]", holders[0].name, holders[0].pid);
	skt_owners_free(owners);
}

void why_describe_proxy(struct skt_str *out, struct why *why, const char *command)
{
	char text[SKT_ADDR_TEXT_MAX];
	struct skt_proxy_target target;
	const struct skt_netns *netns;
	uint64_t inode;

	skt_str_add_text(out, "publishes the port of a container");
	if (!command || !skt_proxy_target_parse(command, &target))
		return;
	skt_str_add_format(out, ": %s port %u", skt_addr_text(&target.addr, text), target.port);
	inode = skt_proxy_target_find(&target, &why->ctx->system, &why->namespaces, &netns);
	if (!inode)
		return;
	add_holder(out, why->ctx->system.proc_root, inode);
	skt_str_add_format(out, " in %s", netns->label);
}
