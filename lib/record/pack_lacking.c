#include <errno.h>

#include "base/macros.h"
#include "record/pack.h"

const char *skt_pack_lacks(void)
{
	return "this sockkit was built without libzstd";
}

int skt_pack_new(bool reads SKT_UNUSED, struct skt_pack **ret SKT_UNUSED)
{
	return -EOPNOTSUPP;
}

void skt_pack_free(struct skt_pack *pack SKT_UNUSED)
{
}

void skt_pack_restart(struct skt_pack *pack SKT_UNUSED)
{
}

int skt_pack_add(struct skt_pack *pack SKT_UNUSED, const void *bytes SKT_UNUSED,
	size_t len SKT_UNUSED, struct skt_str *out SKT_UNUSED)
{
	return -EOPNOTSUPP;
}

int skt_pack_take(struct skt_pack *pack SKT_UNUSED, const void *bytes SKT_UNUSED,
	size_t len SKT_UNUSED, size_t raw_len SKT_UNUSED, struct skt_str *out SKT_UNUSED)
{
	return -EOPNOTSUPP;
}
