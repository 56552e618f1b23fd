#include "cmd/stream/gauge.h"

#include <stdio.h>

#include "cmd/report.h"

void skt_gauge_draw(struct skt_progress *progress, const struct skt_joint *joint, uint64_t in_size,
	uint64_t start_ns, uint64_t now_ns)
{
	uint64_t sent = joint->there.flow.delivered, received = joint->back.flow.taken;
	uint64_t elapsed = now_ns - start_ns;
	char texts[4][SKT_SHORT_MAX], rest[64] = "";

	if (in_size && sent && sent <= in_size) {
		uint64_t left =
			(uint64_t)((double)(in_size - sent) / (double)sent * (double)elapsed);

		(void)snprintf(rest, sizeof(rest), ", %.0f%%, %s left", skt_percent(sent, in_size),
			skt_short_time(left, texts[3]));
	}
	skt_progress_draw(progress, now_ns, "sent %sB, received %sB, %sB/s%s",
		skt_short_number((double)sent, texts[0]),
		skt_short_number((double)received, texts[1]),
		skt_short_number(skt_per_second(sent + received, elapsed), texts[2]), rest);
}
