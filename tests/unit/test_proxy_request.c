/* What clients of a proxy ask for, what they are answered, and where they may be connected to. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/proxy_users.h"
#include "cmd/listen/targets.h"
#include "net/http_request.h"
#include "net/socks_request.h"

#define BYTES(text) text, sizeof(text) - 1

static const char *shown(const struct skt_endpoint *target)
{
	static char text[SKT_ENDPOINT_TEXT_MAX];

	return skt_endpoint_text(target, text);
}

/* ---- SOCKS ---- */

static const struct {
	const char *bytes;
	size_t len;
	ssize_t whole; /* of `len` */
	int result;
	const char *target;
} asked4[] = {
	{BYTES("\4\1\0\x50\1\2\3\4\0"), 9, 0, "1.2.3.4:80"},
	{BYTES("\4\1\0\x50\1\2\3\4joe\0more"), 12, 0, "1.2.3.4:80"},
	{BYTES("\4\1\0\x50\0\0\0\1\0a.b\0more"), 13, 0, "a.b:80"},
	{BYTES("\4\1\0\x50\0\0\0\0\0"), 9, 0, "0.0.0.0:80"},
	{BYTES("\4\1\0\x50\0\0\0\1\0"
	       "127.0.0.1\0"),
		19, 0, "127.0.0.1:80"},
	{BYTES("\4\1\0\x50\0\1\0\1\0"), 9, 0, "0.1.0.1:80"},
	{BYTES("\4\1\0\x50\0\0\1\1\0"), 9, 0, "0.0.1.1:80"},
	{BYTES("\4\2\0\x50\1\2\3\4\0"), 9, -EOPNOTSUPP, NULL},
	{BYTES("\4\1\0\0\1\2\3\4\0"), 9, -EINVAL, NULL},
	{BYTES("\4\1\0\x50\0\0\0\1\0a b\0"), 13, -EINVAL, NULL},
	{BYTES("\4\1\0\x50\0\0\0\1\0\0"), 10, -EINVAL, NULL},
	{BYTES("\4\1\0\x50\1\2\3\4joe"), 0, 0, NULL},
	{BYTES("\4\1\0\x50\0\0\0\1joe\0ho"), 0, 0, NULL},
	{BYTES("\4"), 0, 0, NULL},
	{BYTES(""), 0, 0, NULL},
	{BYTES("\3"), -EPROTO, 0, NULL},
};

static const struct {
	const char *bytes;
	size_t len;
	ssize_t whole;
	int result;
	const char *target;
} asked5[] = {
	{BYTES("\5\1\0\1\1\2\3\4\0\x50more"), 10, 0, "1.2.3.4:80"},
	{BYTES("\5\1\0\3\3a.b\0\x50more"), 10, 0, "a.b:80"},
	{BYTES("\5\1\0\3\3::1\0\x50"), 10, 0, "[::1]:80"},
	{BYTES("\5\1\0\3\5[::1]\0\x50"), 12, 0, "[::1]:80"},
	{BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\0\x50"), 22, 0, "1.2.3.4:80"},
	{BYTES("\5\1\0\3\0\0\x50"), 7, -EINVAL, NULL},
	{BYTES("\5\1\0\3\4a\0.b\0\x50"), 11, -EINVAL, NULL},
	{BYTES("\5\1\0\3\4a%25\0\x50"), 11, -EINVAL, NULL},
	{BYTES("\5\1\0\3\7unix:/x\0\x50"), 14, -EINVAL, NULL},
	{BYTES("\5\1\0\3\3::1\0\0"), 10, -EINVAL, NULL},
	{BYTES("\5\3\0\1\1\2\3\4\0\x50"), 10, -EOPNOTSUPP, NULL},
	{BYTES("\5\1\0\2xxxx"), 4, -EAFNOSUPPORT, NULL},
	{BYTES("\5\1\0\1\1\2\3\4\0"), 0, 0, NULL},
	{BYTES("\5\1\0\3"), 0, 0, NULL},
	{BYTES("\5\1\0"), 0, 0, NULL},
	{BYTES(""), 0, 0, NULL},
	{BYTES("\4"), -EPROTO, 0, NULL},
};

static void test_socks(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(asked4); i++) {
		const char *bytes = guard_copy(asked4[i].bytes, asked4[i].len);
		struct skt_proxy_request request = {0};
		struct skt_err err;

		assert_int_equal(skt_socks4_measure_request(bytes, asked4[i].len), asked4[i].whole);
		if (asked4[i].whole <= 0)
			continue;
		assert_int_equal(skt_socks4_read_request(bytes, &request, &err), asked4[i].result);
		if (asked4[i].target)
			assert_string_equal(shown(&request.target), asked4[i].target);
	}
	for (size_t i = 0; i < SKT_COUNT(asked5); i++) {
		const char *bytes = guard_copy(asked5[i].bytes, asked5[i].len);
		struct skt_proxy_request request = {0};
		struct skt_err err;

		assert_int_equal(skt_socks5_measure_request(bytes, asked5[i].len), asked5[i].whole);
		if (asked5[i].whole <= 0)
			continue;
		assert_int_equal(skt_socks5_read_request(bytes, &request, &err), asked5[i].result);
		if (asked5[i].target)
			assert_string_equal(shown(&request.target), asked5[i].target);
	}
}

