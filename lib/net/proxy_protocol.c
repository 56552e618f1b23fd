#include "net/proxy_protocol.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/macros.h"
#include "base/num.h"

enum {
	HEAD = 16, /* of version 2: signature, command, family, length */
	SIGNATURE = 12,
	TLV_HEAD = 3,
};

static const char signature[SIGNATURE + 1] = "\r\n\r\n\0\r\nQUIT\n";
static const char word[] = "PROXY ";

_Static_assert(SKT_PROXY_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path),
	"paths are those of unix sockets");

static uint8_t byte_at(const char *bytes, size_t at)
{
	return (uint8_t)bytes[at];
}

static size_t length_at(const char *bytes, size_t at)
{
	return (size_t)(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

static bool begins(const char *bytes, size_t len, const char *with, size_t with_len)
{
	return memcmp(bytes, with, SKT_MIN(len, with_len)) == 0;
}

/* ---- how long it is ---- */

static ssize_t measure_line(const char *bytes, size_t len)
{
	const char *lf = memchr(bytes, '\n', SKT_MIN(len, (size_t)SKT_PROXY_V1_MAX));

	if (lf)
		return lf[-1] == '\r' ? lf - bytes + 1 : -EPROTO;
	return len < SKT_PROXY_V1_MAX ? 0 : -EMSGSIZE;
}

ssize_t skt_proxy_measure(const char *bytes, size_t len)
{
	size_t whole;

	if (len == 0)
		return 0;
	if (begins(bytes, len, word, strlen(word)))
		return measure_line(bytes, len);
	if (!begins(bytes, len, signature, SIGNATURE))
		return -EPROTO;
	/* Nothing of a command that is not known is waited for. */
	if (len > SIGNATURE && byte_at(bytes, SIGNATURE) >> 4 != 2)
		return -EPROTO;
	if (len < HEAD)
		return 0;
	whole = HEAD + length_at(bytes, HEAD - 2);
	if (whole > SKT_PROXY_MAX)
		return -EMSGSIZE;
	return len < whole ? 0 : (ssize_t)whole;
}

/* ---- version 1 ---- */

/* The next word of a line, behind exactly one blank; its length, 0: there is none. */
static size_t next_word(const char **at, const char *end)
{
	const char *blank;

	if (*at == end || **at != ' ')
		return 0;
	++*at;
	blank = memchr(*at, ' ', (size_t)(end - *at));
	return (size_t)((blank ? blank : end) - *at);
}

static int read_address(const char **at, const char *end, int family, struct skt_addr *ret)
{
	size_t len = next_word(at, end);
	struct skt_addr addr;

	/* Neither brackets nor a zone. */
	if (!len || memchr(*at, '%', len) || memchr(*at, '[', len) ||
		skt_addr_parse(*at, len, &addr) || addr.family != family)
		return -EPROTO;
	*at += len;
	*ret = addr;
	skt_addr_unmap(ret);
	return 0;
}

static int read_port(const char **at, const char *end, uint16_t *ret)
{
	size_t len = next_word(at, end);
	char text[8];
	uint64_t port;

	if (!len || len > 5 || (len > 1 && **at == '0'))
		return -EPROTO;
	memcpy(text, *at, len);
	text[len] = '\0';
	if (strlen(text) != len || skt_num_parse(text, 0, UINT16_MAX, &port))
		return -EPROTO;
	*at += len;
	*ret = (uint16_t)port;
	return 0;
}

static int parse_line(
	const char *bytes, size_t len, struct skt_proxy_header *ret, struct skt_err *err)
{
	const char *at = bytes + strlen(word), *end = bytes + len - 2;
	size_t left = (size_t)(end - at);
	int family;

	ret->version = 1;
	/* What stands behind UNKNOWN is to be ignored. */
	if (left >= 7 && memcmp(at, "UNKNOWN", 7) == 0 && (left == 7 || at[7] == ' '))
		return 0;
	if (left < 4 || memcmp(at, "TCP", 3) != 0 || (at[3] != '4' && at[3] != '6'))
		return skt_fail_text(err, EPROTO, "neither TCP4, TCP6 nor UNKNOWN");
	family = at[3] == '4' ? AF_INET : AF_INET6;
	at += 4;
	if (read_address(&at, end, family, &ret->source.addr) ||
		read_address(&at, end, family, &ret->destination.addr))
		return skt_fail_text(err, EPROTO, "an address is none");
	if (read_port(&at, end, &ret->source.port) || read_port(&at, end, &ret->destination.port) ||
		at != end)
		return skt_fail_text(err, EPROTO, "a port is none");
	ret->family = SKT_PROXY_INET;
	return 0;
}

/* ---- version 2 ---- */

/* CRC-32C (RFC 3720 B.4), without a table: headers are short and few. */
static uint32_t crc32c(uint32_t crc, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= byte_at(bytes, i);
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return crc;
}

/* The checksum is of the header with zeros in its place. */
static bool is_intact(const char *bytes, size_t len, size_t at)
{
	static const char zeros[4];
	uint32_t crc = crc32c(UINT32_MAX, bytes, at), told;

	crc = crc32c(crc, zeros, sizeof(zeros));
	crc = ~crc32c(crc, bytes + at + sizeof(zeros), len - at - sizeof(zeros));
	memcpy(&told, bytes + at, sizeof(told));
	return be32toh(told) == crc;
}

static void take_text(const char *bytes, size_t len, char ret[SKT_PROXY_TEXT_MAX + 1])
{
	len = SKT_MIN(strnlen(bytes, len), (size_t)SKT_PROXY_TEXT_MAX);
	memcpy(ret, bytes, len);
	ret[len] = '\0';
}

/* The types of fields that are read (2.2.1 to 2.2.8); those of TLS stand within one. */
enum {
	TLV_ALPN = 0x01,
	TLV_AUTHORITY = 0x02,
	TLV_CRC32C = 0x03,
	TLV_TLS = 0x20,
	TLV_TLS_VERSION = 0x21,
	TLV_TLS_NAME = 0x22,
	TLS_HEAD = 5, /* of the field of TLS, in front of those within it */
};

static void take_tls(const char *bytes, struct skt_proxy_header *ret)
{
	static const char zeros[TLS_HEAD - 1];

	ret->tls_client = byte_at(bytes, 0);
	ret->tls_verified = memcmp(bytes + 1, zeros, sizeof(zeros)) == 0;
}

/*
 * Reads the fields from AT to END of a header of LEN BYTES; OUTER: they are not those of TLS within
 * another one. False: they are not well-formed.
 */
static bool read_fields(const char *bytes, size_t len, size_t at, size_t end, bool outer,
	struct skt_proxy_header *ret)
{
	while (at < end) {
		uint8_t type = byte_at(bytes, at);
		size_t size;

		if (end - at < TLV_HEAD)
			return false;
		size = length_at(bytes, at + 1);
		at += TLV_HEAD;
		if (size > end - at)
			return false;
		if (type == TLV_ALPN)
			take_text(bytes + at, size, ret->alpn);
		else if (type == TLV_AUTHORITY)
			take_text(bytes + at, size, ret->authority);
		else if (type == TLV_TLS_VERSION)
			take_text(bytes + at, size, ret->tls_version);
		else if (type == TLV_TLS_NAME)
			take_text(bytes + at, size, ret->tls_name);
		else if (outer && type == TLV_TLS && size >= TLS_HEAD)
			take_tls(bytes + at, ret);
		if ((type == TLV_CRC32C && (size != 4 || !is_intact(bytes, len, at))) ||
			(outer && type == TLV_TLS &&
				(size < TLS_HEAD ||
					!read_fields(
						bytes, len, at + TLS_HEAD, at + size, false, ret))))
			return false;
		at += size;
	}
	return true;
}

static void take_addr(const char *bytes, size_t size, struct skt_addr *ret)
{
	*ret = (struct skt_addr){.family = size == 4 ? AF_INET : AF_INET6};
	memcpy(ret->bytes, bytes, size);
	skt_addr_unmap(ret);
}

/* The block of addresses, of which ROOM bytes are there; its length, or 0: there is not enough. */
static size_t read_addresses(
	const char *block, size_t room, int family, struct skt_proxy_header *ret)
{
	size_t size = family == 1 ? 4 : 16;

	if (family == 3) {
		if (room < 2 * SKT_PROXY_PATH_MAX)
			return 0;
		ret->family = SKT_PROXY_UNIX;
		memcpy(ret->source_path, block, SKT_PROXY_PATH_MAX);
		memcpy(ret->destination_path, block + SKT_PROXY_PATH_MAX, SKT_PROXY_PATH_MAX);
		return 2 * SKT_PROXY_PATH_MAX;
	}
	if (room < 2 * size + 4)
		return 0;
	ret->family = SKT_PROXY_INET;
	take_addr(block, size, &ret->source.addr);
	take_addr(block + size, size, &ret->destination.addr);
	ret->source.port = (uint16_t)length_at(block, 2 * size);
	ret->destination.port = (uint16_t)length_at(block, 2 * size + 2);
	return 2 * size + 4;
}

static int parse_binary(
	const char *bytes, size_t len, struct skt_proxy_header *ret, struct skt_err *err)
{
	unsigned int command = byte_at(bytes, SIGNATURE) & 0xf;
	unsigned int family = byte_at(bytes, SIGNATURE + 1) >> 4;
	unsigned int type = byte_at(bytes, SIGNATURE + 1) & 0xf;
	size_t at = HEAD, addresses;

	ret->version = 2;
	ret->local = command == 0;
	if (command > 1)
		return skt_fail_text(err, EPROTO, "command %u is not known", command);
	/* The proxy speaks for itself: what else is there is to be ignored. */
	if (ret->local)
		return 0;
	if (family > 3 || type > 2)
		return skt_fail_text(err, EPROTO, "family 0x%02x is not known", family << 4 | type);
	if (family && type) {
		addresses = read_addresses(bytes + at, len - at, (int)family, ret);
		if (!addresses)
			return skt_fail_text(err, EPROTO, "too short for its addresses");
		ret->datagram = type == 2;
		at += addresses;
	} else {
		/* It is not known how long the addresses are, and what follows them. */
		return 0;
	}
	if (!read_fields(bytes, len, at, len, true, ret))
		return skt_fail_text(err, EPROTO, "its fields, or their checksum, are broken");
	return 0;
}

int skt_proxy_parse(
	const char *bytes, size_t len, struct skt_proxy_header *ret, struct skt_err *err)
{
	struct skt_proxy_header header = {0};
	int r;

	if (skt_proxy_measure(bytes, len) != (ssize_t)len || len == 0)
		return skt_fail_text(err, EPROTO, "not one header");
	r = bytes[0] == 'P' ? parse_line(bytes, len, &header, err)
			    : parse_binary(bytes, len, &header, err);
	if (r == 0)
		*ret = header;
	return r;
}

/* ---- writing ---- */

/* As IPv6, which IPv4 has a place in (RFC 4291 2.5.5.2). */
static struct skt_addr widened(const struct skt_addr *addr)
{
	struct skt_addr wide = {.family = AF_INET6};

	if (addr->family == AF_INET6) {
		memcpy(wide.bytes, addr->bytes, 16);
		return wide;
	}
	wide.bytes[10] = wide.bytes[11] = 0xff;
	memcpy(wide.bytes + 12, addr->bytes, 4);
	return wide;
}

static bool is_known(const struct skt_proxy_header *header)
{
	return header->family == SKT_PROXY_INET && header->source.addr.family != AF_UNSPEC &&
		header->destination.addr.family != AF_UNSPEC;
}

static size_t write_line(
	const struct skt_proxy_header *header, bool v4, char ret[SKT_PROXY_WRITTEN_MAX])
{
	char source[SKT_ADDR_TEXT_MAX], destination[SKT_ADDR_TEXT_MAX];

	if (header->datagram || !is_known(header))
		return (size_t)snprintf(ret, SKT_PROXY_WRITTEN_MAX, "PROXY UNKNOWN\r\n");
	return (size_t)snprintf(ret, SKT_PROXY_WRITTEN_MAX, "PROXY TCP%d %s %s %u %u\r\n",
		v4 ? 4 : 6, skt_addr_text(&header->source.addr, source),
		skt_addr_text(&header->destination.addr, destination), header->source.port,
		header->destination.port);
}

static void put_port(char *to, uint16_t port)
{
	to[0] = (char)(port >> 8);
	to[1] = (char)port;
}

/* The block of addresses behind the head; its length. */
static size_t write_addresses(const struct skt_proxy_header *header, bool v4, char *to)
{
	size_t size = v4 ? 4 : 16;

	if (header->family == SKT_PROXY_UNIX) {
		memcpy(to, header->source_path, SKT_PROXY_PATH_MAX);
		memcpy(to + SKT_PROXY_PATH_MAX, header->destination_path, SKT_PROXY_PATH_MAX);
		return 2 * SKT_PROXY_PATH_MAX;
	}
	memcpy(to, header->source.addr.bytes, size);
	memcpy(to + size, header->destination.addr.bytes, size);
	put_port(to + 2 * size, header->source.port);
	put_port(to + 2 * size + 2, header->destination.port);
	return 2 * size + 4;
}

/* A field, unless it is empty; its length. */
static size_t write_field(uint8_t type, const char *text, char *to)
{
	size_t len = strlen(text);

	if (!len)
		return 0;
	to[0] = (char)type;
	put_port(to + 1, (uint16_t)len);
	memcpy(to + TLV_HEAD, text, len);
	return TLV_HEAD + len;
}

static size_t write_tls(const struct skt_proxy_header *header, char *to)
{
	static const char verdicts[][TLS_HEAD - 1] = {{0, 0, 0, 1}, {0}};
	size_t len = TLV_HEAD + TLS_HEAD;

	if (!header->tls_client)
		return 0;
	to[0] = TLV_TLS;
	to[TLV_HEAD] = (char)header->tls_client;
	memcpy(to + TLV_HEAD + 1, verdicts[header->tls_verified], sizeof(verdicts[0]));
	len += write_field(TLV_TLS_VERSION, header->tls_version, to + len);
	len += write_field(TLV_TLS_NAME, header->tls_name, to + len);
	put_port(to + 1, (uint16_t)(len - TLV_HEAD));
	return len;
}

static size_t write_binary(
	const struct skt_proxy_header *header, bool v4, char ret[SKT_PROXY_WRITTEN_MAX])
{
	bool known = is_known(header) || header->family == SKT_PROXY_UNIX;
	unsigned int family = header->family == SKT_PROXY_UNIX ? 3 : v4 ? 1 : 2;
	size_t len = known ? write_addresses(header, v4, ret + HEAD) : 0;

	if (known && !header->local) {
		len += write_field(TLV_ALPN, header->alpn, ret + HEAD + len);
		len += write_field(TLV_AUTHORITY, header->authority, ret + HEAD + len);
		len += write_tls(header, ret + HEAD + len);
	}
	memcpy(ret, signature, SIGNATURE);
	ret[SIGNATURE] = (char)(0x20 | !header->local);
	ret[SIGNATURE + 1] = (char)(known ? family << 4 | (header->datagram ? 2 : 1) : 0);
	put_port(ret + HEAD - 2, (uint16_t)len);
	return HEAD + len;
}

size_t skt_proxy_write(const struct skt_proxy_header *header, char ret[SKT_PROXY_WRITTEN_MAX])
{
	struct skt_proxy_header same = *header;
	bool v4 =
		header->source.addr.family == AF_INET && header->destination.addr.family == AF_INET;

	if (is_known(header) && !v4) {
		same.source.addr = widened(&header->source.addr);
		same.destination.addr = widened(&header->destination.addr);
	}
	return header->version == 1 ? write_line(&same, v4, ret) : write_binary(&same, v4, ret);
}
