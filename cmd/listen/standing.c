#include "cmd/listen/standing.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/listen/run.h"

/* The number of clients is told this often at the most. */
#define STATUS_EVERY_NS SKT_NS_PER_SEC

static struct listen_run *run_of(struct listen_standing *standing)
{
	return SKT_CONTAINER(standing, struct listen_run, standing);
}

/* ---- what the manager hears ---- */

static void watchdog_due(struct skt_timer *timer)
{
	struct listen_standing *standing = SKT_CONTAINER(timer, struct listen_standing, watchdog);
	struct skt_loop *loop = &run_of(standing)->loop;

	skt_manager_alive(&standing->manager);
	skt_timer_set(loop, timer, skt_loop_after(loop, standing->manager.watchdog_ns));
}

static void status_due(struct skt_timer *timer)
{
	struct listen_standing *standing = SKT_CONTAINER(timer, struct listen_standing, status);
	const size_t clients = run_of(standing)->server.clients;

	if (clients == standing->told)
		return;
	standing->told = clients;
	skt_manager_status(
		&standing->manager, "serving %zu client%s", clients, skt_plural(clients, "", "s"));
}

/* ---- the end where nobody comes ---- */

static void wait_idle(struct listen_run *run)
{
	struct skt_loop *loop = &run->loop;

	if (run->options->exit_idle_ns)
		skt_timer_set(loop, &run->standing.idle,
			skt_loop_after(loop, run->options->exit_idle_ns));
}

static void idle_due(struct skt_timer *timer)
{
	struct listen_run *run = run_of(SKT_CONTAINER(timer, struct listen_standing, idle));

	/* Who is served says when it is over. */
	if (run->server.clients)
		return;
	/* Who has come in the meantime, and who cannot be accepted yet, is waited for. */
	if (skt_server_awaited(&run->server)) {
		wait_idle(run);
		return;
	}
	listen_stop(run, run->status);
	skt_event_tell(&run->log, SKT_EVENT_DETAIL, "idle", "nobody came: ended by --exit-idle");
}

/* ---- the run ---- */

void listen_standing_changed(struct listen_run *run)
{
	struct listen_standing *standing = &run->standing;
	struct skt_loop *loop = &run->loop;

	if (run->stopping)
		return;
	if (standing->manager.notify.fd >= 0 && !skt_timer_armed(&standing->status))
		skt_timer_set(loop, &standing->status, skt_loop_after(loop, STATUS_EVERY_NS));
	if (run->server.clients)
		return;
	wait_idle(run);
	/* They were all passed on as connections. */
	if (run->options->keep && !run->server.listeners)
		listen_stop(run, run->status);
}

void listen_standing_begin(struct listen_run *run)
{
	struct listen_standing *standing = &run->standing;

	standing->watchdog.handler = watchdog_due;
	standing->status.handler = status_due;
	standing->idle.handler = idle_due;
	skt_manager_ready(&standing->manager);
	if (standing->manager.watchdog_ns)
		watchdog_due(&standing->watchdog);
	wait_idle(run);
}

void listen_standing_reloading(struct listen_run *run)
{
	skt_manager_reloading(&run->standing.manager);
}

void listen_standing_reloaded(struct listen_run *run)
{
	skt_manager_ready(&run->standing.manager);
}

void listen_standing_end(struct listen_run *run)
{
	struct listen_standing *standing = &run->standing;

	skt_timer_remove(&standing->watchdog);
	skt_timer_remove(&standing->status);
	skt_timer_remove(&standing->idle);
	skt_manager_stopping(&standing->manager);
}
