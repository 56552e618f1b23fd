#include <string.h>

#include "base/macros.h"
#include "service/pattern.h"
#include "service/probe.h"
#include "service/reader.h"
#include "service/readers.h"

static bool contains(const void *bytes, size_t size, const char *text)
{
	return size && memmem(bytes, size, text, strlen(text)) != NULL;
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len > 0;
}

/* ---- MySQL ---- */

/* `5.5.5-10.11.6-MariaDB-0+deb12u1`: MariaDB puts what old clients want in front. */
static void set_mysql_version(struct skt_identity *ret, const char *text, size_t len)
{
	static const char front[] = "5.5.5-";
	bool maria = contains(text, len, "MariaDB");
	const char *dash;

	if (maria && len > sizeof(front) - 1 && memcmp(text, front, sizeof(front) - 1) == 0) {
		text += sizeof(front) - 1;
		len -= sizeof(front) - 1;
	}
	dash = memchr(text, '-', len);
	skt_identity_say(&ret->product, maria ? "MariaDB" : "MySQL");
	skt_identity_set(&ret->version, text, dash ? (size_t)(dash - text) : len);
	if (dash)
		skt_identity_set(&ret->extra, dash + 1, len - (size_t)(dash + 1 - text));
}

/* MySQL's and MariaDB's documents of the protocol: a packet (length, number), the handshake of
 * version 10, or an error. */
bool skt_read_mysql(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t size = skt_reader_le(&r, 3), number = skt_reader_be(&r, 1);
	uint64_t kind = skt_reader_be(&r, 1);
	const char *text;
	size_t len;

	if (r.is_short || number > 1 || size < 5 || size > 4096)
		return false;
	if (kind == 10) {
		text = skt_reader_text(&r, &len);
		if (!text || !is_printable(text, len) || text[0] < '0' || text[0] > '9')
			return false;
		set_mysql_version(ret, text, len);
	} else if (kind == 0xff) {
		uint64_t code = skt_reader_le(&r, 2);

		len = SKT_MIN(skt_reader_left(&r), (size_t)size - 3);
		text = (const char *)skt_reader_take(&r, len);
		if (code < 1000 || code > 4999 || !text || !is_printable(text, len))
			return false;
		if (contains(text, len, "MariaDB"))
			skt_identity_say(&ret->product, "MariaDB");
		else if (contains(text, len, "MySQL"))
			skt_identity_say(&ret->product, "MySQL");
		skt_identity_set(&ret->extra, text, len);
	} else {
		return false;
	}
	ret->service = "mysql";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_set(&ret->words, text, len);
	return true;
}

/* ---- PostgreSQL ---- */

/* PostgreSQL's documentation 55.8: ErrorResponse is fields of a letter and a text each. */
bool skt_read_postgresql(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t type = skt_reader_be(&r, 1), size = skt_reader_be(&r, 4);
	const char *message = NULL;
	size_t message_len = 0;
	bool has_severity = false, is_new = false, has_code = false;

	if (r.is_short || type != 'E' || size < 12 || size > 8192)
		return false;
	for (;;) {
		uint64_t name = skt_reader_be(&r, 1);
		size_t len;
		const char *text;

		if (!name)
			break;
		text = skt_reader_text(&r, &len);
		if (!text)
			break;
		has_severity = has_severity || (name == 'S' && len > 0);
		has_code = has_code || (name == 'C' && len == 5);
		/* Since 9.6 the severity is there untranslated, too. */
		is_new = is_new || name == 'V';
		if (name == 'M') {
			message = text;
			message_len = len;
		}
	}
	if (!has_severity || !has_code || !message)
		return false;
	ret->service = "postgresql";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_say(&ret->product,
		contains(message, message_len, "pgbouncer") ? "PgBouncer" : "PostgreSQL");
	if (is_new)
		skt_identity_say(&ret->extra, "9.6 or later");
	skt_identity_set(&ret->words, message, message_len);
	return true;
}

/* ---- MongoDB ---- */

