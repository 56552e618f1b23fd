#include "cmd/listing/meter.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "diag/socket_detail.h"

enum { SLOTS_MIN = 1024 };

struct skt_metered {
	struct skt_socket_id id;
	struct skt_counters counters;     /* when it was seen last */
	struct skt_verdict_counts counts; /* likewise */
	uint64_t seen_ns, look;           /* the last time */
	bool announced;                   /* and not seen yet */
	bool gone;                        /* its end was told of */
	struct skt_rates rates;
};

bool skt_counters_read(const struct skt_tcp_info *info, size_t len, struct skt_counters *ret)
{
	if (len < SKT_TCP_INFO_UP_TO(bytes_received))
		return false;
	*ret = (struct skt_counters){.received = info->bytes_received, .sent = info->bytes_acked};
	if (len < SKT_TCP_INFO_UP_TO(bytes_retrans))
		return true;
	ret->sent = info->bytes_sent;
	ret->retransmitted = info->bytes_retrans;
	ret->has_retransmitted = true;
	return true;
}

uint64_t skt_meter_rate(uint64_t count, uint64_t elapsed_ns)
{
	const double rate = (double)count * (double)SKT_NS_PER_SEC / (double)elapsed_ns;

	if (!count || !elapsed_ns)
		return 0;
	return rate >= (double)UINT64_MAX ? UINT64_MAX : rate < 1 ? 1 : (uint64_t)(rate + 0.5);
}

/* What was counted since; one that has begun anew, as after connect(2) again, had none before. */
static uint64_t since(uint64_t before, uint64_t now)
{
	return now < before ? now : now - before;
}

/* ---- the table ---- */

/* The slot of the socket with this identity, or the one where it would be. */
static uint32_t *slot_of(const struct skt_meter *meter, const struct skt_socket_id *id)
{
	const size_t mask = meter->slots_count - 1;
	size_t i = (skt_socket_id_hash(id, meter->key) >> 32) & mask;

	while (meter->slots[i] &&
		!skt_socket_id_equal(&meter->sockets.data[meter->slots[i] - 1]->id, id))
		i = (i + 1) & mask;
	return &meter->slots[i];
}

/* Puts all that is there into COUNT slots. */
static int fill(struct skt_meter *meter, size_t count)
{
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(meter->slots);
	meter->slots = slots;
	meter->slots_count = count;
	for (size_t i = 0; i < meter->sockets.len; i++)
		*slot_of(meter, &meter->sockets.data[i]->id) = (uint32_t)i + 1;
	return 0;
}

static struct skt_metered *find(
	const struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns)
{
	struct skt_socket_id id;
	uint32_t slot;

	if (!meter->slots_count || !skt_socket_id_of(socket, netns, &id))
		return NULL;
	slot = *slot_of(meter, &id);
	return slot ? meter->sockets.data[slot - 1] : NULL;
}

/* NULL where memory is out. */
static struct skt_metered *add(struct skt_meter *meter, const struct skt_socket_id *id)
{
	const size_t needed = 2 * (meter->sockets.len + 1), count = meter->slots_count;
	struct skt_metered *metered;

	if (needed > count && fill(meter, count ? 2 * count : SLOTS_MIN))
		return NULL;
	metered = calloc(1, sizeof(*metered));
	if (!metered || skt_vec_push(&meter->sockets, metered)) {
		free(metered);
		return NULL;
	}
	metered->id = *id;
	*slot_of(meter, id) = (uint32_t)meter->sockets.len;
	return metered;
}

/* ---- looks ---- */

void skt_meter_begin(struct skt_meter *meter, uint64_t now_ns)
{
	meter->before_ns = meter->began_ns;
	meter->began_ns = meter->now_ns = now_ns;
	meter->look++;
}

void skt_meter_go_on(struct skt_meter *meter, uint64_t now_ns)
{
	meter->now_ns = now_ns;
}

uint64_t skt_meter_elapsed_ns(const struct skt_meter *meter)
{
	return meter->look > 1 ? meter->began_ns - meter->before_ns : 0;
}

