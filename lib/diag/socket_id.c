#include "diag/socket_id.h"

#include <string.h>

#include "base/macros.h"
#include "base/siphash.h"

_Static_assert(sizeof(struct skt_socket_id) == 64, "an identity has no padding to be compared");

static bool speaks_ip(const struct skt_socket *socket)
{
	return socket->family == AF_INET || socket->family == AF_INET6;
}

static void add_ends(struct skt_socket_id *id, const struct skt_socket *socket)
{
	memcpy(id->local, socket->local.addr.bytes, sizeof(id->local));
	memcpy(id->remote, socket->remote.addr.bytes, sizeof(id->remote));
	id->local_port = socket->local.port;
	id->remote_port = socket->remote.port;
	id->family = socket->family;
}

bool skt_socket_id_of(const struct skt_socket *socket, uint64_t netns, struct skt_socket_id *ret)
{
	*ret = (struct skt_socket_id){
		.cookie = socket->cookie, .netns = netns, .proto = socket->proto};
	if (SKT_LIKELY(skt_socket_cookie_tells(socket)))
		return true;
	add_ends(ret, socket);
	if (!ret->cookie)
		ret->inode = socket->inode;
	/* Without an internet address the ends tell nothing. */
	return ret->cookie || ret->inode || speaks_ip(socket);
}

uint64_t skt_socket_id_hash(const struct skt_socket_id *id, const uint64_t key[2])
{
	/* Of cookies that tell alone, no two have the same hash in one namespace. */
	if (SKT_LIKELY(!id->family)) {
		uint64_t sum = (id->cookie ^ id->netns ^ key[0]) * UINT64_C(0x9e3779b97f4a7c15);

		return sum ^ sum >> 32;
	}
	return skt_siphash(key, id, sizeof(*id));
}

bool skt_socket_id_equal(const struct skt_socket_id *a, const struct skt_socket_id *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

int skt_socket_id_compare(const struct skt_socket_id *a, const struct skt_socket_id *b)
{
	return memcmp(a, b, sizeof(*a));
}
