#include "cmd/listing/other_end.h"

int skt_other_end_prepare(struct skt_other_end *end, const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_err *err)
{
	skt_peers_free(end->of_inet);
	end->of_inet = NULL;
	return skt_peers_read(system, query, &end->of_inet, err);
}

size_t skt_other_end_lost(const struct skt_other_end *end)
{
	return end->of_inet ? skt_peers_lost(end->of_inet) : 0;
}

size_t skt_other_end_inodes(struct skt_other_end *end, const struct skt_socket *socket,
	uint64_t inet_inode, const uint64_t **ret)
{
	if (socket->proto == SKT_PROTO_UNIX)
		return skt_unix_peers_of(&end->of_unix, socket, ret);
	end->inet_inode = inet_inode;
	*ret = &end->inet_inode;
	return inet_inode != 0;
}

int skt_other_end_holders(struct skt_other_end *end, struct skt_owners *owners,
	const struct skt_socket *socket, uint64_t inet_inode, struct skt_list *ret)
{
	const uint64_t *inodes = NULL;
	const size_t count = skt_other_end_inodes(end, socket, inet_inode, &inodes);
	const struct skt_holder *holders;

	end->holders.len = 0;
	for (size_t i = 0; i < count; i++) {
		const size_t more = skt_owners_of(owners, inodes[i], &holders);

		if (skt_vec_reserve(&end->holders, more))
			return -ENOMEM;
		if (more)
			memcpy(end->holders.data + end->holders.len, holders,
				more * sizeof(*holders));
		end->holders.len += more;
	}
	*ret = (struct skt_list){.items = end->holders.data, .count = end->holders.len};
	return 0;
}

void skt_other_end_fini(struct skt_other_end *end)
{
	skt_peers_free(end->of_inet);
	skt_unix_peers_fini(&end->of_unix);
	skt_vec_free(&end->holders);
}
