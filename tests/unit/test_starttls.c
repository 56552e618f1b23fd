/* From words in the clear to TLS: what is said to a server, and what is made of its answers. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "tls/starttls.h"

/* What is told by a conversation in which the server says BYTES, one by one where SLOWLY. */
struct talk {
	char said[2 * SKT_STARTTLS_WORDS_MAX];
	size_t said_len, left; /* bytes of the server that were not taken */
	int end;               /* enum skt_starttls_next, or -errno */
	struct skt_err err;
};

static void speak(struct talk *talk, enum skt_starttls_protocol protocol, const char *bytes,
	size_t len, bool slowly)
{
	struct skt_starttls starttls;
	char words[SKT_STARTTLS_WORDS_MAX];
	size_t at_hand = slowly ? 0 : len;
	const char *guarded = guard_copy(bytes, len);

	memset(talk, 0, sizeof(*talk));
	talk->end = (int)skt_starttls_begin(&starttls, protocol, "a.example");
	while (talk->end >= 0 && talk->end != SKT_STARTTLS_READY) {
		ssize_t n;

		if (talk->end == SKT_STARTTLS_SAY || talk->end == SKT_STARTTLS_LEAVE) {
			n = (ssize_t)skt_starttls_words(&starttls, words);
			assert_true(talk->said_len + (size_t)n <= sizeof(talk->said));
			memcpy(talk->said + talk->said_len, words, (size_t)n);
			talk->said_len += (size_t)n;
			if (talk->end == SKT_STARTTLS_LEAVE)
				break;
		}
		while ((n = skt_starttls_measure(protocol)(guarded, at_hand)) == 0 && at_hand < len)
			at_hand++;
		if (n <= 0) {
			talk->end = n ? (int)n : -EAGAIN;
			break;
		}
		talk->end = skt_starttls_hear(&starttls, guarded, (size_t)n, &talk->err);
		guarded += n;
		len -= (size_t)n;
		at_hand -= (size_t)n;
	}
	talk->left = len;
	guard_free_all();
}

#define BYTES(text) (text), sizeof(text) - 1
#define XMPP_SAYS \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='a.example'>"
#define MYSQL_GREETING(low) \
	"\x27\0\0\0\x0a" \
	"8.0.30\0\1\0\0\0abcdefgh\0" low "\x21\2\0\0\0\x15\0\0\0\0\0\0\0\0\0\0"

