/* Proxies: URLs, $no_proxy, what is said to them, and what their answers mean. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "net/http_connect.h"
#include "net/socks.h"

/* ---- URLs ---- */

static const struct {
	const char *url, *shown; /* NULL: none at all */
	const char *user, *password;
} urls[] = {
	{"socks5://127.0.0.1", "socks5://127.0.0.1:1080", NULL, NULL},
	{"SOCKS5H://proxy:99/", "socks5://proxy:99", NULL, NULL},
	{"socks4://10.0.0.1:1", "socks4://10.0.0.1:1", NULL, NULL},
	{"socks4a://me@10.0.0.1", "socks4a://10.0.0.1:1080", "me", ""},
	{"http://proxy", "http://proxy:3128", NULL, NULL},
	{"http://[::1]", "http://[::1]:3128", NULL, NULL},
	{"http://[fe80::1%lo]:80", "http://[fe80::1%lo]:80", NULL, NULL},
	{"http://joe:p%3a%40@proxy:80", "http://proxy:80", "joe", "p:@"},
	{"http://joe:a:b@c@proxy:80", "http://proxy:80", "joe", "a:b@c"},
	{"http://@proxy", "http://proxy:3128", "", ""},
	{"https://proxy", "https://proxy:443", NULL, NULL},
	{"ftp://proxy", NULL, NULL, NULL},
	{"proxy:1080", NULL, NULL, NULL},
	{"socks5://", NULL, NULL, NULL},
	{"socks5:///", NULL, NULL, NULL},
	{"socks5://proxy:", NULL, NULL, NULL},
	{"socks5://proxy:0", NULL, NULL, NULL},
	{"socks5://proxy:http", NULL, NULL, NULL},
	{"socks5://proxy:1/path", NULL, NULL, NULL},
	{"socks5://unix:/run/x", NULL, NULL, NULL},
	{"socks5://a%zz@proxy", NULL, NULL, NULL},
	{"socks5://a%4@proxy", NULL, NULL, NULL},
	{"socks5://a%00@proxy", NULL, NULL, NULL},
	{"://proxy", NULL, NULL, NULL},
	{"", NULL, NULL, NULL},
};

static void test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(urls); i++) {
		struct skt_proxy proxy;
		char text[SKT_PROXY_URL_MAX];
		struct skt_err err = {0};
		int r = skt_proxy_read_url(urls[i].url, &proxy, &err);

		if (!urls[i].shown) {
			assert_int_equal(r, -EINVAL);
			assert_string_not_equal(err.text, "");
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(skt_proxy_text(&proxy, text), urls[i].shown);
		assert_int_equal(proxy.has_user, urls[i].user != NULL);
		assert_string_equal(proxy.user, urls[i].user ? urls[i].user : "");
		assert_string_equal(proxy.password, urls[i].user ? urls[i].password : "");
	}
}

/* What is said of a bad URL never holds its password. */
static void test_secrets(void **state)
{
	static const char *const bad[] = {"socks5://me:secret@proxy:http",
		"nonsense://me:secret@proxy", "socks5://me:secret%zz@proxy", "socks5://me:secret@",
		"socks5://me:secret@pro xy:1"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(bad); i++) {
		struct skt_proxy proxy;
		struct skt_err err = {0};

		assert_int_equal(skt_proxy_read_url(bad[i], &proxy, &err), -EINVAL);
		assert_null(strstr(err.text, "secret"));
	}
}

static void test_long_users(void **state)
{
	char url[600], name[SKT_PROXY_USER_MAX + 2];
	struct skt_proxy proxy;
	struct skt_err err;

	(void)state;
	memset(name, 'u', sizeof(name));
	name[SKT_PROXY_USER_MAX] = '\0';
	(void)snprintf(url, sizeof(url), "socks5://%s:%s@p", name, name);
	assert_int_equal(skt_proxy_read_url(url, &proxy, &err), 0);
	assert_string_equal(proxy.password, name);
	(void)snprintf(url, sizeof(url), "socks5://%su@p", name);
	assert_int_equal(skt_proxy_read_url(url, &proxy, &err), -EINVAL);
	assert_int_equal(skt_proxy_read_user("a:b:c", 5, &proxy, &err), 0);
	assert_string_equal(proxy.user, "a");
	assert_string_equal(proxy.password, "b:c");
	assert_int_equal(skt_proxy_read_user(":b", 2, &proxy, &err), -EINVAL);
	assert_int_equal(skt_proxy_read_user("", 0, &proxy, &err), -EINVAL);
	assert_int_equal(skt_proxy_read_user("a\0b", 3, &proxy, &err), -EINVAL);
}