static void measure(struct skt_rates *rates, const struct skt_counters *before,
	const struct skt_counters *now, uint64_t elapsed_ns)
{
	const uint64_t received = since(before->received, now->received);
	const uint64_t sent = since(before->sent, now->sent);

	rates->present = 0;
	if (!elapsed_ns)
		return;
	rates->present = UINT64_C(1) << SKT_RATES_MEASURED |
		(uint64_t)now->has_retransmitted << SKT_RATES_RETRANSMIT;
	rates->recv_rate = skt_meter_rate(received, elapsed_ns);
	rates->send_rate = skt_meter_rate(sent, elapsed_ns);
	rates->total_rate = skt_meter_rate(received + sent, elapsed_ns);
	rates->retransmit_rate =
		skt_meter_rate(since(before->retransmitted, now->retransmitted), elapsed_ns);
}

int skt_meter_see(struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns,
	struct skt_rates **ret)
{
	const struct skt_socket_detail *detail = socket->detail;
	struct skt_counters counters;
	struct skt_socket_id id;
	struct skt_metered *metered;
	bool fresh;

	*ret = NULL;
	/* What an MPTCP connection moves is counted of its subflows, which are TCP's. */
	if (socket->proto != SKT_PROTO_TCP || !detail ||
		!(detail->present >> SKT_DETAIL_CONNECTION & 1) ||
		!skt_counters_read(&detail->tcp, detail->tcp_length, &counters) ||
		!skt_socket_id_of(socket, netns, &id))
		return 0;
	metered = find(meter, socket, netns);
	fresh = !metered || metered->announced;
	if (!metered)
		metered = add(meter, &id);
	if (!metered)
		return -ENOMEM;
	measure(&metered->rates, &metered->counters, &counters,
		fresh ? skt_meter_elapsed_ns(meter) : meter->now_ns - metered->seen_ns);
	metered->rates.before = (struct skt_verdict_before){.counts = metered->counts,
		.elapsed_us = fresh ? 0 : (meter->now_ns - metered->seen_ns) / SKT_NS_PER_US};
	metered->counts = skt_verdict_count(&detail->tcp, detail->tcp_length);
	metered->rates.fresh = fresh && meter->look > 1;
	metered->announced = false;
	if (metered->rates.looks < UINT8_MAX)
		metered->rates.looks++;
	metered->counters = counters;
	metered->seen_ns = meter->now_ns;
	metered->look = meter->look;
	*ret = &metered->rates;
	return 0;
}

int skt_meter_announce(
	struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns, uint64_t tag)
{
	struct skt_metered *metered = find(meter, socket, netns);
	struct skt_socket_id id;

	/* What was there before the first look is not of the time since. */
	if (!meter->look || !skt_socket_id_of(socket, netns, &id))
		return 0;
	if (!metered) {
		metered = add(meter, &id);
		if (!metered)
			return -ENOMEM;
		metered->announced = true;
		metered->look = meter->look;
	}
	/* One that was seen already had nobody then. */
	if (metered->announced || tag)
		metered->rates.tag = tag;
	return 0;
}

void skt_meter_end(struct skt_meter *meter, const struct skt_socket *socket, uint64_t netns,
	const struct skt_counters *counters, struct skt_rates *ret)
{
	const struct skt_counters none = {0};
	struct skt_metered *metered = find(meter, socket, netns);

	*ret = (struct skt_rates){.fresh = !metered || metered->announced};
	if (metered && metered->gone)
		return;
	if (metered) {
		ret->tag = metered->rates.tag;
		metered->gone = true;
	}
	measure(ret, metered ? &metered->counters : &none, counters, skt_meter_elapsed_ns(meter));
}

void skt_meter_finish(struct skt_meter *meter)
{
	size_t kept = 0;

	for (size_t i = 0; i < meter->sockets.len; i++) {
		struct skt_metered *metered = meter->sockets.data[i];

		/* A look may miss one while others come and go: absence is seen twice. */
		if (metered->gone || metered->look + 1 < meter->look)
			free(metered);
		else
			meter->sockets.data[kept++] = metered;
	}
	if (kept == meter->sockets.len)
		return;
	meter->sockets.len = kept;
	SKT_ASSERT(meter->slots_count);
	for (size_t i = 0; i < meter->slots_count; i++)
		meter->slots[i] = 0;
	for (size_t i = 0; i < kept; i++)
		*slot_of(meter, &meter->sockets.data[i]->id) = (uint32_t)i + 1;
}

void skt_meter_fini(struct skt_meter *meter)
{
	for (size_t i = 0; i < meter->sockets.len; i++)
		free(meter->sockets.data[i]);
	skt_vec_free(&meter->sockets);
	free(meter->slots);
	*meter = (struct skt_meter){0};
}
