/* The event loop: what handlers may do to each other, in which order, and that it never spins. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/loop.h"

struct probe {
	struct skt_watch watch;
	int calls, peer;
	uint32_t events;
	struct probe *victim; /* removed by the handler */
	struct probe *muted;  /* put to sleep by the handler */
	bool reads, stops;
};

static void probe_ready(struct skt_watch *watch, uint32_t events)
{
	struct probe *probe = SKT_CONTAINER(watch, struct probe, watch);
	char bytes[16];

	probe->calls++;
	probe->events |= events;
	if (probe->reads)
		(void)!read(watch->fd, bytes, sizeof(bytes));
	if (probe->stops)
		skt_loop_stop(watch->loop);
	if (probe->muted)
		assert_int_equal(skt_watch_set(&probe->muted->watch, 0), 0);
	if (probe->victim)
		skt_watch_remove(&probe->victim->watch);
}

/* Half of a socket pair, the other half is ours to write to. */
static void probe_open(struct skt_loop *loop, struct probe *probe, uint32_t events)
{
	int pair[2];

	memset(probe, 0, sizeof(*probe));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	probe->watch.fd = pair[0];
	probe->watch.events = events;
	probe->watch.handler = probe_ready;
	probe->peer = pair[1];
	assert_int_equal(skt_watch_add(loop, &probe->watch), 0);
}

static void probe_close(struct probe *probe)
{
	skt_watch_remove(&probe->watch);
	(void)close(probe->watch.fd);
	if (probe->peer >= 0)
		(void)close(probe->peer);
}

static int last_signal, handled;

static void test_reads_and_writes(void **state)
{
	struct skt_loop loop;
	struct probe a;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, EPOLLIN);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 0);
	assert_int_equal(write(a.peer, "x", 1), 1);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.events, EPOLLIN);
	assert_int_equal(skt_watch_set(&a.watch, EPOLLOUT), 0);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.events, EPOLLIN | EPOLLOUT);
	assert_int_equal(
		skt_watch_add(&loop, &(struct skt_watch){.fd = a.watch.fd, .events = 1}), -EEXIST);
	assert_int_equal(skt_watch_add(&loop, &(struct skt_watch){.fd = 999, .events = 1}), -EBADF);
	probe_close(&a);
	skt_watch_remove(&a.watch); /* twice is once */
	skt_loop_fini(&loop);
}

/* Whoever is called first removes the other, whose event lies in the same batch. */
static void test_remove_within_batch(void **state)
{
	struct skt_loop loop;
	struct probe a, b;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, EPOLLIN);
	probe_open(&loop, &b, EPOLLIN);
	a.victim = &b;
	b.victim = &a;
	assert_int_equal(write(a.peer, "x", 1), 1);
	assert_int_equal(write(b.peer, "x", 1), 1);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls + b.calls, 1);
	probe_close(&a);
	probe_close(&b);
	skt_loop_fini(&loop);
}

/* The same with the memory gone: the sanitizers see a touch of it. */
static struct probe *heap_probes[2];

static void free_other(struct skt_watch *watch, uint32_t events)
{
	size_t other = &heap_probes[0]->watch == watch;

	(void)events;
	skt_watch_remove(&heap_probes[other]->watch);
	(void)close(heap_probes[other]->watch.fd);
	(void)close(heap_probes[other]->peer);
	memset(heap_probes[other], 0xee, sizeof(struct probe));
	free(heap_probes[other]);
	heap_probes[other] = NULL;
}

static void test_free_within_batch(void **state)
{
	struct skt_loop loop;
	struct probe *left;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	for (size_t i = 0; i < 2; i++) {
		heap_probes[i] = malloc(sizeof(struct probe));
		assert_non_null(heap_probes[i]);
		probe_open(&loop, heap_probes[i], EPOLLIN);
		heap_probes[i]->watch.handler = free_other;
		assert_int_equal(write(heap_probes[i]->peer, "x", 1), 1);
	}
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	left = heap_probes[0] ? heap_probes[0] : heap_probes[1];
	assert_non_null(left);
	probe_close(left);
	free(left);
	skt_loop_fini(&loop);
}

static void test_sleep_within_batch(void **state)
{
	struct skt_loop loop;
	struct probe a, b;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, EPOLLIN);
	probe_open(&loop, &b, EPOLLIN);
	a.muted = &b;
	b.muted = &a;
	assert_int_equal(write(a.peer, "x", 1), 1);
	assert_int_equal(write(b.peer, "x", 1), 1);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls + b.calls, 1);
	probe_close(&a);
	probe_close(&b);
	skt_loop_fini(&loop);
}