/* Texts without an end are not waited for. */
static void test_socks_bounds(void **state)
{
	char bytes[1024] = "\4\1\0\x50\0\0\0\1";

	(void)state;
	memset(bytes + 8, 'u', sizeof(bytes) - 8);
	assert_int_equal(skt_socks4_measure_request(bytes, 8 + 255), 0);
	assert_int_equal(skt_socks4_measure_request(bytes, sizeof(bytes)), -EMSGSIZE);
	bytes[8] = '\0';
	assert_int_equal(skt_socks4_measure_request(bytes, sizeof(bytes)), -EMSGSIZE);
	assert_int_equal(skt_socks5_measure_greeting("", 0), 0);
	assert_int_equal(skt_socks5_measure_greeting("\5", 1), 0);
	assert_int_equal(skt_socks5_measure_greeting("\4", 1), -EPROTO);
	assert_int_equal(skt_socks5_measure_user("", 0), 0);
	assert_int_equal(skt_socks5_measure_user("\5", 1), 0);
	assert_int_equal(skt_socks5_measure_user("\1\1u", 3), 0);
	assert_int_equal(skt_socks5_measure_greeting("\5\3\0\1", 4), 0);
	assert_int_equal(skt_socks5_measure_greeting("\5\0more", 6), 2);
	assert_int_equal(skt_socks5_measure_user("\1\3joe\6secret", 12), 12);
	assert_int_equal(skt_socks5_measure_user("\1\3joe\6secre", 11), 0);
	assert_int_equal(skt_socks5_measure_user("\2", 1), -EPROTO);
	assert_int_equal(skt_socks5_choose("\5\2\2\0", false), 0);
	assert_int_equal(skt_socks5_choose("\5\2\0\2", true), 2);
	assert_int_equal(skt_socks5_choose("\5\1\2", false), 2);
	assert_int_equal(skt_socks5_choose("\5\1\0", true), 255);
	assert_int_equal(skt_socks5_choose("\5\0\2", true), 255);
}

/* Users, passwords and hosts are texts, and no longer than there is room for. */
static void test_texts(void **state)
{
	struct skt_proxy_request request = {0};
	struct skt_endpoint target;
	char text[SKT_ENDPOINT_HOST_MAX + 1], ret[SKT_PROXY_USER_MAX + 1];
	struct skt_err err;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(skt_socks5_read_user(guard_copy("\1\1\0\1p", 5), &request, &err), -EINVAL);
	assert_int_equal(skt_socks5_read_user(guard_copy("\1\1u\1\0", 5), &request, &err), -EINVAL);
	assert_int_equal(skt_socks5_read_user(guard_copy("\1\0\0", 3), &request, &err), 0);
	assert_string_equal(request.user, "");
	assert_int_equal(skt_proxy_request_text(text, SKT_PROXY_USER_MAX, ret), 0);
	assert_int_equal(skt_proxy_request_text(text, SKT_PROXY_USER_MAX + 1, ret), -EINVAL);
	assert_int_equal(
		skt_proxy_request_target(text, SKT_ENDPOINT_HOST_MAX - 1, 1, &target, &err), 0);
	assert_int_equal(
		skt_proxy_request_target(text, SKT_ENDPOINT_HOST_MAX, 1, &target, &err), -EINVAL);
	assert_int_equal(skt_proxy_request_target(".a", 2, 1, &target, &err), -EINVAL);
	guard_free_all();
}

