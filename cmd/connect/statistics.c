#include "cmd/connect/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/bars.h"
#include "cmd/report.h"
#include "cmd/sparkline.h"

enum { BARS_FROM = 4 }; /* fewer times are read as quickly as a drawing of them */

static const unsigned int percentiles[] = {50, 90, 95, 99};

void connect_statistics_add(struct connect_statistics *statistics, bool open, uint64_t us)
{
	uint32_t *latest = &statistics->latest[statistics->probes++ % CONNECT_LATEST_MAX];

	*latest = open ? (uint32_t)SKT_MIN(us, (uint64_t)UINT32_MAX - 1) : SKT_SPARKLINE_NONE;
	if (!open)
		return;
	statistics->open++;
	if (!statistics->times)
		statistics->times = calloc(1, sizeof(*statistics->times));
	if (statistics->times)
		skt_histogram_add(statistics->times, us * SKT_NS_PER_US);
}

void connect_statistics_sketch(
	const struct connect_statistics *statistics, size_t count, struct skt_str *out)
{
	const uint64_t end = statistics->probes, lost = end - statistics->open;
	uint32_t latest[CONNECT_LATEST_MAX];
	char text[SKT_SHORT_MAX];

	if (!end || !count)
		return;
	count = SKT_MIN(SKT_MIN(count, end), (size_t)CONNECT_LATEST_MAX);
	for (size_t i = 0; i < count; i++)
		latest[i] = statistics->latest[(end - count + i) % CONNECT_LATEST_MAX];
	skt_sparkline_add(out, latest, count);
	if (latest[count - 1] != SKT_SPARKLINE_NONE)
		skt_str_add_format(
			out, " %s", skt_short_time(latest[count - 1] * SKT_NS_PER_US, text));
	if (lost)
		skt_str_add_format(out, " %" PRIu64 " of %" PRIu64 " lost", lost, end);
}

void connect_statistics_fini(struct connect_statistics *statistics)
{
	free(statistics->times);
	statistics->times = NULL;
}

static void add_times(struct skt_str *out, const struct skt_histogram *times)
{
	struct skt_bar bars[SKT_BARS_MAX];
	char texts[3][SKT_SHORT_MAX];

	skt_str_add_format(out, "min %s  avg %s  max %s", skt_short_time(times->min, texts[0]),
		skt_short_time(skt_histogram_mean(times), texts[1]),
		skt_short_time(times->max, texts[2]));
	for (size_t i = 0; i < SKT_COUNT(percentiles); i++)
		if (skt_histogram_tells(times, 10 * percentiles[i]))
			skt_str_add_format(out, "  p%u %s", percentiles[i],
				skt_short_time(
					skt_histogram_at(times, 10 * percentiles[i]), texts[0]));
	skt_str_add_char(out, '\n');
	if (times->count >= BARS_FROM)
		skt_bars_add(out, bars, skt_bars_of(times, bars));
}

static void report_text(const struct connect_statistics *statistics, const char *endpoint)
{
	struct skt_str out = {0};

	skt_str_add_format(&out, "%s: %" PRIu64 " probe%s, %" PRIu64 " open, %.1f%% lost\n",
		endpoint, statistics->probes, skt_plural(statistics->probes, "", "s"),
		statistics->open,
		skt_percent(statistics->probes - statistics->open, statistics->probes));
	if (statistics->times)
		add_times(&out, statistics->times);
	skt_report_text(&out);
	skt_str_fini(&out);
}

static void report_event(const struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log)
{
	const struct skt_histogram *times = statistics->times;
	struct skt_event event;
	char name[16];

	skt_event_begin(&event, log, SKT_EVENT_NOTICE, "statistics");
	skt_event_add_text(&event, "endpoint", endpoint);
	skt_event_add_number(&event, "probes", statistics->probes);
	skt_event_add_number(&event, "open", statistics->open);
	skt_event_add_number(&event, "lost", statistics->probes - statistics->open);
	if (times) {
		skt_event_add_number(&event, "min_us", times->min / SKT_NS_PER_US);
		skt_event_add_number(&event, "avg_us", skt_histogram_mean(times) / SKT_NS_PER_US);
		skt_event_add_number(&event, "max_us", times->max / SKT_NS_PER_US);
	}
	for (size_t i = 0; times && i < SKT_COUNT(percentiles); i++) {
		if (!skt_histogram_tells(times, 10 * percentiles[i]))
			continue;
		(void)snprintf(name, sizeof(name), "p%u_us", percentiles[i]);
		skt_event_add_number(
			&event, name, skt_histogram_at(times, 10 * percentiles[i]) / SKT_NS_PER_US);
	}
	skt_event_end(&event, "%s: %" PRIu64 " probe%s, %" PRIu64 " open", endpoint,
		statistics->probes, skt_plural(statistics->probes, "", "s"), statistics->open);
}

void connect_statistics_report(const struct connect_statistics *statistics, const char *endpoint,
	const struct skt_event_log *log)
{
	if (!skt_event_wanted(log, SKT_EVENT_NOTICE))
		return;
	if (log->json)
		report_event(statistics, endpoint, log);
	else
		report_text(statistics, endpoint);
}