/* A peer that hung up must not wake a watch that sleeps. */
static void test_sleeping_hangup_is_silent(void **state)
{
	struct skt_loop loop;
	struct probe a;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, 0);
	(void)close(a.peer);
	a.peer = -1;
	for (int i = 0; i < 3; i++)
		assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 0);
	skt_watch_kick(&a.watch);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 0);
	assert_int_equal(skt_watch_set(&a.watch, EPOLLIN), 0);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 1);
	assert_true(a.events & EPOLLHUP);
	probe_close(&a);
	skt_loop_fini(&loop);
}

/* One that is alert hears of it, once, and may sleep on: nothing spins. */
static void test_alert_sleeper_hears_hangup_once(void **state)
{
	struct skt_loop loop;
	struct probe a;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, 0);
	a.watch.alert = true;
	assert_int_equal(skt_watch_set(&a.watch, 0), 0);
	assert_int_equal(write(a.peer, "x", 1), 1);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 0);
	(void)close(a.peer);
	a.peer = -1;
	for (int i = 0; i < 3; i++)
		assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.events, EPOLLHUP);
	/* What is so already when it falls asleep is told, too. */
	a.reads = true;
	assert_int_equal(skt_watch_set(&a.watch, EPOLLIN), 0);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(skt_watch_set(&a.watch, 0), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 3);
	/* No longer alert: as deaf as others. */
	a.watch.alert = false;
	assert_int_equal(skt_watch_set(&a.watch, 0), 0);
	assert_false(a.watch.registered);
	probe_close(&a);
	skt_loop_fini(&loop);
}

static void test_files_are_always_ready(void **state)
{
	struct skt_loop loop;
	struct probe file = {0}, null = {0}, socket;
	char name[] = "/tmp/skt-loop-XXXXXX";

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	file.watch.fd = mkstemp(name);
	assert_true(file.watch.fd >= 0);
	(void)unlink(name);
	null.watch.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	file.watch.events = EPOLLIN;
	null.watch.events = EPOLLOUT;
	file.watch.handler = null.watch.handler = probe_ready;
	assert_int_equal(skt_watch_add(&loop, &file.watch), 0);
	assert_int_equal(skt_watch_add(&loop, &null.watch), 0);
	/* They do not keep what epoll knows of from its turn. */
	probe_open(&loop, &socket, EPOLLOUT);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
		assert_int_equal(file.calls, i);
		assert_int_equal(null.calls, i);
		assert_int_equal(socket.calls, i);
	}
	assert_int_equal(file.events, EPOLLIN);
	assert_int_equal(null.events, EPOLLOUT);
	/* Asleep, then awake. */
	assert_int_equal(skt_watch_set(&file.watch, 0), 0);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(file.calls, 3);
	assert_int_equal(skt_watch_set(&file.watch, EPOLLOUT), 0);
	/* Removed by the one that is called first, while the list is walked. */
	file.victim = &null;
	null.victim = &file;
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(file.calls + null.calls, 3 + 4 + 1);
	probe_close(&socket);
	skt_watch_remove(&file.watch);
	skt_watch_remove(&null.watch);
	(void)close(file.watch.fd);
	(void)close(null.watch.fd);
	skt_loop_fini(&loop);
}

static void rekick(struct skt_watch *watch, uint32_t events)
{
	probe_ready(watch, events);
	skt_watch_kick(watch);
}

static void test_kick(void **state)
{
	struct skt_loop loop;
	struct probe a;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, EPOLLIN);
	skt_watch_kick(&a.watch);
	skt_watch_kick(&a.watch);
	/* Neither waits nor comes back. */
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 1);
	/* Once a round, also where the handler kicks itself. */
	a.watch.handler = rekick;
	skt_watch_kick(&a.watch);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(a.calls, 3);
	probe_close(&a); /* still kicked */
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(a.calls, 3);
	skt_loop_fini(&loop);
}

struct tick {
	struct skt_timer timer;
	int fired, *order, *count, id;
	struct skt_loop *again; /* armed anew by the handler, for at once */
	struct tick *victim;
};

static void tick_fired(struct skt_timer *timer)
{
	struct tick *tick = SKT_CONTAINER(timer, struct tick, timer);

	tick->fired++;
	if (tick->order)
		tick->order[(*tick->count)++] = tick->id;
	if (tick->again)
		skt_timer_set(tick->again, timer, 0);
	if (tick->victim)
		skt_timer_remove(&tick->victim->timer);
}

