#include "base/macros.h"
#include "service/pattern.h"
#include "service/reader.h"
#include "service/readers.h"

/* ---- AMQP ---- */

/* A text of the server's properties (AMQP 0-9-1 4.2.5.5): name, `S`, length and bytes. */
static void property(const struct skt_reader *table, const char *name, size_t name_len,
	struct skt_identity_text *ret)
{
	const uint8_t *at = memmem(table->at, skt_reader_left(table), name, name_len);
	struct skt_reader r;
	uint64_t size;

	if (!at)
		return;
	r = skt_reader_of(at + name_len, (size_t)(table->end - at) - name_len);
	size = skt_reader_be(&r, 4);
	if (!r.is_short && size <= skt_reader_left(&r))
		skt_identity_set(ret, r.at, (size_t)size);
}

/* AMQP 0-9-1 4.2.3, 1.4.2.1: a frame of a method, connection.start; or the header that the server
 * would rather have (4.2.2; AMQP 1.0, 2.2). */
bool skt_read_amqp(const struct skt_answer *answer, struct skt_identity *ret)
{
	static const uint8_t start[] = {0, 10, 0, 10};
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	const uint8_t *name;

	if (answer->size >= 8 && memcmp(answer->bytes, "AMQP", 4) == 0 && answer->bytes[4] <= 3) {
		skt_identity_say(&ret->extra, answer->bytes[5] ? "protocol 1.0" : "protocol 0-9-1");
	} else {
		(void)skt_reader_take(&r, 7);
		name = skt_reader_take(&r, sizeof(start));
		if (!name || answer->bytes[0] != 1 || memcmp(name, start, sizeof(start)) != 0)
			return false;
		skt_identity_say(&ret->extra, "protocol 0-9-1");
		property(&r, "\7productS", 9, &ret->product);
		property(&r, "\7versionS", 9, &ret->version);
		ret->words = ret->product;
		skt_identity_add(&ret->words, "", ret->version.data, ret->version.len);
	}
	ret->service = "amqp";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}

/* ---- MQTT ---- */

/* MQTT 3.1.1: CONNACK, maybe SUBACK, and the version as a PUBLISH of $SYS/broker/version. */
bool skt_read_mqtt(const struct skt_answer *answer, struct skt_identity *ret)
{
	static const char topic[] = "$SYS/broker/version";
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	const uint8_t *at;
	uint64_t head = skt_reader_be(&r, 2), flags = skt_reader_be(&r, 1),
		 code = skt_reader_be(&r, 1);

	if (r.is_short || head != 0x2002 || flags > 1 || code > 5)
		return false;
	ret->service = "mqtt";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	if (code)
		skt_identity_say(&ret->extra, "connection refused: not authorized");
	if (code && code < 4)
		skt_identity_say(&ret->extra, "connection refused");
	at = memmem(r.at, skt_reader_left(&r), topic, sizeof(topic) - 1);
	if (at) {
		const char *text = (const char *)at + sizeof(topic) - 1;
		size_t len = (size_t)((const char *)r.end - text);
		struct skt_pattern_match match;

		if (skt_pattern_matches("%w version %v", text, len, &match)) {
			skt_identity_set(&ret->product, match.word.text, match.word.len);
			skt_identity_set(&ret->version, match.version.text, match.version.len);
			len = (size_t)(match.version.text + match.version.len - text);
		}
		skt_identity_set(&ret->words, text, len);
	}
	return true;
}

/* ---- iperf3 ---- */

/* iperf3's protocol: a state in one byte, that parameters are to be exchanged (the first 37 bytes
 * of any question are a cookie to it), or that it is busy. */
bool skt_read_iperf3(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { PORT = 5201, PARAM_EXCHANGE = 9, ACCESS_DENIED = 255 };

	if (answer->udp || answer->port != PORT || !answer->asked || answer->size != 1 ||
		(*answer->bytes != PARAM_EXCHANGE && *answer->bytes != ACCESS_DENIED))
		return false;
	ret->service = "iperf3";
	ret->confidence = SKT_CONFIDENCE_GREETING;
	if (*answer->bytes == ACCESS_DENIED)
		skt_identity_say(&ret->extra, "busy");
	return true;
}