static struct skt_endpoint endpoint(const char *text)
{
	struct skt_endpoint ret;
	struct skt_err err;

	assert_int_equal(skt_endpoint_parse(text, SKT_ENDPOINT_REMOTE, &ret, &err), 0);
	return ret;
}

static void test_exceptions(void **state)
{
	static const struct {
		const char *list, *target;
		bool excepted;
	} table[] = {
		{NULL, "a.example:1", false},
		{"", "a.example:1", false},
		{"*", "a.example:1", true},
		{"*", "[::1]:1", true},
		{"example", "a.example:1", true},
		{".example", "a.example:1", true},
		{".example", "example:1", true},
		{"EXAMPLE", "a.example.:1", true},
		{"ample", "a.example:1", false},
		{"b.example, a.example", "a.example:1", true},
		{"a.example.org", "example.org:1", false},
		{"10.0.0.0/8 127.0.0.1", "10.1.1.1:1", true},
		{"10.0.0.0/8 127.0.0.1", "127.0.0.1:1", true},
		{"10.0.0.0/8 127.0.0.1", "127.0.0.2:1", false},
		{"[::1]", "[::1]:1", true},
		{"fd00::/8", "[fd12::1]:1", true},
		{".", "a.example:1", false},
		{",, ,", "a.example:1", false},
		{"0.1", "10.0.0.1:1", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		struct skt_endpoint target = endpoint(table[i].target);

		if (skt_proxy_excepts(table[i].list, &target) != table[i].excepted)
			fail_msg("case %zu", i);
	}
}

static struct skt_proxy proxy_of(const char *url)
{
	struct skt_proxy proxy;
	struct skt_err err;

	assert_int_equal(skt_proxy_read_url(url, &proxy, &err), 0);
	return proxy;
}

static void test_suits(void **state)
{
	static const struct {
		const char *url, *target;
		bool suits;
	} table[] = {
		{"socks4://p", "1.2.3.4:1", true},
		{"socks4://p", "name:1", true},
		{"socks4://p", "[::1]:1", false},
		{"socks4a://p", "name:1", true},
		{"socks4a://p", "[::1]:1", false},
		{"socks5://p", "[::1]:1", true},
		{"socks5://p", "[fe80::1%lo]:1", false},
		{"http://p", "[::1]:1", true},
		{"http://p", "unix:/run/x", false},
		{"http://p", "vsock:1:1", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		struct skt_proxy proxy = proxy_of(table[i].url);
		struct skt_endpoint target = endpoint(table[i].target);
		struct skt_err err;

		assert_int_equal(
			skt_proxy_suits(&proxy, &target, &err), table[i].suits ? 0 : -EINVAL);
	}
}

/* ---- SOCKS ---- */

static void assert_said(const char *url, enum skt_socks_phase phase, const char *target,
	const char *bytes, size_t len)
{
	struct skt_proxy proxy = proxy_of(url);
	struct skt_endpoint to = endpoint(target);
	char said[SKT_SOCKS_REQUEST_MAX];

	assert_int_equal(skt_socks_request(&proxy, phase, &to, to.port, said), len);
	assert_memory_equal(said, bytes, len);
}

#define BYTES(text) (text), sizeof(text) - 1

static void test_socks_requests(void **state)
{
	(void)state;
	assert_said("socks4://p", SKT_SOCKS_CONNECT, "1.2.3.4:258", BYTES("\4\1\1\2\1\2\3\4\0"));
	assert_said("socks4://me@p", SKT_SOCKS_CONNECT, "1.2.3.4:80", BYTES("\4\1\0P\1\2\3\4me\0"));
	assert_said("socks4a://p", SKT_SOCKS_CONNECT, "a.b:80",
		BYTES("\4\1\0P\0\0\0\1\0"
		      "a.b\0"));
	assert_said("socks5://p", SKT_SOCKS_METHOD, "1.2.3.4:80", BYTES("\5\1\0"));
	assert_said("socks5://a:bc@p", SKT_SOCKS_METHOD, "1.2.3.4:80", BYTES("\5\2\0\2"));
	assert_said("socks5://a:bc@p", SKT_SOCKS_USER, "1.2.3.4:80", BYTES("\1\1a\2bc"));
	assert_said("socks5://p", SKT_SOCKS_CONNECT, "1.2.3.4:80", BYTES("\5\1\0\1\1\2\3\4\0P"));
	assert_said("socks5://p", SKT_SOCKS_CONNECT, "a.b:80", BYTES("\5\1\0\3\3a.b\0P"));
	assert_said("socks5://p", SKT_SOCKS_CONNECT, "[1::2]:80",
		BYTES("\5\1\0\4\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0P"));
}

/* A reply of exactly LEN bytes: nothing shorter is whole, nothing longer is longer. */
static void assert_measured(
	ssize_t (*measure)(const char *bytes, size_t len), const char *bytes, size_t len)
{
	char behind[300];

	for (size_t n = 0; n < len; n++)
		assert_int_equal(measure(guard_copy(bytes, n), n), 0);
	memcpy(behind, bytes, len);
	memset(behind + len, 5, 9);
	assert_int_equal(measure(guard_copy(bytes, len), len), len);
	assert_int_equal(measure(behind, len + 9), len);
	guard_free_all();
}

static void test_socks_measures(void **state)
{
	char name[300] = "\5\0\0\3\xff";

	(void)state;
	assert_measured(skt_socks4_measure, BYTES("\0Z\0\0\0\0\0\0"));
	assert_measured(skt_socks4_measure, BYTES("\4[\0\0\0\0\0\0"));
	assert_measured(skt_socks5_measure_short, BYTES("\5\xff"));
	assert_measured(skt_socks5_measure_short, BYTES("\1\0"));
	assert_measured(skt_socks5_measure, BYTES("\5\0\0\1\1\2\3\4\0P"));
	assert_measured(skt_socks5_measure, BYTES("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0P"));
	assert_measured(skt_socks5_measure, BYTES("\5\0\0\3\0\0P"));
	assert_int_equal(skt_socks5_measure(name, sizeof(name)), SKT_SOCKS_REPLY_MAX);
	/* No is no, however much or little is behind it. */
	assert_int_equal(skt_socks5_measure("\5\1", 2), 2);
	assert_int_equal(skt_socks5_measure("\5\0\0\2x", 5), -EPROTO);
	assert_int_equal(skt_socks5_measure("H", 1), -EPROTO);
	assert_int_equal(skt_socks5_measure_short("H", 1), -EPROTO);
	assert_int_equal(skt_socks4_measure("H", 1), -EPROTO);
}

static void test_socks_replies(void **state)
{
	static const struct {
		const char *url;
		enum skt_socks_phase phase;
		const char *bytes;
		int r, next;
	} table[] = {
		{"socks4://p", SKT_SOCKS_CONNECT, "\0Z\0\0\0\0\0", 0, SKT_SOCKS_CONNECT},
		{"socks4://p", SKT_SOCKS_CONNECT, "\0[\0\0\0\0\0", -EPROTO, 0},
		{"socks4://p", SKT_SOCKS_CONNECT, "\0]\0\0\0\0\0", -EKEYREJECTED, 0},
		{"socks5://p", SKT_SOCKS_METHOD, "\5\0", 0, SKT_SOCKS_CONNECT},
		/* It was not offered. */
		{"socks5://p", SKT_SOCKS_METHOD, "\5\2", -EPROTO, 0},
		{"socks5://p", SKT_SOCKS_METHOD, "\5\1", -EPROTO, 0},
		{"socks5://p", SKT_SOCKS_METHOD, "\5\xff", -EKEYREJECTED, 0},
		{"socks5://p", SKT_SOCKS_METHOD, "\1\0", -EPROTO, 0},
		{"socks5://u@p", SKT_SOCKS_METHOD, "\5\2", 0, SKT_SOCKS_USER},
		{"socks5://u@p", SKT_SOCKS_METHOD, "\5\0", 0, SKT_SOCKS_CONNECT},
		{"socks5://u@p", SKT_SOCKS_USER, "\1\0", 0, SKT_SOCKS_CONNECT},
		{"socks5://u@p", SKT_SOCKS_USER, "\1\1", -EKEYREJECTED, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\0", 0, SKT_SOCKS_CONNECT},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\2", -EPROTO, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\3", -ENETUNREACH, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\4", -EHOSTUNREACH, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\5", -ECONNREFUSED, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\6", -ETIMEDOUT, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\x8", -EPROTO, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\x9", -EPROTO, 0},
		{"socks5://p", SKT_SOCKS_CONNECT, "\5\xff", -EPROTO, 0},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		struct skt_proxy proxy = proxy_of(table[i].url);
		enum skt_socks_phase phase = table[i].phase;
		struct skt_err err = {0};
		int r = skt_socks_reply(&proxy, table[i].bytes, &phase, &err);

		if (r != table[i].r || (r == 0 && (int)phase != table[i].next) ||
			(r && !err.text[0]))
			fail_msg("case %zu: %d", i, r);
	}
}

/* ---- HTTP ---- */

static void test_http_requests(void **state)
{
	static const struct {
		const char *url, *target, *said;
	} table[] = {
		{"http://p", "1.2.3.4:80",
			"CONNECT 1.2.3.4:80 HTTP/1.1\r\nHost: 1.2.3.4:80\r\n\r\n"},
		{"http://p", "[::1]:443", "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"},
		/* The example of RFC 7617 2. */
		{"http://Aladdin:open%20sesame@p", "a:1",
			"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic "
			"QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"},
		{"http://a:bc@p", "a:1",
			"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic "
			"YTpiYw==\r\n\r\n"},
		{"http://a:b@p", "a:1",
			"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nProxy-Authorization: Basic "
			"YTpi\r\n\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		struct skt_proxy proxy = proxy_of(table[i].url);
		struct skt_endpoint to = endpoint(table[i].target);
		char said[SKT_HTTP_REQUEST_MAX];
		size_t len = skt_http_connect_request(&proxy, &to, to.port, said);

		assert_int_equal(len, strlen(table[i].said));
		assert_string_equal(said, table[i].said);
	}
}

static void test_http_replies(void **state)
{
	static const struct {
		const char *head;
		int r;
	} table[] = {
		{"HTTP/1.1 200 Connection established\r\n\r\n", 0},
		{"HTTP/1.0 200\r\n\r\n", 0},
		{"HTTP/1.1 299 Fine\nVia: x\n\n", 0},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
		{"HTTP/1.1 407 Proxy Authentication Required\r\nX: y\r\n\r\n", -EKEYREJECTED},
		{"HTTP/1.1 401 Unauthorized\r\n\r\n", -EKEYREJECTED}, /* tinyproxy */
		{"HTTP/1.1 403 Forbidden\r\n\r\n", -EPROTO},
		{"HTTP/1.1 504 Gateway Timeout\r\n\r\n", -ETIMEDOUT},
		{"HTTP/1.1 100 Continue\r\n\r\n", -EPROTO},
		{"HTTP/1.1 20 OK\r\n\r\n", -EPROTO},
		{"HTTP/1.1 /00 OK\r\n\r\n", -EPROTO},
		{"HTTP/1.1 2:0 OK\r\n\r\n", -EPROTO},
		{"HTTP/1.15200 OK\r\n\r\n", -EPROTO},
		{"HTTP/1.1 500 012345678901234567890123456789012345678901234567890123456789"
		 "01234567890123456789\r\n\r\n",
			-EPROTO},
		{"HTTP/1.1 2000 OK\r\n\r\n", -EPROTO},
		{"HTTP/1.1\r\n\r\n", -EPROTO},
		{"HTTP/1.1 \r\n\r\n", -EPROTO},
	};
	struct skt_proxy proxy = proxy_of("http://p");

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		size_t len = strlen(table[i].head);
		struct skt_err err = {0};
		int r;

		assert_measured(skt_http_connect_measure, table[i].head, len);
		r = skt_http_connect_reply(&proxy, guard_copy(table[i].head, len), len, &err);
		if (r != table[i].r || (r && !err.text[0]))
			fail_msg("case %zu: %d", i, r);
	}
	/* A NUL ends no status, as nothing else does that is no blank and no end of a line. */
	assert_int_equal(skt_http_connect_reply(&proxy, guard_copy("HTTP/1.1 200\0\r\n\r\n", 17),
				 17, &(struct skt_err){0}),
		-EPROTO);
	assert_int_equal(skt_http_connect_measure("HTTQ", 4), -EPROTO);
	assert_int_equal(skt_http_connect_measure("HTTP/2 200\r\n\r\n", 14), -EPROTO);
	assert_int_equal(skt_http_connect_measure("SSH-2.0", 7), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_urls),
		unit_test(test_secrets),
		unit_test(test_long_users),
		unit_test(test_exceptions),
		unit_test(test_suits),
		unit_test(test_socks_requests),
		unit_test(test_socks_measures),
		unit_test(test_socks_replies),
		unit_test(test_http_requests),
		unit_test(test_http_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
