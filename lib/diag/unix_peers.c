#include "diag/unix_peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/end.h"
#include "diag/socket_detail.h"

static int add_name(struct skt_unix_peers *peers, const struct skt_socket *socket)
{
	static const char nameless[] = "socket:[";
	struct skt_unix_name name = {
		.inode = socket->inode, .host_len = (uint16_t)skt_end_host_len(&socket->local)};

	if (!socket->local.host || strncmp(socket->local.host, nameless, strlen(nameless)) == 0)
		return 0;
	name.host = skt_arena_text(&peers->texts, socket->local.host, name.host_len);
	return name.host ? skt_vec_push(&peers->names, name) : -ENOMEM;
}

static int add_link(struct skt_unix_peers *peers, uint64_t inode, uint64_t other)
{
	return skt_vec_push(&peers->links, (struct skt_unix_link){inode, other});
}

/* Those that wait at LISTENER, and that it is what they wait at. */
static int add_waiting(struct skt_unix_peers *peers, const struct skt_socket *listener)
{
	const char *p = listener->list;
	uint32_t inode;
	int rc = 0;

	for (size_t left = listener->list_len; !rc && left >= sizeof(inode);
		left -= sizeof(inode)) {
		memcpy(&inode, p, sizeof(inode));
		p += sizeof(inode);
		if (inode)
			rc = add_link(peers, listener->inode, inode);
		if (inode && !rc)
			rc = add_link(peers, inode, listener->inode);
	}
	return rc;
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_unix_peers *peers = ctx;
	int rc;

	if (!socket->inode)
		return 0;
	rc = add_name(peers, socket);
	if (!rc && socket->state == SKT_STATE_LISTEN)
		rc = add_waiting(peers, socket);
	/* Of a pair each has the other for its peer, and asks for no more. */
	if (!rc && socket->peer_inode && socket->type == SOCK_DGRAM)
		rc = add_link(peers, socket->peer_inode, socket->inode);
	return rc;
}

int skt_unix_peers_read(
	struct skt_unix_peers *peers, const struct skt_dump_system *system, struct skt_err *err)
{
	const struct skt_dump_query query = {
		.protos[SKT_PROTO_UNIX] = true,
		.states = SKT_STATES_ALL,
		.detail = SKT_DETAIL_WAITING,
		.source = SKT_SOURCE_NETLINK, /* /proc/net knows no peers */
	};
	struct skt_dump_report report;

	peers->sorted = false;
	return skt_dump_sockets(system, &query, take_socket, peers, &report, err);
}

static int compare_names(const void *a, const void *b)
{
	const struct skt_unix_name *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static int compare_links(const void *a, const void *b)
{
	const struct skt_unix_link *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->other > y->other) - (x->other < y->other);
}

static void sort(struct skt_unix_peers *peers)
{
	if (peers->sorted)
		return;
	if (peers->names.len)
		qsort(peers->names.data, peers->names.len, sizeof(*peers->names.data),
			compare_names);
	if (peers->links.len)
		qsort(peers->links.data, peers->links.len, sizeof(*peers->links.data),
			compare_links);
	peers->sorted = true;
}

/* Where the links of INODE begin. */
static size_t first_link(const struct skt_unix_peers *peers, uint64_t inode)
{
	size_t low = 0, high = peers->links.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (peers->links.data[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t skt_unix_peers_of(
	struct skt_unix_peers *peers, const struct skt_socket *socket, const uint64_t **ret)
{
	const struct skt_unix_link *link, *end;
	uint64_t before = 0;

	sort(peers);
	peers->others.len = 0;
	if (socket->peer_inode) {
		(void)!skt_vec_push(&peers->others, socket->peer_inode);
	} else if (socket->inode && peers->links.len) {
		link = peers->links.data + first_link(peers, socket->inode);
		end = peers->links.data + peers->links.len;
		/* Namespaces that were read twice say the same twice. */
		for (; link < end && link->inode == socket->inode; link++) {
			if (link->other != before && skt_vec_push(&peers->others, link->other))
				break;
			before = link->other;
		}
	}
	*ret = peers->others.data;
	return peers->others.len;
}

/* A datagram socket that others are connected to is in the same state as they, without a peer. */
static bool is_connected(const struct skt_socket *socket)
{
	return socket->peer_inode || socket->state == SKT_STATE_ESTABLISHED;
}

void skt_unix_peers_name(struct skt_unix_peers *peers, struct skt_socket *socket)
{
	struct skt_unix_name key = {0};
	const struct skt_unix_name *found = NULL;
	const uint64_t *others;

	if (!is_connected(socket) || skt_unix_peers_of(peers, socket, &others) != 1)
		return;
	key.inode = others[0];
	if (peers->names.len)
		found = bsearch(
			&key, peers->names.data, peers->names.len, sizeof(key), compare_names);
	if (!found)
		return;
	socket->remote.host = found->host;
	socket->remote.host_len = found->host_len;
}

void skt_unix_peers_fini(struct skt_unix_peers *peers)
{
	skt_vec_free(&peers->names);
	skt_vec_free(&peers->links);
	skt_vec_free(&peers->others);
	skt_arena_fini(&peers->texts);
}
