#include "cmd/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "out/terminal.h"

/* Whoever waits less than that has not begun to wonder. */
enum { PATIENCE_MS = 500, TENTH_NS = 100 * SKT_NS_PER_MS };

void skt_waiting_open(struct skt_progress *progress, const struct skt_context *ctx)
{
	skt_progress_init(
		progress, STDERR_FILENO, skt_terminal_width(STDERR_FILENO, ctx->columns_env));
	progress->enabled = progress->enabled && !ctx->dumb;
}

void skt_waiting_begin(struct skt_waiting *waiting, struct skt_progress *progress, const char *what,
	uint64_t until_ns)
{
	const uint64_t now = skt_clock_ns();

	*waiting = (struct skt_waiting){.progress = progress,
		.what = what,
		.start_ns = now,
		.until_ns = until_ns,
		.next_ns = now + PATIENCE_MS * SKT_NS_PER_MS};
}

/* Draws "WHAT: 3s of 30s": whole seconds, as nobody reads more of a clock that jumps. */
static void draw(const struct skt_waiting *waiting, uint64_t now, uint64_t seconds)
{
	const uint64_t limit_ns = waiting->until_ns - waiting->start_ns;
	const uint64_t tenths = (limit_ns + TENTH_NS / 2) / TENTH_NS;
	char limit[32] = "";

	if (waiting->until_ns != SKT_NEVER)
		(void)snprintf(limit, sizeof(limit), " of %gs", (double)tenths / 10);
	if (seconds < 100)
		skt_progress_draw(waiting->progress, now, "%s: %" PRIu64 "s%s", waiting->what,
			seconds, limit);
	else
		skt_progress_draw(waiting->progress, now, "%s: %" PRIu64 "m%02us%s", waiting->what,
			seconds / 60, (unsigned int)(seconds % 60), limit);
}

void skt_waiting_look(struct skt_waiting *waiting)
{
	const uint64_t now = skt_clock_ns();
	const uint64_t seconds = (now - waiting->start_ns) / SKT_NS_PER_SEC;

	if (!waiting->progress || !waiting->progress->enabled || now < waiting->next_ns)
		return;
	/* The first time early, and from then on when a second is full. */
	waiting->next_ns = waiting->start_ns + (seconds + 1) * SKT_NS_PER_SEC;
	draw(waiting, now, seconds);
}

static void due(struct skt_timer *timer)
{
	struct skt_waiting *waiting = SKT_CONTAINER(timer, struct skt_waiting, timer);

	skt_waiting_look(waiting);
	skt_timer_set(waiting->loop, timer, waiting->next_ns);
}

void skt_waiting_run(struct skt_waiting *waiting, struct skt_loop *loop)
{
	if (!waiting->progress || !waiting->progress->enabled)
		return;
	waiting->loop = loop;
	waiting->timer.handler = due;
	skt_timer_set(loop, &waiting->timer, waiting->next_ns);
}

void skt_waiting_end(struct skt_waiting *waiting)
{
	if (!waiting->progress)
		return;
	skt_timer_remove(&waiting->timer);
	skt_progress_erase(waiting->progress);
	waiting->progress = NULL;
}