static void test_agreements(void **state)
{
	static const struct {
		enum skt_starttls_protocol protocol;
		const char *bytes;
		size_t len;
		const char *said;
		size_t said_len, left;
		int end;
	} cases[] = {
		{SKT_STARTTLS_SMTP, BYTES("220 hi\r\n250-a\r\n250 starttls\r\n220 go\r\n"),
			BYTES("EHLO localhost\r\nSTARTTLS\r\n"), 0, SKT_STARTTLS_READY},
		{SKT_STARTTLS_SMTP, BYTES("220-a\n220 b\n250 STARTTLS\n220 go\nMAIL"),
			BYTES("EHLO localhost\r\nSTARTTLS\r\n"), 4, SKT_STARTTLS_READY},
		{SKT_STARTTLS_IMAP, BYTES("* PREAUTH x\r\n* CAPABILITY\r\nA ok\r\n"),
			BYTES("a STARTTLS\r\n"), 0, SKT_STARTTLS_READY},
		{SKT_STARTTLS_POP3, BYTES("+OK <1@a>\r\n+OK\r\n"), BYTES("STLS\r\n"), 0,
			SKT_STARTTLS_READY},
		{SKT_STARTTLS_FTP, BYTES("220-a\r\n b\r\n220 c\r\n234 go\r\n"),
			BYTES("AUTH TLS\r\n"), 0, SKT_STARTTLS_READY},
		{SKT_STARTTLS_NNTP, BYTES("201 hi\r\n382 go\r\n"), BYTES("STARTTLS\r\n"), 0,
			SKT_STARTTLS_READY},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0"),
			BYTES("\x30\x1d\2\1\1\x77\x18\x80\x16"
			      "1.3.6.1.4.1.1466.20037"),
			0, SKT_STARTTLS_READY},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x84\0\0\0\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0"),
			BYTES("\x30\x1d\2\1\1\x77\x18\x80\x16"
			      "1.3.6.1.4.1.1466.20037"),
			0, SKT_STARTTLS_READY},
		{SKT_STARTTLS_XMPP,
			BYTES("<?xml version='1.0'?><stream:stream><stream:features><starttls "
			      "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>\n"
			      "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
			BYTES(XMPP_SAYS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), 0,
			SKT_STARTTLS_READY},
		{SKT_STARTTLS_POSTGRES, BYTES("Sx"), BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), 1,
			SKT_STARTTLS_READY},
		{SKT_STARTTLS_MYSQL, BYTES(MYSQL_GREETING("\xff\xff")),
			BYTES("\x20\0\0\1\0\x8a\0\0\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\0\0\0\0\0"),
			0, SKT_STARTTLS_LEAVE},
	};

	(void)state;
	for (size_t i = 0; i < 2 * SKT_COUNT(cases); i++) {
		size_t at = i / 2;
		struct talk talk;

		speak(&talk, cases[at].protocol, cases[at].bytes, cases[at].len, i % 2);
		assert_int_equal(talk.end, cases[at].end);
		assert_int_equal(talk.left, cases[at].left);
		assert_int_equal(talk.said_len, cases[at].said_len);
		assert_memory_equal(talk.said, cases[at].said, talk.said_len);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		enum skt_starttls_protocol protocol;
		const char *bytes;
		size_t len;
		const char *words;
	} cases[] = {
		{SKT_STARTTLS_SMTP, BYTES("554 go away\r\n"),
			"smtp: this is no greeting: '554 go away'"},
		{SKT_STARTTLS_SMTP, BYTES("SSH-2.0-x\r\n"),
			"smtp: this is no greeting: 'SSH-2.0-x'"},
		{SKT_STARTTLS_SMTP, BYTES("220 a\r\n250 STARTTLSX\r\n454 not now\x1b\r\n"),
			"smtp: the server refuses: '454 not now\\x1b'"},
		{SKT_STARTTLS_SMTP, BYTES("220 a\r\n250-a\r\n250 b\r\n"),
			"smtp: the server does not offer STARTTLS"},
		{SKT_STARTTLS_SMTP, BYTES("220 a\r\n250-a\r\n550 b\r\n"),
			"smtp: the server refuses: '550 b'"},
		{SKT_STARTTLS_IMAP, BYTES("* BYE full\r\n"),
			"imap: this is no greeting: '* BYE full'"},
		{SKT_STARTTLS_IMAP, BYTES("* OK\r\na NO x\r\n"),
			"imap: the server refuses: 'a NO x'"},
		{SKT_STARTTLS_POP3, BYTES("+OK\r\n-ERR\r\n"), "pop3: the server refuses: '-ERR'"},
		{SKT_STARTTLS_FTP, BYTES("SSH-2.0-x\r\n"), "ftp: this is no greeting: 'SSH-2.0-x'"},
		{SKT_STARTTLS_FTP, BYTES("220 a\r\n500 what\r\n"),
			"ftp: the server refuses: '500 what'"},
		{SKT_STARTTLS_NNTP, BYTES("400 down\r\n"), "nntp: this is no greeting: '400 down'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x0c\2\1\1\x78\7\x0a\1\2\4\0\4\0"),
			"ldap: the server refuses: result code 2"},
		{SKT_STARTTLS_SMTP, BYTES("\n"), "smtp: this is no greeting: ''"},
		{SKT_STARTTLS_SMTP, BYTES("/20 a\n"), "smtp: this is no greeting: '/20 a'"},
		{SKT_STARTTLS_SMTP, BYTES("620 a\n"), "smtp: this is no greeting: '620 a'"},
		{SKT_STARTTLS_SMTP, BYTES("554-a\n"), "smtp: this is no greeting: '554-a'"},
		/* A NUL behind the number makes no answer of what stands inside of one. */
		{SKT_STARTTLS_FTP, BYTES("220-a\n220\0b\n500 c\n"),
			"ftp: this is no greeting: '500 c'"},
		{SKT_STARTTLS_IMAP, BYTES("* OK\r\n* BYE x\r\n"),
			"imap: the server refuses: '* BYE x'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\0"), "ldap: this is no answer: '0\\x00'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x80"), ""},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x85"), ""},
		{SKT_STARTTLS_LDAP, BYTES("\x31"), ""},
		{SKT_STARTTLS_LDAP, BYTES("\x30\1\2"), "ldap: this is no answer: '0\\x01\\x02'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\3\2\1\1"),
			"ldap: this is no answer: '0\\x03\\x02\\x01\\x01'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\3\4\1\1"),
			"ldap: this is no answer: '0\\x03\\x04\\x01\\x01'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\2\2\x81"),
			"ldap: this is no answer: '0\\x02\\x02\\x81'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\2\2\x80"),
			"ldap: this is no answer: '0\\x02\\x02\\x80'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\5\2\1\1\x78\0"),
			"ldap: this is no answer: '0\\x05\\x02\\x01\\x01x\\x00'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\7\2\1\1\x78\2\x0a\0"),
			"ldap: this is no answer: '0\\x07\\x02\\x01\\x01x\\x02\\x0a\\x00'"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\x09\2\1\1\x78\4\x0a\2\1\0"),
			"ldap: the server refuses: result code 0"},
		{SKT_STARTTLS_XMPP, BYTES("<failure/>"), "xmpp: the server refuses: '<failure/>'"},
		{SKT_STARTTLS_XMPP, BYTES("<starttls xmlns='other'><stream:features/>"),
			"xmpp: the server does not offer TLS"},
		{SKT_STARTTLS_MYSQL, BYTES("\1\0\0\0\x0a"),
			"mysql: this is no greeting: '\\x01\\x00\\x00\\x00'"},
		{SKT_STARTTLS_MYSQL, BYTES("\1\0\0\0\x0b"),
			"mysql: this is no greeting: '\\x01\\x00\\x00\\x00\\x0b'"},
		{SKT_STARTTLS_MYSQL, BYTES("\2\0\0\0\x0a\0"),
			"mysql: this is no greeting: '\\x02\\x00\\x00\\x00\\x0a\\x00'"},
		{SKT_STARTTLS_MYSQL, BYTES("\1\0\0\0\xff"), "mysql: the server refuses: ''"},
		{SKT_STARTTLS_LDAP, BYTES("\x30\2\2\1"),
			"ldap: this is no answer: '0\\x02\\x02\\x01'"},
		{SKT_STARTTLS_XMPP, BYTES("<a><stream:features><x/></stream:features>"),
			"xmpp: the server does not offer TLS"},
		{SKT_STARTTLS_XMPP, BYTES("<stream:error>"),
			"xmpp: the server refuses: '<stream:error>'"},
		{SKT_STARTTLS_XMPP, BYTES(">"), "xmpp: this is no tag: '>'"},
		{SKT_STARTTLS_POSTGRES, BYTES("N"), "postgres: the server does not offer TLS"},
		{SKT_STARTTLS_POSTGRES, BYTES("E"), "postgres: the server refuses: 'E'"},
		{SKT_STARTTLS_MYSQL, BYTES(MYSQL_GREETING("\xff\xf7")),
			"mysql: the server does not offer TLS"},
		{SKT_STARTTLS_MYSQL, BYTES("\x0f\0\0\0\xff\x69\4Host blocked"),
			"mysql: the server refuses: 'Host blocked'"},
		{SKT_STARTTLS_MYSQL, BYTES("\0\0\0\0"),
			"mysql: this is no greeting: '\\x00\\x00\\x00\\x00'"},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(cases); i++) {
		struct talk talk;

		speak(&talk, cases[i].protocol, cases[i].bytes, cases[i].len, i % 2);
		if (talk.end != -EPROTO || strcmp(talk.err.text, cases[i].words) != 0)
			fail_msg("case %zu: %d, %s", i, talk.end, talk.err.text);
	}
}

