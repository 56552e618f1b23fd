/* TLS without a network: names, pins, dates, and a session whose peer is a buffer. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "tls/alpn.h"
#include "tls/date.h"
#include "tls/name.h"
#include "tls/pin.h"
#include "tls/session.h"
#include "tls/text.h"

static void test_names(void **state)
{
	/* RFC 3492, 7.1 (those of one word), and names that registries have. */
	static const struct {
		const char *text, *name;
	} good[] = {
		{"example.com", "example.com"},
		{"EXAMPLE.com.", "example.com"},
		{"b\xc3\xbc"
		 "cher.example",
			"xn--bcher-kva.example"},
		{"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf"
		 "\xb4\xe4\xb8\xad\xe6\x96\x87",
			"xn--ihqwcrb4cv8a8dqg056pqjye"},
		{"\xe3\x81\xb2\xe3\x81\xa8\xe3\x81\xa4\xe5\xb1\x8b\xe6\xa0\xb9\xe3\x81\xae\xe4\xb8"
		 "\x8b"
		 "2",
			"xn--2-u9tlzr9756bt3uc0v"},
		{"a\xe3\x80\x82"
		 "b",
			"a.b"},
		{"_sip.example", "_sip.example"},
	};
	static const char *const bad[] = {"", ".", "a..b", ".a", "a b", "a\x01", "\xff.example"};
	char name[SKT_TLS_NAME_MAX], label[65], *long_name;

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(good); i++) {
		assert_int_equal(skt_tls_name_parse(good[i].text, name), 0);
		assert_string_equal(name, good[i].name);
	}
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(skt_tls_name_parse(bad[i], name), -EINVAL);
	memset(label, 'a', sizeof(label) - 1);
	label[64] = '\0';
	assert_int_equal(skt_tls_name_parse(label, name), -ENAMETOOLONG);
	assert_int_equal(skt_tls_name_parse(label + 1, name), 0);
	long_name = test_malloc(1001);
	for (size_t i = 0; i < 1000; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	long_name[1000] = '\0';
	assert_int_equal(skt_tls_name_parse(long_name, name), -ENAMETOOLONG);
	test_free(long_name);
}

