/* The grammar of ENDPOINT: what it takes, what it refuses and in which words, and its way back. */
#include "unit.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/macros.h"

static const enum skt_endpoint_role R = SKT_ENDPOINT_REMOTE, L = SKT_ENDPOINT_LOCAL,
				    S = SKT_ENDPOINT_SOURCE;

/* A text with its NUL at the end of a page. */
static const char *guarded(const char *text)
{
	return guard_copy(text, strlen(text) + 1);
}

static void reads(enum skt_endpoint_role role, const char *in, const char *out)
{
	struct skt_endpoint ep, again;
	struct skt_err err = {0};
	char text[SKT_ENDPOINT_TEXT_MAX];
	int r = skt_endpoint_parse(guarded(in), role, &ep, &err);

	if (r)
		fail_msg("'%s' was refused: %s", in, err.text);
	assert_string_equal(err.text, "");
	assert_string_equal(skt_endpoint_text(&ep, text), out);
	if (role == SKT_ENDPOINT_SOURCE)
		return;
	assert_int_equal(skt_endpoint_parse(text, role, &again, &err), 0);
	assert_memory_equal(&ep, &again, sizeof(ep));
}

static void refuses(enum skt_endpoint_role role, const char *in, int r, const char *words)
{
	struct skt_endpoint ep, before;
	struct skt_err err = {0};

	memset(&ep, 0xa5, sizeof(ep));
	before = ep;
	if (skt_endpoint_parse(guarded(in), role, &ep, &err) == 0)
		fail_msg("'%s' was taken", in);
	if (!strstr(err.text, words))
		fail_msg("'%s': '%s' lacks '%s'", in, err.text, words);
	assert_int_equal(skt_endpoint_parse(in, role, &ep, NULL), r);
	assert_memory_equal(&ep, &before, sizeof(ep));
}

static void test_inet(void **state)
{
	(void)state;
	reads(R, "localhost:5501", "localhost:5501");
	reads(R, "example.org.:https", "example.org.:https");
	reads(R, "127.0.0.1:1", "127.0.0.1:1");
	reads(R, "[::1]:65535", "[::1]:65535");
	reads(R, "[2001:DB8:0:0::1]:80", "[2001:db8::1]:80");
	reads(R, "[fe80::1%eth0]:22", "[fe80::1%eth0]:22");
	reads(R, "[fe80::1%3]:22", "[fe80::1%3]:22");
	reads(R, "[::ffff:10.0.0.1]:9", "[::ffff:10.0.0.1]:9");
	reads(R, "my_host-1:80", "my_host-1:80");
	reads(R,
		"b\xc3\xbc"
		"cher.example:80",
		"b\xc3\xbc"
		"cher.example:80");
	reads(R, "unix.example:80", "unix.example:80");
	reads(R, "127.1:80", "127.1:80"); /* inet_aton's forms are the resolver's matter */
}

static void test_inet_local(void **state)
{
	(void)state;
	reads(L, "8080", "*:8080");
	reads(L, "0", "*:0");
	reads(L, ":8080", "*:8080");
	reads(L, "*:http", "*:http");
	reads(L, "http", "*:http");
	reads(L, "0.0.0.0:80", "0.0.0.0:80");
	reads(L, "[::]:0", "[::]:0");
	reads(L, "localhost:0", "localhost:0");
}

static void test_inet_source(void **state)
{
	(void)state;
	reads(S, "127.0.0.1", "127.0.0.1:0");
	reads(S, "127.0.0.1:99", "127.0.0.1:99");
	reads(S, "::1", "[::1]:0");
	reads(S, "[::1]", "[::1]:0");
	reads(S, "[::1]:99", "[::1]:99");
	reads(S, "fe80::1%eth0", "[fe80::1%eth0]:0");
	reads(S, ":99", "*:99");
	refuses(S, "localhost", -EINVAL, "not looked up");
	refuses(S, "localhost:4", -EINVAL, "not looked up");
}

