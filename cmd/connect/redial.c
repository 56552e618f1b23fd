#include "cmd/connect/redial.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"

/* A connection that was of no use ended before this, without a byte from the other side. */
#define LASTED_NS (5 * SKT_NS_PER_SEC)

/* An attempt is not begun where no time is left for an answer. */
#define REST_MIN_NS (20 * SKT_NS_PER_MS)

void connect_redial_begin(struct connect_redial *redial, uint64_t until_ns, uint64_t pause_ns)
{
	redial->until_ns = until_ns;
	redial->pause_ns = pause_ns;
}

void connect_redial_lost(struct connect_redial *redial, const struct skt_session *session,
	uint64_t now_ns, uint64_t deadline_ns)
{
	bool lasted = skt_session_received(session) || now_ns - session->start_ns >= LASTED_NS;

	if (lasted || !redial->losses)
		connect_redial_begin(redial,
			SKT_MIN(skt_clock_add(now_ns, redial->patience_ns), deadline_ns), 0);
	redial->losses++;
	redial->lost += session->lost;
	redial->unsure |= session->unsure;
}

bool connect_redial_next(struct connect_redial *redial, uint64_t now_ns, uint64_t *ret_ns)
{
	uint64_t pause = redial->pause_ns;

	if (redial->until_ns == SKT_NEVER || now_ns + REST_MIN_NS > redial->until_ns)
		return false;
	redial->pause_ns =
		pause ? SKT_MIN(2 * pause, redial->last_ns) : SKT_MAX(redial->first_ns, 1U);
	/* The last digits of the clock are chance enough. */
	if (pause)
		pause -= now_ns % (pause / 4 + 1);
	*ret_ns = now_ns + SKT_MIN(pause, (redial->until_ns - now_ns) / 2);
	return true;
}

bool connect_redial_report(
	const struct connect_redial *redial, uint64_t last, const struct skt_event_log *log)
{
	unsigned long long lost = redial->lost + last, losses = redial->losses;
	struct skt_event event;

	if (!redial->lost && !redial->unsure)
		return false;
	skt_event_begin(&event, log, SKT_EVENT_ERROR, "lost");
	skt_event_add_number(&event, "undelivered", lost);
	skt_event_add_number(&event, "connections_lost", losses);
	if (lost)
		skt_event_end(&event, "%llu byte%s lost%s; the connection was lost %llu time%s",
			lost, skt_plural(lost, " is", "s are"),
			redial->unsure ? ", and others may be" : "", losses,
			skt_plural(losses, "", "s"));
	else
		skt_event_end(&event, "data may be lost; the connection was lost %llu time%s",
			losses, skt_plural(losses, "", "s"));
	return true;
}
