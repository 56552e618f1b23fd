#include "scan/limit.h"

#include "base/clock.h"
#include "base/macros.h"

enum {
	LATE_MIN = 8,         /* fewer prove nothing */
	LATE_BEHIND_MIN = 16, /* for the order to be no chance: four deviations */
	SENT_MIN = 10,
};

static const double behind_share = 0.3;
static const double answered_share = 0.8, all_share = 0.95;
static const double growth = 1.1, fast_growth = 2;
static const double kept_share = 1.2; /* probes that had their turn before are under way still */
static const uint64_t growth_ns = SKT_NS_PER_SEC / 4; /* some count by the second */
static const double per_sec_min = 10; /* a thousand ports take no longer than some minutes */

uint32_t skt_limit_sent(struct skt_limit *limit, bool first, uint64_t now_ns)
{
	if (!limit->begin_ns)
		limit->begin_ns = now_ns;
	limit->period_sent++;
	limit->asked += first;
	return limit->asked;
}

static bool is_held_back(const struct skt_limit *limit)
{
	double prompt, late;

	if (limit->late < LATE_MIN)
		return false;
	if (limit->late > limit->prompt)
		return true;
	prompt = (double)limit->prompt_orders / limit->prompt;
	late = (double)limit->late_orders / limit->late;
	return limit->late >= LATE_BEHIND_MIN && late - prompt > behind_share * limit->asked;
}

static double answers_per_sec(const struct skt_limit *limit, uint64_t now_ns)
{
	double seconds = (double)(now_ns - limit->begin_ns) / (double)SKT_NS_PER_SEC;

	return seconds > 0 ? limit->period_answers / seconds : 0;
}

static void begin_period(struct skt_limit *limit, uint64_t now_ns)
{
	limit->begin_ns = now_ns;
	limit->period_sent = limit->period_answers = 0;
}

bool skt_limit_reset(struct skt_limit *limit, uint32_t order, unsigned int try, uint64_t now_ns)
{
	limit->period_answers++;
	if (try > 1) {
		limit->late++;
		limit->late_orders += order;
	} else {
		limit->prompt++;
		limit->prompt_orders += order;
	}
	if (limit->per_sec > 0 || limit->refuted || !is_held_back(limit))
		return false;
	/* What came until now may have been bursts: it is more rather than less. */
	limit->per_sec = SKT_MAX(answers_per_sec(limit, now_ns), per_sec_min);
	begin_period(limit, now_ns);
	return true;
}

void skt_limit_answer(struct skt_limit *limit)
{
	limit->period_answers++;
}

bool skt_limit_adapt(struct skt_limit *limit, uint64_t now_ns)
{
	const uint64_t passed_ns = now_ns - limit->begin_ns;
	double share, rate, asked_share;

	if (limit->per_sec < per_sec_min || limit->period_sent < SENT_MIN || passed_ns < growth_ns)
		return false;
	share = (double)limit->period_answers / limit->period_sent;
	if (share < answered_share && passed_ns < SKT_NS_PER_SEC)
		return false;
	/* Those that are left are silent by themselves. */
	if (!limit->period_answers) {
		begin_period(limit, now_ns);
		return false;
	}
	rate = answers_per_sec(limit, now_ns);
	asked_share =
		limit->period_sent * (double)SKT_NS_PER_SEC / ((double)passed_ns * limit->per_sec);
	begin_period(limit, now_ns);
	if (share >= all_share && asked_share > answered_share) {
		limit->per_sec *= limit->settled ? growth : fast_growth;
		limit->kept = false;
	} else if (share < answered_share) {
		limit->refuted = limit->kept && asked_share < kept_share;
		limit->per_sec = limit->refuted ? 0 : rate;
		limit->settled = limit->kept = true;
	}
	return limit->refuted;
}

uint64_t skt_limit_gap(const struct skt_limit *limit)
{
	return limit->per_sec >= per_sec_min ? (uint64_t)((double)SKT_NS_PER_SEC / limit->per_sec)
					     : 0;
}
