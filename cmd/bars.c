#include "cmd/bars.h"

#include <inttypes.h>
#include <string.h>

#include "base/macros.h"
#include "cmd/report.h"

enum { BAR_WIDTH = 40 };

size_t skt_bars_of(const struct skt_histogram *histogram, struct skt_bar bars[SKT_BARS_MAX])
{
	size_t n = 0, first = SKT_BARS_MAX, last = 0;

	memset(bars, 0, SKT_BARS_MAX * sizeof(*bars));
	for (size_t i = 0; i < SKT_HISTOGRAM_BUCKETS; i++) {
		uint64_t floor = skt_histogram_floor(i);

		n = floor < 2 ? 0 : 63U - (unsigned int)__builtin_clzll(floor);
		n = SKT_MIN(n, (size_t)SKT_BARS_MAX - 1);
		bars[n].count += histogram->buckets[i];
	}
	for (size_t i = 0; i < SKT_BARS_MAX; i++) {
		bars[i].from_ns = i ? UINT64_C(1) << i : 0;
		bars[i].to_ns = UINT64_C(1) << (i + 1);
		if (!bars[i].count)
			continue;
		first = SKT_MIN(first, i);
		last = i;
	}
	if (first == SKT_BARS_MAX)
		return 0;
	memmove(bars, bars + first, (last - first + 1) * sizeof(*bars));
	return last - first + 1;
}

void skt_bars_add(struct skt_str *out, const struct skt_bar *bars, size_t count)
{
	uint64_t most = 1;

	for (size_t i = 0; i < count; i++)
		most = SKT_MAX(most, bars[i].count);
	for (size_t i = 0; i < count; i++) {
		char from[SKT_SHORT_MAX], to[SKT_SHORT_MAX];
		size_t width = (size_t)((double)bars[i].count * BAR_WIDTH / (double)most + 0.5);

		if (!bars[i].count) {
			if (bars[i - 1].count)
				skt_str_add_text(out, "        ...\n");
			continue;
		}
		skt_str_add_format(out, "    %7s - %7s  ", skt_short_time(bars[i].from_ns, from),
			skt_short_time(bars[i].to_ns, to));
		skt_str_add_fill(out, '#', width ? width : 1);
		skt_str_add_fill(out, ' ', BAR_WIDTH - SKT_MIN(width, (size_t)BAR_WIDTH));
		skt_str_add_format(out, " %" PRIu64 "\n", bars[i].count);
	}
}
