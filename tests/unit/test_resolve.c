/* Lookups in threads: answers in either order, late, never, cancelled, refused; and no lookup at
 * all. */
#include "unit.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/offload.h"
#include "net/resolve.h"

/* A server of names that answers when the test says so. */
struct oracle {
	sem_t go[2];    /* 0: IPv6, 1: IPv4 */
	sem_t asked[2]; /* a lookup has begun */
	sem_t left;     /* a lookup is over */
	int gai[2], errnum;
	size_t count;
	_Atomic bool blocked; /* the thread of the lookup does not get signals */
};

static void oracle_init(struct oracle *oracle)
{
	memset(oracle, 0, sizeof(*oracle));
	for (int i = 0; i < 2; i++) {
		(void)sem_init(&oracle->go[i], 0, 0);
		(void)sem_init(&oracle->asked[i], 0, 0);
	}
	(void)sem_init(&oracle->left, 0, 0);
	oracle->count = 1;
}

static int oracle_lookup(void *arg, const char *host, int family, struct skt_addr *ret, size_t max,
	size_t *ret_count)
{
	struct oracle *oracle = arg;
	int i = family == AF_INET, gai;
	sigset_t mask;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	oracle->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
	(void)sem_post(&oracle->asked[i]);
	while (sem_wait(&oracle->go[i]))
		;
	for (size_t n = 0; n < oracle->count && n < max; n++) {
		ret[n] = (struct skt_addr){.family = (uint8_t)family};
		ret[n].bytes[0] = (uint8_t)host[0];
	}
	*ret_count = oracle->count;
	gai = oracle->gai[i];
	if (gai == EAI_SYSTEM)
		errno = oracle->errnum;
	(void)sem_post(&oracle->left);
	return gai;
}

struct asker {
	struct skt_resolve resolve;
	int calls;
	bool cancels;
	struct skt_resolver **frees;
};

static void asker_answered(struct skt_resolve *resolve)
{
	struct asker *asker = SKT_CONTAINER(resolve, struct asker, resolve);

	asker->calls++;
	if (asker->cancels)
		skt_resolve_cancel(resolve);
	if (asker->frees) {
		skt_resolve_cancel(resolve);
		skt_resolver_free(*asker->frees);
		*asker->frees = NULL;
	}
}

static struct skt_loop loop;
static struct skt_resolver *resolver;
/* One for each test: a thread that was given up may still look at that of an earlier one. */
static struct oracle oracles[16], *oracle = oracles;
static struct asker asker;

static int setup(void **state)
{
	(void)unit_setup(state);
	assert_int_equal(skt_loop_init(&loop), 0);
	oracle_init(++oracle);
	memset(&asker, 0, sizeof(asker));
	asker.resolve.answered = asker_answered;
	assert_int_equal(skt_resolver_open(&loop, oracle_lookup, oracle, &resolver), 0);
	return 0;
}

static int teardown(void **state)
{
	skt_resolve_cancel(&asker.resolve);
	skt_resolver_free(resolver);
	resolver = NULL;
	skt_loop_fini(&loop);
	return unit_teardown(state);
}

#define resolve_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static int start(int family, uint64_t deadline_ns)
{
	return skt_resolve_start(resolver, "name", family, deadline_ns, &asker.resolve);
}

static void step(void)
{
	assert_int_equal(skt_loop_step(&loop, skt_clock_ns() + 10 * SKT_NS_PER_SEC), 0);
}

static void test_answers_in_either_order(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		struct skt_answer *early = first ? &asker.resolve.v4 : &asker.resolve.v6;
		struct skt_answer *late = first ? &asker.resolve.v6 : &asker.resolve.v4;

		asker.calls = 0;
		assert_int_equal(start(AF_UNSPEC, SKT_NEVER), 0);
		assert_int_equal(asker.calls, 0);
		/* Both are under way at once. */
		(void)sem_wait(&oracle->asked[0]);
		(void)sem_wait(&oracle->asked[1]);
		(void)sem_post(&oracle->go[first]);
		step();
		assert_int_equal(asker.calls, 1);
		assert_true(early->arrived && early->gai == 0 && early->count == 1);
		assert_int_equal(early->addrs[0].bytes[0], 'n');
		assert_true(early->end_ns >= early->start_ns && early->start_ns > 0);
		assert_false(late->arrived);
		assert_true(skt_resolve_pending(&asker.resolve));
		(void)sem_post(&oracle->go[!first]);
		assert_int_equal(skt_loop_run(&loop), 0); /* ends by itself: nothing is awaited */
		assert_int_equal(asker.calls, 2);
		assert_true(late->arrived);
		assert_false(skt_resolve_pending(&asker.resolve));
	}
}

