/* What is a request to which an answer is due. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/macros.h"
#include "cmd/stream/request.h"

static bool is_http(const char *text, size_t len)
{
	bool is = skt_request_is_http(guard_copy(text, len), len);

	guard_free_all();
	return is;
}

static void requests_begin_with_a_request_line(void **state)
{
	static const char *const requests[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /a?b=c%20d HTTP/1.0\n", "OPTIONS * HTTP/1.1\r\n", "X y HTTP/1.9\r\n"};
	static const char *const others[] = {"", "\n", "GET / HTTP/1.1", "GET /\r\n",
		"get / HTTP/1.1\r\n", " / HTTP/1.1\r\n", "GET HTTP/1.1\r\n", "GET  HTTP/1.1\n",
		"GET / HTTP/1.x\r\n", "GET / HTTP/2.0\r\n", "hello\nGET / HTTP/1.1\r\n", "A\n",
		"A \n", "HTTP/1.1 200 OK\r\n", "PING\r\n"};
	static const char zeros[512];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(requests); i++)
		assert_true(is_http(requests[i], strlen(requests[i])));
	for (size_t i = 0; i < SKT_COUNT(others); i++)
		assert_false(is_http(others[i], strlen(others[i])));
	assert_false(is_http(zeros, sizeof(zeros)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(requests_begin_with_a_request_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
