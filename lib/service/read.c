#include "service/read.h"

#include <string.h>

#include "base/macros.h"
#include "service/reader.h"
#include "service/readers.h"

/* In the order of how little can be taken for them. */
static bool (*const readers[])(const struct skt_answer *answer, struct skt_identity *ret) = {
	skt_read_ssh,
	skt_read_http,
	skt_read_tls,
	skt_read_dns,
	skt_read_rpcbind,
	skt_read_mysql,
	skt_read_postgresql,
	skt_read_mongodb,
	skt_read_redis,
	skt_read_amqp,
	skt_read_smb,
	skt_read_rdp,
	skt_read_ldap,
	skt_read_snmp,
	skt_read_ntp,
	skt_read_mqtt,
	skt_read_iperf3,
	skt_read_telnet,
	skt_read_text,
	skt_read_datagram,
};

bool skt_answer_read(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_identity identity;

	*ret = (struct skt_identity){0};
	for (size_t i = 0; answer->size && i < SKT_COUNT(readers); i++) {
		identity = (struct skt_identity){0};
		if (!readers[i](answer, &identity))
			continue;
		*ret = identity;
		return true;
	}
	skt_identity_set(
		&ret->words, answer->bytes, SKT_MIN(answer->size, (size_t)SKT_IDENTITY_TEXT_MAX));
	return false;
}

/* ---- ends ---- */

/* Where the first message of a protocol has its length, and how much more than that it is. */
struct frame {
	const char *service;
	uint8_t at, width;
	bool little;
	uint8_t more;
};

static const struct frame frames[] = {
	{"amqp", 3, 4, false, 8},
	{"domain", 0, 2, false, 2},
	{"microsoft-ds", 1, 3, false, 4},
	{"mongodb", 0, 4, true, 0},
	{"mysql", 0, 3, true, 4},
	{"postgresql", 1, 4, false, 1},
	{"tls", 3, 2, false, 5},
};

static bool has_frame(const struct frame *frame, const struct skt_answer *answer)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t size;

	(void)skt_reader_take(&r, frame->at);
	size = frame->little ? skt_reader_le(&r, frame->width) : skt_reader_be(&r, frame->width);
	return !r.is_short && answer->size >= size + frame->more;
}

/* RESP: `$518` and so many bytes; or a line. */
static bool has_bulk(const struct skt_answer *answer)
{
	const uint8_t *end = memchr(answer->bytes, '\n', answer->size);
	size_t wanted = 0;

	if (!end || answer->bytes[0] != '$')
		return end != NULL;
	for (const uint8_t *at = answer->bytes + 1; at < end && *at >= '0' && *at <= '9'; at++)
		wanted = SKT_MIN(wanted * 10 + (size_t)(*at - '0'), answer->size + 1);
	return (size_t)(end - answer->bytes) + 1 + wanted <= answer->size;
}

/* The last line stands alone: numbers with a `-` behind them go on (RFC 5321 4.2.1). */
static bool has_lines(const struct skt_answer *answer)
{
	const uint8_t *end = answer->bytes + answer->size, *line = end - 1;

	if (*line != '\n')
		return false;
	while (line > answer->bytes && line[-1] != '\n')
		line--;
	return end - line < 4 || line[0] < '0' || line[0] > '9' || line[3] != '-';
}

bool skt_answer_is_complete(const struct skt_answer *answer)
{
	struct skt_identity identity;

	/* Its end is that of the connection, or of its length; maybe more than once. */
	if (answer->size >= 5 && memcmp(answer->bytes, "HTTP/", 5) == 0)
		return skt_http_is_complete(answer);
	if (!skt_answer_read(answer, &identity))
		return has_lines(answer);
	for (size_t i = 0; i < SKT_COUNT(frames); i++)
		if (strcmp(frames[i].service, identity.service) == 0)
			return has_frame(&frames[i], answer);
	if (strcmp(identity.service, "redis") == 0)
		return has_bulk(answer);
	if (strcmp(identity.service, "ldap") == 0)
		return skt_ldap_is_complete(answer);
	if (strcmp(identity.service, "mqtt") == 0)
		return identity.version.len || identity.extra.len;
	if (strcmp(identity.service, "vnc") == 0 ||
		strcmp(identity.service, "ms-wbt-server") == 0 ||
		strcmp(identity.service, "iperf3") == 0)
		return true;
	return has_lines(answer);
}
