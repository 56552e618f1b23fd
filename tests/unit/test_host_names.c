/* Names of hosts in the background: each asked for once, and nobody waited for for ever. */
#include "unit.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/host_names.h"
#include "net/offload.h"

static struct skt_loop loop;
static struct skt_host_names *names;
static sem_t *hang; /* lookups of 192.0.2.x wait for it; never freed, like their threads */
static _Atomic int lookups;
static int answers;

static bool look_up(const struct skt_addr *addr, char ret[SKT_HOST_NAME_MAX])
{
	lookups++;
	if (addr->bytes[0] == 192)
		while (sem_wait(hang))
			;
	(void)snprintf(ret, SKT_HOST_NAME_MAX, "host%u.test", addr->bytes[3]);
	return addr->bytes[0] != 10;
}

static void answered(void *arg)
{
	assert_ptr_equal(arg, &loop);
	answers++;
}

static struct skt_addr addr_of(const char *text)
{
	struct skt_addr addr;

	assert_int_equal(skt_addr_parse(text, strlen(text), &addr), 0);
	return addr;
}

static int setup(void **state)
{
	lookups = 0;
	answers = 0;
	if (unit_setup(state) || skt_loop_init(&loop))
		return -1;
	return skt_host_names_open(&loop, answered, &loop, look_up, &names);
}

static int teardown(void **state)
{
	skt_host_names_free(names);
	skt_loop_fini(&loop);
	return unit_teardown(state);
}

static const char *wait_for(const struct skt_addr *addr)
{
	const char *text = "";

	while (!skt_host_names_get(names, addr, &text))
		assert_int_equal(skt_loop_step(&loop, SKT_NEVER), 0);
	return text;
}

static void test_each_is_asked_once(void **state)
{
	struct skt_addr a = addr_of("127.0.0.7"), none = addr_of("10.0.0.1");
	struct skt_addr mapped = addr_of("::ffff:127.0.0.7");
	const char *text = "";

	(void)state;
	assert_false(skt_host_names_get(names, &a, &text));
	assert_null(text);
	assert_true(skt_host_names_pending(names));
	assert_string_equal(wait_for(&a), "host7.test");
	assert_string_equal(wait_for(&mapped), "host7.test");
	assert_null(wait_for(&none));
	assert_true(skt_host_names_get(names, &none, &text));
	assert_int_equal(lookups, 2);
	assert_int_equal(answers, 2);
	assert_false(skt_host_names_pending(names));
}

/* Twice as many as there are threads hang: all are given up together, and others go on. */
static void test_silence_is_given_up(void **state)
{
	struct skt_addr silent = addr_of("192.0.2.0"), a = addr_of("127.0.0.9");
	uint64_t start_ns = skt_clock_ns();
	const char *text;

	(void)state;
	hang = malloc(sizeof(*hang));
	assert_non_null(hang);
	(void)sem_init(hang, 0, 0);
	for (int i = 0; i < 2 * SKT_OFFLOAD_THREADS; i++) {
		silent.bytes[3] = (uint8_t)i;
		assert_false(skt_host_names_get(names, &silent, &text));
	}
	assert_null(wait_for(&silent));
	assert_true(skt_clock_ns() - start_ns < 10 * SKT_NS_PER_SEC);
	for (int i = 0; i < 2 * SKT_OFFLOAD_THREADS; i++) {
		silent.bytes[3] = (uint8_t)i;
		assert_true(skt_host_names_get(names, &silent, &text));
		assert_null(text);
	}
	assert_int_equal(answers, 1);
	assert_string_equal(wait_for(&a), "host9.test");
	for (int i = 0; i < 2 * SKT_OFFLOAD_THREADS; i++)
		(void)sem_post(hang);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_is_asked_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence_is_given_up, setup, teardown),
	};

	return cmocka_run_group_tests_name("host_names", tests, NULL, NULL);
}
