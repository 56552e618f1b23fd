/*
 * The unprivileged TCP engine: connect(2) on descriptors that are used again and again.
 *
 * An attempt is CONNECTING on its descriptor until it is collected by another connect() to the same
 * place, which takes the socket's lock and so tells the truth once:
 *
 *	0             established (a self-connect is found out by its two equal ends)
 *	EALREADY      nothing yet; an ICMP error may still wait in the error queue, since one that
 *	              comes while the socket is locked ends nothing (tcp_v4_err(), sk_err_soft)
 *	other         the attempt has failed; the socket is unconnected and ready for the next one
 *
 * SO_ERROR is never asked: the kernel wakes the poller of an ICMP error before it is stored there.
 * The error queue is read after the collecting connect(), never before: tcp_v4_err() fills it under
 * the same lock. What is in it tells a firewall's REJECT from a closed port, whose errno is one.
 * An edge of epoll may be late, or of an attempt that is over; it then collects EALREADY, or
 * nothing at all.
 *
 * Attempts stay alive behind their timeout, for late answers, as long as no other needs the
 * descriptor and the kernel would not repeat the SYN.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "scan/engine.h"
#include "scan/icmp_queue.h"

enum {
	ATTEMPTS_MAX = 1 << 15,
	DESCRIPTORS_KEPT = 24, /* for whatever else the process opens */
	EVENTS_MAX = 256,
	SELF_CONNECTS_MAX = 16,
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
	uint8_t self_connects;
	bool busy;
	bool confirming; /* was established to this very host: once more to be sure */
};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	struct attempt *attempts;
	uint32_t count;          /* attempts with a descriptor */
	uint32_t busy;           /* attempts under way */
	uint32_t free_head;      /* unused ones, linked by next */
	uint32_t oldest, newest; /* busy ones by age */
	int epoll_fd;
	bool no_pwait2;
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

	a->busy = true;
	a->prev = engine->newest;
	a->next = NONE;
	if (engine->newest == NONE)
		engine->oldest = id;
	else
		engine->attempts[engine->newest].next = id;
	engine->newest = id;
	engine->busy++;
}

static void remove_busy(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];

	if (a->prev == NONE)
		engine->oldest = a->next;
	else
		engine->attempts[a->prev].next = a->next;
	if (a->next == NONE)
		engine->newest = a->prev;
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

/* Unconnects, with a reset where there is a connection: no TIME_WAIT here, and none there. */
static void disconnect(struct engine *engine, struct attempt *a)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	if (connect(a->fd, &none, sizeof(none)))
		close_socket(engine, a);
}

static int bind_source(int fd, const struct skt_addr *source, const char *interface)
{
	struct sockaddr_storage sa;
	const int on = 1;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);

	if (interface &&
		setsockopt(
			fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)))
		return -errno;
	/* The port is chosen when the other end is known: else 28,000 of them would be all. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (len && bind(fd, (const struct sockaddr *)&sa, len))
		return -errno;
	return 0;
}

static int open_socket(struct engine *engine, struct attempt *a, uint8_t family, uint32_t id)
{
	const struct skt_engine_config *c = &engine->config;
	struct epoll_event event = {
		.events = EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET, .data.u32 = id};
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP), rc;

	if (fd < 0)
		return -errno;
	rc = skt_icmp_queue_enable(fd, family);
	if (!rc)
		rc = bind_source(fd, family == AF_INET ? &c->source4 : &c->source6, c->interface);
	if (!rc && epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		rc = -errno;
	if (rc) {
		(void)close(fd);
		return rc;
	}
	a->fd = fd;
	a->family = family;
	engine->count++;
	return 0;
}

static int try_connect(const struct attempt *a)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(&a->addr, a->port, &sa);
	int rc;

	do
		rc = connect(a->fd, (const struct sockaddr *)&sa, len);
	while (rc && errno == EINTR);
	return rc ? -errno : 0;
}

/* ---- what attempts come to ---- */

