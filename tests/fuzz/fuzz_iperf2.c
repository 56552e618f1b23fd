/*
 * The headers of iperf 2 and the statistics behind them: any bytes as a stream of datagrams. Counts
 * must add up, whatever numbers and times are claimed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/iperf2.h"
#include "net/tally.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct skt_tally *tally)
{
	const struct skt_tally_counts *c = &tally->counts;

	if (c->unique + c->duplicate + c->stale > c->datagrams || c->reordered > c->unique)
		abort();
	if (tally->delay_count &&
		(tally->delay_min_ns > skt_tally_delay_mean_ns(tally) ||
			tally->delay_max_ns < skt_tally_delay_mean_ns(tally)))
		abort();
	if (skt_tally_lost(tally) < tally->lost_before)
		abort();
	if (tally->gaps.count && tally->gaps.min > skt_histogram_at(&tally->gaps, 500))
		abort();
	(void)skt_tally_jitter_ns(tally);
}

static uint64_t take64(const uint8_t **data, size_t *size)
{
	uint64_t value = 0;
	size_t n = *size < sizeof(value) ? *size : sizeof(value);

	memcpy(&value, *data, n);
	*data += n;
	*size -= n;
	return value;
}

/* Numbers and times as the library would never read them off the wire. */
static void any_numbers(const uint8_t *data, size_t size)
{
	struct skt_tally tally = {0};

	while (size) {
		uint64_t arrived = take64(&data, &size), sequence = take64(&data, &size);
		uint64_t sent = take64(&data, &size);

		if (arrived % 16 == 0)
			(void)skt_tally_end(&tally, sequence, sent);
		else
			(void)skt_tally_add_stamped(&tally, arrived, 1, sequence, sent);
		check(&tally);
	}
	skt_tally_fini(&tally);
}

static void datagrams(const uint8_t *data, size_t size)
{
	struct skt_tally tally = {0};
	struct skt_iperf2_header header;
	struct skt_iperf2_report report;
	uint64_t arrived = 0;

	(void)skt_iperf2_parse_ack(data, size, &report);
	for (; size; arrived += 1000) {
		size_t len = size < SKT_IPERF2_HEADER ? size : SKT_IPERF2_HEADER;
		bool end;

		if (skt_iperf2_parse(data, len, &header)) {
			uint64_t sequence = skt_iperf2_sequence(&header, tally.highest, &end);

			if (end)
				(void)skt_tally_end(&tally, sequence, header.sent_ns);
			else
				(void)skt_tally_add_stamped(
					&tally, arrived, len, sequence, header.sent_ns);
		} else {
			skt_tally_add(&tally, arrived, len);
		}
		check(&tally);
		data += len;
		size -= len;
	}
	skt_tally_fini(&tally);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	datagrams(data, size);
	any_numbers(data, size);
	return 0;
}
