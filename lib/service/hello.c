#include "base/macros.h"
#include "service/reader.h"
#include "service/readers.h"

/* RFC 8446 4.1.3, 4.2.1: the version that a ServerHello chooses, in an extension since 1.3. */
static uint64_t chosen_version(struct skt_reader *hello)
{
	enum { SUPPORTED_VERSIONS = 43 };
	uint64_t version = skt_reader_be(hello, 2);
	struct skt_reader extensions;

	(void)skt_reader_take(hello, 32);
	(void)skt_reader_take(hello, (size_t)skt_reader_be(hello, 1));
	(void)skt_reader_take(hello, 3);
	extensions = skt_reader_part(hello, (size_t)skt_reader_be(hello, 2));
	while (!extensions.is_short && skt_reader_left(&extensions)) {
		uint64_t type = skt_reader_be(&extensions, 2);
		struct skt_reader data =
			skt_reader_part(&extensions, (size_t)skt_reader_be(&extensions, 2));

		if (type == SUPPORTED_VERSIONS && skt_reader_left(&data) == 2)
			version = skt_reader_be(&data, 2);
	}
	return version;
}

/* RFC 8446 5.1, 6: a record with a ServerHello, or an alert, which only TLS has. */
bool skt_read_tls(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { ALERT = 21, HANDSHAKE = 22, SERVER_HELLO = 2 };
	static const char *const versions[] = {
		"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size), hello;
	uint64_t type = skt_reader_be(&r, 1), version = skt_reader_be(&r, 2);
	uint64_t size = skt_reader_be(&r, 2);

	if (r.is_short || version >> 8 != 3 || (version & 255) >= SKT_COUNT(versions))
		return false;
	if (type == ALERT) {
		uint64_t level = skt_reader_be(&r, 1);

		if (size != 2 || r.is_short || level < 1 || level > 2)
			return false;
	} else if (type == HANDSHAKE) {
		uint64_t message = skt_reader_be(&r, 1);

		hello = skt_reader_part(&r, (size_t)skt_reader_be(&r, 3));
		if (message != SERVER_HELLO)
			return false;
		version = chosen_version(&hello) & 255;
		if (version < SKT_COUNT(versions))
			skt_identity_say(&ret->extra, versions[version]);
	} else {
		return false;
	}
	ret->service = "tls";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}