static void test_one_family_asks_once(void **state)
{
	(void)state;
	(void)sem_post(&oracle->go[1]);
	assert_int_equal(start(AF_INET, SKT_NEVER), 0);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(asker.calls, 1);
	assert_false(asker.resolve.v6.asked);
	assert_int_equal(asker.resolve.v4.addrs[0].family, AF_INET);
	assert_int_equal(sem_trywait(&oracle->asked[0]), -1);
}

static void test_deadline_shorter_than_the_lookup(void **state)
{
	struct skt_err err = {0};

	(void)state;
	assert_int_equal(start(AF_UNSPEC, skt_clock_ns() + 2 * SKT_NS_PER_MS), 0);
	(void)sem_wait(&oracle->asked[0]);
	(void)sem_wait(&oracle->asked[1]);
	assert_int_equal(skt_loop_run(&loop), 0); /* returns although both threads are stuck */
	assert_int_equal(asker.calls, 1);
	assert_int_equal(asker.resolve.v4.errnum, ETIMEDOUT);
	assert_int_equal(asker.resolve.v6.errnum, ETIMEDOUT);
	assert_int_equal(skt_resolve_error(&asker.resolve, "name", &err), -ETIMEDOUT);
	assert_string_equal(err.text, "look up name: Connection timed out");
	/* The answer that comes in the end is nobody's. */
	for (int i = 0; i < 2; i++) {
		(void)sem_post(&oracle->go[i]);
		(void)sem_wait(&oracle->left);
	}
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(asker.calls, 1);
}

static void test_cancel_at_every_stage(void **state)
{
	(void)state;
	/* Running. */
	assert_int_equal(start(AF_INET6, SKT_NEVER), 0);
	(void)sem_wait(&oracle->asked[0]);
	skt_resolve_cancel(&asker.resolve);
	skt_resolve_cancel(&asker.resolve);
	(void)sem_post(&oracle->go[0]);
	(void)sem_wait(&oracle->left);
	/* In the callback of the other. */
	asker.cancels = true;
	assert_int_equal(start(AF_UNSPEC, SKT_NEVER), 0);
	(void)sem_post(&oracle->go[1]);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(asker.calls, 1);
	assert_false(asker.resolve.v6.arrived);
	(void)sem_post(&oracle->go[0]);
	assert_int_equal(skt_loop_step(&loop, 0), 0);
	assert_int_equal(asker.calls, 1);
	/* Queued or running, who knows. */
	assert_int_equal(start(AF_INET6, SKT_NEVER), 0);
	skt_resolve_cancel(&asker.resolve);
	(void)sem_post(&oracle->go[0]);
}

static void test_free_while_stuck(void **state)
{
	(void)state;
	assert_int_equal(start(AF_UNSPEC, SKT_NEVER), 0);
	(void)sem_wait(&oracle->asked[0]);
	(void)sem_wait(&oracle->asked[1]);
	skt_resolve_cancel(&asker.resolve);
	skt_resolver_free(resolver);
	resolver = NULL;
	for (int i = 0; i < 2; i++) {
		(void)sem_post(&oracle->go[i]);
		(void)sem_wait(&oracle->left);
	}
}

static void test_free_in_the_callback(void **state)
{
	(void)state;
	asker.frees = &resolver;
	(void)sem_post(&oracle->go[0]);
	(void)sem_post(&oracle->go[1]);
	assert_int_equal(start(AF_UNSPEC, SKT_NEVER), 0);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_null(resolver);
	assert_int_equal(asker.calls, 1);
}

/* More names than threads: all are answered; and lookups that hang do not keep others waiting. */
static void test_more_names_than_threads(void **state)
{
	enum { N = 3 * SKT_OFFLOAD_THREADS };
	static struct asker many[N];
	int calls = 0;

	(void)state;
	memset(many, 0, sizeof(many));
	for (int i = 0; i < N; i++) {
		many[i].resolve.answered = asker_answered;
		assert_int_equal(
			skt_resolve_start(resolver, "x", AF_INET, SKT_NEVER, &many[i].resolve), 0);
	}
	/* No more than the bound have begun. */
	for (int i = 0; i < SKT_OFFLOAD_THREADS; i++)
		(void)sem_wait(&oracle->asked[1]);
	assert_int_equal(sem_trywait(&oracle->asked[1]), -1);
	/* The first ones hang and are given up: the next begin, though nothing was answered. */
	for (int i = 0; i < SKT_OFFLOAD_THREADS; i++)
		skt_resolve_cancel(&many[i].resolve);
	for (int i = 0; i < SKT_OFFLOAD_THREADS; i++)
		(void)sem_wait(&oracle->asked[1]);
	for (int i = 0; i < N; i++)
		(void)sem_post(&oracle->go[1]);
	assert_int_equal(skt_loop_run(&loop), 0);
	for (int i = 0; i < N; i++)
		calls += many[i].calls;
	assert_int_equal(calls, N - SKT_OFFLOAD_THREADS);
	for (int i = 0; i < N; i++)
		(void)sem_wait(&oracle->left);
}