static void test_socks_answers(void **state)
{
	static const struct {
		int r;
		uint8_t version4, version5;
	} answers[] = {{0, 90, 0}, {-EPERM, 91, 2}, {-ENETUNREACH, 91, 3}, {-EHOSTUNREACH, 91, 4},
		{-ENOENT, 91, 4}, {-ECONNREFUSED, 91, 5}, {-ETIMEDOUT, 91, 6}, {-EOPNOTSUPP, 91, 7},
		{-EAFNOSUPPORT, 91, 8}, {-EMFILE, 91, 1}, {-EKEYREJECTED, 93, 1}};
	const struct skt_place none = {0};
	const struct skt_place v4 = {
		.addr = {.family = AF_INET, .bytes = {127, 0, 0, 1}}, .port = 258};
	const struct skt_place v6 = {
		.addr = {.family = AF_INET6, .bytes = {[15] = 1}}, .port = 258};
	char bytes[SKT_SOCKS_ANSWER_MAX];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		assert_int_equal(skt_socks4_answer(answers[i].r, bytes), 8);
		assert_int_equal((uint8_t)bytes[1], answers[i].version4);
		assert_int_equal(skt_socks5_answer(answers[i].r, NULL, bytes), 10);
		assert_memory_equal(bytes, ((char[]){5, (char)answers[i].version5, 0, 1}), 4);
	}
	assert_int_equal(skt_socks5_answer(0, &none, bytes), 10);
	assert_memory_equal(bytes + 3, "\1\0\0\0\0\0\0", 7);
	assert_int_equal(skt_socks5_answer(0, &v4, bytes), 10);
	assert_memory_equal(bytes + 3, "\1\x7f\0\0\1\1\2", 7);
	assert_int_equal(skt_socks5_answer(0, &v6, bytes), 22);
	assert_memory_equal(bytes + 3, "\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\2", 19);
}

/* ---- HTTP ---- */