static void test_timer_order(void **state)
{
	enum { N = 5 };
	struct skt_loop loop;
	struct tick ticks[N] = {0};
	int order[N], count = 0;
	uint64_t now;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	now = skt_loop_now(&loop);
	for (int i = 0; i < N; i++) {
		ticks[i].timer.handler = tick_fired;
		ticks[i].order = order;
		ticks[i].count = &count;
		ticks[i].id = i;
		/* 1 and 3 earlier; 0, 2 and 4 at the same time. */
		skt_timer_set(&loop, &ticks[i].timer, now + (i % 2 ? 1000 : 2000));
	}
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(count, N);
	assert_memory_equal(order, ((int[]){1, 3, 0, 2, 4}), sizeof(order));
	skt_loop_fini(&loop);
}

static void test_timer_in_handlers(void **state)
{
	struct skt_loop loop;
	struct tick self = {0}, later = {0}, gone = {0};
	struct probe socket;
	uint64_t now;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	now = skt_loop_now(&loop);
	self.timer.handler = later.timer.handler = gone.timer.handler = tick_fired;
	self.again = &loop;
	self.victim = &gone;
	skt_timer_set(&loop, &self.timer, 0);
	skt_timer_set(&loop, &later.timer, now + 1);
	skt_timer_set(&loop, &gone.timer, now + 2);
	probe_open(&loop, &socket, EPOLLOUT);
	/* One that arms itself for at once comes once a round and starves neither time nor sockets.
	 */
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
		assert_int_equal(self.fired, i);
		assert_int_equal(socket.calls, i);
		assert_int_equal(later.fired, 1);
	}
	assert_int_equal(gone.fired, 0);
	/* Moved, removed, removed twice, never. */
	skt_timer_set(&loop, &later.timer, now + 3600 * SKT_NS_PER_SEC);
	skt_timer_set(&loop, &later.timer, 0);
	skt_timer_remove(&self.timer);
	skt_timer_remove(&self.timer);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(later.fired, 2);
	skt_timer_set(&loop, &later.timer, 5);
	skt_timer_set(&loop, &later.timer, SKT_NEVER);
	assert_false(skt_timer_armed(&later.timer));
	probe_close(&socket);
	assert_int_equal(skt_loop_run(&loop), 0); /* nothing left: returns */
	skt_loop_fini(&loop);
}

static void test_timer_waits_long_enough(void **state)
{
	struct skt_loop loop;
	struct tick tick = {.timer.handler = tick_fired};
	uint64_t before;

	(void)state;
	for (int old = 0; old < 2; old++) {
		assert_int_equal(skt_loop_init(&loop), 0);
		loop.no_pwait2 = old;
		before = skt_clock_ns();
		skt_timer_set(&loop, &tick.timer, before + 1500 * SKT_NS_PER_US);
		assert_int_equal(skt_loop_run(&loop), 0);
		assert_true(skt_clock_ns() - before >= 1500 * SKT_NS_PER_US);
		/* It slept, it did not poll. */
		assert_in_range(loop.wakeups, 1, 3);
		skt_loop_fini(&loop);
	}
	assert_int_equal(tick.fired, 2);
}

/* A thousand timers armed, moved and removed at random fire in the order of a sorted list. */
static uint64_t last_deadline, last_sequence;

static void in_order(struct skt_timer *timer)
{
	struct tick *tick = SKT_CONTAINER(timer, struct tick, timer);

	tick->fired++;
	assert_true(timer->deadline_ns > last_deadline ||
		(timer->deadline_ns == last_deadline && timer->sequence > last_sequence));
	last_deadline = timer->deadline_ns;
	last_sequence = timer->sequence;
}

static void test_timer_many(void **state)
{
	enum { N = 1000 };
	struct skt_loop loop;
	struct tick *ticks = calloc(N, sizeof(*ticks));
	unsigned int seed = 7;
	size_t armed = 0, fired = 0;
	uint64_t base;

	(void)state;
	assert_non_null(ticks);
	assert_int_equal(skt_loop_init(&loop), 0);
	base = skt_loop_now(&loop);
	last_deadline = last_sequence = 0;
	for (int i = 0; i < 20 * N; i++) {
		struct tick *tick = &ticks[rand_r(&seed) % N];

		tick->timer.handler = in_order;
		if (rand_r(&seed) % 3)
			skt_timer_set(&loop, &tick->timer, base + (uint64_t)rand_r(&seed) % 200);
		else
			skt_timer_remove(&tick->timer);
	}
	for (int i = 0; i < N; i++)
		armed += skt_timer_armed(&ticks[i].timer);
	assert_int_equal(skt_loop_run(&loop), 0);
	for (int i = 0; i < N; i++) {
		assert_in_range(ticks[i].fired, 0, 1);
		fired += (size_t)ticks[i].fired;
	}
	assert_true(armed > N / 4);
	assert_int_equal(fired, armed);
	free(ticks);
	skt_loop_fini(&loop);
}

