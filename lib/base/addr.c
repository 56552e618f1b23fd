#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool skt_addr_is_v4_mapped(const struct skt_addr *addr)
{
	return addr->family == AF_INET6 &&
		memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

void skt_addr_unmap(struct skt_addr *addr)
{
	if (!skt_addr_is_v4_mapped(addr))
		return;
	memmove(addr->bytes, addr->bytes + 12, 4);
	memset(addr->bytes + 4, 0, 12);
	addr->family = AF_INET;
	addr->scope_id = 0;
}

/* The four bytes of an IPv4 or mapped address, or NULL. */
static const uint8_t *v4_bytes(const struct skt_addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes;
	return skt_addr_is_v4_mapped(addr) ? addr->bytes + 12 : NULL;
}

static char *put_octet(char *p, uint8_t value)
{
	if (value >= 100) {
		*p++ = (char)('0' + value / 100);
		value %= 100;
		*p++ = (char)('0' + value / 10);
	} else if (value >= 10) {
		*p++ = (char)('0' + value / 10);
	}
	*p++ = (char)('0' + value % 10);
	return p;
}

static char *put_v4(char *p, const uint8_t *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = put_octet(p, bytes[i]);
	}
	return p;
}

static char *put_group(char *p, unsigned int group)
{
	static const char hex[] = "0123456789abcdef";
	int shift = group >= 0x1000 ? 12 : group >= 0x100 ? 8 : group >= 0x10 ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*p++ = hex[group >> shift & 0xf];
	return p;
}

/* RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as ::.
 */
static char *put_v6(char *p, const uint8_t *bytes)
{
	unsigned int groups[8];
	int run_start = -1, run_len = 1;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned int)bytes[2 * i] << 8 | bytes[2 * i + 1];
	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && groups[i + len] == 0)
			len++;
		if (len > run_len) {
			run_start = i;
			run_len = len;
		}
		i += len;
	}
	for (int i = 0; i < 8; i++) {
		if (i == run_start) {
			*p++ = ':';
			*p++ = ':';
			i += run_len - 1;
			continue;
		}
		if (i && p[-1] != ':')
			*p++ = ':';
		p = put_group(p, groups[i]);
	}
	return p;
}

char *skt_addr_put(char *p, const struct skt_addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return put_v4(p, addr->bytes);
	case AF_INET6:
		if (skt_addr_is_v4_mapped(addr)) {
			memcpy(p, "::ffff:", 7);
			p = put_v4(p + 7, addr->bytes + 12);
		} else {
			p = put_v6(p, addr->bytes);
		}
		if (addr->scope_id) {
			*p++ = '%';
			p = skt_put_u64(p, addr->scope_id);
		}
		return p;
	}
	return p;
}

const char *skt_addr_text(const struct skt_addr *addr, char text[SKT_ADDR_TEXT_MAX])
{
	*skt_addr_put(text, addr) = '\0';
	return text;
}

int skt_addr_parse(const char *text, size_t len, struct skt_addr *ret)
{
	struct skt_addr addr = {0};
	char copy[SKT_ADDR_TEXT_MAX], *zone;
	bool brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
	uint64_t scope_id;

	if (brackets) {
		text++;
		len -= 2;
	}
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	zone = strchr(copy, '%');
	if (zone)
		*zone++ = '\0';
	if (inet_pton(AF_INET6, copy, addr.bytes) == 1) {
		addr.family = AF_INET6;
		if (zone) {
			if (skt_num_parse(zone, 1, UINT32_MAX, &scope_id))
				return -EINVAL;
			addr.scope_id = (uint32_t)scope_id;
		}
	} else if (!zone && !brackets && inet_pton(AF_INET, copy, addr.bytes) == 1) {
		addr.family = AF_INET;
	} else {
		return -EINVAL;
	}
	*ret = addr;
	return 0;
}