static const struct {
	const char *head;
	int result;
	const char *target, *user; /* of those that are granted */
} heads[] = {
	{"CONNECT a.b:443 HTTP/1.1\r\n\r\n", 0, "a.b:443", NULL},
	{"CONNECT [::1]:443 HTTP/1.0\n\n", 0, "[::1]:443", NULL},
	{"CONNECT 1.2.3.4:1 HTTP/1.1\r\nProxy-Authorization: basic  am9lOmE6Yg==\r\n\r\n", 0,
		"1.2.3.4:1", "joe/a:b"},
	{"CONNECT a:1 HTTP/1.1\r\nproxy-authorization: Basic am9lOg\r\n\r\n", 0, "a:1", "joe/"},
	{"CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Basic !!!\r\n\r\n", 0, "a:1", NULL},
	{"CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: Bearer am9lOg==\r\n\r\n", 0, "a:1", NULL},
	{"GET http://a.b HTTP/1.1\r\n\r\n", 0, "a.b:80", NULL},
	{"GET HTTP://a.b:81/x?y HTTP/1.1\r\n\r\n", 0, "a.b:81", NULL},
	{"GET http://[::1]/ HTTP/1.1\r\n\r\n", 0, "[::1]:80", NULL},
	{"GET http://a:/ HTTP/1.1\r\n\r\n", 0, "a:80", NULL},
	{"CONNECT a.b HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT a:0 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT a:65536 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT a:99999999999999999999 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT a:http HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT [::1]x:1 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT [fe80::1%lo]:1 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT unix:/run/x HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"CONNECT joe@a:1 HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"GET http://joe@a/ HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"GET http:/// HTTP/1.1\r\n\r\n", -EINVAL, NULL, NULL},
	{"GET https://a/ HTTP/1.1\r\n\r\n", -EOPNOTSUPP, NULL, NULL},
	{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/#b HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ b HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/2.0\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA : b\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA: b\rc\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nnothing\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET  HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{" http://a/ HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.x\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1./\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTX/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/\x7f HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/\t HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"OPTIONS * HTTP/1.1\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET a HTTP/1.1\r\n\r\n", -EOPNOTSUPP, NULL, NULL},
	{"GET http://a/ HTTP/1.1\nA\n\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA\tB: c\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA\x7f: c\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA(: c\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\n: c\r\n\r\n", -EPROTO, NULL, NULL},
	{"GET http://a/ HTTP/1.1\r\nA:\r\nB: \t\r\nC:\tc\t\r\n\r\n", 0, "a:80", NULL},
	{"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic\r\n\r\n", 0, "a:80", NULL},
	{"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic ==\r\n\r\n", 0, "a:80", NULL},
	{"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic am9l\r\n\r\n", 0, "a:80", NULL},
	/* a NUL in the user, and in the password */
	{"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic AAA6\r\n\r\n", 0, "a:80", NULL},
	{"GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic YToA\r\n\r\n", 0, "a:80", NULL},
	{"\r\n", -EPROTO, NULL, NULL},
};

static void test_http(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(heads); i++) {
		size_t len = strlen(heads[i].head);
		const char *head = guard_copy(heads[i].head, len);
		struct skt_proxy_request request = {0};
		char user[2 * SKT_PROXY_USER_MAX + 2];
		struct skt_err err = {0};

		if (*head != '\r')
			assert_int_equal(skt_http_measure_request(head, len), len);
		assert_int_equal(
			skt_http_measure_request(head, len - 1), *head == '\r' ? -EPROTO : 0);
		assert_int_equal(skt_http_read_request(head, len, &request, &err), heads[i].result);
		assert_int_equal(err.text[0] != 0, heads[i].result != 0);
		if (heads[i].result)
			continue;
		assert_string_equal(shown(&request.target), heads[i].target);
		assert_int_equal(request.has_user, heads[i].user != NULL);
		(void)snprintf(user, sizeof(user), "%s/%s", request.user, request.password);
		if (heads[i].user)
			assert_string_equal(user, heads[i].user);
	}
	assert_int_equal(skt_http_measure_request("\x16\3\1", 3), -EPROTO);
	assert_int_equal(skt_http_measure_request("get http", 8), -EPROTO);
	assert_int_equal(skt_http_measure_request("M-SEARCH http", 13), 0);
	assert_int_equal(skt_http_measure_request("GET", 3), 0);
	assert_int_equal(skt_http_measure_request("-A", 2), -EPROTO);
	assert_int_equal(skt_http_measure_request("M~", 2), -EPROTO);
	guard_free_all();
}

/* Heads that end in the middle, that hold a NUL, and credentials that are longer than there is
 * room. */
static void test_http_bounds(void **state)
{
	static const char begin[] = "GET http://a/ HTTP/1.1\r\nProxy-Authorization: Basic ";
	struct skt_proxy_request request = {0};
	char head[sizeof(begin) + 1000];
	struct skt_err err;

	(void)state;
	assert_int_equal(skt_http_read_request(guard_copy(begin, 24), 24, &request, &err), -EPROTO);
	assert_int_equal(skt_http_read_request(guard_copy(begin, 20), 20, &request, &err), -EPROTO);
	assert_int_equal(
		skt_http_read_request(guard_copy("GET\r\n\r\n", 7), 7, &request, &err), -EPROTO);
	memcpy(head, begin, sizeof(begin));
	head[4] = '\0';
	assert_int_equal(skt_http_read_request(guard_copy(head, 24), 24, &request, &err), -EPROTO);
	memcpy(head, begin, sizeof(begin) - 1);
	for (size_t len = 4; len <= 900; len += 4) {
		size_t all = sizeof(begin) - 1 + len;

		/* a user, whose letters are these, and the password "jp" */
		memset(head + sizeof(begin) - 1, 'a', len);
		memcpy(head + all - 4, "Ompw", 4);
		memcpy(head + all, "\r\n\r\n", 4);
		request.has_user = false;
		assert_int_equal(
			skt_http_read_request(guard_copy(head, all + 4), all + 4, &request, &err),
			0);
		assert_int_equal(request.has_user, (len - 4) / 4 * 3 <= SKT_PROXY_USER_MAX);
		guard_free_all();
	}
}

static void check_passed(const char *head, const char *expected)
{
	struct skt_proxy_request request = {0};
	struct skt_str passed = {0};
	struct skt_err err;

	assert_int_equal(skt_http_read_request(head, strlen(head), &request, &err), 0);
	skt_http_pass_request(head, strlen(head), &request, &passed);
	assert_int_equal(passed.len, strlen(expected));
	assert_memory_equal(passed.data, expected, passed.len);
	skt_str_fini(&passed);
}

static void test_passed(void **state)
{
	(void)state;
	check_passed(
		"POST http://a.b:81/x?y HTTP/1.1\r\nHost: c\r\nProxy-Connection: keep-alive\r\n"
		"Proxy-Authorization: Basic am9lOg==\r\nContent-Length: 4\r\nX-A:  1 \r\n"
		"Connection: keep-alive,x-own , Content-Length\r\nX-Own: 2\r\nX-Ow: 3\r\n\r\n",
		"POST /x?y HTTP/1.1\r\nHost: a.b:81\r\nContent-Length: 4\r\nX-A:  1 \r\nX-Ow: 3\r\n"
		"Via: 1.1 sockkit\r\nConnection: close\r\n\r\n");
	check_passed("GET http://a.b:80?q HTTP/1.0\n\n",
		"GET /?q HTTP/1.0\r\nHost: a.b\r\nVia: 1.0 sockkit\r\nConnection: close\r\n\r\n");
	check_passed("ABCDEFG http://a HTTP/1.0\n\n",
		"ABCDEFG / HTTP/1.0\r\nHost: a\r\nVia: 1.0 sockkit\r\nConnection: close\r\n\r\n");
	check_passed("OPTIONS http://a?q HTTP/1.0\n\n",
		"OPTIONS /?q HTTP/1.0\r\nHost: a\r\nVia: 1.0 sockkit\r\nConnection: close\r\n\r\n");
	check_passed("OPTIONS http://[::1] HTTP/1.1\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]\r\nVia: 1.1 sockkit\r\nConnection: close\r\n\r\n");
}

static void test_http_answers(void **state)
{
	static const struct {
		int r;
		const char *status;
	} answers[] = {{0, "200 "}, {-EPERM, "403 "}, {-EKEYREJECTED, "407 "}, {-ETIMEDOUT, "504 "},
		{-ECONNREFUSED, "502 "}, {-ENOENT, "502 "}, {-EPROTO, "400 "}, {-EMSGSIZE, "431 "},
		{-EOPNOTSUPP, "501 "}, {-EMFILE, "503 "}};
	char bytes[SKT_HTTP_ANSWER_MAX], why[600];

	(void)state;
	memset(why, 'w', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		size_t len = skt_http_answer(answers[i].r, why, bytes);

		assert_true(len < sizeof(bytes));
		assert_memory_equal(bytes + strlen("HTTP/1.1 "), answers[i].status, 4);
		assert_int_equal(strstr(bytes, "Proxy-Authenticate: Basic") != NULL,
			answers[i].r == -EKEYREJECTED);
	}
}

/* ---- targets ---- */

/* Rules (+ allows, - denies), a target, one of its addresses ("": none is known), what comes out.
 */
static const struct {
	const char *rules, *host, *addr;
	uint16_t port;
	bool may, permitted;
} verdicts[] = {
	{"", "a.b", "192.0.2.1", 80, true, true},
	{"", "", "192.0.2.1", 80, true, true},
	{"", "a.b", "127.0.0.1", 80, true, false},
	{"", "", "127.0.0.1", 80, false, false},
	{"", "", "0.0.0.0", 80, false, false},
	{"", "", "0.1.2.3", 80, false, false},
	{"", "", "169.254.169.254", 80, false, false},
	{"", "", "100.100.100.200", 80, false, false},
	{"", "", "fd00:ec2::254", 80, false, false},
	{"", "", "fd00:ec2::255", 80, true, true},
	{"+fd00:ec2::254", "", "fd00:ec2::254", 80, true, true},
	{"", "", "224.0.0.1", 80, false, false},
	{"", "", "255.255.255.255", 80, false, false},
	{"", "", "::", 80, false, false},
	{"", "", "::1", 80, false, false},
	{"", "", "fe80::1", 80, false, false},
	{"", "", "ff02::1", 80, false, false},
	{"", "", "::ffff:127.0.0.1", 80, false, false},
	{"", "", "::127.0.0.1", 80, false, false},
	{"", "", "64:ff9b::7f00:1", 80, false, false},
	{"", "", "2002:7f00:1::1", 80, false, false},
	{"", "", "64:ff9b::c000:201", 80, true, true},
	{"", "", "2001:db8::1", 80, true, true},
	{"+*", "", "127.0.0.1", 80, false, false},
	{"+0.0.0.0/0 +::/0", "", "127.0.0.1", 80, false, false},
	{"+0.0.0.0/0 +::/0", "", "::1", 80, false, false},
	{"+126.0.0.0/7", "", "127.0.0.1", 80, false, false},
	{"+127.0.0.0/8", "", "127.0.0.1", 80, true, true},
	{"+127.0.0.1:80", "", "127.0.0.1", 80, true, true},
	{"+127.0.0.1:80", "", "127.0.0.1", 81, false, false},
	{"+[::1]:80", "", "::1", 80, true, true},
	{"+::1", "", "::1", 81, true, true},
	{"+[::1/128]", "", "::1", 81, true, true},
	{"+169.254.0.0/16", "", "169.254.169.254", 80, true, true},
	{"+localhost", "localhost", "127.0.0.1", 80, true, true},
	{"+localhost", "LocalHost.", "::1", 80, true, true},
	{"+localhost", "", "127.0.0.1", 80, false, false},
	{"+*.test", "a.test", "127.0.0.1", 80, true, false},
	{"+*.test", "a.test", "192.0.2.1", 80, true, true},
	{"+*.test", "test", "192.0.2.1", 80, false, false},
	{"+.test", "test", "192.0.2.1", 80, true, true},
	{"+.test", "atest", "192.0.2.1", 80, false, false},
	{"+*:80,443", "a", "192.0.2.1", 443, true, true},
	{"+*:80,443", "a", "192.0.2.1", 22, false, false},
	{"+:80-90", "a", "192.0.2.1", 85, true, true},
	{"+192.0.2.0/24", "a", "192.0.2.1", 80, true, true},
	{"+192.0.2.0/24", "a", "198.51.100.1", 80, true, false},
	{"+192.0.2.0/24:443", "a", "192.0.2.1", 80, false, false},
	{"-192.0.2.0/24", "a", "192.0.2.1", 80, true, false},
	{"-a", "a", "192.0.2.1", 80, false, false},
	{"-a:80", "a", "192.0.2.1", 443, true, true},
	{"-*:25", "a", "192.0.2.1", 25, false, false},
	{"+*.test -a.test", "a.test", "192.0.2.1", 80, false, false},
	{"-127.0.0.0/8 +localhost", "localhost", "127.0.0.1", 80, true, false},
};

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(verdicts); i++) {
		struct skt_endpoint target = {.port = verdicts[i].port};
		struct targets targets = {0};
		char words[128], *rest = words, *word;
		struct skt_addr addr;
		struct skt_err err;

		(void)snprintf(words, sizeof(words), "%s", verdicts[i].rules);
		while ((word = strsep(&rest, " ")))
			if (*word)
				assert_int_equal(
					targets_add(&targets, word + 1, *word == '+', &err), 0);
		assert_int_equal(
			skt_addr_parse(verdicts[i].addr, strlen(verdicts[i].addr), &addr), 0);
		(void)snprintf(target.host, sizeof(target.host), "%s", verdicts[i].host);
		if (!target.host[0])
			target.addr = addr;
		if (targets_may(&targets, &target, true) != verdicts[i].may ||
			targets_permit(&targets, &target, &addr) != verdicts[i].permitted)
			fail_msg("%s: %s %s port %u", verdicts[i].rules, verdicts[i].host,
				verdicts[i].addr, verdicts[i].port);
		targets_free(&targets);
	}
}

