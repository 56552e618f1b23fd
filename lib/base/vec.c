#include "base/vec.h"

int skt_vec_grow(void *field, size_t *cap, size_t len, size_t extra, size_t item_size)
{
	size_t want = len + extra, next = *cap ? *cap * 2 : 16;
	void *old, *grown;

	if (want < len)
		return -ENOMEM;
	if (next < want)
		next = want;
	memcpy(&old, field, sizeof(old));
	grown = reallocarray(old, next, item_size);
	if (!grown)
		return -ENOMEM;
	memcpy(field, &grown, sizeof(grown));
	*cap = next;
	return 0;
}
