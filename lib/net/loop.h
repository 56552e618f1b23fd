/*
 * One event loop: descriptors, timers and signals of one thread. All of its parts are embedded in
 * structs of their users, so nothing that runs can fail for want of memory.
 *
 * In a handler everything is allowed: to remove, change, add and free any watch or timer, its own
 * and those whose event is in the same batch, which then is dropped. Only running the loop inside
 * itself is not.
 *
 * Sources: epoll(7), epoll_pwait2(2), signalfd(2).
 */
#ifndef SKT_NET_LOOP_H
#define SKT_NET_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"

enum { SKT_LOOP_BATCH = 128 };

/*
 * A descriptor that is watched. The user sets the first four, zeroes the rest, and removes the
 * watch before the descriptor is closed. A descriptor has one watch at the most.
 */
struct skt_watch {
	int fd;
	/*
	 * EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP; level triggered. With 0 the watch sleeps: it
	 * hears nothing, unless it is alert.
	 */
	uint32_t events;
	/* EVENTS: what was asked for and has come; EPOLLHUP and EPOLLERR beside. */
	void (*handler)(struct skt_watch *watch, uint32_t events);
	bool background; /* does not keep skt_loop_run() from ending */
	/*
	 * Asleep it still hears of EPOLLERR and EPOLLHUP, from the first skt_watch_set() on: by
	 * edge, so that a peer which is gone cannot make the loop spin. What is already the case
	 * when it falls asleep is told once each time.
	 */
	bool alert;

	/* the loop's own */
	struct skt_loop *loop;       /* NULL: not added */
	struct epoll_event *pending; /* the event of this watch in the batch that is handled now */
	struct skt_watch *ready_next,
		**ready_link; /* in the list of those that epoll knows not of */
	uint64_t round;       /* the last one in which it was called from that list */
	uint64_t polled;      /* the last one in which the kernel named it */
	bool registered;      /* with the kernel */
	bool always;          /* a file, always ready: epoll refuses those */
	bool kicked;
};

/* A point in time. The user sets the handler and zeroes the rest. Not armed again by itself. */
struct skt_timer {
	void (*handler)(struct skt_timer *timer);

	/* the loop's own: a node of a pairing heap (Fredman et al. 1986) */
	struct skt_loop *loop; /* NULL: not armed */
	uint64_t deadline_ns;  /* CLOCK_MONOTONIC */
	uint64_t sequence;     /* of arming: equal deadlines fire in that order */
	struct skt_timer *child, *next, **link;
};

struct skt_loop {
	int epoll_fd;
	bool stopped;
	bool no_pwait2;  /* the kernel is older than 5.11: waits are rounded up to 1 ms */
	uint64_t now_ns; /* taken once after each wait */
	uint64_t sequence, round;
	uint64_t wakeups;  /* how often the loop waited, for tests and for -v */
	size_t foreground; /* watches that keep the loop running */
	struct skt_timer *timers;
	struct skt_watch *ready, **ready_tail, *ready_cursor;
	struct skt_watch *current; /* whose handler runs; NULL once that one is removed */
	struct epoll_event batch[SKT_LOOP_BATCH];
};

int skt_loop_init(struct skt_loop *loop);
void skt_loop_fini(struct skt_loop *loop); /* whatever is still watched is let go */

/*
 * Runs until skt_loop_stop(), or until neither a timer nor a watch outside the background is left.
 * Returns 0 or -errno of epoll.
 */
int skt_loop_run(struct skt_loop *loop);
void skt_loop_stop(struct skt_loop *loop);

/*
 * One round: waits until DEADLINE_NS at the longest (0: not at all), then handles what has come.
 * Timers come last: nothing is called late while the event that it waits for is there, be there
 * more events than a batch holds.
 */
int skt_loop_step(struct skt_loop *loop, uint64_t deadline_ns);

/* When the round began, CLOCK_MONOTONIC; outside of handlers, the time of the last round. */
static inline uint64_t skt_loop_now(const struct skt_loop *loop)
{
	return loop->now_ns;
}

/* Errors: -EEXIST (watched already), -EBADF, -ENOMEM, -ENOSPC (epoll(7): max_user_watches). */
int skt_watch_add(struct skt_loop *loop, struct skt_watch *watch);

/* Changes what is asked for; cheap where nothing changes. Errors as above; then it is as before. */
int skt_watch_set(struct skt_watch *watch, uint32_t events);

/* No effect on a watch that is not added. */
void skt_watch_remove(struct skt_watch *watch);

/*
 * Calls the handler with its `events` in the next round, once, whatever the kernel says: for data
 * that was read already and lies in a buffer. A watch that sleeps is not called.
 */
void skt_watch_kick(struct skt_watch *watch);

/*
 * Arms TIMER, or moves it. A deadline that has passed fires in the next round, never in this one,
 * so that a handler which arms itself anew cannot keep descriptors waiting.
 */
void skt_timer_set(struct skt_loop *loop, struct skt_timer *timer, uint64_t deadline_ns);
void skt_timer_remove(struct skt_timer *timer);

static inline bool skt_timer_armed(const struct skt_timer *timer)
{
	return timer->loop != NULL;
}

/* Now and DURATION_NS, which may be SKT_NEVER. */
uint64_t skt_loop_after(const struct skt_loop *loop, uint64_t duration_ns);

/* Signals as events: blocked for the calling thread while open. Watched in the background. */
struct skt_signals {
	void (*handler)(struct skt_signals *signals, int signo);

	struct skt_watch watch;
	sigset_t before;
};

/*
 * CAME, where a handler of before has left one of WHICH that came, or NULL: that one is an event
 * too, as is one that comes at any moment of the opening.
 */
int skt_signals_open(struct skt_loop *loop, struct skt_signals *signals, const sigset_t *which,
	const volatile sig_atomic_t *came);

/* Gives the mask of before back: what is pending then takes its usual course. */
void skt_signals_close(struct skt_signals *signals);

#endif
