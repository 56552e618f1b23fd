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
#include "scan/engine_connect_internal.h"
#include "scan/wait.h"

/* Descriptors for whatever else the process opens. */
enum { DESCRIPTORS_KEPT = 24 };

/* The kernel repeats a SYN after a second (TCP_TIMEOUT_INIT): that would be a probe uncounted. */
static const uint64_t life_ns = 950 * SKT_NS_PER_MS;

static struct engine *engine_of(struct skt_engine *base)
{
	return SKT_CONTAINER(base, struct engine, base);
}

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
		(void)skt_attempts_abandon(engine, SKT_SHOTS_MAX - count, false, skt_clock_ns());
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
		int rc = skt_attempt_prepare(engine, id);

		if (rc)
			skt_attempt_begun(engine, id, rc);
		else
			engine->ids[n++] = id;
	}
	skt_crew_run(engine->crew, n, begin_one, engine);
	for (size_t i = 0; i < n; i++)
		skt_attempt_begun(engine, engine->ids[i], engine->looks[i].rc);
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
	skt_attempts_look(engine, n);
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct epoll_event events[BATCH_MAX];
	uint64_t now_ns = skt_clock_ns();
	int n;

	while (skt_attempts_abandon(engine, BATCH_MAX, true, now_ns) == BATCH_MAX)
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
				(void)skt_handshake_undo(engine->attempts[i].fd);
			skt_attempt_close(engine, &engine->attempts[i]);
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
		skt_attempt_free(engine, i);
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
