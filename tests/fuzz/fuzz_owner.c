/* What a BPF iterator may write: the first byte says how long the first read was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "proc/owner_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 256 };

static int take(void *ctx, const struct skt_owner_hit *hits, size_t count)
{
	size_t *taken = ctx;

	for (size_t i = 0; i < count; i++)
		if (!hits[i].inode || !hits[i].pid || hits[i].pid >> 31 || hits[i].fd >> 31)
			abort();
	*taken += count;
	return 0;
}

/* How many of the records are taken when they come in two reads, the first of CUT bytes. */
static size_t feed(const uint8_t *data, size_t size, size_t cut)
{
	size_t taken = 0;
	const struct skt_owner_scan scan = {.hits = take, .ctx = &taken};
	struct skt_owner_hit *buffer = malloc(size ? size : 1);
	ssize_t rest;

	if (!buffer)
		return 0;
	memcpy(buffer, data, cut);
	rest = skt_owner_records_take(&scan, buffer, cut);
	memcpy((char *)buffer + rest, data + cut, size - cut);
	rest = skt_owner_records_take(&scan, buffer, (size_t)rest + size - cut);
	if ((size_t)rest != size % sizeof(*buffer))
		abort();
	free(buffer);
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut;

	if (!size || size > ROOM)
		return 0;
	cut = SKT_MIN((size_t)data[0], size - 1);
	if (feed(data + 1, size - 1, cut) != feed(data + 1, size - 1, 0))
		abort();
	return 0;
}
