/*
 * The timers of a loop: an intrusive pairing heap. Arming is O(1), removing O(log n) amortised, and
 * neither allocates, so a handler that arms a timer has no error to think of.
 */
#include "net/loop.h"

#include <stddef.h>

#include "net/loop_internal.h"

static bool before(const struct skt_timer *a, const struct skt_timer *b)
{
	return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns
						: a->sequence < b->sequence;
}

/* The two heaps as one; each a root without siblings, or NULL. */
static struct skt_timer *meld(struct skt_timer *a, struct skt_timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (before(b, a)) {
		struct skt_timer *swap = a;

		a = b;
		b = swap;
	}
	b->next = a->child;
	if (b->next)
		b->next->link = &b->next;
	b->link = &a->child;
	a->child = b;
	return a;
}

/* Melds a list of siblings: in pairs from the left, then the pairs from the right. */
static struct skt_timer *meld_siblings(struct skt_timer *list)
{
	struct skt_timer *pairs = NULL, *heap = NULL;

	while (list) {
		struct skt_timer *a = list, *b = a->next, *pair;

		list = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct skt_timer *next = pairs->next;

		pairs->next = NULL;
		heap = meld(heap, pairs);
		pairs = next;
	}
	return heap;
}

static void set_root(struct skt_loop *loop, struct skt_timer *root)
{
	loop->timers = root;
	if (root)
		root->link = &loop->timers;
}

void skt_timer_remove(struct skt_timer *timer)
{
	struct skt_loop *loop = timer->loop;
	struct skt_timer *rest;

	if (!loop)
		return;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	rest = meld_siblings(timer->child);
	/* Where TIMER was the root, its place is empty now. */
	set_root(loop, meld(loop->timers, rest));
	timer->loop = NULL;
	timer->child = timer->next = NULL;
	timer->link = NULL;
}

void skt_timer_set(struct skt_loop *loop, struct skt_timer *timer, uint64_t deadline_ns)
{
	skt_timer_remove(timer);
	if (deadline_ns == SKT_NEVER)
		return;
	timer->loop = loop;
	/* Never before what is due in this round: no timer can starve another one. */
	timer->deadline_ns = deadline_ns > loop->now_ns ? deadline_ns : loop->now_ns;
	timer->sequence = loop->sequence++;
	set_root(loop, meld(loop->timers, timer));
}

void skt_loop_run_timers(struct skt_loop *loop)
{
	uint64_t limit = loop->sequence;

	while (loop->timers && loop->timers->deadline_ns <= loop->now_ns &&
		loop->timers->sequence < limit) {
		struct skt_timer *timer = loop->timers;

		skt_timer_remove(timer);
		timer->handler(timer);
	}
}
