#include "cmd/sockets/subflows.h"

#include <stdlib.h>

int subflows_want(struct subflows *subflows, uint64_t inode)
{
	return skt_vec_push(&subflows->inodes, inode);
}

static int compare_inodes(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int compare_sockets(const void *a, const void *b)
{
	const struct skt_socket *x = a, *y = b;

	return compare_inodes(&x->inode, &y->inode);
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct subflows *subflows = ctx;
	struct skt_socket kept = *socket;

	if (!(socket->present >> SKT_SOCKET_INODE & 1) ||
		!bsearch(&socket->inode, subflows->inodes.data, subflows->inodes.len,
			sizeof(uint64_t), compare_inodes))
		return 0;
	kept.detail = NULL;
	return skt_vec_push(&subflows->sockets, kept);
}

int subflows_read(
	struct subflows *subflows, const struct skt_dump_system *system, struct skt_err *err)
{
	const struct skt_dump_query query = {.protos = {[SKT_PROTO_TCP] = true},
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATES_ALL,
		.source = SKT_SOURCE_NETLINK};
	struct skt_dump_report report;
	int rc;

	if (!subflows->inodes.len)
		return 0;
	qsort(subflows->inodes.data, subflows->inodes.len, sizeof(uint64_t), compare_inodes);
	rc = skt_dump_sockets(system, &query, take_socket, subflows, &report, err);
	if (!rc && subflows->sockets.len)
		qsort(subflows->sockets.data, subflows->sockets.len, sizeof(struct skt_socket),
			compare_sockets);
	return rc;
}

size_t subflows_of(const struct subflows *subflows, uint64_t inode, const struct skt_socket **ret)
{
	size_t first = 0, count = 0;

	while (first < subflows->sockets.len && subflows->sockets.data[first].inode < inode)
		first++;
	*ret = subflows->sockets.data + first;
	while (first + count < subflows->sockets.len &&
		subflows->sockets.data[first + count].inode == inode)
		count++;
	return count;
}

void subflows_fini(struct subflows *subflows)
{
	skt_vec_free(&subflows->inodes);
	skt_vec_free(&subflows->sockets);
}
