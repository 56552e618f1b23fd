#include "net/iperf2.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

enum {
	USEC_PER_SEC = 1000 * 1000,
	/* An id2 from here on would be the 2^56th datagram: it is the payload of an old sender. */
	ID2_LIMIT = 1 << 24,
	/* The words that say what a client wants, behind the header: their places and bits. */
	FLAGS_AT = 16,
	UPPER_FLAGS_AT = 48,
	WISHES = 52,
	/* A mark without the upper half of its number: as far from the numbers that are known. */
	MARK_FAR = 1 << 24,
	MARK_MAX = 1 << 30,
	MARK_FIRST_MAX = 1024,
};

#define HEADER_EXTENDED UINT32_C(0x40000000)
#define UPPER_REVERSE UINT32_C(0x04000000)

#define HEADER_VERSION1 UINT32_C(0x80000000)

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* Seconds and microseconds, the form of every time in this format. */
static uint8_t *put_time(uint8_t *at, uint64_t ns)
{
	at = put32(at, (uint32_t)(ns / SKT_NS_PER_SEC));
	return put32(at, (uint32_t)(ns % SKT_NS_PER_SEC / SKT_NS_PER_US));
}

static uint64_t get_time(const uint8_t *at)
{
	return get32(at) * SKT_NS_PER_SEC + get32(at + 4) * SKT_NS_PER_US;
}

void skt_iperf2_put(uint8_t at[SKT_IPERF2_HEADER], int64_t sequence, uint64_t sent_ns)
{
	at = put32(at, (uint32_t)sequence);
	at = put_time(at, sent_ns);
	(void)put32(at, (uint32_t)((uint64_t)sequence >> 32));
}

bool skt_iperf2_parse(const uint8_t *bytes, size_t len, struct skt_iperf2_header *ret)
{
	if (len < SKT_IPERF2_HEADER || get32(bytes + 8) >= USEC_PER_SEC)
		return false;
	*ret = (struct skt_iperf2_header){
		.id = get32(bytes),
		.id2 = get32(bytes + 12),
		.sent_ns = get_time(bytes + 4),
	};
	return true;
}

/* The number nearest to NEAR whose low 32 bits are ID. */
static uint64_t unwrap(uint32_t id, uint64_t near)
{
	int64_t step = (int32_t)(id - (uint32_t)near);

	if (step < 0 && near < (uint64_t)-step)
		return id;
	return near + (uint64_t)step;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/*
 * Whether an id that is negative in 32 bits may be the mark of an end, rather than a number above
 * 2^31: it lies where the numbers that are known end, or at the beginning where none are.
 */
static bool may_end(uint64_t negated, uint64_t near)
{
	if (negated > MARK_MAX)
		return false;
	return near ? distance(negated, near) <= MARK_FAR : negated <= MARK_FIRST_MAX;
}

uint64_t skt_iperf2_sequence(const struct skt_iperf2_header *header, uint64_t near, bool *ret_end)
{
	const uint64_t whole = (uint64_t)header->id2 << 32 | header->id;
	const uint64_t negated = (uint32_t)-header->id;
	uint64_t plain;

	*ret_end = false;
	if (header->id2 == UINT32_MAX) {
		*ret_end = true;
		return -whole;
	}
	if (header->id2 && header->id2 < ID2_LIMIT)
		return whole;
	plain = header->id2 ? unwrap(header->id, near) : whole;
	if (!(header->id & UINT32_C(1) << 31) || !may_end(negated, near))
		return plain;
	*ret_end = true;
	return negated;
}

bool skt_iperf2_asks_reverse(const uint8_t *bytes, size_t len)
{
	return len >= WISHES && get32(bytes + FLAGS_AT) & HEADER_EXTENDED &&
		get32(bytes + UPPER_FLAGS_AT) & UPPER_REVERSE;
}

bool skt_iperf3_looks(const uint8_t *bytes, size_t len, uint64_t now_ns)
{
	const uint32_t now = (uint32_t)(now_ns / SKT_NS_PER_SEC);

	if (len < 12 || get32(bytes + 4) >= USEC_PER_SEC)
		return false;
	return distance(get32(bytes), now) < 86400;
}

void skt_iperf2_put_ack(uint8_t at[SKT_IPERF2_ACK], const struct skt_iperf2_report *report)
{
	uint8_t *p = at;

	memset(at, 0, SKT_IPERF2_ACK);
	p = put32(p + SKT_IPERF2_HEADER, HEADER_VERSION1);
	p = put32(p, (uint32_t)(report->bytes >> 32));
	p = put32(p, (uint32_t)report->bytes);
	p = put_time(p, report->duration_ns);
	p = put32(p, (uint32_t)SKT_MIN(report->lost, UINT32_MAX));
	p = put32(p, (uint32_t)SKT_MIN(report->reordered, UINT32_MAX));
	p = put32(p, (uint32_t)SKT_MIN(report->datagrams, UINT32_MAX));
	(void)put_time(p, report->jitter_ns);
}

bool skt_iperf2_parse_ack(const uint8_t *bytes, size_t len, struct skt_iperf2_report *ret)
{
	if (len < SKT_IPERF2_ACK_MIN || !(get32(bytes + SKT_IPERF2_HEADER) & HEADER_VERSION1))
		return false;
	*ret = (struct skt_iperf2_report){
		.bytes = (uint64_t)get32(bytes + 20) << 32 | get32(bytes + 24),
		.duration_ns = get_time(bytes + 28),
		.lost = get32(bytes + 36),
		.reordered = get32(bytes + 40),
		.datagrams = get32(bytes + 44),
		.jitter_ns = get_time(bytes + 48),
	};
	return true;
}