static void test_bad_rules(void **state)
{
	static const char *const bad[] = {"", "a*b", "*a", "*.", ".", "10.0.0.0/99", "a/8", "[::1",
		"[::1]x", "[a]", "a:", "a:0", "a:http", "a:65536", "a:2-1", "a b"};
	struct targets targets = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct skt_err err = {0};

		if (targets_add(&targets, guard_copy(bad[i], strlen(bad[i]) + 1), true, &err) !=
				-EINVAL ||
			!err.text[0])
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(targets.rules.len, 0);
	assert_false(targets.some);
}

/* What an upstream proxy resolves is allowed by its name alone. */
static void test_unresolved(void **state)
{
	const struct skt_endpoint target = {.host = "a.test", .port = 80};
	struct targets targets = {0};
	struct skt_err err;

	(void)state;
	assert_true(targets_may(&targets, &target, false));
	assert_int_equal(targets_add(&targets, "192.0.2.0/24", true, &err), 0);
	assert_false(targets_may(&targets, &target, false));
	assert_int_equal(targets_add(&targets, ".test", true, &err), 0);
	assert_true(targets_may(&targets, &target, false));
	targets_free(&targets);
}

/* ---- users ---- */

static int load(struct proxy_users *users, const char *text, struct skt_err *err)
{
	char path[] = "/tmp/users.XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	r = proxy_users_load(users, path, err);
	(void)close(fd);
	(void)unlink(path);
	return r;
}

