#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "proc/bpf.h"
#include "proc/bpf_ring.h"
#include "proc/tcp_events.h"
#include "proc/tcp_events_skeleton.h"

_Static_assert((int)SKT_TCP_EVENTS_MAPS <= (int)SKT_BPF_MAPS_MAX, "room for them");
_Static_assert((int)SKT_TCP_EVENTS_PROGRAMS <= (int)SKT_BPF_PROGRAMS_MAX, "room for them");

static const struct skt_bpf_image image = {
	.data = skt_tcp_events_data,
	.insns = skt_tcp_events_insns,
	.data_size = sizeof(skt_tcp_events_data),
	.insns_size = sizeof(skt_tcp_events_insns),
	.maps = SKT_TCP_EVENTS_MAPS,
	.programs = SKT_TCP_EVENTS_PROGRAMS,
};

struct skt_tcp_events {
	struct skt_bpf_loaded loaded;
	int links[SKT_TCP_EVENTS_PROGRAMS];
	struct skt_bpf_ring ring;
	uint64_t lost; /* as far as was told */
	skt_tcp_event_fn *fn;
	void *ctx;
};

/* What the programs are to know of whoever looks. */
static int steer(const struct skt_tcp_events *events, uint32_t netns, struct skt_err *err)
{
	struct skt_tcp_events_control control = {.netns = netns};
	struct stat pidns;
	int rc;

	if (stat("/proc/self/ns/pid", &pidns))
		return skt_bpf_refuse(err, errno, "look at /proc/self/ns/pid");
	control.pidns = (uint32_t)pidns.st_ino;
	rc = skt_bpf_write(events->loaded.maps[SKT_TCP_EVENTS_MAP_CONTROL], 0, &control);
	return rc ? skt_bpf_refuse(err, -rc, "write a BPF map") : 0;
}

static int start(struct skt_tcp_events *events, uint32_t netns, struct skt_err *err)
{
	int rc = skt_bpf_load(&image, &events->loaded, err);

	if (!rc)
		rc = steer(events, netns, err);
	if (!rc)
		rc = skt_bpf_ring_open(
			skt_tcp_events_fd(events), SKT_TCP_EVENTS_ROOM, &events->ring, err);
	for (size_t i = 0; !rc && i < SKT_COUNT(events->links); i++)
		rc = skt_bpf_attach(events->loaded.programs[i], &events->links[i], err);
	return rc;
}

int skt_tcp_events_open(uint32_t netns, struct skt_tcp_events **ret, struct skt_err *err)
{
	struct skt_tcp_events *events;
	int rc;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		skt_fail_text(err, EOPNOTSUPP,
			"built without BPF: its program is one for little-endian machines");
		return -EOPNOTSUPP;
	}
	events = calloc(1, sizeof(*events));
	if (!events)
		return skt_fail(err, ENOMEM, "events of TCP");
	for (size_t i = 0; i < SKT_COUNT(events->links); i++)
		events->links[i] = -1;
	rc = start(events, netns, err);
	if (rc)
		skt_tcp_events_close(events);
	else
		*ret = events;
	return rc;
}

void skt_tcp_events_close(struct skt_tcp_events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < SKT_COUNT(events->links); i++)
		if (events->links[i] >= 0)
			(void)close(events->links[i]);
	skt_bpf_ring_close(&events->ring);
	skt_bpf_unload(&events->loaded);
	free(events);
}

int skt_tcp_events_fd(const struct skt_tcp_events *events)
{
	return events->loaded.maps[SKT_TCP_EVENTS_MAP_RING];
}

static int take_record(const void *record, size_t len, void *ctx)
{
	const struct skt_tcp_events *events = ctx;

	return len == sizeof(struct skt_tcp_event) ? events->fn(record, events->ctx) : 0;
}

int skt_tcp_events_take(
	struct skt_tcp_events *events, skt_tcp_event_fn *fn, void *ctx, uint64_t *ret_lost)
{
	struct skt_tcp_events_control control = {.lost = events->lost};
	int rc;

	events->fn = fn;
	events->ctx = ctx;
	rc = skt_bpf_ring_take(&events->ring, take_record, events);
	(void)skt_bpf_read(events->loaded.maps[SKT_TCP_EVENTS_MAP_CONTROL], 0, &control);
	*ret_lost = control.lost - events->lost;
	events->lost = control.lost;
	return rc;
}
