/* Attempts at a connection: begun, looked at, and what they come to. */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/engine_connect_internal.h"

enum { SELF_CONNECTS_MAX = 16 };

/* ---- lists ---- */

void skt_attempt_free(struct engine *engine, uint32_t id)
{
	engine->attempts[id].next = engine->free_head;
	engine->free_head = id;
}

static void append_busy(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	uint32_t newest = engine->queues[a->queue].newest;

	a->busy = true;
	a->prev = newest;
	a->next = NONE;
	if (newest == NONE)
		engine->queues[a->queue].oldest = id;
	else
		engine->attempts[newest].next = id;
	engine->queues[a->queue].newest = id;
	engine->busy++;
}

static void remove_busy(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];

	if (a->prev == NONE)
		engine->queues[a->queue].oldest = a->next;
	else
		engine->attempts[a->prev].next = a->next;
	if (a->next == NONE)
		engine->queues[a->queue].newest = a->prev;
	else
		engine->attempts[a->next].prev = a->prev;
	a->busy = false;
	engine->busy--;
}

static void finish(struct engine *engine, uint32_t id)
{
	remove_busy(engine, id);
	skt_attempt_free(engine, id);
}

/* ---- sockets ---- */

void skt_attempt_close(struct engine *engine, struct attempt *a)
{
	if (a->fd < 0)
		return;
	(void)close(a->fd);
	a->fd = -1;
	engine->count--;
}

static void disconnect(struct engine *engine, struct attempt *a)
{
	if (skt_handshake_undo(a->fd))
		skt_attempt_close(engine, a);
}

int skt_attempt_prepare(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	const struct skt_engine_config *c = &engine->config;
	const uint8_t family = a->addr.family;
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET, .data.u32 = id};
	int fd;

	if (a->fd >= 0 && a->family == family)
		return 0;
	skt_attempt_close(engine, a);
	fd = skt_handshake_open(
		family, family == AF_INET ? &c->source4 : &c->source6, c->interface);
	if (fd < 0)
		return fd;
	if (epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		int errnum = errno;

		(void)close(fd);
		return -errnum;
	}
	a->fd = fd;
	a->family = family;
	engine->count++;
	return 0;
}

/* ---- what attempts come to ---- */

/* SEEN_NS: when the answer was there. */
static void tell(struct engine *engine, const struct attempt *a, struct skt_evidence *evidence,
	uint64_t seen_ns)
{
	evidence->index = a->index;
	evidence->try = a->try;
	if (evidence->kind != SKT_EVIDENCE_LOCAL)
		evidence->rtt_ns = seen_ns > a->begin_ns ? seen_ns - a->begin_ns : 1;
	engine->config.seen(engine->config.ctx, evidence);
}

static void tell_local(struct engine *engine, const struct attempt *a, int error)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_LOCAL, .error = error};

	tell(engine, a, &evidence, 0);
}

static void begin(struct engine *engine, uint32_t id);

/*
 * An attempt may as well have met another of ours, on its way to the port that is the source of
 * this one; what that leaves behind looks like a server that accepts, or accepts and resets. It
 * does not happen twice in a row: an open port of this host is asked once more.
 */
static void established(
	struct engine *engine, uint32_t id, enum skt_evidence_kind kind, uint64_t seen_ns)
{
	struct attempt *a = &engine->attempts[id];
	struct skt_evidence evidence = {.kind = kind};
	bool local = a->port >= 1024 && skt_local_has(engine->config.local, &a->addr);
	bool self = local && kind == SKT_EVIDENCE_ACCEPTED &&
		skt_local_is_self(a->fd, &a->addr, a->port);

	disconnect(engine, a);
	if (local && (self || !a->confirming) && a->self_connects < SELF_CONNECTS_MAX) {
		a->self_connects++;
		a->confirming = !self;
		remove_busy(engine, id);
		begin(engine, id);
		return;
	}
	if (self)
		evidence =
			(struct skt_evidence){.kind = SKT_EVIDENCE_LOCAL, .error = EADDRNOTAVAIL};
	tell(engine, a, &evidence, seen_ns);
	finish(engine, id);
}

static void refused(struct engine *engine, uint32_t id, const struct skt_handshake_look *look)
{
	struct attempt *a = &engine->attempts[id];
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_RESET};

	if (look->told)
		evidence = skt_evidence_of(engine->config.local, &look->icmp, a->index);
	else if (look->rc != -ECONNREFUSED)
		evidence = (struct skt_evidence){.kind = SKT_EVIDENCE_LOCAL, .error = -look->rc};
	tell(engine, a, &evidence, look->seen_ns);
	finish(engine, id);
}

