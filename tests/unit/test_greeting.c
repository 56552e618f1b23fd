/* What servers say, as words and names. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/macros.h"
#include "scan/greeting.h"

struct said {
	uint16_t port;
	size_t size;
	const char *bytes, *service, *text;
};

#define SAID(on, literal, name, words) \
	{ \
		(on), sizeof(literal) - 1, (literal), (name), (words) \
	}

static void services_are_known_by_what_they_say(void **state)
{
	static const struct said table[] = {
		SAID(2222, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "ssh",
			"SSH-2.0-OpenSSH_9.2p1 Debian-2"),
		SAID(25, "220 mx.example.org ESMTP Postfix\r\n", "smtp",
			"220 mx.example.org ESMTP Postfix"),
		SAID(26, "220-ready\r\n220 of FTP\r\n", "ftp", "220-ready"),
		SAID(21, "220 hello\r\n", "ftp", "220 hello"),
		SAID(99, "220 hello\r\n", NULL, "220 hello"),
		SAID(110, "+OK ready\r\n", "pop3", "+OK ready"),
		SAID(143, "* OK [CAPABILITY IMAP4rev1] hi\r\n", "imap",
			"* OK [CAPABILITY IMAP4rev1] hi"),
		SAID(1, "HTTP/1.1 200 OK\r\nServer: nginx/1.22 \r\nX: y\r\n\r\n", "http",
			"HTTP/1.1 200 OK; nginx/1.22"),
		SAID(1, "HTTP/1.1 200 OK\r\n\r\n", "http", "HTTP/1.1 200 OK"),
		SAID(1, "HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP request was sent to HTTPS port",
			"https", "HTTP/1.1 400 Bad Request"),
		SAID(3306, "J\0\0\0\n8.0.36\0\1\2", "mysql", "8.0.36"),
		SAID(3306, "F\0\0\0\377j\4Host is not allowed", "mysql", "Host is not allowed"),
		SAID(5432, "N", "postgresql", ""),
		SAID(5433, "N", NULL, "N"),
		SAID(6379, "-NOAUTH Authentication required.\r\n", "redis",
			"-NOAUTH Authentication required."),
		SAID(5900, "RFB 003.008\n", "vnc", "RFB 003.008"),
		SAID(23, "\377\375\30\377\373\1\r\nlogin: ", "telnet", "login:"),
		SAID(443, "\25\3\1\0\2\2\12", "tls", ""),
		SAID(7, "\0\0\0", NULL, ""),
		SAID(7, "\33]0;title\7", NULL, "\33]0;title\7"),
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		const struct said *t = &table[i];
		struct skt_greeting greeting;

		skt_greeting_read(guard_copy(t->bytes, t->size), t->size, t->port, &greeting);
		if (t->service)
			assert_string_equal(greeting.service, t->service);
		else
			assert_null(greeting.service);
		assert_int_equal(greeting.len, strlen(t->text));
		assert_memory_equal(greeting.text, t->text, greeting.len);
	}
}

static void every_beginning_is_read(void **state)
{
	static const char whole[] = "HTTP/1.1 400 Bad\r\nServer: a server\r\n\r\n\0\377\373";

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		struct skt_greeting greeting;
		const uint8_t *bytes = guard_copy(whole, size);

		skt_greeting_read(bytes, size, 80, &greeting);
		(void)skt_greeting_is_complete(bytes, size);
	}
}

static void long_words_are_cut(void **state)
{
	char bytes[SKT_GREETING_BYTES_MAX];
	struct skt_greeting greeting;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "HTTP/1.1", 8);
	memcpy(bytes + 1000, "\nServer: y", 10);
	skt_greeting_read(guard_copy(bytes, sizeof(bytes)), sizeof(bytes), 80, &greeting);
	assert_int_equal(greeting.len, SKT_GREETING_TEXT_MAX);
	assert_string_equal(greeting.service, "http");
	/* No room but for the mark between. */
	memcpy(bytes + 253, "\nServer: y", 10);
	skt_greeting_read(guard_copy(bytes, sizeof(bytes)), sizeof(bytes), 80, &greeting);
	assert_true(greeting.len <= SKT_GREETING_TEXT_MAX);
}

static void the_end_of_a_greeting_is_known(void **state)
{
	static const struct {
		const char *text;
		bool complete;
	} table[] = {
		{"", false},
		{"SSH-2.0", false},
		{"SSH-2.0-x\r\n", true},
		{"HTTP/1.1 200 OK\r\n", false},
		{"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", true},
		{"HTTP/1.1 400 Bad\r\nA: b\r\n\r\n", false},
	};
	char full[SKT_GREETING_BYTES_MAX] = "HTTP/1.1 400";

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++)
		assert_int_equal(
			skt_greeting_is_complete(
				(const uint8_t *)guard_text(table[i].text), strlen(table[i].text)),
			table[i].complete);
	assert_true(skt_greeting_is_complete((const uint8_t *)full, sizeof(full)));
}

static void every_port_has_a_question(void **state)
{
	(void)state;
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		struct skt_question question = skt_question_for((uint16_t)port);

		assert_true(question.never || question.size > 0);
		assert_true(question.size < 64);
		assert_non_null(question.bytes);
	}
	assert_true(skt_question_for(80).first);
	assert_false(skt_question_for(22).first);
	assert_false(skt_question_for(0).first);
	assert_true(skt_question_for(25).never);
	assert_memory_equal(skt_question_for(6379).bytes, "PING\r\n", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(services_are_known_by_what_they_say),
		unit_test(every_beginning_is_read),
		unit_test(long_words_are_cut),
		unit_test(the_end_of_a_greeting_is_known),
		unit_test(every_port_has_a_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