static void test_words(void **state)
{
	struct skt_starttls starttls;
	char words[SKT_STARTTLS_WORDS_MAX + 1] = "";
	struct skt_err err;

	(void)state;
	assert_int_equal(
		skt_starttls_begin(&starttls, SKT_STARTTLS_NONE, NULL), SKT_STARTTLS_READY);
	assert_ptr_equal(skt_starttls_measure(SKT_STARTTLS_PROTOCOLS),
		skt_starttls_measure(SKT_STARTTLS_SMTP));
	/* No host writes XML. */
	(void)skt_starttls_begin(&starttls, SKT_STARTTLS_XMPP, "a'><b");
	words[skt_starttls_words(&starttls, words)] = '\0';
	assert_non_null(strstr(words, "to=''>"));
	/* Of those that speak first nothing is said before they did. */
	(void)skt_starttls_begin(&starttls, SKT_STARTTLS_SMTP, "a");
	assert_int_equal(skt_starttls_words(&starttls, words), 0);
	/* What was heard when all time was over. */
	assert_int_equal(skt_starttls_fail(&starttls, "", 0, &err), -EPROTO);
	assert_string_equal(err.text, "smtp: the server does not speak it");
	assert_int_equal(
		skt_starttls_fail(&starttls, guard_copy("\x16x\r\n", 4), 4, &err), -EPROTO);
	assert_string_equal(err.text, "smtp: the server does not speak it: '\\x16x'");
	guard_free_all();
}