static void test_inet_refused(void **state)
{
	static const char *const names[] = {"a b:1", "http://x:1", "a/b:1", "-v:1", ".a:1", "a@b:1",
		"a\x01:1", "a\x7f:1", "a\n:1"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(names); i++)
		refuses(R, names[i], -EINVAL, "");
	refuses(R, "", -EINVAL, "port is missing");
	refuses(R, "localhost", -EINVAL, "port is missing: HOST:PORT");
	refuses(R, "8080", -EINVAL, "port is missing: HOST:PORT");
	refuses(R, "localhost:", -EINVAL, "port is missing");
	refuses(R, ":80", -EINVAL, "host is missing");
	refuses(R, "*:80", -EINVAL, "host is missing");
	refuses(R, "80:localhost", -EINVAL, "the host comes first");
	refuses(R, "a:0", -ERANGE, "port 0");
	refuses(R, "a:65536", -ERANGE, "65536 is greater than 65535");
	refuses(R, "a:99999999999999999999999", -ERANGE, "greater");
	refuses(R, "a:-1", -EINVAL, "'-1' is neither");
	refuses(R, "a:+1", -EINVAL, "'+1' is neither");
	refuses(R, "a:8 0", -EINVAL, "a blank in it");
	refuses(R, "localhost 80", -EINVAL, "HOST PORT are two words");
	refuses(L, " 80", -EINVAL, "a blank in it");
	refuses(R, "h:80:90", -EINVAL, "one colon only");
	refuses(R, "::1:80", -EINVAL, "needs brackets");
	refuses(R, "2001:db8::1", -EINVAL, "needs brackets");
	refuses(R, "[::1]", -EINVAL, "port is missing");
	refuses(R, "[::1]80", -EINVAL, "port is missing");
	refuses(R, "[::1:80", -EINVAL, "");
	refuses(R, "[127.0.0.1]:80", -EINVAL, "only an IPv6 address has brackets");
	refuses(R, "127.0.0.1%eth0:80", -EINVAL, "only an IPv6 address has a zone");
	refuses(R, "[[::1]]:80", -EINVAL, "no IPv6 address");
	refuses(R, "[]:80", -EINVAL, "no IPv6 address");
	refuses(R, "[localhost]:80", -EINVAL, "'localhost' is no IPv6 address");
	refuses(R, "[fe80::1%]:22", -EINVAL, "zone");
	refuses(R, "[fe80::1%0]:22", -EINVAL, "zone");
	refuses(R, "[fe80::1%4294967296]:22", -EINVAL, "zone");
	refuses(R, "[fe80::1%0123456789abcdef]:22", -EINVAL, "zone");
	refuses(R, "[fe80::1%a/b]:22", -EINVAL, "zone");
	refuses(L, "127.0.0.1", -EINVAL, "port is missing: [HOST:]PORT");
	refuses(L, "[::1]", -EINVAL, "port is missing");
	refuses(L, "65536", -ERANGE, "greater");
	refuses(L, "", -EINVAL, "port is missing");
	refuses(SKT_ENDPOINT_SOURCE, "", -EINVAL, "expected an address");
}

static void test_length_bounds(void **state)
{
	char text[600];
	struct skt_endpoint ep;
	struct skt_err err;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 254, ":80", 4);
	assert_int_equal(skt_endpoint_parse(text, R, &ep, &err), 0);
	assert_int_equal(strlen(ep.host), 254);
	memcpy(text + 254, "a:80", 5);
	refuses(R, text, -ENAMETOOLONG, "at most 253");
	memset(text, 'a', sizeof(text));
	memcpy(text, "h:", 2);
	text[2 + 63] = '\0';
	assert_int_equal(skt_endpoint_parse(text, R, &ep, &err), 0);
	text[2 + 63] = 'a';
	text[2 + 64] = '\0';
	refuses(R, text, -EINVAL, "neither");
	memset(text, 'a', sizeof(text));
	memcpy(text, "unix:", 5);
	text[5 + 107] = '\0';
	reads(R, text, text);
	text[5 + 107] = 'a';
	text[5 + 108] = '\0';
	refuses(R, text, -ENAMETOOLONG, "108 bytes, but the path of a socket has at most 107");
	memset(text, 'a', sizeof(text));
	memcpy(text, "unix:@", 6);
	text[6 + 107] = '\0';
	reads(R, text, text);
	text[6 + 107] = 'a';
	text[6 + 108] = '\0';
	refuses(L, text, -ENAMETOOLONG, "at most 107");
}