static void tell(struct engine *engine, const struct attempt *a, struct skt_evidence *evidence)
{
	evidence->index = a->index;
	evidence->try = a->try;
	if (evidence->kind != SKT_EVIDENCE_LOCAL)
		evidence->rtt_ns = skt_clock_ns() - a->begin_ns;
	engine->config.seen(engine->config.ctx, evidence);
}

static void tell_local(struct engine *engine, const struct attempt *a, int error)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_LOCAL, .error = error};

	tell(engine, a, &evidence);
}

static void begin(struct engine *engine, uint32_t id);

/*
 * An attempt may as well have met another of ours, on its way to the port that is the source of
 * this one; what that leaves behind looks like a server that accepts, or accepts and resets. It
 * does not happen twice in a row: an open port of this host is asked once more.
 */
static void established(struct engine *engine, uint32_t id, enum skt_evidence_kind kind)
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
	tell(engine, a, &evidence);
	finish(engine, id);
}

/* The error of the queue that is about this attempt. */
static bool take_icmp(const struct attempt *a, struct skt_icmp_error *ret)
{
	struct skt_icmp_error error;
	bool found = false;

	while (!skt_icmp_error_next(a->fd, &error)) {
		error.to.scope_id = a->addr.scope_id;
		if (found || error.port != a->port || !skt_addr_equal(&error.to, &a->addr))
			continue;
		*ret = error;
		found = true;
	}
	return found;
}

static void refused(struct engine *engine, uint32_t id, int error)
{
	struct attempt *a = &engine->attempts[id];
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_RESET};
	struct skt_icmp_error icmp;

	if (take_icmp(a, &icmp))
		evidence = skt_icmp_evidence(engine->config.local, &icmp, a->index);
	else if (error != ECONNREFUSED)
		evidence = (struct skt_evidence){.kind = SKT_EVIDENCE_LOCAL, .error = error};
	tell(engine, a, &evidence);
	finish(engine, id);
}

/* The kernel gave up by itself: no evidence of anything. */
static bool is_silence(int error)
{
	return error == ETIMEDOUT || error == ECONNABORTED;
}

/* Collects one attempt, as the head of this file says. */
static void collect_one(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	struct skt_icmp_error icmp;
	struct skt_evidence evidence;
	int rc;

	if (!a->busy)
		return;
	rc = try_connect(a);
	if (rc == 0 || rc == -EISCONN) {
		established(engine, id, SKT_EVIDENCE_ACCEPTED);
	} else if (rc == -ECONNRESET || rc == -EPIPE) {
		established(engine, id, SKT_EVIDENCE_ABORTED);
	} else if (rc == -EALREADY || rc == -EINPROGRESS || is_silence(-rc)) {
		bool told = take_icmp(a, &icmp);

		if (!told && rc == -EALREADY)
			return;
		if (rc == -EALREADY || rc == -EINPROGRESS)
			disconnect(engine, a);
		if (told) {
			evidence = skt_icmp_evidence(engine->config.local, &icmp, a->index);
			tell(engine, a, &evidence);
		}
		finish(engine, id);
	} else {
		refused(engine, id, -rc);
	}
}

/* Starts the attempt that is filled in; its descriptor is there and unconnected. */
static void begin(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];
	int rc = 0;

	if (a->fd >= 0 && a->family != a->addr.family)
		close_socket(engine, a);
	if (a->fd < 0)
		rc = open_socket(engine, a, a->addr.family, id);
	if (!rc) {
		append_busy(engine, id);
		rc = try_connect(a);
		if (rc == -EINPROGRESS)
			return;
		if (rc == 0) {
			established(engine, id, SKT_EVIDENCE_ACCEPTED);
			return;
		}
		remove_busy(engine, id);
	}
	if (rc == -ECONNREFUSED || rc == -ECONNRESET) {
		append_busy(engine, id);
		refused(engine, id, -rc);
		return;
	}
	if ((rc == -EMFILE || rc == -ENFILE) && engine->count > 1)
		engine->base.capacity = SKT_MIN(engine->base.capacity, engine->count);
	put_free(engine, id);
	tell_local(engine, a, -rc);
}

