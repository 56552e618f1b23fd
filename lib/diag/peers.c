#include "diag/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/macros.h"

/* A socket under the hash of its ends. Inodes of sockets are 32 bits wide (inode_table.h). */
struct slot {
	uint64_t key; /* 0: free */
	uint32_t inode;
};

/* Values of slot.inode that no socket has. */
enum { UNACCEPTED = 0, AMBIGUOUS = UINT32_MAX };

struct skt_peers {
	struct slot *slots;
	size_t size, len; /* size: a power of two */
	size_t lost;
	uint64_t seed; /* so that nobody can choose ends whose hashes are the same */
};

/* ---- keys ---- */

static uint64_t mixed(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	sum ^= sum >> 29;
	sum *= UINT64_C(0xbf58476d1ce4e5b9);
	return sum ^ sum >> 32;
}

/* An IPv4 client and an IPv6 server name the same end differently. */
static uint64_t mixed_end(uint64_t sum, const struct skt_end *end)
{
	struct skt_addr addr = end->addr;
	uint64_t halves[2];

	skt_addr_unmap(&addr);
	memcpy(halves, addr.bytes, sizeof(halves));
	return mixed(
		mixed(mixed(sum, halves[0]), halves[1]), (uint64_t)addr.family << 16 | end->port);
}

static uint64_t key_of(const struct skt_peers *peers, uint8_t proto, const struct skt_end *local,
	const struct skt_end *remote)
{
	uint64_t key = mixed_end(mixed(peers->seed, proto), local);

	if (remote)
		key = mixed_end(key, remote);
	return key ? key : 1;
}

/* Whether the other end of SOCKET must be on this host: it is reached by way of loopback. */
static bool is_within(const struct skt_socket *socket)
{
	return socket->remote.port &&
		(skt_addr_is_loopback(&socket->remote.addr) ||
			skt_addr_equal(&socket->local.addr, &socket->remote.addr));
}

static bool waits_for_accept(const struct skt_socket *socket)
{
	return !socket->inode &&
		(socket->state == SKT_STATE_ESTABLISHED || socket->state == SKT_STATE_CLOSE_WAIT ||
			socket->state == SKT_STATE_SYN_RECEIVED);
}

/* ---- the table ---- */

/* The slot that KEY is in, or would be. There is always a free one. */
static struct slot *slot_of(const struct skt_peers *peers, uint64_t key)
{
	size_t i = key & (peers->size - 1);

	while (peers->slots[i].key && peers->slots[i].key != key)
		i = (i + 1) & (peers->size - 1);
	return &peers->slots[i];
}

static int grow(struct skt_peers *peers)
{
	struct skt_peers larger = {.size = peers->size ? 2 * peers->size : 1024};

	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < peers->size; i++)
		if (peers->slots[i].key)
			*slot_of(&larger, peers->slots[i].key) = peers->slots[i];
	free(peers->slots);
	peers->slots = larger.slots;
	peers->size = larger.size;
	return 0;
}

static int put(struct skt_peers *peers, uint64_t key, uint32_t inode)
{
	struct slot *slot;

	if (peers->len >= peers->size / 4 * 3) {
		int rc = peers->len < SKT_PEERS_MAX ? grow(peers) : 0;

		if (rc)
			return rc;
	}
	slot = slot_of(peers, key);
	if (slot->key) {
		/* Several listen at one end: any of them may be the peer. */
		slot->inode = slot->inode == inode ? inode : (uint32_t)AMBIGUOUS;
		return 0;
	}
	if (peers->len >= SKT_PEERS_MAX) {
		peers->lost++;
		return 0;
	}
	*slot = (struct slot){.key = key, .inode = inode};
	peers->len++;
	return 0;
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_peers *peers = ctx;
	const struct skt_end *remote = socket->remote.port ? &socket->remote : NULL;

	if (!socket->local.port || socket->inode >= (uint32_t)AMBIGUOUS)
		return 0;
	if (!socket->inode && !waits_for_accept(socket))
		return 0;
	/* What is merely bound hears nobody. */
	if (!remote && socket->state != SKT_STATE_LISTEN && socket->state != SKT_STATE_UNCONNECTED)
		return 0;
	return put(peers, key_of(peers, socket->proto, &socket->local, remote),
		(uint32_t)socket->inode);
}

/* ---- the interface ---- */

int skt_peers_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_peers **ret, struct skt_err *err)
{
	struct skt_dump_query query = {
		.ipv4 = true, .ipv6 = true, .states = SKT_STATES_ALL, .source = like->source};
	struct skt_peers *peers = calloc(1, sizeof(*peers));
	struct skt_dump_report report;
	int rc;

	if (!peers || grow(peers)) {
		skt_peers_free(peers);
		return skt_fail(err, ENOMEM, "find the other ends of connections");
	}
	(void)!getrandom(&peers->seed, sizeof(peers->seed), GRND_NONBLOCK);
	query.protos[SKT_PROTO_TCP] = like->protos[SKT_PROTO_TCP];
	query.protos[SKT_PROTO_UDP] = like->protos[SKT_PROTO_UDP];
	rc = skt_dump_sockets(system, &query, take_socket, peers, &report, err);
	if (rc) {
		skt_peers_free(peers);
		return rc;
	}
	*ret = peers;
	return 0;
}

void skt_peers_free(struct skt_peers *peers)
{
	if (!peers)
		return;
	free(peers->slots);
	free(peers);
}

size_t skt_peers_lost(const struct skt_peers *peers)
{
	return peers->lost;
}

static bool look_up(const struct skt_peers *peers, uint64_t key, uint64_t *ret_inode)
{
	const struct slot *slot = slot_of(peers, key);

	if (!slot->key)
		return false;
	*ret_inode = slot->inode == (uint32_t)AMBIGUOUS ? 0 : slot->inode;
	return true;
}

/*
 * Who takes what is sent to END: the one at that very address first, as the kernel has it. WITHIN:
 * END is on this host for certain; else only that one is known to be.
 */
static uint64_t receiver(
	const struct skt_peers *peers, uint8_t proto, const struct skt_end *end, bool within)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct skt_end any = {.port = end->port};
	struct skt_addr addr = end->addr;
	uint64_t inode;

	if (look_up(peers, key_of(peers, proto, end, NULL), &inode))
		return inode;
	skt_addr_unmap(&addr);
	for (size_t i = 0; within && i < SKT_COUNT(families); i++) {
		any.addr.family = families[i];
		/* 0.0.0.0 takes no IPv6; :: may take IPv4. */
		if (addr.family == AF_INET6 && families[i] == AF_INET)
			continue;
		if (look_up(peers, key_of(peers, proto, &any, NULL), &inode))
			return inode;
	}
	return 0;
}

uint64_t skt_peers_inode(const struct skt_peers *peers, const struct skt_socket *socket)
{
	uint64_t inode = UNACCEPTED;
	bool known;

	if (!socket->remote.port)
		return 0;
	known = look_up(
		peers, key_of(peers, socket->proto, &socket->remote, &socket->local), &inode);
	if (inode)
		return inode;
	/* A connection whose other end is gone has none; a datagram needs no connection. */
	if (socket->proto == SKT_PROTO_UDP || known)
		return receiver(peers, socket->proto, &socket->remote, known || is_within(socket));
	return 0;
}
