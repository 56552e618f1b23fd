/* The request for a stream, and the cookie that proves where it came from. */
#include "unit.h"

#include <netinet/in.h>
#include <string.h>

#include "net/pull.h"

static void test_written_is_read(void **state)
{
	uint8_t bytes[SKT_PULL_SIZE];
	enum skt_pull_kind kind;
	uint64_t cookie;

	(void)state;
	skt_pull_put(bytes, SKT_PULL_CHALLENGE, UINT64_C(0x0123456789abcdef));
	assert_true(
		skt_pull_parse(guard_copy(bytes, sizeof(bytes)), sizeof(bytes), &kind, &cookie));
	assert_int_equal(kind, SKT_PULL_CHALLENGE);
	assert_true(cookie == UINT64_C(0x0123456789abcdef));
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_false(skt_pull_parse(guard_copy(bytes, len), len, &kind, &cookie));
	for (size_t at = 0; at < 9; at++) {
		bytes[at] ^= 0x40;
		assert_false(skt_pull_parse(bytes, sizeof(bytes), &kind, &cookie));
		bytes[at] ^= 0x40;
	}
}

static void test_cookies(void **state)
{
	const uint64_t key[2] = {1, 2}, other[2] = {1, 3};
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = 1};
	const uint64_t one = skt_pull_cookie(key, (struct sockaddr *)&from, sizeof(from));

	(void)state;
	assert_true(one != 0);
	assert_true(one == skt_pull_cookie(key, (struct sockaddr *)&from, sizeof(from)));
	assert_true(one != skt_pull_cookie(other, (struct sockaddr *)&from, sizeof(from)));
	from.sin_port = 2;
	assert_true(one != skt_pull_cookie(key, (struct sockaddr *)&from, sizeof(from)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_written_is_read),
		unit_test(test_cookies),
	};

	return cmocka_run_group_tests_name("pull", tests, NULL, NULL);
}
