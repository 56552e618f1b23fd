#include "net/loop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/loop_internal.h"

/* The kernel's timespec on every ABI (include/uapi/linux/time_types.h). */
struct kernel_timespec {
	int64_t sec;
	long long nsec;
};

int skt_loop_init(struct skt_loop *loop)
{
	memset(loop, 0, offsetof(struct skt_loop, batch));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->ready_tail = &loop->ready;
	loop->now_ns = skt_clock_ns();
	return 0;
}

void skt_loop_fini(struct skt_loop *loop)
{
	while (loop->timers)
		skt_timer_remove(loop->timers);
	if (loop->epoll_fd >= 0)
		(void)close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

uint64_t skt_loop_after(const struct skt_loop *loop, uint64_t duration_ns)
{
	return skt_clock_add(loop->now_ns, duration_ns);
}

static void ready_insert(struct skt_watch *watch)
{
	struct skt_loop *loop = watch->loop;

	if (watch->ready_link)
		return;
	watch->ready_next = NULL;
	watch->ready_link = loop->ready_tail;
	*loop->ready_tail = watch;
	loop->ready_tail = &watch->ready_next;
}

static void ready_remove(struct skt_watch *watch)
{
	struct skt_loop *loop = watch->loop;

	if (!watch->ready_link)
		return;
	if (loop->ready_cursor == watch)
		loop->ready_cursor = watch->ready_next;
	*watch->ready_link = watch->ready_next;
	if (watch->ready_next)
		watch->ready_next->ready_link = watch->ready_link;
	else
		loop->ready_tail = watch->ready_link;
	watch->ready_link = NULL;
	watch->ready_next = NULL;
}

static int control(struct skt_watch *watch, uint32_t events)
{
	bool stays = events || watch->alert;
	struct epoll_event event = {
		.events = events ? events : (uint32_t)EPOLLET, .data.ptr = watch};
	int op = !watch->registered ? EPOLL_CTL_ADD : stays ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	if (epoll_ctl(watch->loop->epoll_fd, op, watch->fd, &event) == 0) {
		watch->registered = stays;
		return 0;
	}
	if (errno != EPERM || op != EPOLL_CTL_ADD)
		return -errno;
	watch->always = true;
	return 0;
}

/* Whether the kernel must be told of EVENTS. */
static bool is_news(const struct skt_watch *watch, uint32_t events)
{
	if (watch->always)
		return false;
	if (watch->registered)
		return events != watch->events || (!events && !watch->alert);
	return events || watch->alert;
}

int skt_watch_set(struct skt_watch *watch, uint32_t events)
{
	int r;

	if (!watch->loop)
		return -EINVAL;
	if (is_news(watch, events)) {
		r = control(watch, events);
		if (r)
			return r;
	}
	watch->events = events;
	if (watch->always && events)
		ready_insert(watch);
	else if (!watch->kicked)
		ready_remove(watch);
	return 0;
}

int skt_watch_add(struct skt_loop *loop, struct skt_watch *watch)
{
	int r;

	watch->loop = loop;
	watch->pending = NULL;
	watch->ready_next = NULL;
	watch->ready_link = NULL;
	watch->registered = watch->always = watch->kicked = false;
	watch->polled = 0;
	/* Not called before the next round, whatever adds it. */
	watch->round = loop->round;
	r = watch->events ? skt_watch_set(watch, watch->events) : 0;
	if (r) {
		watch->loop = NULL;
		return r;
	}
	loop->foreground += !watch->background;
	return 0;
}

void skt_watch_remove(struct skt_watch *watch)
{
	struct epoll_event unused = {0};

	if (!watch->loop)
		return;
	if (watch->registered)
		(void)epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, &unused);
	if (watch->pending)
		watch->pending->data.ptr = NULL;
	watch->pending = NULL;
	if (watch->loop->current == watch)
		watch->loop->current = NULL;
	ready_remove(watch);
	watch->loop->foreground -= !watch->background;
	watch->registered = watch->kicked = false;
	watch->loop = NULL;
}

void skt_watch_kick(struct skt_watch *watch)
{
	if (!watch->loop)
		return;
	watch->kicked = true;
	ready_insert(watch);
}

/* Until when to sleep: what is ready already, the first timer, or the caller's own deadline. */
static uint64_t wait_until(const struct skt_loop *loop, uint64_t deadline_ns)
{
	if (loop->ready || loop->stopped)
		return 0;
	if (loop->timers && loop->timers->deadline_ns < deadline_ns)
		return loop->timers->deadline_ns;
	return deadline_ns;
}