/* Gives up on an attempt: nothing was seen of it. */
static void abandon(struct engine *engine, uint32_t id)
{
	struct attempt *a = &engine->attempts[id];

	/* An answer may have come that no event has told of yet. */
	collect_one(engine, id);
	if (!a->busy || a->confirming)
		return;
	disconnect(engine, a);
	finish(engine, id);
}

/* ---- the interface ---- */

static uint32_t room(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);
	uint64_t now_ns = skt_clock_ns();
	uint32_t free_count =
		engine->base.capacity > engine->busy ? engine->base.capacity - engine->busy : 0;

	/* The oldest have had their time. */
	for (uint32_t id = engine->oldest; id != NONE && free_count < SKT_SHOTS_MAX;) {
		uint32_t next = engine->attempts[id].next;

		if (engine->attempts[id].needed_ns > now_ns)
			break;
		abandon(engine, id);
		free_count++;
		id = next != NONE && engine->attempts[next].busy ? next : NONE;
	}
	return SKT_MIN(free_count, (uint32_t)SKT_SHOTS_MAX);
}

static void submit(
	struct skt_engine *base, const struct skt_shot *shots, size_t count, uint64_t now_ns)
{
	struct engine *engine = engine_of(base);

	for (size_t i = 0; i < count; i++) {
		uint32_t id = engine->free_head;
		struct attempt *a;

		if (id == NONE)
			return;
		a = &engine->attempts[id];
		engine->free_head = a->next;
		a->addr = shots[i].addr;
		a->port = shots[i].port;
		a->index = shots[i].index;
		a->try = shots[i].try;
		a->self_connects = 0;
		a->confirming = false;
		a->begin_ns = i ? skt_clock_ns() : now_ns;
		a->needed_ns = now_ns + shots[i].wait_ns;
		a->end_ns = now_ns + SKT_MAX(life_ns, shots[i].wait_ns);
		begin(engine, id);
	}
}

static int wait_for_events(
	struct engine *engine, struct epoll_event *events, uint64_t until_ns, uint64_t now_ns)
{
	uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec ts = {
		.tv_sec = (time_t)(wait_ns / SKT_NS_PER_SEC),
		.tv_nsec = (long)(wait_ns % SKT_NS_PER_SEC),
	};
	int n;

	if (!engine->no_pwait2) {
		n = epoll_pwait2(engine->epoll_fd, events, EVENTS_MAX, &ts, NULL);
		if (n >= 0 || errno != ENOSYS)
			return n;
		engine->no_pwait2 = true;
	}
	return epoll_wait(engine->epoll_fd, events, EVENTS_MAX,
		(int)((wait_ns + SKT_NS_PER_MS - 1) / SKT_NS_PER_MS));
}

static int collect(struct skt_engine *base, uint64_t until_ns)
{
	struct engine *engine = engine_of(base);
	struct epoll_event events[EVENTS_MAX];
	uint64_t now_ns = skt_clock_ns();
	int n;

	while (engine->oldest != NONE && engine->attempts[engine->oldest].end_ns <= now_ns) {
		uint32_t id = engine->oldest;

		abandon(engine, id);
		if (engine->attempts[id].busy)
			break;
	}
	do {
		n = wait_for_events(engine, events, until_ns, now_ns);
		if (n < 0)
			return errno == EINTR ? 0 : -errno;
		for (int i = 0; i < n; i++)
			collect_one(engine, events[i].data.u32);
		until_ns = 0;
	} while (n == EVENTS_MAX);
	return 0;
}

static void engine_free(struct skt_engine *base)
{
	struct engine *engine = engine_of(base);

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

static const struct skt_engine_ops ops = {
	.room = room, .submit = submit, .collect = collect, .free = engine_free};

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
	engine->free_head = engine->oldest = engine->newest = NONE;
	engine->attempts = calloc(ATTEMPTS_MAX, sizeof(*engine->attempts));
	engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!engine->attempts || engine->epoll_fd < 0) {
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
	*ret = &engine->base;
	return 0;
}
