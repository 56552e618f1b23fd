/*
 * The unprivileged TCP engine: connect(2) on many descriptors at once, as handshake.h says. The
 * calls of a batch are shared by a crew; what they mean is this thread's business alone.
 *
 * An edge of epoll may be late, or of an attempt that is over; looking then finds EALREADY, or
 * nothing at all. Attempts stay alive behind their timeout, for late answers, as long as no other
 * needs the descriptor and the kernel would not repeat the SYN.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/crew.h"
#include "scan/engine.h"
#include "scan/handshake.h"
#include "scan/wait.h"

enum {
	ATTEMPTS_MAX = 1 << 15,
	DESCRIPTORS_KEPT = 24, /* for whatever else the process opens */
	BATCH_MAX = 256,
	SELF_CONNECTS_MAX = 16,
	QUEUES = 4, /* for those that wait longest, and for each try: who waits longer is no plug */
};

#define NONE UINT32_MAX

/* The kernel repeats a SYN after a second (TCP_TIMEOUT_INIT): that would be a probe uncounted. */
static const uint64_t life_ns = 950 * SKT_NS_PER_MS;

struct attempt {
	struct skt_addr addr;
	uint64_t index;
	uint64_t begin_ns, end_ns; /* end: given up for the sake of the count of probes */
	uint64_t needed_ns;        /* no other may have the descriptor before */
	uint32_t prev, next;       /* in the order of age, or of the free ones */
	int fd;                    /* -1: none yet */
	uint16_t port;
	uint8_t family; /* of the descriptor */
	uint8_t try;
	uint8_t queue;
	uint8_t self_connects;
	bool busy;
	bool confirming; /* was established to this very host: once more to be sure */
};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	struct attempt *attempts;
	uint32_t count;     /* attempts with a descriptor */
	uint32_t busy;      /* attempts under way */
	uint32_t free_head; /* unused ones, linked by next */
	struct {
		uint32_t oldest, newest;
	} queues[QUEUES]; /* busy ones of one patience, by age */
	int epoll_fd;
	bool no_pwait2;
	struct skt_crew *crew;
	/* The batch: of beginnings, or of what events have told of. */
	uint32_t ids[BATCH_MAX];
	struct skt_handshake_look looks[BATCH_MAX];
};

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

/* ---- lists ---- */

static void put_free(struct engine *engine, uint32_t id)
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
	put_free(engine, id);
}

/* ---- sockets ---- */

static void close_socket(struct engine *engine, struct attempt *a)
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
		close_socket(engine, a);
}

/* A descriptor of the right family for the attempt, unconnected. */
static int prepare_socket(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	const struct skt_engine_config *c = &engine->config;
	const uint8_t family = a->addr.family;
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET, .data.u32 = id};
	int fd;

	if (a->fd >= 0 && a->family == family)
		return 0;
	close_socket(engine, a);
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

/* What the first connect() of an attempt has said, RC; its descriptor is -1 where none was to be
 * had. */
static void begun(struct engine *engine, uint32_t id, int rc)
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
	put_free(engine, id);
	tell_local(engine, a, -rc);
}

/* Starts the attempt that is filled in. */
static void begin(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	int rc = prepare_socket(engine, id);

	begun(engine, id, rc ? rc : skt_handshake_begin(a->fd, &a->addr, a->port));
}

static void look_at_one(void *ctx, size_t i)
{
	struct engine *engine = ctx;
	const struct attempt *a = &engine->attempts[engine->ids[i]];

	skt_handshake_look(a->fd, &a->addr, a->port, &engine->looks[i]);
}

/* Looks at the first COUNT of the batch. */
static void look_at(struct engine *engine, size_t count)
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

/*
 * Gives up on at most COUNT attempts: on those that may make room for others, or that have ENDED.
 * They are looked at once more, since an answer may have come that no event has told of yet. How
 * many were given up.
 */
static size_t abandon_some(struct engine *engine, size_t count, bool ended, uint64_t now_ns)
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
	look_at(engine, n);
	for (size_t i = 0; i < n; i++) {
		const struct attempt *a = &engine->attempts[engine->ids[i]];

		if (a->busy && !a->confirming)
			engine->ids[undone++] = engine->ids[i];
	}
	skt_crew_run(engine->crew, undone, undo_one, engine);
	for (size_t i = 0; i < undone; i++) {
		if (engine->looks[i].rc)
			close_socket(engine, &engine->attempts[engine->ids[i]]);
		finish(engine, engine->ids[i]);
	}
	return undone;
}

/* ---- the interface ---- */

static uint32_t free_count(const struct engine *engine)
{
	uint32_t capacity = engine->base.capacity;

	return capacity > engine->busy ? SKT_MIN(capacity - engine->busy, (uint32_t)SKT_SHOTS_MAX)
				       : 0;
}

static uint32_t room(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);
	uint32_t count = free_count(engine);

	if (count < SKT_SHOTS_MAX)
		(void)abandon_some(engine, SKT_SHOTS_MAX - count, false, skt_clock_ns());
	return free_count(engine);
}

static uint32_t take_attempt(struct engine *engine, const struct skt_shot *shot, uint64_t now_ns)
{
	uint32_t id = engine->free_head;
	struct attempt *a = &engine->attempts[id];

	engine->free_head = a->next;
	a->addr = shot->addr;
	a->port = shot->port;
	a->index = shot->index;
	a->try = shot->try;
	a->self_connects = 0;
	a->confirming = false;
	a->needed_ns = now_ns + shot->wait_ns;
	a->end_ns = now_ns + SKT_MAX(life_ns, SKT_MAX(shot->wait_ns, shot->keep_ns));
	a->queue = a->end_ns > now_ns + life_ns ? 0 : SKT_MIN(shot->try, (uint8_t)(QUEUES - 1));
	return id;
}

