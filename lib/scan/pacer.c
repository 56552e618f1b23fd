#include "scan/pacer.h"

#include "base/clock.h"

void skt_pacer_init(struct skt_pacer *pacer, uint64_t rate, uint64_t now_ns)
{
	*pacer = (struct skt_pacer){
		.rate = rate,
		.burst = rate / 100 ? rate / 100 : 1,
		.next_ns = now_ns,
	};
}

uint64_t skt_pacer_allow(struct skt_pacer *pacer, uint64_t want, uint64_t now_ns)
{
	uint64_t late, count, window;

	if (!pacer->rate)
		return want;
	if (now_ns < pacer->next_ns)
		return 0;
	/* Behind by more than a burst: the rest is lost. */
	window = (pacer->burst - 1) * SKT_NS_PER_SEC / pacer->rate;
	late = now_ns - pacer->next_ns;
	if (late > window) {
		pacer->next_ns = now_ns - window;
		late = window;
	}
	count = 1 + (uint64_t)((double)late * (double)pacer->rate / (double)SKT_NS_PER_SEC);
	if (count > pacer->burst)
		count = pacer->burst;
	return want < count ? want : count;
}

void skt_pacer_spend(struct skt_pacer *pacer, uint64_t count)
{
	if (!pacer->rate)
		return;
	for (; count; count--) {
		pacer->rest += SKT_NS_PER_SEC % pacer->rate;
		pacer->next_ns += SKT_NS_PER_SEC / pacer->rate + pacer->rest / pacer->rate;
		pacer->rest %= pacer->rate;
	}
}

uint64_t skt_pacer_when(const struct skt_pacer *pacer)
{
	return pacer->rate ? pacer->next_ns : 0;
}
