/*
 * Headers of the PROXY protocol: the examples of its specification, what HAProxy and others write,
 * and what liars would.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "net/proxy_protocol.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text) (text), sizeof(text) - 1

/* "FAMILY SOURCE PORT DESTINATION PORT", and what else is there of it. */
static const char *told(const struct skt_proxy_header *header, char ret[512])
{
	static const char *const families[] = {"unknown", "inet", "unix"};
	char source[SKT_ADDR_TEXT_MAX], destination[SKT_ADDR_TEXT_MAX];

	(void)snprintf(ret, 512, "v%d%s%s %s %s%s %u %s%s %u", header->version,
		header->local ? " local" : "", header->datagram ? " datagram" : "",
		families[header->family], skt_addr_text(&header->source.addr, source),
		header->source_path, header->source.port,
		skt_addr_text(&header->destination.addr, destination), header->destination_path,
		header->destination.port);
	return ret;
}

#define V4 "\300\0\2\1\306\63\144\2\4\322\1\273" /* 192.0.2.1:1234 to 198.51.100.2:443 */
#define V6 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\0\1\xff\xff"
#define EMPTY16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define EMPTY100 EMPTY16 EMPTY16 EMPTY16 EMPTY16 EMPTY16 EMPTY16 "\0\0\0\0"

