#include "net/pace.h"

#include <time.h>

#include "base/macros.h"

enum {
	OVERSHOOT_START_NS = 80 * 1000, /* before anything was learned */
	OVERSHOOT_MIN_NS = 10 * 1000,
	OVERSHOOT_MAX_NS = 250 * 1000, /* no more than this is spent awake */
	/* A signal between the look at it and the sleep is noticed this late at the most. */
	SLEEP_MAX_NS = 200 * 1000 * 1000,
};

/* UNITS at RATE a second, in ns. */
static uint64_t worth(uint64_t units, uint64_t rate)
{
	return (uint64_t)((unsigned __int128)units * SKT_NS_PER_SEC / rate);
}

void skt_pace_init(struct skt_pace *pace, uint64_t rate, uint64_t now_ns)
{
	*pace = (struct skt_pace){
		.start_ns = now_ns, .rate = rate, .overshoot_ns = OVERSHOOT_START_NS};
}

uint64_t skt_pace_due(const struct skt_pace *pace)
{
	uint64_t due = pace->start_ns + worth(pace->units, pace->rate);

	return SKT_MAX(due, pace->last_ns + pace->last_cost_ns / SKT_PACE_CATCH_UP);
}

uint64_t skt_pace_late_ns(const struct skt_pace *pace, uint64_t now_ns)
{
	uint64_t due = pace->start_ns + worth(pace->units, pace->rate);

	return now_ns > due ? now_ns - due : 0;
}

void skt_pace_sent(struct skt_pace *pace, uint64_t units, uint64_t now_ns)
{
	uint64_t late = skt_pace_late_ns(pace, now_ns);

	if (late > SKT_PACE_DEBT_NS) {
		uint64_t forgiven = late - SKT_PACE_DEBT_NS;

		pace->start_ns += forgiven;
		pace->forgiven_ns += forgiven;
	}
	pace->units += units;
	pace->last_ns = now_ns;
	pace->last_cost_ns = worth(units, pace->rate);
}

/* Grows at once and shrinks slowly: a late wake-up costs more than a little waiting awake. */
static void learn(struct skt_pace *pace, uint64_t late_ns)
{
	uint64_t want = SKT_MIN(late_ns + late_ns / 2 + OVERSHOOT_MIN_NS, OVERSHOOT_MAX_NS);

	if (want > pace->overshoot_ns)
		pace->overshoot_ns += (want - pace->overshoot_ns) / 4;
	else
		pace->overshoot_ns -= (pace->overshoot_ns - want) / 64;
}

uint64_t skt_pace_wait(
	struct skt_pace *pace, uint64_t deadline_ns, const volatile sig_atomic_t *interrupted)
{
	uint64_t now = skt_clock_ns();

	while (now + pace->overshoot_ns < deadline_ns && !(interrupted && *interrupted)) {
		uint64_t until = SKT_MIN(deadline_ns - pace->overshoot_ns, now + SLEEP_MAX_NS);
		const struct timespec ts = skt_clock_timespec(until);

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = skt_clock_ns();
		if (now >= until)
			learn(pace, now - until);
	}
	while (now < deadline_ns && !(interrupted && *interrupted))
		now = skt_clock_ns();
	return now;
}