static void test_pair(void **state)
{
	static const struct {
		const char *host, *port, *text;
	} good[] = {
		{"::1", "80", "[::1]:80"},
		{"[::1]", "80", "[::1]:80"},
		{"fe80::1%lo", "ssh", "[fe80::1%lo]:ssh"},
		{"localhost", "5501", "localhost:5501"},
		{"10.0.0.1", "1", "10.0.0.1:1"},
	};
	struct skt_endpoint ep;
	struct skt_err err;
	char text[SKT_ENDPOINT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(good); i++) {
		assert_int_equal(skt_endpoint_parse_pair(guarded(good[i].host),
					 guarded(good[i].port), R, &ep, &err),
			0);
		assert_string_equal(skt_endpoint_text(&ep, text), good[i].text);
	}
	assert_int_equal(skt_endpoint_parse_pair("a:1", "80", R, &ep, &err), -EINVAL);
	assert_int_equal(skt_endpoint_parse_pair("", "80", R, &ep, &err), -EINVAL);
	assert_int_equal(skt_endpoint_parse_pair("a", "", R, &ep, &err), -EINVAL);
	assert_int_equal(skt_endpoint_parse_pair("a", "70000", R, &ep, &err), -ERANGE);
	assert_int_equal(skt_endpoint_parse_pair("", "0", L, &ep, &err), 0);
}

static void test_unix(void **state)
{
	struct skt_endpoint ep;

	(void)state;
	reads(R, "unix:/run/x", "unix:/run/x");
	reads(R, "unix:@name", "unix:@name");
	reads(L, "unix:./@x", "unix:./@x");
	reads(R, "unix:a:b", "unix:a:b");
	reads(R, "unix:80", "unix:80"); /* the scheme wins over a host of that name */
	assert_int_equal(skt_endpoint_parse("unix:@a", R, &ep, NULL), 0);
	assert_true(ep.abstract);
	assert_string_equal(ep.path, "a");
	refuses(R, "unix:", -EINVAL, "path is missing");
	refuses(R, "unix:@", -EINVAL, "name is missing");
}

static void test_vsock(void **state)
{
	struct skt_endpoint ep;

	(void)state;
	reads(R, "vsock:2:1024", "vsock:2:1024");
	reads(R, "vsock:host:1024", "vsock:2:1024");
	reads(R, "vsock:local:4294967294", "vsock:1:4294967294");
	reads(L, "vsock:any:7", "vsock:any:7");
	assert_int_equal(skt_endpoint_parse("vsock:any:7", L, &ep, NULL), 0);
	assert_int_equal(ep.cid, VMADDR_CID_ANY);
	refuses(R, "vsock:any:7", -EINVAL, "'any' is no CID");
	refuses(R, "vsock:1024", -EINVAL, "vsock:CID:PORT");
	refuses(R, "vsock::1024", -EINVAL, "no CID");
	refuses(R, "vsock:4294967295:1", -EINVAL, "no CID");
	refuses(R, "vsock:2:4294967295", -EINVAL, "no port");
	refuses(R, "vsock:2:", -EINVAL, "no port");
	refuses(R, "vsock:2:http", -EINVAL, "no port");
}

static void test_zone_that_is_missing(void **state)
{
	static const char *const enough[] = {"[fe80::1%eth0]:22", "[fe80::1%3]:22", "[::1]:22",
		"169.254.1.1:22", "[fec0::1]:22", "name:22", "unix:/x"};
	struct skt_endpoint ep;
	struct skt_err err;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(enough); i++) {
		assert_int_equal(skt_endpoint_parse(enough[i], SKT_ENDPOINT_REMOTE, &ep, &err), 0);
		assert_int_equal(skt_endpoint_check_zone(&ep, NULL, &err), 0);
	}
	assert_int_equal(skt_endpoint_parse("[fe80::1]:22", SKT_ENDPOINT_REMOTE, &ep, &err), 0);
	assert_int_equal(skt_endpoint_check_zone(&ep, "eth0", &err), 0);
	assert_int_equal(skt_endpoint_check_zone(&ep, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.text, "fe80::1%IFACE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_zone_that_is_missing),
		unit_test(test_inet),
		unit_test(test_inet_local),
		unit_test(test_inet_source),
		unit_test(test_inet_refused),
		unit_test(test_length_bounds),
		unit_test(test_pair),
		unit_test(test_unix),
		unit_test(test_vsock),
	};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
