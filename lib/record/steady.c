#include "record/steady.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/macros.h"
#include "diag/attribute.h"
#include "diag/tcp_info.h"

/* Two looks, and two sockets of one look, are not taken at the same time. */
enum { SLACK_MS = 400, GRAIN_MS = 256 /* finer is no knowledge, and takes room */ };

/* Bits that are kept of a measure: one part in 32. */
enum { MEASURE_BITS = 5 };

/* How long ago, ms. */
static const uint16_t ages[] = {
	offsetof(struct skt_tcp_info, last_data_sent),
	offsetof(struct skt_tcp_info, last_data_recv),
	offsetof(struct skt_tcp_info, last_ack_recv),
};

static const uint16_t measures[] = {
	offsetof(struct skt_tcp_info, rtt),
	offsetof(struct skt_tcp_info, rttvar),
	offsetof(struct skt_tcp_info, rcv_rtt),
	offsetof(struct skt_tcp_info, min_rtt),
};

static const uint16_t wide_measures[] = {
	offsetof(struct skt_tcp_info, pacing_rate),
	offsetof(struct skt_tcp_info, delivery_rate),
	offsetof(struct skt_tcp_info, busy_time),
	offsetof(struct skt_tcp_info, rwnd_limited),
	offsetof(struct skt_tcp_info, sndbuf_limited),
};

static bool speaks_ip(uint32_t kind)
{
	return (kind & ~UINT32_C(0xffff)) == skt_fact_table(AF_INET, 0);
}

static bool is_tcp(uint32_t kind)
{
	return kind == skt_fact_table(AF_INET, IPPROTO_TCP);
}

/* Where in LEN bytes of a kept message the attribute TYPE is; NULL: nowhere, or it is malformed. */
static const char *find_attribute(
	const unsigned char *bytes, size_t len, unsigned int type, size_t *ret_len)
{
	const char *p = (const char *)bytes + sizeof(struct inet_diag_msg);
	size_t left = len - sizeof(struct inet_diag_msg);
	struct skt_attribute attr;

	while (skt_attribute_next(&p, &left, &attr) > 0) {
		if (attr.type != type)
			continue;
		*ret_len = attr.len;
		return attr.value;
	}
	return NULL;
}

