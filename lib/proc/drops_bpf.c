#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/bpf.h"
#include "proc/drops.h"
#include "proc/drops_skeleton.h"

_Static_assert((int)SKT_DROPS_MAPS <= (int)SKT_BPF_MAPS_MAX, "room for them");
_Static_assert((int)SKT_DROPS_PROGRAMS <= (int)SKT_BPF_PROGRAMS_MAX, "room for them");

static const struct skt_bpf_image image = {
	.data = skt_drops_data,
	.insns = skt_drops_insns,
	.data_size = sizeof(skt_drops_data),
	.insns_size = sizeof(skt_drops_insns),
	.maps = SKT_DROPS_MAPS,
	.programs = SKT_DROPS_PROGRAMS,
};

struct skt_drops {
	struct skt_bpf_loaded loaded;
	int link;
};

static int start(struct skt_drops *drops, uint32_t netns, struct skt_err *err)
{
	const struct skt_drops_control control = {.netns = netns};
	int rc = skt_bpf_load(&image, &drops->loaded, err);

	if (rc)
		return rc;
	rc = skt_bpf_write(drops->loaded.maps[SKT_DROPS_MAP_CONTROL], 0, &control);
	if (rc)
		return skt_bpf_refuse(err, -rc, "write a BPF map");
	return skt_bpf_attach(
		drops->loaded.programs[SKT_DROPS_PROGRAM_SKB_DROPPED], &drops->link, err);
}

int skt_drops_open(uint32_t netns, struct skt_drops **ret, struct skt_err *err)
{
	struct skt_drops *drops;
	int rc;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		skt_fail_text(err, EOPNOTSUPP,
			"built without BPF: its program is one for little-endian machines");
		return -EOPNOTSUPP;
	}
	drops = calloc(1, sizeof(*drops));
	if (!drops)
		return skt_fail(err, ENOMEM, "dropped packets");
	drops->link = -1;
	rc = start(drops, netns, err);
	if (rc)
		skt_drops_close(drops);
	else
		*ret = drops;
	return rc;
}

void skt_drops_close(struct skt_drops *drops)
{
	if (!drops)
		return;
	if (drops->link >= 0)
		(void)close(drops->link);
	skt_bpf_unload(&drops->loaded);
	free(drops);
}

int skt_drops_each(const struct skt_drops *drops, skt_drop_fn *fn, void *ctx, uint64_t *ret_lost)
{
	const int map = drops->loaded.maps[SKT_DROPS_MAP_DROPS];
	struct skt_drops_control control = {0};
	struct skt_drop_key keys[2];
	struct skt_drop drop;
	unsigned int now = 0;
	int rc = skt_bpf_next(map, NULL, &keys[now], &drop);

	/* More than there is room for would be a walk in a circle. */
	for (size_t i = 0; !rc && i < SKT_DROPS_KINDS; i++) {
		rc = fn(&keys[now], &drop, ctx);
		if (rc)
			return rc;
		rc = skt_bpf_next(map, &keys[now], &keys[!now], &drop);
		now = !now;
	}
	(void)skt_bpf_read(drops->loaded.maps[SKT_DROPS_MAP_CONTROL], 0, &control);
	*ret_lost = control.lost;
	return rc == -ENOENT ? 0 : rc;
}