static void test_pins(void **state)
{
	static const char zero[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	static const char text[] = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
	static const uint8_t begin[] = {0xe3, 0xb0, 0xc4, 0x42}, end[] = {0x52, 0xb8, 0x55};
	static const char *const bad[] = {
		"",
		"sha256//",
		"sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	char back[SKT_TLS_PIN_TEXT_MAX];
	struct skt_tls_pin pin;

	(void)state;
	assert_int_equal(skt_tls_pin_parse(zero, &pin), 0);
	assert_string_equal(skt_tls_pin_text(&pin, back), zero);
	assert_int_equal(skt_tls_pin_parse(text, &pin), 0);
	assert_memory_equal(pin.digest, begin, sizeof(begin));
	assert_memory_equal(pin.digest + 29, end, sizeof(end));
	assert_string_equal(skt_tls_pin_text(&pin, back), text);
	for (size_t i = 0; i < SKT_COUNT(bad); i++)
		assert_int_equal(skt_tls_pin_parse(bad[i], &pin), -EINVAL);
}

static void test_alpn(void **state)
{
	uint8_t wire[SKT_TLS_ALPN_MAX];
	char text[2 * SKT_TLS_ALPN_MAX];

	(void)state;
	assert_int_equal(skt_tls_alpn_parse("h2,http/1.1", wire), 12);
	assert_memory_equal(wire, "\2h2\10http/1.1", 12);
	assert_int_equal(skt_tls_alpn_parse("", wire), -EINVAL);
	assert_int_equal(skt_tls_alpn_parse("h2,", wire), -EINVAL);
	assert_int_equal(skt_tls_alpn_parse(",h2", wire), -EINVAL);
	memset(text, 'a', sizeof(text));
	text[256] = '\0';
	assert_int_equal(skt_tls_alpn_parse(text, wire), -EINVAL);
	assert_int_equal(skt_tls_alpn_parse(text + 1, wire), 256);
	text[256] = 'a';
	for (size_t i = 100; i < sizeof(text); i += 100)
		text[i] = ',';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(skt_tls_alpn_parse(text, wire), -E2BIG);
}

static void test_dates(void **state)
{
	char text[SKT_TLS_DATE_MAX];

	(void)state;
	assert_string_equal(skt_tls_date_text(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(skt_tls_date_text(253402300799, text), "9999-12-31T23:59:59Z");
	assert_string_equal(skt_tls_date_text(SKT_TLS_NO_DATE, text), "?");
	assert_string_equal(skt_tls_date_text(INT64_MAX, text), "?");
	assert_int_equal(skt_tls_days_between(0, 86400), 1);
	assert_int_equal(skt_tls_days_between(0, 86399), 0);
	assert_int_equal(skt_tls_days_between(1, 0), -1);
	assert_int_equal(skt_tls_days_between(86400, 0), -1);
	assert_int_equal(skt_tls_days_between(86401, 0), -2);
	assert_true(skt_tls_days_between(1, INT64_MIN) < -106751991167);
}

static void test_texts(void **state)
{
	char text[16], utf8[] = "abcd\xc3\xbc\xc3\xbc\xc3\xbc";

	(void)state;
	assert_string_equal(skt_tls_text_escape("a\0b\\\x1b", 5, text, 16), "a\\x00b\\x5c\\x1b");
	assert_string_equal(
		skt_tls_text_escape("0123456789abcde", 15, text, 16), "0123456789abcde");
	assert_string_equal(
		skt_tls_text_escape("0123456789abcdef", 16, text, 16), "0123456789ab...");
	assert_string_equal(skt_tls_text_escape("0123456789\n\n\n", 13, text, 16), "0123456789...");
	assert_string_equal(skt_tls_text_escape("\n\n\n\n\n", 5, text, 16), "\\x0a\\x0a\\x0a...");
	assert_string_equal(skt_tls_text_escape("", 0, text, 16), "");
	assert_int_equal(skt_tls_text_cut(utf8, 10, 10), 10);
	assert_int_equal(skt_tls_text_cut(utf8, 10, 8), 7);
	assert_string_equal(utf8, "abcd...");
}

/* ---- a session whose peer is a buffer ---- */

struct buffer {
	struct skt_tls_carrier carrier;
	const char *bytes;
	size_t len, written;
	int then; /* what is read behind them: 0, the end, or -errno */
};

static ssize_t buffer_read(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	struct buffer *buffer = SKT_CONTAINER(carrier, struct buffer, carrier);
	size_t n = SKT_MIN(size, buffer->len);

	if (n == 0)
		return buffer->then;
	memcpy(bytes, buffer->bytes, n);
	buffer->bytes += n;
	buffer->len -= n;
	return (ssize_t)n;
}

static ssize_t buffer_write(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	struct buffer *buffer = SKT_CONTAINER(carrier, struct buffer, carrier);

	(void)bytes;
	buffer->written += size;
	return (ssize_t)size;
}

/* What a client says to a peer that says BYTES. */
static int shake(struct skt_tls_context *context, const char *bytes, size_t len, int then,
	struct skt_err *err)
{
	struct buffer buffer = {
		.carrier = {buffer_read, buffer_write}, .bytes = bytes, .len = len, .then = then};
	struct skt_tls_session_options options = {
		.carrier = &buffer.carrier, .server_name = "a.example"};
	struct skt_tls_session *session;
	struct skt_tls_certificate certificate;
	struct skt_arena arena = {0};
	int r;

	options.expected.name = "a.example";
	assert_int_equal(skt_tls_session_new(context, &options, &session, err), 0);
	r = skt_tls_session_handshake(session, err);
	assert_true(buffer.written > 100);
	if (r == -EAGAIN)
		assert_int_equal(skt_tls_session_wants(session), SKT_TLS_WANTS_READ);
	assert_int_equal(skt_tls_session_certificate(session, 0, &arena, &certificate), -ENOENT);
	assert_int_equal(skt_tls_session_verdict(session)->reason, SKT_TLS_NO_CERTIFICATE);
	skt_tls_session_free(session);
	skt_arena_fini(&arena);
	return r;
}

static void test_peers_that_fail(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int then, result;
		enum skt_tls_failure failure;
		const char *words;
	} cases[] = {
#define SAYS(text) text, sizeof(text) - 1
		{SAYS("SSH-2.0-OpenSSH_9.2\r\nmore"), -EAGAIN, -EPROTO, SKT_TLS_PLAINTEXT,
			"the other side does not speak TLS: it says 'SSH-2.0-OpenSSH_9.2'"},
		{SAYS("HTTP/1.1 400 Bad Request\n"), 0, -EPROTO, SKT_TLS_PLAINTEXT,
			"the other side does not speak TLS: it says 'HTTP/1.1 400 Bad Request'"},
		{SAYS("\x1b[31m\0\xff\n"), -EAGAIN, -EPROTO, SKT_TLS_PLAINTEXT,
			"the other side does not speak TLS: it says '\\x1b[31m\\x00\\xff'"},
		{SAYS(""), 0, -EPROTO, SKT_TLS_CUT,
			"the other side closed the connection at the beginning of the handshake"},
		{SAYS("\x16\x03\x03\x00\x7a\x02"), 0, -EPROTO, SKT_TLS_CUT,
			"the other side closed the connection in the middle of the handshake"},
		{SAYS(""), -ECONNRESET, -ECONNRESET, SKT_TLS_CUT,
			"the other side reset the connection in the handshake"},
		{SAYS(""), -EHOSTUNREACH, -EHOSTUNREACH, SKT_TLS_TRANSPORT,
			"the connection failed: No route to host"},
		{SAYS("\x15\x03\x03\x00\x02\x02\x28"), 0, -EPROTO, SKT_TLS_ALERT,
			"the other side refuses with the alert 'handshake failure': no cipher in "
			"common, or it wants a certificate"},
		{SAYS("\x15\x03\x01\x00\x02\x02\x46"), 0, -EPROTO, SKT_TLS_VERSION,
			"the other side refuses with the alert 'protocol version': it takes none "
			"of our versions"},
		{SAYS("\x16\x03\x03\x00"), -EAGAIN, -EAGAIN, 0, ""},
		{SAYS(""), -EAGAIN, -EAGAIN, 0, ""},
#undef SAYS
	};
	const struct skt_tls_options options = {0};
	struct skt_tls_context *context;

	(void)state;
	if (skt_tls_lacks())
		skip_because(skt_tls_lacks());
	assert_int_equal(skt_tls_context_new(&options, &context, NULL), 0);
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_err err = {0};

		assert_int_equal(shake(context, cases[i].bytes, cases[i].len, cases[i].then, &err),
			cases[i].result);
		assert_string_equal(err.text, cases[i].words);
		assert_int_equal(err.code, cases[i].failure);
		assert_int_equal(err.domain, cases[i].failure ? SKT_ERR_TLS : SKT_ERR_SYS);
	}
	skt_tls_context_free(context);
}

static void test_contexts_that_fail(void **state)
{
	static const struct skt_tls_identity none = {.cert = "/proc/none"},
					     null = {.cert = "/dev/null"};
	static const struct {
		struct skt_tls_options options;
		const char *begin;
		int result;
	} cases[] = {
		{{.ca = "/proc/none"}, "authorities '/proc/none': No such file", -ENOENT},
		{{.ca = "/dev/null"}, "authorities '/dev/null': ", -EINVAL},
		{{.identities = &none, .identities_count = 1},
			"certificate '/proc/none': No such file", -ENOENT},
		{{.identities = &null, .identities_count = 1},
			"certificate '/dev/null': ", -EINVAL},
		{{.keylog = "/proc/none/a"}, "key log '/proc/none/a': No such file", -ENOENT},
		{{.alpn = "a,,b"}, "'a,,b' is no list of protocols", -EINVAL},
	};

	(void)state;
	if (skt_tls_lacks())
		skip_because(skt_tls_lacks());
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct skt_tls_context *context = NULL;
		struct skt_err err = {0};

		assert_int_equal(
			skt_tls_context_new(&cases[i].options, &context, &err), cases[i].result);
		assert_null(context);
		assert_memory_equal(err.text, cases[i].begin, strlen(cases[i].begin));
	}
}

/* ---- a client and a server, each the other's peer ---- */

enum { PIPE_SIZE = 1 << 20 };

struct pipe_end {
	struct skt_tls_carrier carrier;
	struct pipe_end *other;
	char *bytes; /* on their way to this end */
	size_t from, to, room;
	bool ended; /* no more will come */
};

static ssize_t pipe_read(struct skt_tls_carrier *carrier, void *bytes, size_t size)
{
	struct pipe_end *end = SKT_CONTAINER(carrier, struct pipe_end, carrier);
	size_t n = SKT_MIN(size, end->to - end->from);

	if (n == 0)
		return end->ended ? 0 : -EAGAIN;
	memcpy(bytes, end->bytes + end->from, n);
	end->from += n;
	return (ssize_t)n;
}

static ssize_t pipe_write(struct skt_tls_carrier *carrier, const void *bytes, size_t size)
{
	struct pipe_end *end = SKT_CONTAINER(carrier, struct pipe_end, carrier)->other;
	size_t n;

	if (end->from == end->to)
		end->from = end->to = 0;
	n = SKT_MIN(size, end->room - SKT_MIN(end->room, end->to));
	if (n == 0)
		return -EAGAIN;
	memcpy(end->bytes + end->to, bytes, n);
	end->to += n;
	return (ssize_t)n;
}

static void pipe_open(struct pipe_end *end, struct pipe_end *other)
{
	end->carrier = (struct skt_tls_carrier){.read = pipe_read, .write = pipe_write};
	end->other = other;
	end->room = PIPE_SIZE;
	end->bytes = test_malloc(PIPE_SIZE);
}

struct pair {
	struct pipe_end client_end, server_end;
	struct skt_tls_session *client, *server;
	struct skt_err client_err, server_err;
	int client_r, server_r;
};

/* The handshake, as far as it gets. */
static void pair_open(struct pair *pair, struct skt_tls_context *client,
	struct skt_tls_context *server, struct skt_tls_session_options *options)
{
	struct skt_tls_session_options plain = {.carrier = &pair->server_end.carrier};

	*pair = (struct pair){.client_r = -EAGAIN, .server_r = -EAGAIN};
	pipe_open(&pair->client_end, &pair->server_end);
	pipe_open(&pair->server_end, &pair->client_end);
	options->carrier = &pair->client_end.carrier;
	assert_int_equal(skt_tls_session_new(client, options, &pair->client, NULL), 0);
	assert_int_equal(skt_tls_session_new(server, &plain, &pair->server, NULL), 0);
	for (int i = 0; i < 4; i++) {
		if (pair->client_r == -EAGAIN)
			pair->client_r = skt_tls_session_handshake(pair->client, &pair->client_err);
		if (pair->server_r == -EAGAIN)
			pair->server_r = skt_tls_session_handshake(pair->server, &pair->server_err);
	}
}

static void pair_close(struct pair *pair)
{
	skt_tls_session_free(pair->client);
	skt_tls_session_free(pair->server);
	test_free(pair->client_end.bytes);
	test_free(pair->server_end.bytes);
}

static const char *const temporary_names[] = {
	"a.example", "b\303\274cher.example", "192.0.2.7", "2001:db8::7", "no name"};

/* A server with a certificate of its own making. */
static struct skt_tls_context *new_server(const struct skt_tls_options *more)
{
	struct skt_tls_options options = *more;
	struct skt_tls_context *context;

	options.server = true;
	options.temporary = temporary_names;
	options.temporary_count = SKT_COUNT(temporary_names);
	assert_int_equal(skt_tls_context_new(&options, &context, NULL), 0);
	return context;
}

static struct skt_tls_context *new_client(const char *alpn)
{
	const struct skt_tls_options options = {.ca = "/", .alpn = alpn};
	struct skt_tls_context *context;

	assert_int_equal(skt_tls_context_new(&options, &context, NULL), 0);
	return context;
}

static void test_temporary_certificates(void **state)
{
	const struct skt_tls_options none = {0};
	struct skt_tls_context *server, *other, *client;
	struct skt_tls_session_options options = {.server_name = "whoever.example"};
	struct skt_tls_certificate own, of_other;
	struct skt_tls_state what;
	struct skt_arena arena = {0};
	struct pair pair;
	char text[64];

	(void)state;
	if (skt_tls_lacks())
		skip_because(skt_tls_lacks());
	server = new_server(&none);
	other = new_server(&none);
	client = new_client(NULL);
	assert_int_equal(skt_tls_context_certificate(server, 0, &arena, &own), 0);
	assert_int_equal(skt_tls_context_certificate(server, 1, &arena, &own), -ENOENT);
	assert_int_equal(skt_tls_context_certificate(other, 0, &arena, &of_other), 0);
	assert_int_equal(own.names_count, 4);
	assert_string_equal(own.names[1], "xn--bcher-kva.example");
	assert_string_equal(own.names[3], "2001:db8::7");
	assert_string_equal(own.key_type, "EC");
	assert_int_equal(own.not_after - own.not_before, 366 * 86400);
	assert_true(memcmp(&own.pin, &of_other.pin, sizeof(own.pin)) != 0);

	/* The pin is all that a client needs, and the wrong one is told. */
	options.expected = (struct skt_tls_expected){.pins = &own.pin, .pins_count = 1};
	pair_open(&pair, client, server, &options);
	assert_int_equal(pair.client_r, 0);
	assert_int_equal(pair.server_r, 0);
	skt_tls_session_state(pair.server, &what);
	assert_string_equal(what.version, "TLSv1.3");
	assert_string_equal(what.server_name, "whoever.example");
	/* The contexts go on with the session that has them. */
	skt_tls_context_free(server);
	skt_tls_context_free(client);
	assert_int_equal(skt_tls_session_write(pair.client, "hello", 5, NULL), 5);
	assert_int_equal(skt_tls_session_read(pair.server, text, sizeof(text), NULL), 5);
	/* A half-close: the other way goes on. */
	assert_int_equal(skt_tls_session_finish(pair.client), 0);
	assert_int_equal(skt_tls_session_read(pair.server, text, sizeof(text), NULL), 0);
	assert_int_equal(skt_tls_session_write(pair.server, "bye", 3, NULL), 3);
	assert_int_equal(skt_tls_session_read(pair.client, text, sizeof(text), NULL), 3);
	/* No ticket was sent, nor is there an end without a close_notify. */
	assert_int_equal(skt_tls_session_read(pair.client, text, sizeof(text), NULL), -EAGAIN);
	pair.client_end.ended = true;
	assert_int_equal(skt_tls_session_read(pair.client, text, sizeof(text), NULL), -ENOLINK);
	pair_close(&pair);

	client = new_client(NULL);
	pair_open(&pair, client, other, &options);
	assert_int_equal(pair.client_r, -EACCES);
	assert_int_equal(pair.server_r, -EPROTO);
	assert_string_equal(pair.server_err.text,
		"the other side refuses with the alert 'handshake failure': no cipher in common, or it expects another certificate");
	pair_close(&pair);
	skt_tls_context_free(client);
	skt_tls_context_free(other);
	skt_arena_fini(&arena);
}

/* All that the sides have for each other, by pieces of SIZE, is read as it was written. */
static void exchange(struct pair *pair, const char *bytes, size_t len, size_t size)
{
	char *got = test_malloc(len);
	size_t written = 0, read = 0;
	ssize_t n;

	while (read < len) {
		if (written < len) {
			n = skt_tls_session_write(
				pair->server, bytes + written, SKT_MIN(size, len - written), NULL);
			assert_true(n > 0 || n == -EAGAIN);
			written += n > 0 ? (size_t)n : 0;
		}
		n = skt_tls_session_read(pair->client, got + read, len - read, NULL);
		assert_true(n > 0 || n == -EAGAIN);
		read += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(skt_tls_session_held(pair->server), 0);
	assert_memory_equal(got, bytes, len);
	test_free(got);
}

static void test_records_of_every_size(void **state)
{
	static const size_t sizes[] = {1, 100, 16383, 16384, 16385, 65536, 100000, 1 << 18};
	static const size_t rooms[] = {PIPE_SIZE, 70000, 20000, 16383, 1000, 7};
	struct skt_tls_session_options options = {.report = true};
	struct skt_tls_context *server, *client;
	enum { LEN = 600000 };
	char *bytes;
	struct pair pair;

	(void)state;
	if (skt_tls_lacks())
		skip_because(skt_tls_lacks());
	bytes = test_malloc(LEN);
	for (size_t i = 0; i < LEN; i++)
		bytes[i] = (char)(i * i >> 8);
	server = new_server(&(struct skt_tls_options){0});
	client = new_client(NULL);
	pair_open(&pair, client, server, &options);
	assert_int_equal(pair.server_r, 0);
	/* Also where little can be on its way at once. */
	for (size_t i = 0; i < SKT_COUNT(rooms); i++) {
		pair.client_end.room = rooms[i];
		for (size_t j = 0; j < SKT_COUNT(sizes); j++)
			exchange(&pair, bytes, SKT_MIN(sizes[j] * 2 + 100, LEN), sizes[j]);
	}
	pair.client_end.room = PIPE_SIZE;
	/* What came before the end is read first; then the end is told, and nothing announces it.
	 */
	assert_int_equal(skt_tls_session_write(pair.server, bytes, 10, NULL), 10);
	assert_int_equal(skt_tls_session_finish(pair.server), 0);
	assert_int_equal(skt_tls_session_read(pair.client, bytes, LEN, NULL), 10);
	assert_true(skt_tls_session_pending(pair.client));
	assert_int_equal(skt_tls_session_read(pair.client, bytes, LEN, NULL), 0);
	assert_false(skt_tls_session_pending(pair.client));
	pair_close(&pair);

	/* What came before the end of the carrier, which is none of TLS, can still be answered. */
	pair_open(&pair, client, server, &options);
	assert_int_equal(skt_tls_session_write(pair.server, bytes, 10, NULL), 10);
	pair.client_end.ended = true;
	assert_int_equal(skt_tls_session_read(pair.client, bytes, LEN, NULL), 10);
	assert_true(skt_tls_session_pending(pair.client));
	assert_int_equal(skt_tls_session_write(pair.client, bytes, 10, NULL), 10);
	assert_int_equal(skt_tls_session_read(pair.server, bytes, LEN, NULL), 10);
	assert_int_equal(skt_tls_session_read(pair.client, bytes, LEN, NULL), -ENOLINK);
	assert_false(skt_tls_session_pending(pair.client));
	pair_close(&pair);

	/* The same of what is no TLS any more. */
	pair_open(&pair, client, server, &options);
	assert_int_equal(skt_tls_session_write(pair.server, bytes, 10, NULL), 10);
	assert_int_equal(pipe_write(&pair.server_end.carrier, "no record", 9), 9);
	assert_int_equal(skt_tls_session_read(pair.client, bytes, LEN, &pair.client_err), 10);
	assert_true(skt_tls_session_pending(pair.client));
	for (int i = 0; i < 2; i++) {
		pair.client_err.text[0] = '\0';
		assert_int_equal(
			skt_tls_session_read(pair.client, bytes, LEN, &pair.client_err), -EPROTO);
		/* What it was taken for differs from one release to the next. */
		assert_memory_equal(pair.client_err.text, "TLS went wrong: ", 16);
	}
	pair_close(&pair);
	skt_tls_context_free(server);
	skt_tls_context_free(client);
	test_free(bytes);
}

static void test_servers_that_refuse(void **state)
{
	const struct skt_tls_options asks = {.ca = "/", .alpn = "h2,imap"};
	struct skt_tls_context *server, *client;
	struct skt_tls_session_options options = {.report = true};
	struct skt_tls_state what;
	struct pair pair;
	char byte;

	(void)state;
	if (skt_tls_lacks())
		skip_because(skt_tls_lacks());
	/* Our order of protocols counts; without one in common there is no session. */
	server = new_server(&(struct skt_tls_options){.alpn = "h2,imap"});
	client = new_client("imap,h2");
	pair_open(&pair, client, server, &options);
	assert_int_equal(pair.server_r, 0);
	skt_tls_session_state(pair.client, &what);
	assert_string_equal(what.alpn, "h2");
	pair_close(&pair);
	skt_tls_context_free(client);
	client = new_client("smtp");
	pair_open(&pair, client, server, &options);
	assert_int_equal(pair.server_r, -EPROTO);
	assert_string_equal(
		pair.server_err.text, "the other side offers none of our protocols (ALPN)");
	assert_string_equal(pair.client_err.text,
		"the other side refuses with the alert 'no application protocol': it has none of "
		"the protocols asked for");
	pair_close(&pair);
	skt_tls_context_free(server);
	skt_tls_context_free(client);

	/* A client that shows nothing learns of it where it reads. */
	server = new_server(&asks);
	client = new_client(NULL);
	pair_open(&pair, client, server, &options);
	assert_int_equal(pair.server_r, -EACCES);
	assert_int_equal(pair.server_err.code, SKT_TLS_UNVERIFIED);
	assert_string_equal(pair.server_err.text, "the other side has no certificate");
	assert_int_equal(skt_tls_session_read(pair.client, &byte, 1, &pair.client_err), -EPROTO);
	assert_string_equal(pair.client_err.text,
		"the other side refuses with the alert 'certificate required': it wants a "
		"certificate of ours");
	pair_close(&pair);
	skt_tls_context_free(server);
	skt_tls_context_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_names),
		unit_test(test_pins),
		unit_test(test_alpn),
		unit_test(test_dates),
		unit_test(test_texts),
		unit_test(test_peers_that_fail),
		unit_test(test_contexts_that_fail),
		unit_test(test_temporary_certificates),
		unit_test(test_servers_that_refuse),
		unit_test(test_records_of_every_size),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
