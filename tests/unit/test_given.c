/* Ports that were given up, and their tries. */
#include "unit.h"

#include "scan/given.h"

static void tries_are_kept(void **state)
{
	const uint64_t count = 100000;
	struct skt_given given;

	(void)state;
	assert_int_equal(skt_given_init(&given, count), 0);
	assert_int_equal(skt_given_next(&given, 0), count);
	assert_int_equal(skt_given_tries(&given, count - 1), 0);
	assert_int_equal(skt_given_set(&given, 4095, 2), 0);
	assert_int_equal(skt_given_set(&given, 4096, 3), 0);
	assert_int_equal(skt_given_set(&given, count - 1, 1000), 0);
	assert_int_equal(skt_given_next(&given, 0), 4095);
	assert_int_equal(skt_given_next(&given, 4096), 4096);
	assert_int_equal(skt_given_next(&given, 4097), count - 1);
	assert_int_equal(skt_given_next(&given, count), count);
	skt_given_clear(&given);
	assert_int_equal(skt_given_next(&given, 0), count);
	assert_int_equal(skt_given_tries(&given, 4095), 2);
	assert_int_equal(skt_given_tries(&given, 4096), 3);
	assert_int_equal(skt_given_tries(&given, count - 1), SKT_GIVEN_TRIES_MAX);
	assert_int_equal(skt_given_tries(&given, 0), 0);
	assert_int_equal(skt_given_set(&given, 4095, 4), 0);
	assert_int_equal(skt_given_next(&given, 0), 4095);
	assert_int_equal(skt_given_tries(&given, 4095), 4);
	skt_given_fini(&given);
	skt_given_fini(&given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {unit_test(tries_are_kept)};

	return cmocka_run_group_tests_name("given", tests, NULL, NULL);
}