static void test_errors_of_both(void **state)
{
	static const struct {
		int v6, v4, errnum, r, code;
		enum skt_err_domain domain;
	} cases[] = {
		{EAI_NONAME, EAI_NONAME, 0, -ENOENT, EAI_NONAME, SKT_ERR_GAI},
		{EAI_AGAIN, EAI_NONAME, 0, -EAGAIN, EAI_AGAIN, SKT_ERR_GAI},
		{EAI_NODATA, EAI_AGAIN, 0, -EAGAIN, EAI_AGAIN, SKT_ERR_GAI},
		{EAI_NODATA, EAI_ADDRFAMILY, 0, -ENOENT, EAI_ADDRFAMILY, SKT_ERR_GAI},
		{EAI_FAIL, EAI_NODATA, 0, -EIO, EAI_FAIL, SKT_ERR_GAI},
		{EAI_NONAME, EAI_SYSTEM, EMFILE, -EMFILE, EMFILE, SKT_ERR_SYS},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_err err = {0};

		oracle->gai[0] = cases[i].v6;
		oracle->gai[1] = cases[i].v4;
		oracle->errnum = cases[i].errnum;
		(void)sem_post(&oracle->go[0]);
		(void)sem_post(&oracle->go[1]);
		assert_int_equal(start(AF_UNSPEC, SKT_NEVER), 0);
		assert_int_equal(skt_loop_run(&loop), 0);
		assert_int_equal(asker.resolve.v6.gai, cases[i].v6);
		assert_int_equal(asker.resolve.v6.count, 0);
		assert_int_equal(skt_resolve_error(&asker.resolve, "name", &err), cases[i].r);
		assert_int_equal(err.code, cases[i].code);
		assert_int_equal(err.domain, cases[i].domain);
		assert_non_null(strstr(err.text, "look up name: "));
	}
}

static void test_signals_stay_with_the_loop(void **state)
{
	sigset_t mask;

	(void)state;
	(void)sem_post(&oracle->go[0]);
	assert_int_equal(start(AF_INET6, SKT_NEVER), 0);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_true(oracle->blocked);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

static void test_the_system_knows_localhost(void **state)
{
	struct skt_resolver *real;

	(void)state;
	assert_int_equal(skt_resolver_open(&loop, NULL, NULL, &real), 0);
	assert_int_equal(skt_resolve_start(real, "127.1", AF_UNSPEC, SKT_NEVER, &asker.resolve), 0);
	assert_int_equal(skt_loop_run(&loop), 0);
	assert_int_equal(asker.resolve.v4.count, 1);
	assert_true(skt_addr_is_loopback(&asker.resolve.v4.addrs[0]));
	assert_int_equal(asker.resolve.v6.count, 0);
	assert_true(asker.resolve.v6.gai != 0);
	skt_resolver_free(real);
}

static void test_numeric(void **state)
{
	struct skt_endpoint ep;
	struct skt_addr addr;
	struct skt_err err;

	(void)state;
	assert_int_equal(skt_endpoint_parse("[fe80::1%lo]:1", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_numeric(&ep, &addr, &err), 0);
	assert_int_equal(addr.scope_id, 1);
	assert_int_equal(
		skt_endpoint_parse("[fe80::1%none9]:1", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_numeric(&ep, &addr, &err), -ENODEV);
	assert_non_null(strstr(err.text, "none9"));
	assert_int_equal(skt_endpoint_parse("name:1", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_numeric(&ep, &addr, &err), -EINVAL);
}

static void test_ports(void **state)
{
	struct skt_services *services;
	struct skt_endpoint ep;
	struct skt_err err = {0};
	uint16_t port = 7;

	(void)state;
	assert_int_equal(skt_services_open("/nonexistent", &services), 0);
	assert_int_equal(skt_endpoint_parse("a:https", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_port(&ep, services, SKT_SERVICE_TCP, &port, &err), 0);
	assert_int_equal(port, 443);
	assert_int_equal(skt_endpoint_parse("a:9", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_port(&ep, NULL, SKT_SERVICE_TCP, &port, &err), 0);
	assert_int_equal(port, 9);
	assert_int_equal(skt_endpoint_parse("a:htpps", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_resolve_port(&ep, services, SKT_SERVICE_TCP, &port, &err), -EINVAL);
	assert_int_equal(port, 9);
	assert_non_null(strstr(err.text, "https"));
	skt_services_free(services);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		resolve_test(test_answers_in_either_order),
		resolve_test(test_one_family_asks_once),
		resolve_test(test_deadline_shorter_than_the_lookup),
		resolve_test(test_cancel_at_every_stage),
		resolve_test(test_free_while_stuck),
		resolve_test(test_free_in_the_callback),
		resolve_test(test_more_names_than_threads),
		resolve_test(test_errors_of_both),
		resolve_test(test_signals_stay_with_the_loop),
		resolve_test(test_the_system_knows_localhost),
		resolve_test(test_numeric),
		resolve_test(test_ports),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