static int wait_events(struct skt_loop *loop, uint64_t until_ns)
{
	struct kernel_timespec ts = {0}, *timeout = &ts;
	uint64_t now = until_ns && until_ns != SKT_NEVER ? skt_clock_ns() : 0;
	uint64_t wait_ns = until_ns > now && until_ns != SKT_NEVER ? until_ns - now : 0;
	long n;

	/* A day is as good as for ever: the next round waits for the rest. */
	wait_ns = SKT_MIN(wait_ns, 86400 * SKT_NS_PER_SEC);
	loop->wakeups++;
#ifdef SYS_epoll_pwait2
	if (!loop->no_pwait2) {
		ts.sec = (int64_t)(wait_ns / SKT_NS_PER_SEC);
		ts.nsec = (long long)(wait_ns % SKT_NS_PER_SEC);
		if (until_ns == SKT_NEVER)
			timeout = NULL;
		n = syscall(SYS_epoll_pwait2, loop->epoll_fd, loop->batch, SKT_LOOP_BATCH, timeout,
			NULL, (size_t)0);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n < 0 ? -errno : (int)n;
		/* Too old, or forbidden by a filter that does not know the call. */
		loop->no_pwait2 = true;
	}
#endif
	n = epoll_wait(loop->epoll_fd, loop->batch, SKT_LOOP_BATCH,
		until_ns == SKT_NEVER ? -1 : (int)((wait_ns + SKT_NS_PER_MS - 1) / SKT_NS_PER_MS));
	return n < 0 ? -errno : (int)n;
}

static void call(struct skt_watch *watch, uint32_t events)
{
	struct skt_loop *loop = watch->loop;

	loop->current = watch;
	watch->handler(watch, events);
	loop->current = NULL;
}

/* Returns whether all of them were news: none of them had been named before in this round. */
static bool run_batch(struct skt_loop *loop, int count)
{
	struct skt_watch *watch;
	bool news = true;

	for (int i = 0; i < count; i++) {
		watch = loop->batch[i].data.ptr;
		watch->pending = &loop->batch[i];
		news &= watch->polled != loop->round;
		watch->polled = loop->round;
	}
	for (int i = 0; i < count; i++) {
		uint32_t events;

		watch = loop->batch[i].data.ptr;
		if (!watch)
			continue;
		watch->pending = NULL;
		/* An earlier handler of the batch may have lost interest on its behalf. */
		events = loop->batch[i].events & (watch->events | EPOLLHUP | EPOLLERR);
		if (events && (watch->events || watch->alert))
			call(watch, events);
	}
	return news;
}

static bool timer_is_due(const struct skt_loop *loop)
{
	return loop->timers && loop->timers->deadline_ns <= loop->now_ns;
}

static void run_ready(struct skt_loop *loop)
{
	struct skt_watch *watch;

	for (loop->ready_cursor = loop->ready; (watch = loop->ready_cursor);) {
		loop->ready_cursor = watch->ready_next;
		if (watch->round == loop->round)
			continue;
		watch->round = loop->round;
		watch->kicked = false;
		if (!watch->always || !watch->events)
			ready_remove(watch);
		if (watch->events)
			call(watch, watch->events);
	}
}

int skt_loop_step(struct skt_loop *loop, uint64_t deadline_ns)
{
	int count = wait_events(loop, wait_until(loop, deadline_ns));

	if (count < 0 && count != -EINTR)
		return count;
	loop->now_ns = skt_clock_ns();
	loop->round++;
	/* epoll hands out in turns: once a watch is named again, all that were ready have been. */
	while (count > 0 && run_batch(loop, count) && count == SKT_LOOP_BATCH && !loop->stopped &&
		timer_is_due(loop))
		count = wait_events(loop, 0);
	run_ready(loop);
	skt_loop_run_timers(loop);
	return 0;
}

int skt_loop_run(struct skt_loop *loop)
{
	int r = 0;

	loop->stopped = false;
	while (r == 0 && !loop->stopped && (loop->foreground || loop->timers))
		r = skt_loop_step(loop, SKT_NEVER);
	return r;
}

void skt_loop_stop(struct skt_loop *loop)
{
	loop->stopped = true;
}

static void signals_ready(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_signals *signals = SKT_CONTAINER(watch, struct skt_signals, watch);
	struct signalfd_siginfo info;

	/* One a round: the handler may close us. */
	if (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signals->handler(signals, (int)info.ssi_signo);
}

int skt_signals_open(struct skt_loop *loop, struct skt_signals *signals, const sigset_t *which,
	const volatile sig_atomic_t *came)
{
	struct skt_watch watch = {.events = EPOLLIN, .handler = signals_ready, .background = true};
	int r;

	watch.fd = signalfd(-1, which, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch.fd < 0)
		return -errno;
	signals->watch = watch;
	r = skt_watch_add(loop, &signals->watch);
	if (r == 0)
		r = -pthread_sigmask(SIG_BLOCK, which, &signals->before);
	if (r) {
		skt_watch_remove(&signals->watch);
		(void)close(watch.fd);
		signals->watch.fd = -1;
	} else if (came && *came) {
		(void)raise((int)*came); /* blocked now: to be read */
	}
	return r;
}

void skt_signals_close(struct skt_signals *signals)
{
	if (!signals->watch.loop)
		return;
	skt_watch_remove(&signals->watch);
	(void)close(signals->watch.fd);
	signals->watch.fd = -1;
	(void)pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
}
