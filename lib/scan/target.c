#include "scan/target.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

enum { SHOWN_MAX = 100 /* bytes of a text that errors show */ };

static int fail(struct skt_err *err, int errnum, const char *text, size_t len, const char *reason)
{
	return skt_fail_text(err, errnum, "target '%.*s': %s", (int)SKT_MIN(len, (size_t)SHOWN_MAX),
		text, reason);
}

skt_u128 skt_addr_number(const struct skt_addr *addr)
{
	size_t size = addr->family == AF_INET ? 4 : 16;
	skt_u128 number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | addr->bytes[i];
	return number;
}

struct skt_addr skt_addr_of_number(const struct skt_addr *like, skt_u128 number)
{
	struct skt_addr addr = {.family = like->family, .scope_id = like->scope_id};

	for (size_t i = like->family == AF_INET ? 4 : 16; i-- > 0; number >>= 8)
		addr.bytes[i] = (uint8_t)number;
	return addr;
}

/* ---- refusals ---- */

struct special {
	uint8_t family, length;
	uint8_t bytes[16];
	const char *reason;
};

/* RFC 1122 3.2.1.3, RFC 5771, RFC 1112; RFC 4291 2.5.2 and 2.7, RFC 6666. */
static const struct special specials[] = {
	{AF_INET, 32, {255, 255, 255, 255}, "broadcast"},
	{AF_INET, 8, {0}, "reserved"},
	{AF_INET, 4, {224}, "multicast"},
	{AF_INET, 4, {240}, "reserved"},
	{AF_INET6, 128, {0}, "reserved"},
	{AF_INET6, 8, {0xff}, "multicast"},
	{AF_INET6, 64, {0x01}, "reserved"},
};

const char *skt_target_refusal(const struct skt_addr *first, const struct skt_addr *last)
{
	skt_u128 low = skt_addr_number(first), high = skt_addr_number(last);

	for (size_t i = 0; i < SKT_COUNT(specials); i++) {
		const struct special *special = &specials[i];
		struct skt_addr addr = {.family = special->family};
		unsigned int host_bits =
			(special->family == AF_INET ? 32u : 128u) - special->length;
		skt_u128 from, to;

		if (special->family != first->family)
			continue;
		memcpy(addr.bytes, special->bytes, sizeof(addr.bytes));
		from = skt_addr_number(&addr);
		to = from | (((skt_u128)1 << host_bits) - 1);
		if (low <= to && high >= from)
			return special->reason;
	}
	return NULL;
}

/* ---- reading ---- */

static const char *find(const char *text, size_t len, char c)
{
	return len ? memchr(text, c, len) : NULL;
}

static bool is_name(const char *text, size_t len)
{
	bool letter = false;

	if (!len || len > 253 || text[0] == '-' || text[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool alpha = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!alpha && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_' &&
			c < 0x80)
			return false;
		letter = letter || alpha || c >= 0x80;
	}
	return letter;
}

static int parse_prefix(const char *text, size_t len, struct skt_target *t, struct skt_err *err)
{
	struct skt_cidr cidr;
	unsigned int host_bits;
	skt_u128 mask, number;

	const char *zone = memchr(text, '%', len), *slash = memchr(text, '/', len);

	if (zone && slash && zone > slash)
		return fail(err, EINVAL, text, len, "the zone goes in front of the '/'");
	if (skt_cidr_parse(text, len, &cidr))
		return fail(err, EINVAL, text, len, "not an address with a prefix length");
	/* ::ffff:0:0/96 is all of IPv4. */
	if (skt_addr_is_v4_mapped(&cidr.addr) && cidr.length >= 96) {
		skt_addr_unmap(&cidr.addr);
		cidr.length = (uint8_t)(cidr.length - 96);
	}
	host_bits = (cidr.addr.family == AF_INET ? 32u : 128u) - cidr.length;
	t->wide = host_bits > SKT_TARGET_BITS_MAX;
	mask = host_bits == 128 ? ~(skt_u128)0 : ((skt_u128)1 << host_bits) - 1;
	number = skt_addr_number(&cidr.addr);
	t->first = skt_addr_of_number(&cidr.addr, number & ~mask);
	t->last = skt_addr_of_number(&cidr.addr, number | mask);
	t->prefix = cidr.length;
	return 0;
}