int skt_cidr_parse(const char *text, size_t len, struct skt_cidr *ret)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	uint64_t length, longest;
	struct skt_addr addr;
	char digits[4];

	if (skt_addr_parse(text, addr_len, &addr))
		return -EINVAL;
	longest = length = addr.family == AF_INET ? 32 : 128;
	if (slash) {
		size_t n = len - addr_len - 1;

		if (n >= sizeof(digits))
			return -EINVAL;
		memcpy(digits, slash + 1, n);
		digits[n] = '\0';
		if (skt_num_parse(digits, 0, longest, &length))
			return -EINVAL;
	}
	ret->addr = addr;
	ret->length = (uint8_t)length;
	return 0;
}

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return !rest || ((a[whole] ^ b[whole]) & (0xff00 >> rest & 0xff)) == 0;
}

bool skt_cidr_contains(const struct skt_cidr *cidr, const struct skt_addr *addr)
{
	const uint8_t *v4;

	if (cidr->addr.family == AF_INET6) {
		if (cidr->addr.scope_id && cidr->addr.scope_id != addr->scope_id)
			return false;
		return addr->family == AF_INET6 &&
			prefix_equal(addr->bytes, cidr->addr.bytes, cidr->length);
	}
	v4 = v4_bytes(addr);
	return cidr->addr.family == AF_INET && v4 &&
		prefix_equal(v4, cidr->addr.bytes, cidr->length);
}

bool skt_addr_equal(const struct skt_addr *a, const struct skt_addr *b)
{
	return a->family == b->family && a->scope_id == b->scope_id &&
		memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

bool skt_addr_is_any(const struct skt_addr *addr)
{
	const uint8_t *v4 = v4_bytes(addr);

	return v4 ? all_zero(v4, 4) : addr->family == AF_INET6 && all_zero(addr->bytes, 16);
}

bool skt_addr_is_loopback(const struct skt_addr *addr)
{
	const uint8_t *v4 = v4_bytes(addr);

	if (v4)
		return v4[0] == 127;
	return addr->family == AF_INET6 && all_zero(addr->bytes, 15) && addr->bytes[15] == 1;
}

bool skt_addr_is_link_local(const struct skt_addr *addr)
{
	const uint8_t *v4 = v4_bytes(addr);

	if (v4)
		return (v4[0] == 169 && v4[1] == 254) || (v4[0] == 224 && v4[1] == 0 && v4[2] == 0);
	if (addr->family != AF_INET6)
		return false;
	if (addr->bytes[0] == 0xff)
		return (addr->bytes[1] & 0xf) == 1 || (addr->bytes[1] & 0xf) == 2;
	return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool skt_addr_is_multicast(const struct skt_addr *addr)
{
	const uint8_t *v4 = v4_bytes(addr);

	if (v4)
		return (v4[0] & 0xf0) == 0xe0;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

socklen_t skt_addr_to_sockaddr(
	const struct skt_addr *addr, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	switch (addr->family) {
	case AF_INET:
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, addr->bytes, sizeof(v4->sin_addr));
		return sizeof(*v4);
	case AF_INET6:
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		v6->sin6_scope_id = addr->scope_id;
		memcpy(&v6->sin6_addr, addr->bytes, sizeof(v6->sin6_addr));
		return sizeof(*v6);
	}
	return 0;
}

int skt_addr_from_sockaddr(const struct sockaddr *sa, struct skt_addr *ret_addr, uint16_t *ret_port)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;
	struct skt_addr addr = {0};

	switch (sa->sa_family) {
	case AF_INET:
		addr.family = AF_INET;
		memcpy(addr.bytes, &v4->sin_addr, sizeof(v4->sin_addr));
		*ret_addr = addr;
		*ret_port = ntohs(v4->sin_port);
		return 0;
	case AF_INET6:
		addr.family = AF_INET6;
		addr.scope_id = v6->sin6_scope_id;
		memcpy(addr.bytes, &v6->sin6_addr, sizeof(v6->sin6_addr));
		*ret_addr = addr;
		*ret_port = ntohs(v6->sin6_port);
		return 0;
	}
	return -EAFNOSUPPORT;
}