static void test_users(void **state)
{
	struct proxy_users users = {0};
	struct skt_err err;

	(void)state;
	assert_int_equal(load(&users, "# all of them\n\njoe:a:b\r\nann:\n", &err), 0);
	assert_true(proxy_users_know(&users, "joe", "a:b"));
	assert_true(proxy_users_know(&users, "ann", ""));
	assert_false(proxy_users_know(&users, "joe", "a:"));
	assert_false(proxy_users_know(&users, "joe", ""));
	assert_false(proxy_users_know(&users, "", ""));
	assert_false(proxy_users_know(&users, "ann", "a:b"));
	proxy_users_free(&users);
	assert_int_equal(load(&users, "joe:x\n:secret\n", &err), -EINVAL);
	assert_non_null(strstr(err.text, "line 2"));
	assert_null(strstr(err.text, "secret"));
	proxy_users_free(&users);
	assert_int_equal(load(&users, "joe:x\nann\n", &err), -EINVAL);
	assert_non_null(strstr(err.text, "line 2"));
	proxy_users_free(&users);
	assert_int_equal(load(&users, "# nobody\n", &err), -ENODATA);
	proxy_users_free(&users);
	assert_int_equal(proxy_users_load(&users, "/nowhere/at/all", &err), -ENOENT);
	proxy_users_free(&users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_socks),
		unit_test(test_socks_bounds),
		unit_test(test_socks_answers),
		unit_test(test_texts),
		unit_test(test_http),
		unit_test(test_http_bounds),
		unit_test(test_passed),
		unit_test(test_http_answers),
		unit_test(test_targets),
		unit_test(test_bad_rules),
		unit_test(test_unresolved),
		unit_test(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
