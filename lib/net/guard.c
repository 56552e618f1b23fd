#include "net/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/random.h"
#include "base/siphash.h"
#include "net/bucket.h"

enum { SETS = 2048, WAYS = 4 };

/* Who was answered, by a keyed hash of the address: nobody can choose whom he meets here. */
struct known {
	uint64_t who; /* 0: nobody */
	uint64_t heard_ns;
	struct skt_bucket bucket; /* of answers */
	uint64_t payload;         /* hash of the last one */
	unsigned int rally;       /* how often in a row it was that one */
};

struct skt_guard {
	struct skt_udp_address local;
	uint64_t rate, key[2];
	struct known known[SETS][WAYS];
};

int skt_guard_new(const struct skt_udp_address *local, uint64_t rate, struct skt_guard **ret)
{
	struct skt_guard *guard = calloc(1, sizeof(*guard));

	if (!guard)
		return -ENOMEM;
	guard->local = *local;
	guard->rate = rate;
	guard->key[0] = skt_random_seed();
	guard->key[1] = skt_random_seed();
	*ret = guard;
	return 0;
}

void skt_guard_free(struct skt_guard *guard)
{
	free(guard);
}

/* What one of this host's addresses sends to another comes in by it (include/net/flow.h). */
enum { LOOPBACK_IFINDEX = 1 };

/* Of a socket at every address each of this host's is its own: nobody else has the port there. */
static bool is_own(const struct skt_guard *guard, const struct skt_datagram *d)
{
	struct skt_addr local, source;
	uint16_t local_port, port;

	if (!skt_udp_inet(d->source, d->source_len, &source, &port))
		return d->source_len > sizeof(sa_family_t) && d->source_len == guard->local.len &&
			memcmp(d->source, &guard->local.sa, d->source_len) == 0;
	if (!skt_udp_inet(&guard->local.sa, guard->local.len, &local, &local_port) ||
		port != local_port)
		return false;
	if (!skt_addr_is_any(&local))
		return skt_addr_equal(&source, &local);
	return d->ifindex == LOOPBACK_IFINDEX || skt_addr_equal(&source, &d->destination);
}

static bool is_service(const struct skt_datagram *d)
{
	static const uint16_t ports[] = {7, 13, 17, 19, 37};
	struct skt_addr source;
	uint16_t port;

	if (!skt_udp_inet(d->source, d->source_len, &source, &port))
		return false;
	for (size_t i = 0; i < SKT_COUNT(ports); i++)
		if (port == ports[i])
			return true;
	return false;
}

/* The place of a sender; who was silent for longest makes way for a new one. */
static struct known *find(struct skt_guard *guard, const struct skt_datagram *d)
{
	const uint64_t who = skt_siphash(guard->key, d->source, d->source_len) | 1;
	struct known *set = guard->known[who / 2 % SETS], *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].who == who)
			return &set[i];
		if (set[i].heard_ns < oldest->heard_ns)
			oldest = &set[i];
	}
	*oldest = (struct known){.who = who};
	skt_bucket_init(&oldest->bucket, guard->rate);
	return oldest;
}

enum skt_guard_verdict skt_guard_ask(
	struct skt_guard *guard, const struct skt_datagram *d, uint64_t now_ns)
{
	struct known *known;
	uint64_t payload;

	if (is_own(guard, d))
		return SKT_GUARD_OWN;
	if (is_service(d))
		return SKT_GUARD_SERVICE;
	known = find(guard, d);
	known->heard_ns = now_ns;
	if (!skt_bucket_level(&known->bucket, now_ns))
		return SKT_GUARD_RATE;
	payload = skt_siphash(guard->key, d->data, d->captured);
	known->rally = payload == known->payload ? known->rally + 1 : 0;
	known->payload = payload;
	if (known->rally >= SKT_GUARD_RALLY) {
		known->rally = 0;
		return SKT_GUARD_LOOP;
	}
	skt_bucket_spend(&known->bucket, 1, now_ns);
	return SKT_GUARD_ANSWER;
}
