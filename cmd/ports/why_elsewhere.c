#include "cmd/ports/why_elsewhere.h"

#include <errno.h>
#include <string.h>

#include "cmd/ports/published.h"
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
	skt_composer_prepare(&why->join.row, &system, &query);
	rc = skt_dump_sockets(&system, &query, take_socket, why, &report, NULL);
	return rc == -ENOMEM || rc == -ECANCELED ? rc : 0;
}

/* The one that it is about is not elsewhere. The own one cannot be read from inside of another. */
static bool is_here(const struct why *why, const struct skt_netns *netns)
{
	const struct skt_netns *here = why->ctx->system.netns;

	return netns->own || (here && here->inode == netns->inode && here->device == netns->device);
}

int why_elsewhere(struct why *why)
{
	int rc = skt_netns_find(why->ctx->system.proc_root, "all", &why->namespaces, NULL);

	/* A recording has one namespace. */
	if (rc || why->ctx->system.netlink)
		return rc == -ENOMEM ? rc : 0;
	for (size_t i = 0; !rc && i < why->namespaces.list.len; i++)
		if (!is_here(why, &why->namespaces.list.data[i]))
			rc = look_into(why, &why->namespaces.list.data[i]);
	return rc;
}

void why_describe_publisher(struct skt_str *out, struct why *why, struct why_row *row)
{
	char text[SKT_ADDR_TEXT_MAX];
	struct ports_published published;

	skt_str_add_text(out, "publishes the port of a container");
	if (!ports_published_find(
		    row->command, &why->ctx->system, &why->namespaces, &why->texts, &published))
		return;
	skt_str_add_format(out, ": %s port %u", skt_addr_text(&published.target.addr, text),
		published.target.port);
	if (published.pid)
		skt_str_add_format(out, ", served by %s[%u]", published.process, published.pid);
	if (published.group.container)
		skt_str_add_format(out, " of %s", published.group.container);
	if (published.netns)
		skt_str_add_format(out, " in %s", published.netns);
	row->published = published.group;
}