/* The value of a text field of that name, wherever it is in BSON (bsonspec.org). */
static bool bson_text(
	const struct skt_reader *body, const char *name, struct skt_identity_text *ret)
{
	size_t name_len = strlen(name) + 1;
	const uint8_t *at = memmem(body->at, skt_reader_left(body), name, name_len);
	struct skt_reader r;
	uint64_t size;
	const uint8_t *text;

	if (!at || at == body->at || at[-1] != 2)
		return false;
	r = skt_reader_of(at + name_len, (size_t)(body->end - at) - name_len);
	size = skt_reader_le(&r, 4);
	if (r.is_short || size < 2 || size > skt_reader_left(&r))
		return false;
	text = skt_reader_take(&r, (size_t)size - 1);
	skt_identity_set(ret, text, (size_t)size - 1);
	return true;
}

/* MongoDB's wire protocol: a header, and OP_MSG or OP_REPLY. */
bool skt_read_mongodb(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { OP_REPLY = 1, OP_MSG = 2013 };
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t size = skt_reader_le(&r, 4), opcode;

	(void)skt_reader_le(&r, 8);
	opcode = skt_reader_le(&r, 4);
	if (r.is_short || size < 26 || size > 1 << 24 || (opcode != OP_REPLY && opcode != OP_MSG) ||
		!skt_reader_left(&r))
		return false;
	ret->service = "mongodb";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_say(&ret->product, "MongoDB");
	if (bson_text(&r, "version", &ret->version))
		ret->words = ret->version;
	else if (bson_text(&r, "errmsg", &ret->extra))
		ret->words = ret->extra;
	return true;
}

/* ---- Redis ---- */

static void redis_line(const struct skt_answer *answer, const char *name, bool add_mode,
	struct skt_identity_text *ret)
{
	const char *at = memmem(answer->bytes, answer->size, name, strlen(name));
	const char *end = (const char *)answer->bytes + answer->size, *line_end;

	if (!at)
		return;
	at += strlen(name);
	line_end = memchr(at, '\r', (size_t)(end - at));
	line_end = line_end ? line_end : end;
	if (add_mode)
		skt_identity_add(ret, "", at, (size_t)(line_end - at));
	else
		skt_identity_set(ret, at, (size_t)(line_end - at));
}

/* RESP 2: a bulk string of INFO, or one of the errors that Redis has for those who may not. */
bool skt_read_redis(const struct skt_answer *answer, struct skt_identity *ret)
{
	static const char *const errors[] = {"-NOAUTH ", "-NOPERM ", "-DENIED Redis", "-LOADING ",
		"-ERR wrong number of arguments for 'get'", "-ERR operation not permitted",
		"-ERR unknown command `INFO`", "-ERR unknown command 'INFO'",
		"-ERR max number of clients reached"};
	const char *text = (const char *)answer->bytes;
	size_t first = 0;
	bool known = false;

	while (first < answer->size && text[first] != '\r' && text[first] != '\n')
		first++;
	if (answer->size > 1 && text[0] == '$' && contains(text, answer->size, "redis_version:")) {
		bool valkey = contains(text, answer->size, "valkey_version:");

		skt_identity_say(&ret->product, valkey ? "Valkey" : "Redis");
		redis_line(answer, valkey ? "valkey_version:" : "redis_version:", false,
			&ret->version);
		redis_line(answer, "redis_mode:", true, &ret->extra);
		redis_line(answer, "\nos:", true, &ret->extra);
		skt_identity_say(&ret->words, valkey ? "valkey_version:" : "redis_version:");
		skt_identity_append(&ret->words, ret->version.data, ret->version.len);
		known = true;
	}
	for (size_t i = 0; !known && i < SKT_COUNT(errors); i++) {
		size_t len = strlen(errors[i]);

		known = answer->size > len && memcmp(text, errors[i], len) == 0;
		if (known) {
			skt_identity_say(&ret->product, "Redis");
			skt_identity_set(&ret->words, text, first);
			skt_identity_set(&ret->extra, text + 1, first - 1);
			/* It was a word of another protocol that it refused. */
			ret->follow = answer->probe == SKT_PROBE_REDIS ? 0 : SKT_PROBE_REDIS;
		}
	}
	if (!known)
		return false;
	ret->service = "redis";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}
