/* Addresses and prefixes: every form in and out, against vectors and against the C library. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/macros.h"

static struct skt_addr addr_of(const char *text)
{
	struct skt_addr addr = {0};

	if (skt_addr_parse(guard_text(text), strlen(text), &addr))
		fail_msg("%s: not an address", text);
	return addr;
}

static struct skt_cidr cidr_of(const char *text)
{
	struct skt_cidr cidr = {0};

	if (skt_cidr_parse(guard_text(text), strlen(text), &cidr))
		fail_msg("%s: not a prefix", text);
	return cidr;
}

/* RFC 5952 sections 1, 2 and 4, RFC 4291 section 2.2, and zones. */
static const struct {
	const char *in, *out;
} forms[] = {
	{"0.0.0.0", "0.0.0.0"},
	{"1.2.3.4", "1.2.3.4"},
	{"9.10.99.100", "9.10.99.100"},
	{"109.190.200.255", "109.190.200.255"},
	{"255.255.255.255", "255.255.255.255"},
	{"::", "::"},
	{"[::]", "::"},
	{"::1", "::1"},
	{"1::", "1::"},
	{"0:0:0:0:0:0:0:0", "::"},
	{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"},
	{"2001:db8:0:0:1::1", "2001:db8::1:0:0:1"},
	{"2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"},
	{"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
	{"2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
	{"2001:db8:aaaa:bbbb:cccc:dddd::1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"},
	{"2001:db8:aaaa:bbbb:cccc:dddd:0:1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"},
	{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
	{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
	{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	{"0:0:1:0:0:0:0:0", "0:0:1::"},
	{"0:0:0:1:0:0:0:0", "0:0:0:1::"},
	{"0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"},
	{"1:0:0:0:0:0:0:0", "1::"},
	{"1:0:0:2:0:0:3:0", "1::2:0:0:3:0"},
	{"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
	{"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
	{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"1000:100:10:1:f:fe:fed:fedc", "1000:100:10:1:f:fe:fed:fedc"},
	{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	{"::ffff:c000:201", "::ffff:192.0.2.1"},
	{"0:0:0:0:0:ffff:0:0", "::ffff:0.0.0.0"},
	{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
	{"fe80::1%2", "fe80::1%2"},
	{"[fe80::1%2]", "fe80::1%2"},
	{"fe80::1%4294967295", "fe80::1%4294967295"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295"},
};

static void canonical_forms(void **state)
{
	char text[SKT_ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(forms); i++) {
		struct skt_addr addr = addr_of(forms[i].in), again;

		assert_string_equal(skt_addr_text(&addr, text), forms[i].out);
		again = addr_of(text);
		assert_true(skt_addr_equal(&addr, &again));
	}
	assert_string_equal(skt_addr_text(&(struct skt_addr){0}, text), "");
}

static void malformed(void **state)
{
	static const char *const texts[] = {"", " ", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.",
		".1.2.3", "1..2.3", "256.1.1.1", "1.2.3.256", "1.2.3.-4", "+1.2.3.4", "1.2.3.4 ",
		" 1.2.3.4", "01.2.3.4", "0x1.2.3.4", "1.2.3.4a", "1.2.3.4/8", "1.2.3.4:80",
		"1.2.3.4%1", "[1.2.3.4]", "a.b.c.d", "localhost", ":", ":::", "::1::", "1::2::3",
		":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9",
		"12345::", "g::", "::1/64", "::1 ", " ::1", "[::1", "::1]", "[]", "[", "]",
		"[[::1]]", "[::1]:80", "[::1]%2", "::1%", "::1%0", "::1%eth0", "::1%-1", "::1%1%2",
		"::1%4294967296", "::1%99999999999999999999", "%1", "::1.2.3", "::256.1.1.1",
		"::1.2.3.4.5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3.4:1",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_addr addr = {.scope_id = 77};
		struct skt_cidr cidr = {.length = 77};

		if (skt_addr_parse(guard_text(texts[i]), strlen(texts[i]), &addr) != -EINVAL)
			fail_msg("'%s' is taken for an address", texts[i]);
		assert_int_equal(addr.scope_id, 77);
		if (!strchr(texts[i], '/'))
			assert_int_equal(
				skt_cidr_parse(guard_text(texts[i]), strlen(texts[i]), &cidr),
				-EINVAL);
		assert_int_equal(cidr.length, 77);
		guard_free_all();
	}
	assert_int_equal(
		skt_addr_parse(guard_copy("1.2.3.4\0", 8), 8, &(struct skt_addr){0}), -EINVAL);
	assert_int_equal(
		skt_addr_parse(guard_copy("::1\0%1", 6), 6, &(struct skt_addr){0}), -EINVAL);
}

/* Any text cut anywhere, up to the end of a page. */
static void prefixes_of_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(forms); i++) {
		for (size_t n = 0; n <= strlen(forms[i].in); n++) {
			const char *text = guard_copy(forms[i].in, n);
			struct skt_cidr cidr;

			(void)skt_cidr_parse(text, n, &cidr);
			(void)skt_addr_parse(text, n, &cidr.addr);
		}
		guard_free_all();
	}
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}

/* The same text as inet_ntop(), where that follows RFC 5952, and back to the same address. */
static void random_round_trip(void **state)
{
	uint64_t random = 5952;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		struct skt_addr addr = {.family = i % 4 ? AF_INET6 : AF_INET}, again;
		char text[SKT_ADDR_TEXT_MAX], expected[INET6_ADDRSTRLEN];
		size_t size = addr.family == AF_INET ? 4 : 16;

		for (size_t k = 0; k < size; k++)
			addr.bytes[k] = (uint8_t)next_random(&random);
		/* Runs of zeros are what is difficult. */
		for (uint32_t zeros = next_random(&random), k = 0; size == 16 && k < 8; k++)
			if (zeros >> k & 1)
				memset(addr.bytes + 2 * k, 0, 2);
		assert_non_null(inet_ntop(addr.family, addr.bytes, expected, sizeof(expected)));
		/* glibc writes the deprecated "IPv4-compatible" ::a.b.c.d with dots, RFC 5952 not.
		 */
		if (!(size == 16 && strchr(expected, '.') && !skt_addr_is_v4_mapped(&addr)))
			assert_string_equal(skt_addr_text(&addr, text), expected);
		skt_addr_text(&addr, text);
		assert_int_equal(skt_addr_parse(text, strlen(text), &again), 0);
		assert_true(skt_addr_equal(&addr, &again));
	}
}

static const struct {
	const char *cidr, *addr;
	bool inside;
} prefixes[] = {
	{"0.0.0.0/0", "0.0.0.0", true},
	{"0.0.0.0/0", "255.255.255.255", true},
	{"0.0.0.0/0", "::", false},
	{"0.0.0.0/0", "::ffff:1.2.3.4", true},
	{"0.0.0.0/1", "127.255.255.255", true},
	{"0.0.0.0/1", "128.0.0.0", false},
	{"128.0.0.0/1", "128.0.0.0", true},
	{"128.0.0.0/1", "127.255.255.255", false},
	{"10.0.0.0/7", "11.255.255.255", true},
	{"10.0.0.0/7", "12.0.0.0", false},
	{"10.0.0.0/8", "10.255.255.255", true},
	{"10.0.0.0/8", "11.0.0.0", false},
	{"10.0.0.0/9", "10.127.255.255", true},
	{"10.0.0.0/9", "10.128.0.0", false},
	{"10.9.8.7/8", "10.1.2.3", true},
	{"10.1.2.2/31", "10.1.2.3", true},
	{"10.1.2.2/31", "10.1.2.1", false},
	{"10.1.2.2/31", "10.1.2.4", false},
	{"10.1.2.3/32", "10.1.2.3", true},
	{"10.1.2.3/32", "10.1.2.2", false},
	{"10.1.2.3", "10.1.2.3", true},
	{"10.1.2.3", "10.1.2.7", false},
	{"10.1.2.3", "::ffff:10.1.2.3", true},
	{"10.1.2.3", "::10.1.2.3", false},
	{"10.0.0.0/8", "::ffff:11.0.0.0", false},
	{"::/0", "::", true},
	{"::/0", "ffff::", true},
	{"::/0", "1.2.3.4", false},
	{"::/1", "7fff::", true},
	{"::/1", "8000::", false},
	{"8000::/1", "8000::", true},
	{"fe80::/10", "febf::1", true},
	{"fe80::/10", "fec0::", false},
	{"2001:db8::/32", "2001:db8:ffff::", true},
	{"2001:db8::/32", "2001:db9::", false},
	{"2001:db8::/33", "2001:db8:7fff::", true},
	{"2001:db8::/33", "2001:db8:8000::", false},
	{"::2/127", "::3", true},
	{"::2/127", "::1", false},
	{"::2/128", "::2", true},
	{"::2/128", "::3", false},
	{"::2", "::2", true},
	{"::ffff:0:0/96", "::ffff:1.2.3.4", true},
	{"::ffff:0:0/96", "1.2.3.4", false},
	{"::ffff:1.2.3.4", "1.2.3.4", false},
	{"fe80::1%2", "fe80::1%2", true},
	{"fe80::1%2", "fe80::1%3", false},
	{"fe80::1%2", "fe80::1", false},
	{"fe80::1", "fe80::1%2", true},
	{"fe80::%2/10", "fe80::9%2", true},
};

static void cidr_boundaries(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(prefixes); i++) {
		struct skt_cidr cidr = cidr_of(prefixes[i].cidr);
		struct skt_addr addr = addr_of(prefixes[i].addr);

		if (skt_cidr_contains(&cidr, &addr) != prefixes[i].inside)
			fail_msg("%s in %s: not %d", prefixes[i].addr, prefixes[i].cidr,
				prefixes[i].inside);
		assert_false(skt_cidr_contains(&cidr, &(struct skt_addr){0}));
		assert_false(skt_cidr_contains(&(struct skt_cidr){0}, &addr));
	}
}

/* Every length, with each bit of the address flipped: inside exactly if behind the prefix. */
static void every_length(void **state)
{
	static const char *const texts[] = {
		"170.85.15.240", "aaaa:5555:0f0f:f0f0:1234:5678:9abc:def0"};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_cidr cidr = cidr_of(texts[i]);
		unsigned int longest = cidr.length;

		assert_int_equal(longest, i ? 128 : 32);
		for (unsigned int length = 0; length <= longest; length++) {
			cidr.length = (uint8_t)length;
			assert_true(skt_cidr_contains(&cidr, &cidr.addr));
			for (unsigned int bit = 0; bit < longest; bit++) {
				struct skt_addr addr = cidr.addr;

				addr.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
				assert_int_equal(skt_cidr_contains(&cidr, &addr), bit >= length);
			}
		}
	}
}

static void malformed_prefixes(void **state)
{
	static const char *const texts[] = {"/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0.0//8",
		"10.0.0.0/0x8", "10.0.0.0/1000", "10.0.0.0/00000000008", "10/8", "::/129", "::/999",
		"::/", "::/a", "[::]/129", "[::/64]", "::/64%2", "::ffff:1.2.3.4/129", "host/8"};
	struct skt_cidr cidr = {.length = 77};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++)
		if (skt_cidr_parse(guard_text(texts[i]), strlen(texts[i]), &cidr) != -EINVAL)
			fail_msg("'%s' is taken for a prefix", texts[i]);
	assert_int_equal(cidr.length, 77);
	assert_int_equal(cidr_of("[fe80::]/10").length, 10);
	assert_int_equal(cidr_of("10.0.0.0/008").length, 8);
	assert_int_equal(cidr_of("::/0").length, 0);
	assert_int_equal(cidr_of("::/128").length, 128);
}

enum { ANY = 1, LOOPBACK = 2, LINK_LOCAL = 4, MULTICAST = 8, MAPPED = 16 };

static const struct {
	const char *addr;
	unsigned int is;
} kinds[] = {
	{"0.0.0.0", ANY},
	{"0.0.0.1", 0},
	{"126.255.255.255", 0},
	{"127.0.0.0", LOOPBACK},
	{"127.255.255.255", LOOPBACK},
	{"128.0.0.0", 0},
	{"169.253.255.255", 0},
	{"169.254.0.0", LINK_LOCAL},
	{"169.254.255.255", LINK_LOCAL},
	{"169.255.0.0", 0},
	{"223.255.255.255", 0},
	{"224.0.0.0", MULTICAST | LINK_LOCAL},
	{"224.0.0.255", MULTICAST | LINK_LOCAL},
	{"224.0.1.0", MULTICAST},
	{"224.1.0.0", MULTICAST},
	{"239.255.255.255", MULTICAST},
	{"240.0.0.0", 0},
	{"255.255.255.255", 0},
	{"::", ANY},
	{"::1", LOOPBACK},
	{"::2", 0},
	{"::1:1", 0},
	{"::7f00:1", 0},
	{"fe7f::", 0},
	{"fe80::", LINK_LOCAL},
	{"febf::1", LINK_LOCAL},
	{"fec0::", 0},
	{"feff::", 0},
	{"ff00::", MULTICAST},
	{"ff01::1", MULTICAST | LINK_LOCAL},
	{"ff02::1", MULTICAST | LINK_LOCAL},
	{"ff12::1", MULTICAST | LINK_LOCAL},
	{"ff05::1", MULTICAST},
	{"::ffff:0.0.0.0", MAPPED | ANY},
	{"::ffff:127.9.9.9", MAPPED | LOOPBACK},
	{"::ffff:169.254.1.1", MAPPED | LINK_LOCAL},
	{"::ffff:224.0.0.1", MAPPED | MULTICAST | LINK_LOCAL},
	{"::ffff:1.2.3.4", MAPPED},
	{"::fffe:1.2.3.4", 0},
	{"1::ffff:1.2.3.4", 0},
};

static void kinds_of_addresses(void **state)
{
	struct skt_addr none = {0};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(kinds); i++) {
		struct skt_addr addr = addr_of(kinds[i].addr);
		unsigned int is = (skt_addr_is_any(&addr) ? ANY : 0) |
			(skt_addr_is_loopback(&addr) ? LOOPBACK : 0) |
			(skt_addr_is_link_local(&addr) ? LINK_LOCAL : 0) |
			(skt_addr_is_multicast(&addr) ? MULTICAST : 0) |
			(skt_addr_is_v4_mapped(&addr) ? MAPPED : 0);

		if (is != kinds[i].is)
			fail_msg("%s: %x, not %x", kinds[i].addr, is, kinds[i].is);
	}
	assert_false(skt_addr_is_any(&none) || skt_addr_is_loopback(&none) ||
		skt_addr_is_link_local(&none) || skt_addr_is_multicast(&none) ||
		skt_addr_is_v4_mapped(&none));
}

static void equality(void **state)
{
	struct skt_addr a = addr_of("fe80::1%2"), b = a, v4 = addr_of("0.0.0.0");

	(void)state;
	assert_true(skt_addr_equal(&a, &b));
	b.scope_id = 3;
	assert_false(skt_addr_equal(&a, &b));
	b = a;
	b.bytes[15] ^= 1;
	assert_false(skt_addr_equal(&a, &b));
	b = addr_of("::");
	assert_false(skt_addr_equal(&v4, &b));
}

static void kernel_form(void **state)
{
	static const char *const texts[] = {
		"1.2.3.4", "2001:db8::1", "fe80::1%7", "::ffff:1.2.3.4"};
	struct sockaddr_storage storage;
	struct skt_addr addr, none = {0};
	uint16_t port = 9;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(texts); i++) {
		struct skt_addr before = addr_of(texts[i]);
		socklen_t len = skt_addr_to_sockaddr(&before, 0x1234, &storage);

		assert_int_equal(len, i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		assert_int_equal(
			skt_addr_from_sockaddr(guard_copy(&storage, len), &addr, &port), 0);
		assert_true(skt_addr_equal(&addr, &before));
		assert_int_equal(port, 0x1234);
	}
	assert_int_equal(((struct sockaddr_in6 *)&storage)->sin6_port, htons(0x1234));
	assert_int_equal(skt_addr_to_sockaddr(&none, 1, &storage), 0);
	storage.ss_family = AF_UNIX;
	assert_int_equal(
		skt_addr_from_sockaddr((struct sockaddr *)&storage, &addr, &port), -EAFNOSUPPORT);
	assert_int_equal(port, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(canonical_forms),
		unit_test(malformed),
		unit_test(prefixes_of_texts),
		unit_test(random_round_trip),
		unit_test(cidr_boundaries),
		unit_test(every_length),
		unit_test(malformed_prefixes),
		unit_test(kinds_of_addresses),
		unit_test(equality),
		unit_test(kernel_form),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