static uint32_t get_u32(const void *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* ---- keeping ---- */

/* The moment that was NOW - AGE, or that it is known as. */
static uint32_t settle(uint32_t moment, const char *old)
{
	const uint32_t known = old ? get_u32(old) : moment;
	const uint32_t apart = moment - known;

	if (old && (apart <= SLACK_MS || -apart <= SLACK_MS))
		return known;
	return moment & ~(uint32_t)(GRAIN_MS - 1);
}

static uint64_t round_measure(uint64_t value, unsigned int width)
{
	unsigned int drop;

	/* All ones is none. */
	if (!value || (width == 32 ? value == UINT32_MAX : value == UINT64_MAX))
		return value;
	drop = 63 - (unsigned int)__builtin_clzll(value);
	drop = drop < MEASURE_BITS ? 0 : drop - MEASURE_BITS;
	return value >> drop << drop;
}

static void keep_info(char *info, size_t len, const char *old, size_t old_len, uint32_t now_ms)
{
	for (size_t i = 0; i < SKT_COUNT(ages); i++) {
		const bool known = old && ages[i] + sizeof(uint32_t) <= old_len;
		uint32_t moment;

		if (ages[i] + sizeof(moment) > len)
			continue;
		moment = settle(now_ms - get_u32(info + ages[i]), known ? old + ages[i] : NULL);
		memcpy(info + ages[i], &moment, sizeof(moment));
	}
	for (size_t i = 0; i < SKT_COUNT(measures); i++) {
		uint32_t value;

		if (measures[i] + sizeof(value) > len)
			continue;
		value = (uint32_t)round_measure(get_u32(info + measures[i]), 32);
		memcpy(info + measures[i], &value, sizeof(value));
	}
	for (size_t i = 0; i < SKT_COUNT(wide_measures); i++) {
		uint64_t value;

		if (wide_measures[i] + sizeof(value) > len)
			continue;
		memcpy(&value, info + wide_measures[i], sizeof(value));
		value = round_measure(value, 64);
		memcpy(info + wide_measures[i], &value, sizeof(value));
	}
}

static void keep_timer(unsigned char *bytes, const struct skt_fact_item *old, uint32_t now_ms)
{
	const size_t at = offsetof(struct inet_diag_msg, idiag_expires);
	const bool known = old && old->len >= sizeof(struct inet_diag_msg) &&
		old->bytes[offsetof(struct inet_diag_msg, idiag_timer)] ==
			bytes[offsetof(struct inet_diag_msg, idiag_timer)];
	uint32_t moment;

	if (!bytes[offsetof(struct inet_diag_msg, idiag_timer)])
		return;
	moment = settle(now_ms + get_u32(bytes + at), known ? (const char *)old->bytes + at : NULL);
	memcpy(bytes + at, &moment, sizeof(moment));
}

/* Which attributes are copied. */
enum pick { PICK_INFO, PICK_REST };

/*
 * Copies the attributes that PICK says to ROOM, but for keys. Returns how many bytes; -1: they are
 * malformed.
 */
static ssize_t copy_attributes(const char *p, size_t left, enum pick pick, unsigned char *room)
{
	unsigned char *to = room;
	struct skt_attribute attr;
	const char *from = p;
	int more;

	while ((more = skt_attribute_next(&p, &left, &attr)) > 0) {
		const size_t len = (size_t)(p - from), padded = (len + 3) & ~(size_t)3;

		if (attr.type != INET_DIAG_MD5SIG &&
			(attr.type == INET_DIAG_INFO) == (pick == PICK_INFO)) {
			memcpy(to, from, len);
			memset(to + len, 0, padded - len);
			to += padded;
		}
		from = p;
	}
	return more < 0 ? -1 : to - room;
}

static size_t pad(unsigned char *room, size_t len)
{
	const size_t padded = (len + 3) & ~(size_t)3;

	memset(room + len, 0, padded - len);
	return padded;
}

size_t skt_steady_keep(uint32_t kind, const void *message, size_t len, bool ended,
	const struct skt_fact_item *old, uint32_t now_ms, unsigned char *room)
{
	const size_t head = sizeof(struct inet_diag_msg);
	const char *attributes = (const char *)message + head;
	size_t info_len = 0, old_len = 0;
	ssize_t first, more = 0;
	const char *info, *old_info = NULL;

	if (!speaks_ip(kind)) {
		memcpy(room, message, len);
		return pad(room, len);
	}
	if (len < head)
		return 0;
	memcpy(room, message, head);
	first = copy_attributes(attributes, len - head, PICK_INFO, room + head);
	if (first >= 0 && !ended)
		more = copy_attributes(attributes, len - head, PICK_REST, room + head + first);
	if (first < 0 || more < 0)
		return 0;
	len = head + (size_t)first + (size_t)more;
	keep_timer(room, old, now_ms);
	info = is_tcp(kind) ? find_attribute(room, len, INET_DIAG_INFO, &info_len) : NULL;
	if (info && old && old->len >= head)
		old_info = find_attribute(old->bytes, old->len, INET_DIAG_INFO, &old_len);
	if (info)
		keep_info((char *)room + (info - (const char *)room), info_len, old_info, old_len,
			now_ms);
	return len;
}

/* ---- telling ---- */

void skt_steady_tell(uint32_t kind, unsigned char *bytes, size_t len, uint32_t now_ms)
{
	const size_t at = offsetof(struct inet_diag_msg, idiag_expires);
	size_t info_len;
	const char *info;
	uint32_t rest;

	if (!speaks_ip(kind) || len < sizeof(struct inet_diag_msg))
		return;
	if (bytes[offsetof(struct inet_diag_msg, idiag_timer)]) {
		rest = get_u32(bytes + at) - now_ms;
		/* One that has run out by then is about to fire. */
		rest = rest > INT32_MAX ? 0 : rest;
		memcpy(bytes + at, &rest, sizeof(rest));
	}
	info = is_tcp(kind) ? find_attribute(bytes, len, INET_DIAG_INFO, &info_len) : NULL;
	for (size_t i = 0; info && i < SKT_COUNT(ages); i++) {
		uint32_t age;

		if (ages[i] + sizeof(age) > info_len)
			continue;
		age = now_ms - get_u32(info + ages[i]);
		age = age > INT32_MAX ? 0 : age;
		memcpy(bytes + (info - (const char *)bytes) + ages[i], &age, sizeof(age));
	}
}
