#include "diag/looks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "diag/socket_id.h"

enum { SIZE_MIN = 1024, LINE = 8, EXPECTED_MAX = 1 << 20 };

/* Sockets that may still be missing: one, in so many listings. */
static const double residual_max = 1e-5;

/* The bits of a slot that say in which looks it was seen. */
static const uint64_t seen_mask = (UINT64_C(1) << SKT_LOOKS_MAX) - 1;

void skt_looks_reset(struct skt_looks *looks)
{
	if (looks->count)
		memset(looks->slots, 0, looks->size * sizeof(*looks->slots));
	looks->count = looks->here = 0;
	looks->look = 0;
}

void skt_looks_begin(struct skt_looks *looks)
{
	looks->look++;
	looks->before = looks->here;
	looks->fresh = looks->here = looks->stayed = looks->missed = 0;
}

/*
 * What tells a socket from others, with room for the looks below; 0: nothing does. A cookie is that
 * itself; the kernel counts them, so nobody can choose many that share a slot.
 */
static uint64_t tag_of(const struct skt_looks *looks, const struct skt_socket *socket)
{
	uint64_t value = socket->cookie;
	struct skt_socket_id id;

	if (SKT_UNLIKELY(!skt_socket_cookie_tells(socket))) {
		/* A dump is of one namespace. */
		if (!skt_socket_id_of(socket, 0, &id))
			return 0;
		value = skt_socket_id_hash(&id, looks->key);
		value += !(value << SKT_LOOKS_MAX);
	}
	return value << SKT_LOOKS_MAX;
}

/* The slot of TAG, or the free one where it would be. */
static uint64_t *slot_of(const struct skt_looks *looks, uint64_t tag)
{
	const size_t mask = looks->size - 1;
	const uint64_t id = tag >> SKT_LOOKS_MAX, line = id / LINE;
	/* Cookies that came by in a row once do so again: they share a line of the cache. */
	size_t i = ((size_t)(line * UINT64_C(0x9e3779b97f4a7c15) >> 32) * LINE + id % LINE) & mask;

	while (looks->slots[i] && (looks->slots[i] & ~seen_mask) != tag)
		i = (i + 1) & mask;
	return &looks->slots[i];
}

static int resize(struct skt_looks *looks, size_t size)
{
	const struct skt_looks old = *looks;
	uint64_t *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	looks->slots = slots;
	looks->size = size;
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i])
			*slot_of(looks, old.slots[i] & ~seen_mask) = old.slots[i];
	free(old.slots);
	return 0;
}

/* How many of SIZE slots may be taken. */
static size_t most_of(size_t size)
{
	return size / 4 * 3;
}

static int grow(struct skt_looks *looks)
{
	return resize(looks, looks->size ? 2 * looks->size : SIZE_MIN);
}

void skt_looks_expect(struct skt_looks *looks, uint64_t count)
{
	const uint64_t bounded = SKT_MIN(count, (uint64_t)EXPECTED_MAX);
	size_t size = SIZE_MIN;

	while (most_of(size) < bounded)
		size *= 2;
	/* It will grow where this fails, or says so. */
	if (size > looks->size && !looks->count)
		(void)resize(looks, size);
}

/* Counts one that was seen in the looks of SEEN, and is in this one. */
static void count_known(struct skt_looks *looks, unsigned int seen)
{
	const unsigned int last = looks->look - 1; /* bit number of this one */

	looks->here++;
	if (seen >> (last - 1) & 1)
		looks->stayed++;
	else if (last >= 2 && seen >> (last - 2) & 1)
		looks->missed++;
}

int skt_looks_see(struct skt_looks *looks, const struct skt_socket *socket)
{
	const uint64_t bit = UINT64_C(1) << (looks->look - 1);
	const uint64_t tag = tag_of(looks, socket);
	uint64_t *slot;

	if (SKT_UNLIKELY(!tag))
		return SKT_SIGHT_NEW;
	if (SKT_UNLIKELY(looks->count + 1 > most_of(looks->size)) && grow(looks))
		return -ENOMEM;
	slot = slot_of(looks, tag);
	if (SKT_UNLIKELY(*slot != 0)) {
		const unsigned int seen = (unsigned int)(*slot & seen_mask);

		*slot |= bit;
		if (seen & bit)
			return SKT_SIGHT_REPEAT;
		count_known(looks, seen);
		return SKT_SIGHT_KNOWN;
	}
	*slot = tag | bit;
	looks->count++;
	looks->fresh++;
	looks->here++;
	return SKT_SIGHT_NEW;
}

bool skt_looks_suffice(const struct skt_looks *looks, double expected)
{
	double missed = SKT_MAX(expected, (double)looks->missed), chance;

	/* Nobody came, nobody went: so nothing was in front of the position that left. */
	if (looks->look > 1 && looks->stayed == looks->before && looks->stayed == looks->here)
		return true;
	if (expected < 0 && looks->look < 3)
		return false;
	if (expected < 0)
		missed += 1;
	chance = looks->here ? SKT_MIN(missed / (double)looks->here, 1.0) : 1.0;
	for (unsigned int i = 1; i < looks->look; i++)
		missed *= chance;
	return missed < residual_max;
}

void skt_looks_fini(struct skt_looks *looks)
{
	free(looks->slots);
	*looks = (struct skt_looks){0};
}
