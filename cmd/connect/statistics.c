#include "cmd/connect/statistics.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/report.h"

enum {
	BARS = 10,          /* of the histogram */
	BAR_WIDTH = 40,     /* of the longest one */
	HISTOGRAM_FROM = 4, /* fewer times are read as quickly as a drawing of them */
};

void connect_statistics_add(struct connect_statistics *statistics, bool open, uint64_t us)
{
	statistics->probes++;
	if (open && skt_vec_push(&statistics->times, (uint32_t)SKT_MIN(us, UINT32_MAX)))
		statistics->failed = true;
}

void connect_statistics_fini(struct connect_statistics *statistics)
{
	skt_vec_free(&statistics->times);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t connect_percentile(const uint32_t *sorted, size_t count, unsigned int percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

static const char *short_us(uint64_t us, char text[SKT_SHORT_MAX])
{
	return skt_short_time(us * SKT_NS_PER_US, text);
}

static void put_histogram(struct skt_str *out, const uint32_t *sorted, size_t count)
{
	uint32_t low = sorted[0], width = (sorted[count - 1] - low) / BARS + 1;
	size_t counts[BARS] = {0}, most = 0;
	char from[SKT_SHORT_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t bar = (sorted[i] - low) / width;

		counts[bar]++;
		most = SKT_MAX(most, counts[bar]);
	}
	for (size_t bar = 0; bar < BARS && low + bar * width <= sorted[count - 1]; bar++) {
		size_t stars = (counts[bar] * BAR_WIDTH + most - 1) / most;

		skt_str_add_format(out, "%9s ", short_us(low + bar * width, from));
		skt_str_add_fill(out, '#', stars);
		skt_str_add_fill(out, ' ', BAR_WIDTH - stars);
		skt_str_add_format(out, " %zu\n", counts[bar]);
	}
}

static uint64_t average(const uint32_t *times, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += times[i];
	return sum / count;
}

static void report_text(const struct connect_statistics *statistics, const char *endpoint)
{
	const uint32_t *times = statistics->times.data;
	size_t count = statistics->times.len;
	char texts[7][SKT_SHORT_MAX];
	struct skt_str out = {0};

	skt_str_add_format(&out, "%s: %llu probes, %zu open, %.1f%% lost\n", endpoint,
		(unsigned long long)statistics->probes, count,
		skt_percent(statistics->probes - count, statistics->probes));
	if (count) {
		skt_str_add_format(&out, "min %s  avg %s  max %s  p50 %s  p90 %s  p95 %s  p99 %s\n",
			short_us(times[0], texts[0]), short_us(average(times, count), texts[1]),
			short_us(times[count - 1], texts[2]),
			short_us(connect_percentile(times, count, 50), texts[3]),
			short_us(connect_percentile(times, count, 90), texts[4]),
			short_us(connect_percentile(times, count, 95), texts[5]),
			short_us(connect_percentile(times, count, 99), texts[6]));
		if (count >= HISTOGRAM_FROM)
			put_histogram(&out, times, count);
	}
	skt_report_text(&out);
	skt_str_fini(&out);
}

static void report_event(const struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log)
{
	const uint32_t *times = statistics->times.data;
	size_t count = statistics->times.len;
	struct skt_event event;

	skt_event_begin(&event, log, SKT_EVENT_NOTICE, "statistics");
	skt_event_add_text(&event, "endpoint", endpoint);
	skt_event_add_number(&event, "probes", statistics->probes);
	skt_event_add_number(&event, "open", count);
	skt_event_add_number(&event, "lost", statistics->probes - count);
	if (count) {
		skt_event_add_number(&event, "min_us", times[0]);
		skt_event_add_number(&event, "avg_us", average(times, count));
		skt_event_add_number(&event, "max_us", times[count - 1]);
		skt_event_add_number(&event, "p50_us", connect_percentile(times, count, 50));
		skt_event_add_number(&event, "p90_us", connect_percentile(times, count, 90));
		skt_event_add_number(&event, "p95_us", connect_percentile(times, count, 95));
		skt_event_add_number(&event, "p99_us", connect_percentile(times, count, 99));
	}
	skt_event_end(&event, "%s: %llu probes, %zu open", endpoint,
		(unsigned long long)statistics->probes, count);
}

void connect_statistics_report(struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log)
{
	if (!skt_event_wanted(log, SKT_EVENT_NOTICE))
		return;
	if (statistics->times.len)
		qsort(statistics->times.data, statistics->times.len, sizeof(uint32_t), compare);
	if (log->json)
		report_event(statistics, endpoint, log);
	else
		report_text(statistics, endpoint);
}
