/* Datagrams that are all alike: generated ones, or one text again and again. */
#include "cmd/udpsend/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/udpsend/hex.h"
#include "cmd/udpsend/send.h"

/* What one of them holds, behind the room for a stamp. */
static int make_payload(const struct udpsend_flow *flow, uint8_t **ret, size_t *ret_size)
{
	const struct udpsend_options *o = flow->o;
	size_t len = o->wake_len ? o->wake_len
		: o->data        ? strlen(o->data)
				 : o->size,
	       size = flow->head + len;
	uint8_t *bytes = calloc(1, size + 1);

	if (!bytes) {
		skt_warn(flow->ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	if (o->wake_len) {
		memcpy(bytes + flow->head, o->wake, len);
	} else if (o->data) {
		memcpy(bytes + flow->head, o->data, len);
		if (o->hex && udpsend_unhex((char *)bytes + flow->head, len, &len)) {
			skt_warn(flow->ctx, "--data '%s': not hexadecimal", o->data);
			free(bytes);
			return SKT_EXIT_USAGE;
		}
		size = flow->head + len;
	} else if (!o->stamp) {
		/* With a stamp zeros stay, which iperf takes for "no settings follow". */
		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)('0' + i % 10);
	}
	*ret = bytes;
	*ret_size = size;
	return SKT_EXIT_YES;
}

int udpsend_stream(struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;
	const bool endless = o->count || o->duration_ns || o->rate.per_second;
	size_t size = 0, room, batch;
	uint8_t *one = NULL, *bytes = NULL;
	int status = make_payload(flow, &one, &size);
	bool more = true;

	if (status != SKT_EXIT_YES)
		return status;
	room = endless ? skt_sender_room(size) : 1;
	if (flow->paced || o->burst)
		room = SKT_MIN(room, (size_t)flow->burst * (flow->late_ns ? SKT_PACE_CATCH_UP : 1));
	/* GSO needs equal ones in a row; without it the same batch goes by sendmmsg(2). */
	bytes = calloc(room, size + 1);
	if (!bytes) {
		skt_warn(flow->ctx, "%s", strerror(ENOMEM));
		status = SKT_EXIT_TROUBLE;
		goto out;
	}
	for (size_t i = 0; i < room; i++)
		memcpy(bytes + i * size, one, size);
	while (more) {
		uint64_t left =
			SKT_MIN(udpsend_left(flow), flow->paced ? udpsend_burst(flow) : UINT64_MAX);

		/* A burst that is larger than a call takes goes in several. */
		batch = SKT_MIN(room, left);
		more = batch && udpsend_equal(flow, bytes, size, batch) && endless;
	}
out:
	free(bytes);
	free(one);
	return status;
}