/* The kernel gave up by itself: no evidence of anything. */
static bool is_silence(int error)
{
	return error == ETIMEDOUT || error == ECONNABORTED;
}

/* What LOOK at an attempt has found is its end, or is nothing. */
static void settle(struct engine *engine, uint32_t id, const struct skt_handshake_look *look)
{
	struct attempt *a = &engine->attempts[id];
	const int rc = look->rc;
	struct skt_evidence evidence;

	if (rc == 0 || rc == -EISCONN) {
		established(engine, id, SKT_EVIDENCE_ACCEPTED, look->seen_ns);
	} else if (rc == -ECONNRESET || rc == -EPIPE) {
		established(engine, id, SKT_EVIDENCE_ABORTED, look->seen_ns);
	} else if (rc == -EALREADY || rc == -EINPROGRESS || is_silence(-rc)) {
		if (!look->told && rc == -EALREADY)
			return;
		if (rc == -EALREADY || rc == -EINPROGRESS)
			disconnect(engine, a);
		if (look->told) {
			evidence = skt_evidence_of(engine->config.local, &look->icmp, a->index);
			tell(engine, a, &evidence, look->seen_ns);
		}
		finish(engine, id);
	} else {
		refused(engine, id, look);
	}
}

void skt_attempt_begun(struct engine *engine, uint32_t id, int rc)
{
	struct attempt *a = &engine->attempts[id];
	struct skt_handshake_look look = {.rc = rc};

	if (rc == -EINPROGRESS) {
		append_busy(engine, id);
		return;
	}
	if (a->fd >= 0 && (rc == 0 || rc == -ECONNREFUSED || rc == -ECONNRESET)) {
		append_busy(engine, id);
		if (rc)
			skt_handshake_errors(a->fd, &a->addr, a->port, &look);
		look.seen_ns = skt_clock_ns();
		if (rc)
			refused(engine, id, &look);
		else
			established(engine, id, SKT_EVIDENCE_ACCEPTED, look.seen_ns);
		return;
	}
	if ((rc == -EMFILE || rc == -ENFILE) && engine->count > 1)
		engine->base.capacity = SKT_MIN(engine->base.capacity, engine->count);
	skt_attempt_free(engine, id);
	tell_local(engine, a, -rc);
}

/* Starts the attempt that is filled in. */
static void begin(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	int rc = skt_attempt_prepare(engine, id);

	skt_attempt_begun(engine, id, rc ? rc : skt_handshake_begin(a->fd, &a->addr, a->port));
}

static void look_at_one(void *ctx, size_t i)
{
	struct engine *engine = ctx;
	const struct attempt *a = &engine->attempts[engine->ids[i]];

	skt_handshake_look(a->fd, &a->addr, a->port, &engine->looks[i]);
}

void skt_attempts_look(struct engine *engine, size_t count)
{
	skt_crew_run(engine->crew, count, look_at_one, engine);
	for (size_t i = 0; i < count; i++)
		settle(engine, engine->ids[i], &engine->looks[i]);
}

static void undo_one(void *ctx, size_t i)
{
	struct engine *engine = ctx;

	engine->looks[i].rc = skt_handshake_undo(engine->attempts[engine->ids[i]].fd);
}

size_t skt_attempts_abandon(struct engine *engine, size_t count, bool ended, uint64_t now_ns)
{
	size_t n = 0, undone = 0;

	count = SKT_MIN(count, (size_t)BATCH_MAX);
	for (size_t q = 0; q < QUEUES; q++)
		for (uint32_t id = engine->queues[q].oldest; id != NONE && n < count;) {
			const struct attempt *a = &engine->attempts[id];

			if ((ended ? a->end_ns : a->needed_ns) > now_ns)
				break;
			engine->ids[n++] = id;
			id = a->next;
		}
	skt_attempts_look(engine, n);
	for (size_t i = 0; i < n; i++) {
		const struct attempt *a = &engine->attempts[engine->ids[i]];

		if (a->busy && !a->confirming)
			engine->ids[undone++] = engine->ids[i];
	}
	skt_crew_run(engine->crew, undone, undo_one, engine);
	for (size_t i = 0; i < undone; i++) {
		if (engine->looks[i].rc)
			skt_attempt_close(engine, &engine->attempts[engine->ids[i]]);
		finish(engine, engine->ids[i]);
	}
	return undone;
}
