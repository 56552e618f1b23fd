#include "cmd/connect/tries.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/macros.h"

#define TCP_TIMEOUT_NS (5 * SKT_NS_PER_SEC)
#define UDP_TIMEOUT_NS (2 * SKT_NS_PER_SEC)

/* Between two checks of --wait; less where that leaves no time for another. */
#define RETRY_NS (200 * SKT_NS_PER_MS)
#define RETRY_MIN_NS (20 * SKT_NS_PER_MS)

enum {
	AT_ONCE = 512,
	RESERVE = 24, /* descriptors for all else: lookups, the loop, the standard ones */
};

/* A check that is under way, or could be: their number is what bounds them. */
struct connect_slot {
	struct connect_slot *next; /* of the idle ones */
	struct connect_try *try;
	struct connect_check check;
};

/* As many sockets at once as there may be, without taking the last descriptor. */
static size_t choose_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return AT_ONCE;
	files.rlim_cur = SKT_MIN(files.rlim_max, (rlim_t)4 * AT_ONCE);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur <= RESERVE)
		return 1;
	return SKT_MIN((size_t)files.rlim_cur - RESERVE, (size_t)AT_ONCE);
}

int connect_tries_init(struct connect_tries *tries, size_t count)
{
	count = SKT_MIN(count, choose_limit());
	tries->tail = &tries->queue;
	tries->slots = calloc(count + 1, sizeof(*tries->slots));
	if (!tries->slots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		tries->slots[i].next = tries->idle;
		tries->idle = &tries->slots[i];
	}
	return 0;
}

void connect_tries_fini(struct connect_tries *tries)
{
	free(tries->slots);
	tries->slots = tries->idle = NULL;
}

bool connect_try_is_under_way(const struct connect_try *try)
{
	return try->slot || try->repeated;
}

static void leave_slot(struct connect_try *try)
{
	struct connect_slot *slot = try->slot;

	if (!slot)
		return;
	connect_check_fini(&slot->check);
	try->slot = NULL;
	slot->next = try->tries->idle;
	try->tries->idle = slot;
}

void connect_try_stop(struct connect_try *try)
{
	skt_timer_remove(&try->retry);
	leave_slot(try);
}

void connect_try_fini(struct connect_try *try)
{
	connect_try_stop(try);
	skt_arena_fini(&try->texts);
}

/* Time for the next check of one that is not ready. */
static void retry_due(struct skt_timer *timer)
{
	struct connect_try *try = SKT_CONTAINER(timer, struct connect_try, retry);

	connect_tries_add(try);
	connect_tries_start(try->tries);
}

/* Whether --wait checks again; then that is on its way. */
static bool retry(struct connect_try *try)
{
	const struct connect_tries *tries = try->tries;
	uint64_t now = skt_clock_ns(), rest_ns;

	if (!tries->checks->options->wait || try->row.state == CONNECT_ERROR)
		return false;
	rest_ns = tries->until_ns > now ? tries->until_ns - now : 0;
	if (rest_ns < RETRY_MIN_NS)
		return false;
	try->repeated = true;
	try->retry.handler = retry_due;
	skt_timer_set(tries->checks->loop, &try->retry, now + SKT_MIN(RETRY_NS, rest_ns / 2));
	return true;
}

/*
 * The last check of --wait is cut short by its end: that it had no time to be answered does not
 * take the place of an answer that one before it had.
 */
static bool tells_more(const struct connect_try *try, const struct connect_check *check)
{
	return !try->repeated || check->row.state != CONNECT_FILTERED ||
		check->deadline_ns < try->tries->until_ns;
}

static void checked(struct connect_check *check)
{
	struct connect_try *try = SKT_CONTAINER(check, struct connect_slot, check)->try;
	struct connect_tries *tries = try->tries;
	bool ready = check->ready;

	if (tells_more(try, check)) {
		skt_arena_fini(&try->texts);
		try->row = check->row;
		try->texts = check->texts;
		check->texts = (struct skt_arena){0};
	}
	leave_slot(try);
	if (ready || !retry(try)) {
		try->repeated = false;
		tries->done(try, ready);
	}
	connect_tries_start(tries);
}

static uint64_t timeout(const struct connect_options *o)
{
	if (o->connect_timeout_ns)
		return o->connect_timeout_ns;
	return o->udp ? UDP_TIMEOUT_NS : TCP_TIMEOUT_NS;
}

static void start(struct connect_try *try, struct connect_slot *slot)
{
	const struct connect_tries *tries = try->tries;
	uint64_t deadline_ns = skt_clock_add(skt_clock_ns(), timeout(tries->checks->options));
	bool again = try->known;

	try->known = true;
	try->slot = slot;
	slot->try = try;
	slot->check = (struct connect_check){
		.done = checked,
		.shared = tries->checks,
		.endpoint = try->aim->endpoint,
		.port = try->aim->port,
		.host = try->aim->host,
		.row = tries->begin(try, try->repeated),
	};
	connect_check_start(&slot->check, SKT_MIN(deadline_ns, tries->until_ns), again);
}

void connect_tries_add(struct connect_try *try)
{
	try->next = NULL;
	*try->tries->tail = try;
	try->tries->tail = &try->next;
}

void connect_tries_start(struct connect_tries *tries)
{
	struct connect_try *try;
	struct connect_slot *slot;

	while (!tries->over && !tries->checks->loop->stopped && (slot = tries->idle) &&
		(try = tries->queue)) {
		tries->idle = slot->next;
		tries->queue = try->next;
		if (!tries->queue)
			tries->tail = &tries->queue;
		start(try, slot);
	}
}