/* No answer is waited for, or read, without a bound. */
static void test_bounds(void **state)
{
	static char lines[SKT_STARTTLS_PIECES_MAX * 8 + 64];
	static char line[SKT_STARTTLS_PIECE_MAX];
	struct talk talk;
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i <= SKT_STARTTLS_PIECES_MAX; i++, len += 6)
		memcpy(lines + len, "220-a\n", 6);
	speak(&talk, SKT_STARTTLS_SMTP, lines, len, false);
	assert_int_equal(talk.end, -EPROTO);
	assert_string_equal(talk.err.text, "smtp: the server talks on and on");
	memset(line, 'a', sizeof(line));
	for (int i = SKT_STARTTLS_SMTP; i <= SKT_STARTTLS_NNTP; i++) {
		speak(&talk, (enum skt_starttls_protocol)i, line, sizeof(line), false);
		assert_int_equal(talk.end, -EPROTO);
		speak(&talk, (enum skt_starttls_protocol)i, line, sizeof(line) - 1, false);
		assert_int_equal(talk.end, -EAGAIN);
	}
	speak(&talk, SKT_STARTTLS_XMPP, line, sizeof(line), false);
	assert_int_equal(talk.end, -EPROTO);
	speak(&talk, SKT_STARTTLS_MYSQL, BYTES("\xff\xff\xff\0"), false);
	assert_int_equal(talk.end, -EPROTO);
	speak(&talk, SKT_STARTTLS_LDAP, BYTES("\x30\x84\xff\xff\xff\xff"), false);
	assert_int_equal(talk.end, -EPROTO);
	speak(&talk, SKT_STARTTLS_LDAP, BYTES("\x30\x84\0"), false);
	assert_int_equal(talk.end, -EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(test_agreements),
		unit_test(test_refusals),
		unit_test(test_words),
		unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("starttls", tests, NULL, NULL);
}