/* The last byte of an IPv4 range, `20` of `192.0.2.10-20`. */
static bool parse_octet(const char *text, size_t len, uint8_t *ret)
{
	unsigned int value = 0;

	if (!len || len > 3)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned int)(text[i] - '0');
	}
	*ret = (uint8_t)value;
	return value <= 255;
}

/* An address; ::ffff:a.b.c.d is the IPv4 host that it stands for. */
static int parse_addr(const char *text, size_t len, struct skt_addr *ret)
{
	int rc = skt_addr_parse(text, len, ret);

	if (!rc)
		skt_addr_unmap(ret);
	return rc;
}

static int parse_range(
	const char *text, size_t len, size_t dash, struct skt_target *t, struct skt_err *err)
{
	const char *rest = text + dash + 1;
	size_t rest_len = len - dash - 1;
	skt_u128 first, last;

	t->last = t->first;
	if (t->first.family == AF_INET && parse_octet(rest, rest_len, &t->last.bytes[3]))
		;
	else if (parse_addr(rest, rest_len, &t->last) || t->last.family != t->first.family ||
		t->last.scope_id != t->first.scope_id)
		return fail(err, EINVAL, text, len, "the end of the range is not such an address");
	first = skt_addr_number(&t->first);
	last = skt_addr_number(&t->last);
	if (last < first)
		return fail(err, ERANGE, text, len, "the range runs backwards");
	if (last - first >= (skt_u128)1 << SKT_TARGET_BITS_MAX)
		return fail(err, ERANGE, text, len, "more than 2^40 addresses");
	return 0;
}

/* The host part alone, without brackets and ports. */
static int parse_host(const char *text, size_t len, struct skt_target *t, struct skt_err *err)
{
	const char *slash = find(text, len, '/'), *dash = find(text, len, '-');

	if (!parse_addr(text, len, &t->first)) {
		t->last = t->first;
		t->prefix = t->first.family == AF_INET ? 32 : 128;
		return 0;
	}
	if (slash && is_name(text, (size_t)(slash - text)))
		return fail(err, EINVAL, text, len, "a prefix length needs an address");
	if (slash)
		return parse_prefix(text, len, t, err);
	if (dash && !parse_addr(text, (size_t)(dash - text), &t->first)) {
		t->prefix = t->first.family == AF_INET ? 32 : 128;
		return parse_range(text, len, (size_t)(dash - text), t, err);
	}
	if (!is_name(text, len))
		return fail(err, EINVAL, text, len, "neither an address, a range nor a name");
	t->name = text;
	t->name_len = len;
	return 0;
}

int skt_target_parse(const char *text, size_t len, struct skt_target *ret, struct skt_err *err)
{
	const char *close = len && text[0] == '[' ? find(text, len, ']') : NULL;
	const char *host = text, *colon;
	struct skt_target t = {0};
	size_t host_len = len;
	int rc;

	if (len && text[0] == '[') {
		if (!close)
			return fail(err, EINVAL, text, len, "']' is missing");
		host = text + 1;
		host_len = (size_t)(close - host);
		colon = close + 1 < text + len ? close + 1 : NULL;
		/* `[2001:db8::]/120` */
		if (colon && *colon == '/')
			return fail(err, EINVAL, text, len,
				"the prefix length belongs inside the brackets");
		if (colon && *colon != ':')
			return fail(err, EINVAL, text, len, "':' is missing behind ']'");
	} else {
		colon = find(text, len, ':');
		if (colon && find(colon + 1, len - (size_t)(colon + 1 - text), ':'))
			colon = NULL; /* more than one: an IPv6 address */
		if (colon)
			host_len = (size_t)(colon - text);
	}
	if (colon) {
		t.ports = colon + 1;
		t.ports_len = len - (size_t)(t.ports - text);
		if (!t.ports_len)
			return fail(err, EINVAL, text, len, "ports are missing behind ':'");
	}
	rc = parse_host(host, host_len, &t, err);
	if (rc)
		return rc;
	if (close && (t.name || !find(host, host_len, ':')))
		return fail(err, EINVAL, text, len, "brackets are for IPv6 addresses");
	*ret = t;
	return 0;
}