static const struct {
	const char *bytes;
	size_t len;
	const char *told; /* NULL: none at all */
} cases[] = {
	/* The examples of 2.1, the longest lines among them. */
	{BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
		"v1 inet 255.255.255.255 65535 255.255.255.255 65535"},
	{BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		"v1 inet ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
	{BYTES("PROXY UNKNOWN\r\n"), "v1 unknown  0  0"},
	{BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		"v1 unknown  0  0"},
	{BYTES("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
		"v1 inet 192.168.0.1 56324 192.168.0.11 443"},
	/* IPv4 in the clothes of IPv6 is what it is: lists are about that. */
	{BYTES("PROXY TCP6 ::ffff:10.0.0.1 ::1 0 1\r\n"), "v1 inet 10.0.0.1 0 ::1 1"},
	{BYTES("PROXY UNKNOWNX\r\n"), NULL},
	{BYTES("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), NULL},
	{BYTES("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\0 2\r\n"), NULL},
	{BYTES("PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n"), NULL},
	{BYTES("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"), NULL},
	{BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"), NULL},
	{BYTES("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"), NULL},
	{BYTES("PROXY TCP6 fe80::1%1 ::1 1 2\r\n"), NULL},
	{BYTES("PROXY TCP6 [::1] ::1 1 2\r\n"), NULL},
	{BYTES("PROXY \r\n"), NULL},
	{BYTES("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"), NULL},
	/* Version 2, each family of 2.2. */
	{BYTES(SIGNATURE "\x21\x11\0\xc" V4), "v2 inet 192.0.2.1 1234 198.51.100.2 443"},
	{BYTES(SIGNATURE "\x21\x12\0\xc" V4), "v2 datagram inet 192.0.2.1 1234 198.51.100.2 443"},
	{BYTES(SIGNATURE "\x21\x21\0\x24" V6), "v2 inet 2001:db8::1 1 1.2.3.4 65535"},
	{BYTES(SIGNATURE "\x21\x22\0\x24" V6), "v2 datagram inet 2001:db8::1 1 1.2.3.4 65535"},
	{BYTES(SIGNATURE "\x21\x31\0\xd8"
			 "/run/a\0\0" EMPTY100 "/run/b\0\0" EMPTY100),
		"v2 unix /run/a 0 /run/b 0"},
	{BYTES(SIGNATURE "\x21\0\0\0"), "v2 unknown  0  0"},
	{BYTES(SIGNATURE "\x20\0\0\0"), "v2 local unknown  0  0"},
	/* What a proxy says of itself is no word on a client. */
	{BYTES(SIGNATURE "\x20\x11\0\xc" V4), "v2 local unknown  0  0"},
	{BYTES(SIGNATURE "\x21\x10\0\xc" V4), "v2 unknown  0  0"},
	{BYTES(SIGNATURE "\x22\x11\0\xc" V4), NULL},
	{BYTES(SIGNATURE "\x11\x11\0\xc" V4), NULL},
	{BYTES(SIGNATURE "\x21\x41\0\xc" V4), NULL},
	{BYTES(SIGNATURE "\x21\x13\0\xc" V4), NULL},
	{BYTES(SIGNATURE "\x21\x21\0\xc" V4), NULL},
	{BYTES(SIGNATURE "\x21\x11\0\xb\300\0\2\1\306\63\144\2\4\322\1"), NULL},
	{BYTES(SIGNATURE "\x21\x31\0\xc" V4), NULL},
	/* Fields: whole, of no known type, cut, and too long for the header. */
	{BYTES(SIGNATURE "\x21\x11\0\x12" V4 "\xe0\0\3xyz"),
		"v2 inet 192.0.2.1 1234 198.51.100.2 443"},
	{BYTES(SIGNATURE "\x21\x11\0\xe" V4 "\4\0"), NULL},
	{BYTES(SIGNATURE "\x21\x11\0\x10" V4 "\4\0\2x"), NULL},
	{BYTES(SIGNATURE "\x21\x11\0\x13" V4 "\x20\0\4\0\0\0\0"), NULL},
	/* The checksum of 2.2.3, right and wrong. */
	{BYTES(SIGNATURE "\x21\x11\0\x13" V4 "\3\0\4\x3f\x39\x34\x85"),
		"v2 inet 192.0.2.1 1234 198.51.100.2 443"},
	{BYTES(SIGNATURE "\x21\x11\0\x13" V4 "\3\0\4\x3f\x39\x34\x84"), NULL},
	{BYTES(SIGNATURE "\x21\x11\0\x12" V4 "\3\0\3\x3f\x39\x34"), NULL},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		char *bytes = guard_copy(cases[i].bytes, cases[i].len), text[512];
		struct skt_proxy_header header;
		struct skt_err err = {0};
		int r = skt_proxy_parse(bytes, cases[i].len, &header, &err);

		if (!cases[i].told && (r != -EPROTO || !err.text[0]))
			fail_msg("case %zu was taken", i);
		if (cases[i].told && r)
			fail_msg("case %zu: %s", i, err.text);
		if (cases[i].told)
			assert_string_equal(told(&header, text), cases[i].told);
	}
}

/* Every header is measured alike, however much of it, or behind it, is there. */
static void test_measure(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		size_t len = cases[i].len;
		char behind[300];

		if (!cases[i].told)
			continue;
		for (size_t n = 0; n < len; n++)
			assert_int_equal(skt_proxy_measure(guard_copy(cases[i].bytes, n), n), 0);
		memcpy(behind, cases[i].bytes, len);
		memcpy(behind + len, "\r\nPROXY", 7);
		assert_int_equal(skt_proxy_measure(behind, len), len);
		assert_int_equal(skt_proxy_measure(behind, len + 7), len);
		guard_free_all();
	}
}

/* Who is none is known at the first byte that differs, and nobody is waited for for ever. */
static void test_measure_refuses(void **state)
{
	char line[SKT_PROXY_V1_MAX + 1];

	(void)state;
	assert_int_equal(skt_proxy_measure("G", 1), -EPROTO);
	assert_int_equal(skt_proxy_measure("PROXYX", 6), -EPROTO);
	assert_int_equal(skt_proxy_measure("\r\n\r\n\1", 5), -EPROTO);
	assert_int_equal(skt_proxy_measure(BYTES(SIGNATURE "\x31")), -EPROTO);
	assert_int_equal(skt_proxy_measure(BYTES(SIGNATURE "\x21\x11\xff\xff")), -EMSGSIZE);
	assert_int_equal(skt_proxy_measure(BYTES(SIGNATURE "\x21\x11\x0f\xf0")), 0);
	assert_int_equal(skt_proxy_measure(BYTES(SIGNATURE "\x21\x11\x0f\xf1")), -EMSGSIZE);
	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY ", 6);
	assert_int_equal(skt_proxy_measure(line, SKT_PROXY_V1_MAX - 1), 0);
	assert_int_equal(skt_proxy_measure(line, SKT_PROXY_V1_MAX), -EMSGSIZE);
	line[SKT_PROXY_V1_MAX - 2] = '\r';
	line[SKT_PROXY_V1_MAX - 1] = '\n';
	assert_int_equal(skt_proxy_measure(line, sizeof(line)), SKT_PROXY_V1_MAX);
}

static void test_fields(void **state)
{
	static const char bytes[] = SIGNATURE "\x21\x11\0\x43" V4 "\1\0\2h2\2\0\xb"
					      "example.org"
					      "\x20\0\x1b\7\0\0\0\0\x21\0\7TLSv1.3\x22\0\x9"
					      "client\0xy";
	struct skt_proxy_header header;
	struct skt_err err = {0};
	char *copy = guard_copy(bytes, sizeof(bytes) - 1);

	(void)state;
	copy[15] = (char)(sizeof(bytes) - 1 - 16);
	assert_int_equal(skt_proxy_parse(copy, sizeof(bytes) - 1, &header, &err), 0);
	assert_string_equal(header.alpn, "h2");
	assert_string_equal(header.authority, "example.org");
	assert_string_equal(header.tls_version, "TLSv1.3");
	assert_string_equal(header.tls_name, "client");
}

/* What is written is what was told, as far as the version can tell it. */
static void test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		char bytes[SKT_PROXY_WRITTEN_MAX], text[512];
		struct skt_proxy_header header, again;
		struct skt_err err = {0};
		size_t len;

		if (!cases[i].told)
			continue;
		assert_int_equal(skt_proxy_parse(cases[i].bytes, cases[i].len, &header, &err), 0);
		len = skt_proxy_write(&header, bytes);
		assert_int_equal(skt_proxy_parse(bytes, len, &again, &err), 0);
		assert_string_equal(told(&again, text), cases[i].told);
	}
}

static void test_write_bytes(void **state)
{
	struct skt_proxy_header header = {.version = 1, .family = SKT_PROXY_INET};
	char bytes[SKT_PROXY_WRITTEN_MAX + 1];

	(void)state;
	assert_int_equal(skt_addr_parse("192.0.2.1", 9, &header.source.addr), 0);
	assert_int_equal(skt_addr_parse("2001:db8::2", 11, &header.destination.addr), 0);
	header.source.port = 1;
	header.destination.port = 65535;
	bytes[skt_proxy_write(&header, bytes)] = '\0';
	assert_string_equal(bytes, "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 65535\r\n");
	header.datagram = true;
	bytes[skt_proxy_write(&header, bytes)] = '\0';
	assert_string_equal(bytes, "PROXY UNKNOWN\r\n");
	header = (struct skt_proxy_header){.version = 2};
	assert_int_equal(skt_proxy_write(&header, bytes), 16);
	assert_memory_equal(bytes, SIGNATURE "\x21\0\0", 16);
}

/* In the order and with the numbers of the specification (2.2), each with its length. */
static void test_write_fields(void **state)
{
	static const char wanted[] =
		SIGNATURE "\x21\x11\0\x32\x7f\0\0\1\x7f\0\0\2\0\1\0\2"
			  "\x01\0\2h2\x02\0\5a.exa\x20\0\x16\3\0\0\0\0\x21\0\7TLSv1.3\x22\0\4name";
	struct skt_proxy_header again,
		header = {
			.version = 2,
			.family = SKT_PROXY_INET,
			.source = {.addr = {.bytes = {127, 0, 0, 1}, .family = AF_INET}, .port = 1},
			.destination = {.addr = {.bytes = {127, 0, 0, 2}, .family = AF_INET},
				.port = 2},
			.alpn = "h2",
			.authority = "a.exa",
			.tls_version = "TLSv1.3",
			.tls_name = "name",
			.tls_client = SKT_PROXY_TLS | SKT_PROXY_TLS_CERT,
			.tls_verified = true,
		};
	char bytes[SKT_PROXY_WRITTEN_MAX];
	struct skt_err err;
	size_t len;

	(void)state;
	len = skt_proxy_write(&header, bytes);
	assert_int_equal(len, sizeof(wanted) - 1);
	assert_memory_equal(bytes, wanted, len);
	/* Without a certificate that is good nobody is verified. */
	header.tls_verified = false;
	memset(header.tls_name, 'n', SKT_PROXY_TEXT_MAX);
	memset(header.authority, 'a', SKT_PROXY_TEXT_MAX);
	memset(header.alpn, 'p', SKT_PROXY_TEXT_MAX);
	memset(header.tls_version, 'v', SKT_PROXY_TEXT_MAX);
	len = skt_proxy_write(&header, bytes);
	assert_true(len <= sizeof(bytes));
	assert_int_equal(skt_proxy_parse(bytes, len, &again, &err), 0);
	assert_string_equal(again.tls_name, header.tls_name);
	assert_string_equal(again.authority, header.authority);
	assert_false(again.tls_verified);
	/* Nothing is said of the client where the proxy speaks for itself. */
	header.local = true;
	header.family = SKT_PROXY_UNKNOWN;
	assert_int_equal(skt_proxy_write(&header, bytes), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_cases),
		unit_test(test_measure),
		unit_test(test_measure_refuses),
		unit_test(test_fields),
		unit_test(test_write),
		unit_test(test_write_bytes),
		unit_test(test_write_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