static void begin_one(void *ctx, size_t i)
{
	struct engine *engine = ctx;
	struct attempt *a = &engine->attempts[engine->ids[i]];

	a->begin_ns = skt_clock_ns();
	engine->looks[i].rc = skt_handshake_begin(a->fd, &a->addr, a->port);
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);
	size_t n = 0;

	for (size_t i = 0; i < count && engine->free_head != NONE; i++) {
		uint32_t id = take_attempt(engine, &shots[i], now_ns);
		int rc = prepare_socket(engine, id);

		if (rc)
			begun(engine, id, rc);
		else
			engine->ids[n++] = id;
	}
	skt_crew_run(engine->crew, n, begin_one, engine);
	for (size_t i = 0; i < n; i++)
		begun(engine, engine->ids[i], engine->looks[i].rc);
}

static int wait_for_events(
	struct engine *engine, struct epoll_event *events, uint64_t until_ns, uint64_t now_ns)
{
	const struct timespec rest = skt_wait_rest(until_ns, now_ns);
	int n;

	if (!engine->no_pwait2) {
		n = epoll_pwait2(engine->epoll_fd, events, BATCH_MAX, &rest, NULL);
		if (n >= 0 || errno != ENOSYS)
			return n;
		engine->no_pwait2 = true;
	}
	return epoll_wait(engine->epoll_fd, events, BATCH_MAX,
		(int)rest.tv_sec * 1000 + (int)((rest.tv_nsec + 999999) / 1000000));
}

static void take_events(struct engine *engine, const struct epoll_event *events, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (events[i].data.u32 != NONE && engine->attempts[events[i].data.u32].busy)
			engine->ids[n++] = events[i].data.u32;
	look_at(engine, n);
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct epoll_event events[BATCH_MAX];
	uint64_t now_ns = skt_clock_ns();
	int n;

	while (abandon_some(engine, BATCH_MAX, true, now_ns) == BATCH_MAX)
		;
	do {
		n = wait_for_events(engine, events, until_ns, now_ns);
		if (n < 0)
			return errno == EINTR ? 0 : -errno;
		take_events(engine, events, (size_t)n);
		until_ns = 0;
	} while (n == BATCH_MAX);
	return 0;
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

	skt_crew_free(engine->crew);
	for (uint32_t i = 0; engine->attempts && i < ATTEMPTS_MAX; i++)
		if (engine->attempts[i].fd >= 0) {
			if (engine->attempts[i].busy)
				disconnect(engine, &engine->attempts[i]);
			close_socket(engine, &engine->attempts[i]);
		}
	free(engine->attempts);
	if (engine->epoll_fd >= 0)
		(void)close(engine->epoll_fd);
	free(engine);
}

static size_t polls(struct skt_engine *base, struct pollfd *ret)
{
	*ret = (struct pollfd){.fd = engine_of(base)->epoll_fd, .events = POLLIN};
	return 1;
}

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .polls = polls, .free = engine_free};

/* How many descriptors may be had: the soft limit is raised to the hard one. */
static uint32_t descriptor_limit(void)
{
	struct rlimit limit;
	rlim_t now;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	now = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		now = limit.rlim_cur;
	if (now > ATTEMPTS_MAX + DESCRIPTORS_KEPT)
		return ATTEMPTS_MAX;
	return now > 2 * DESCRIPTORS_KEPT ? (uint32_t)now - DESCRIPTORS_KEPT
					  : SKT_MAX((uint32_t)now / 2, 1U);
}

static int watch_wake_fd(const struct engine *engine)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = NONE};
	int fd = engine->config.wake_fd;

	return fd < 0 ? 0 : epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Whether there is a descriptor to connect with: 0 or an errno. */
static int try_descriptors(const struct engine *engine)
{
	int fd = fcntl(engine->epoll_fd, F_DUPFD_CLOEXEC, 0), errnum = fd < 0 ? errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return errnum == EMFILE || errnum == ENFILE ? errnum : 0;
}

int skt_engine_connect_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int errnum;

	if (!engine)
		return skt_fail(err, ENOMEM, "memory for sockets");
	engine->base.ops = &ops;
	engine->config = *config;
	engine->base.capacity = descriptor_limit();
	engine->free_head = NONE;
	for (size_t q = 0; q < QUEUES; q++)
		engine->queues[q].oldest = engine->queues[q].newest = NONE;
	engine->attempts = calloc(ATTEMPTS_MAX, sizeof(*engine->attempts));
	engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!engine->attempts || engine->epoll_fd < 0 || watch_wake_fd(engine)) {
		errnum = engine->attempts ? errno : ENOMEM;
		if (engine->epoll_fd >= 0)
			(void)close(engine->epoll_fd);
		free(engine->attempts);
		free(engine);
		return skt_fail(err, errnum, "watching sockets");
	}
	for (uint32_t i = ATTEMPTS_MAX; i-- > 0;) {
		engine->attempts[i].fd = -1;
		put_free(engine, i);
	}
	engine->crew = skt_crew_new(config->in_flight);
	/* With none at all no wait helps. */
	errnum = try_descriptors(engine);
	if (errnum) {
		engine_free(&engine->base);
		return skt_fail(err, errnum, "sockets");
	}
	*ret = &engine->base;
	return 0;
}
