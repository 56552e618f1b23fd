#include "net/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

enum { WORD = 64 };

/* A number that leaps further than this is no loss but another stream, or not a number at all. */
#define LEAP (UINT64_C(1) << 24)

/* How much later than the newest a lower number must have been sent to prove a new stream. */
#define RESTART_NS SKT_NS_PER_SEC

static bool window_take(struct skt_tally *tally, uint64_t sequence)
{
	uint64_t *word = &tally->window[sequence % SKT_TALLY_WINDOW / WORD];
	const uint64_t bit = UINT64_C(1) << sequence % WORD;
	const bool free = !(*word & bit);

	*word |= bit;
	return free;
}

/* Forgets the numbers FROM..TO, which the window now stands for instead of older ones. */
static void window_clear(struct skt_tally *tally, uint64_t from, uint64_t to)
{
	if (to - from >= SKT_TALLY_WINDOW - 1) {
		memset(tally->window, 0, SKT_TALLY_WINDOW / 8);
		return;
	}
	while (from <= to) {
		uint64_t *word = &tally->window[from % SKT_TALLY_WINDOW / WORD];

		if (from % WORD == 0 && to - from >= WORD - 1) {
			*word = 0;
			from += WORD;
		} else {
			*word &= ~(UINT64_C(1) << from % WORD);
			from++;
		}
	}
}

/* a - b for times of two clocks, which may be anything: held at the ends of the range. */
static int64_t difference(int64_t a, int64_t b)
{
	int64_t value;

	if (__builtin_sub_overflow(a, b, &value))
		return a < b ? INT64_MIN : INT64_MAX;
	return value;
}

static void take_arrival(struct skt_tally *tally, uint64_t arrived_ns, size_t bytes)
{
	if (!tally->counts.datagrams)
		tally->first_ns = arrived_ns;
	else if (arrived_ns >= tally->last_ns)
		skt_histogram_add(&tally->gaps, arrived_ns - tally->last_ns);
	tally->last_ns = arrived_ns;
	tally->counts.datagrams++;
	tally->counts.bytes += bytes;
}

void skt_tally_add(struct skt_tally *tally, uint64_t arrived_ns, size_t bytes)
{
	take_arrival(tally, arrived_ns, bytes);
}

/* J += (|D| - J) / 16, in sixteenths so that nothing is lost to rounding. */
static void take_times(struct skt_tally *tally, uint64_t arrived_ns, uint64_t sent_ns)
{
	const int64_t transit = difference(
		(int64_t)SKT_MIN(arrived_ns, INT64_MAX), (int64_t)SKT_MIN(sent_ns, INT64_MAX));

	if (tally->delay_count) {
		int64_t d = difference(transit, tally->transit_ns);
		uint64_t size = SKT_MIN(d < 0 ? -(uint64_t)d : (uint64_t)d, UINT64_MAX / 32);

		tally->jitter_ns16 += size - tally->jitter_ns16 / 16;
		tally->jitter_known = true;
	}
	tally->transit_ns = transit;
	if (!tally->delay_count || transit < tally->delay_min_ns)
		tally->delay_min_ns = transit;
	if (!tally->delay_count || transit > tally->delay_max_ns)
		tally->delay_max_ns = transit;
	tally->delay_sum_ns += transit;
	tally->delay_count++;
}

uint64_t skt_tally_joined(const struct skt_tally *tally)
{
	const uint64_t before = tally->first - 1;
	uint64_t pace = 0, span;

	if (!tally->stamped || tally->first <= 1)
		return 0;
	if (before >= SKT_TALLY_HEAD)
		return tally->lowest;
	if (!tally->since_ns)
		return 0;
	span = tally->highest - tally->first;
	/* Of one datagram alone nobody knows how long those before it took. */
	if (!span)
		return tally->lowest;
	if (tally->highest_sent_ns > tally->first_sent_ns)
		pace = tally->highest_sent_ns - tally->first_sent_ns;
	return (unsigned __int128)pace * before / span + tally->since_ns > tally->first_arrived_ns
		? tally->lowest
		: 0;
}

/* The sum of what is missing; a stream whose numbers make no sense never goes below none. */
static uint64_t stream_lost(const struct skt_tally *tally)
{
	uint64_t begin = skt_tally_joined(tally), end, span;

	if (!tally->stamped)
		return 0;
	if (!begin)
		begin = SKT_MIN(tally->lowest, 1);
	end = tally->highest + 1;
	if (tally->ended && tally->expected_end > end)
		end = tally->expected_end;
	span = end - begin - tally->stream_jumps;
	return span > tally->stream_unique ? span - tally->stream_unique : 0;
}

