#include "scan/packet.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

enum {
	IP4_HEADER = 20,
	IP6_HEADER = 40,
	TCP_HEADER = 20,
	ICMP_HEADER = 8,
	QUOTED_TCP = 8, /* RFC 792: so much of the segment is quoted for certain */
	TTL = 64,
};

enum { FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, (uint16_t)(value >> 16));
	put16(p + 2, (uint16_t)value);
}

/* ---- out ---- */

/* RFC 1071, over an even number of bytes. */
static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += get16(bytes + i);
	return start;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static void write_tcp(const struct skt_syn *syn, uint8_t *tcp)
{
	/* MSS 1460, SACK permitted, window scale 7, padded */
	static const uint8_t options[] = {2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1};

	memset(tcp, 0, TCP_HEADER);
	put16(tcp, syn->source_port);
	put16(tcp + 2, syn->destination_port);
	put32(tcp + 4, syn->sequence);
	tcp[12] = SKT_SYN_SIZE / 4 << 4;
	tcp[13] = FLAG_SYN;
	put16(tcp + 14, 64240);
	memcpy(tcp + TCP_HEADER, options, sizeof(options));
}

size_t skt_syn_write(const struct skt_syn *syn, uint8_t bytes[SKT_SYN4_SIZE])
{
	uint8_t *tcp = bytes + IP4_HEADER;
	uint32_t pseudo;

	if (syn->destination.family == AF_INET6) {
		write_tcp(syn, bytes);
		return SKT_SYN_SIZE;
	}
	memset(bytes, 0, IP4_HEADER);
	bytes[0] = 4 << 4 | IP4_HEADER / 4;
	put16(bytes + 2, SKT_SYN4_SIZE);
	bytes[6] = 0x40; /* do not fragment */
	bytes[8] = TTL;
	bytes[9] = IPPROTO_TCP;
	memcpy(bytes + 12, syn->source.bytes, 4);
	memcpy(bytes + 16, syn->destination.bytes, 4);
	write_tcp(syn, tcp);
	pseudo = sum(IPPROTO_TCP + SKT_SYN_SIZE, bytes + 12, 8);
	put16(tcp + 16, fold(sum(pseudo, tcp, SKT_SYN_SIZE)));
	return SKT_SYN4_SIZE;
}

/* ---- in ---- */

int skt_reply_read_tcp(const uint8_t *bytes, size_t len, struct skt_reply *ret)
{
	uint8_t flags;

	if (len < TCP_HEADER)
		return -EINVAL;
	flags = bytes[13] & (FLAG_SYN | FLAG_RST | FLAG_ACK);
	if (flags == (FLAG_SYN | FLAG_ACK))
		ret->kind = SKT_REPLY_SYN_ACK;
	else if (flags == (FLAG_RST | FLAG_ACK))
		ret->kind = SKT_REPLY_RESET;
	else
		return -EINVAL;
	ret->target_port = get16(bytes);
	ret->own_port = get16(bytes + 2);
	ret->sequence = get32(bytes + 8) - 1;
	return 0;
}

/* The SYN that an ICMP error quotes: the first bytes of its segment. */
static int read_quoted_tcp(const uint8_t *bytes, size_t len, struct skt_reply *ret)
{
	if (len < QUOTED_TCP)
		return -EINVAL;
	ret->kind = SKT_REPLY_ICMP;
	ret->own_port = get16(bytes);
	ret->target_port = get16(bytes + 2);
	ret->sequence = get32(bytes + 4);
	return 0;
}

static struct skt_addr addr4(const uint8_t *bytes)
{
	struct skt_addr addr = {.family = AF_INET};

	memcpy(addr.bytes, bytes, 4);
	return addr;
}

/* Length of the IPv4 header at BYTES, or 0. */
static size_t header4(const uint8_t *bytes, size_t len, uint8_t protocol)
{
	size_t size;

	if (len < IP4_HEADER || bytes[0] >> 4 != 4 || bytes[9] != protocol)
		return 0;
	/* Anything but the first fragment has no header of TCP. */
	if (get16(bytes + 6) & 0x1fff)
		return 0;
	size = (bytes[0] & 0xfu) * 4u;
	return size >= IP4_HEADER && size <= len ? size : 0;
}

static int read_icmp4(const uint8_t *bytes, size_t len, struct skt_reply *ret)
{
	size_t header;

	if (len < ICMP_HEADER)
		return -EINVAL;
	if (bytes[0] != ICMP_DEST_UNREACH && bytes[0] != ICMP_TIME_EXCEEDED &&
		bytes[0] != ICMP_PARAMETERPROB)
		return -EINVAL;
	/* Path MTU discovery is no refusal. */
	if (bytes[0] == ICMP_DEST_UNREACH && bytes[1] == ICMP_FRAG_NEEDED)
		return -EINVAL;
	ret->icmp_type = bytes[0];
	ret->icmp_code = bytes[1];
	bytes += ICMP_HEADER;
	len -= ICMP_HEADER;
	header = header4(bytes, len, IPPROTO_TCP);
	if (!header)
		return -EINVAL;
	ret->target = addr4(bytes + 16);
	return read_quoted_tcp(bytes + header, len - header, ret);
}

int skt_reply_read4(const uint8_t *bytes, size_t len, struct skt_reply *ret)
{
	size_t header = header4(bytes, len, IPPROTO_TCP);
	bool tcp = header != 0;

	if (!header)
		header = header4(bytes, len, IPPROTO_ICMP);
	if (!header)
		return -EINVAL;
	ret->from = ret->target = addr4(bytes + 12);
	ret->ttl = bytes[8];
	return tcp ? skt_reply_read_tcp(bytes + header, len - header, ret)
		   : read_icmp4(bytes + header, len - header, ret);
}

int skt_reply_read_icmp6(const uint8_t *bytes, size_t len, struct skt_reply *ret)
{
	struct skt_addr target = {.family = AF_INET6};

	if (len < ICMP_HEADER + IP6_HEADER)
		return -EINVAL;
	if (bytes[0] != ICMP6_DST_UNREACH && bytes[0] != ICMP6_TIME_EXCEEDED &&
		bytes[0] != ICMP6_PARAM_PROB)
		return -EINVAL;
	ret->icmp_type = bytes[0];
	ret->icmp_code = bytes[1];
	bytes += ICMP_HEADER;
	len -= ICMP_HEADER;
	if (bytes[0] >> 4 != 6 || bytes[6] != IPPROTO_TCP)
		return -EINVAL;
	memcpy(target.bytes, bytes + 24, 16);
	ret->target = target;
	return read_quoted_tcp(bytes + IP6_HEADER, len - IP6_HEADER, ret);
}