/* More are ready than a batch holds: the timer that would call them late comes behind them all. */
static void late(struct skt_timer *timer)
{
	struct tick *tick = SKT_CONTAINER(timer, struct tick, timer);

	tick->fired = handled;
}

static void counted(struct skt_watch *watch, uint32_t events)
{
	(void)events;
	handled++;
	skt_watch_remove(watch);
}

static void counted_again(struct skt_watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	handled++;
}

static void test_timers_after_all_events(void **state)
{
	enum { N = 3 * SKT_LOOP_BATCH + 5 };
	struct skt_loop loop;
	struct probe *probes = calloc(N, sizeof(*probes));
	struct tick tick = {.timer.handler = late};

	(void)state;
	assert_non_null(probes);
	assert_int_equal(skt_loop_init(&loop), 0);
	for (int again = 0; again < 2; again++) {
		handled = 0;
		for (int i = 0; i < N; i++) {
			probe_open(&loop, &probes[i], EPOLLOUT);
			probes[i].watch.handler = again ? counted_again : counted;
		}
		skt_timer_set(&loop, &tick.timer, 0);
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
		/* Those that stay ready get their turn, and do not keep the timer waiting. */
		assert_in_range(tick.fired, N, N + SKT_LOOP_BATCH);
		for (int i = 0; i < N; i++)
			probe_close(&probes[i]);
	}
	free(probes);
	skt_loop_fini(&loop);
}

static void test_run_ends(void **state)
{
	struct skt_loop loop;
	struct probe a, background;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	probe_open(&loop, &a, EPOLLOUT);
	probe_open(&loop, &background, EPOLLIN);
	skt_watch_remove(&background.watch);
	background.watch.background = true;
	assert_int_equal(skt_watch_add(&loop, &background.watch), 0);
	a.stops = true;
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(a.calls, 1);
	a.stops = false;
	a.victim = &a; /* removes itself: only the background is left */
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(a.calls, 2);
	probe_close(&a);
	probe_close(&background);
	skt_loop_fini(&loop);
}

static void signal_came(struct skt_signals *signals, int signo)
{
	last_signal = signo;
	skt_signals_close(signals);
}

static void test_signals(void **state)
{
	struct skt_loop loop;
	struct skt_signals signals = {.handler = signal_came};
	sigset_t which, before, after;

	(void)state;
	assert_int_equal(skt_loop_init(&loop), 0);
	(void)sigemptyset(&which);
	(void)sigaddset(&which, SIGUSR1);
	(void)sigaddset(&which, SIGTERM);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &before);
	assert_int_equal(skt_signals_open(&loop, &signals, &which, NULL), 0);
	(void)raise(SIGTERM);
	assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	assert_int_equal(last_signal, SIGTERM);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
	skt_signals_close(&signals);
	skt_loop_fini(&loop);
}

static volatile sig_atomic_t caught;

static void handle(int signo)
{
	caught = signo;
}

static void test_signal_of_before(void **state)
{
	const struct sigaction action = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};
	struct skt_loop loop;
	struct skt_signals signals = {.handler = signal_came};
	struct sigaction before;
	sigset_t which;

	(void)state;
	last_signal = 0;
	assert_int_equal(skt_loop_init(&loop), 0);
	(void)sigemptyset(&which);
	(void)sigaddset(&which, SIGTERM);
	assert_int_equal(sigaction(SIGTERM, &action, &before), 0);
	(void)raise(SIGTERM);
	assert_int_equal(caught, SIGTERM);
	assert_int_equal(skt_signals_open(&loop, &signals, &which, &caught), 0);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(last_signal, SIGTERM);
	skt_signals_close(&signals);
	(void)sigaction(SIGTERM, &before, NULL);
	skt_loop_fini(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_reads_and_writes),
		unit_test(test_remove_within_batch),
		unit_test(test_free_within_batch),
		unit_test(test_sleep_within_batch),
		unit_test(test_sleeping_hangup_is_silent),
		unit_test(test_alert_sleeper_hears_hangup_once),
		unit_test(test_files_are_always_ready),
		unit_test(test_kick),
		unit_test(test_timer_order),
		unit_test(test_timer_in_handlers),
		unit_test(test_timer_waits_long_enough),
		unit_test(test_timer_many),
		unit_test(test_timers_after_all_events),
		unit_test(test_run_ends),
		unit_test(test_signals),
		unit_test(test_signal_of_before),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