static void begin(struct skt_tally *tally, uint64_t sequence, uint64_t arrived_ns, uint64_t sent_ns)
{
	tally->stamped = true;
	tally->ended = false;
	tally->first = tally->lowest = tally->highest = sequence;
	tally->first_arrived_ns = arrived_ns;
	tally->first_sent_ns = sent_ns;
	tally->highest_sent_ns = sent_ns;
	tally->stream_unique = 0;
	tally->stream_jumps = 0;
	memset(tally->window, 0, SKT_TALLY_WINDOW / 8);
}

static int prepare(struct skt_tally *tally)
{
	if (!tally->window)
		tally->window = calloc(SKT_TALLY_WINDOW / WORD, sizeof(*tally->window));
	return tally->window ? 0 : -ENOMEM;
}

/*
 * One sender numbers and dates its datagrams in the same order. What was sent behind the end, or
 * has a lower number though it was clearly sent later, belongs to the next stream.
 */
static bool is_new_stream(const struct skt_tally *tally, uint64_t sequence, uint64_t sent_ns)
{
	if (tally->ended)
		return sent_ns > tally->end_sent_ns;
	return sequence <= tally->highest && sent_ns > tally->highest_sent_ns &&
		sent_ns - tally->highest_sent_ns > RESTART_NS;
}

static void restart(
	struct skt_tally *tally, uint64_t sequence, uint64_t arrived_ns, uint64_t sent_ns)
{
	tally->lost_before += stream_lost(tally);
	tally->restarts++;
	begin(tally, sequence, arrived_ns, sent_ns);
}

static void advance(struct skt_tally *tally, uint64_t sequence, uint64_t sent_ns)
{
	const uint64_t step = sequence - tally->highest;

	if (step > LEAP)
		tally->stream_jumps += step - 1;
	window_clear(tally, tally->highest + 1, sequence);
	(void)window_take(tally, sequence);
	tally->highest = sequence;
	tally->highest_sent_ns = sent_ns;
	tally->stream_unique++;
	tally->counts.unique++;
}

/* A number that is not higher than the highest: late, twice, or too old to tell. */
static bool look_back(struct skt_tally *tally, uint64_t sequence)
{
	if (tally->highest - sequence >= SKT_TALLY_WINDOW) {
		tally->counts.stale++;
		return false;
	}
	if (!window_take(tally, sequence)) {
		tally->counts.duplicate++;
		return false;
	}
	if (sequence < tally->lowest)
		tally->lowest = sequence;
	tally->counts.reordered++;
	tally->stream_unique++;
	tally->counts.unique++;
	return true;
}

int skt_tally_add_stamped(struct skt_tally *tally, uint64_t arrived_ns, size_t bytes,
	uint64_t sequence, uint64_t sent_ns)
{
	take_arrival(tally, arrived_ns, bytes);
	if (sequence > INT64_MAX)
		return 0;
	if (!tally->window && prepare(tally))
		return -ENOMEM;
	if (!tally->stamped || is_new_stream(tally, sequence, sent_ns)) {
		if (tally->stamped)
			restart(tally, sequence, arrived_ns, sent_ns);
		else
			begin(tally, sequence, arrived_ns, sent_ns);
		(void)window_take(tally, sequence);
		tally->stream_unique++;
		tally->counts.unique++;
	} else if (sequence > tally->highest) {
		advance(tally, sequence, sent_ns);
	} else if (!look_back(tally, sequence)) {
		return 0; /* a copy says nothing of the way that the original took */
	}
	take_times(tally, arrived_ns, sent_ns);
	return 0;
}

int skt_tally_end(struct skt_tally *tally, uint64_t sequence, uint64_t sent_ns)
{
	if (sequence > INT64_MAX)
		return 0;
	if (!tally->window && prepare(tally))
		return -ENOMEM;
	if (!tally->stamped) {
		/* All that stands in front of the mark is lost; or nobody listened when it came. */
		if (!sequence || sequence > SKT_TALLY_HEAD)
			return 0;
		begin(tally, 0, tally->since_ns, sent_ns);
		tally->lowest = 1;
	}
	if (sequence <= tally->highest || sequence - tally->highest > LEAP)
		sequence = tally->highest + 1;
	/* iperf counts on in marks that it repeats: the first one is right. */
	if (tally->ended && sequence >= tally->expected_end)
		return 0;
	tally->end_sent_ns = tally->ended ? tally->end_sent_ns : sent_ns;
	tally->ended = true;
	tally->expected_end = sequence;
	return 0;
}

uint64_t skt_tally_lost(const struct skt_tally *tally)
{
	return tally->lost_before + stream_lost(tally);
}

uint64_t skt_tally_jitter_ns(const struct skt_tally *tally)
{
	return tally->jitter_ns16 / 16;
}

int64_t skt_tally_delay_mean_ns(const struct skt_tally *tally)
{
	return tally->delay_count ? (int64_t)(tally->delay_sum_ns / (__int128)tally->delay_count)
				  : 0;
}

void skt_tally_fini(struct skt_tally *tally)
{
	free(tally->window);
	tally->window = NULL;
}
