#include "tls/starttls.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "tls/text.h"

const char *const skt_starttls_names[SKT_STARTTLS_PROTOCOLS] = {
	[SKT_STARTTLS_SMTP] = "smtp",
	[SKT_STARTTLS_IMAP] = "imap",
	[SKT_STARTTLS_POP3] = "pop3",
	[SKT_STARTTLS_FTP] = "ftp",
	[SKT_STARTTLS_NNTP] = "nntp",
	[SKT_STARTTLS_LDAP] = "ldap",
	[SKT_STARTTLS_XMPP] = "xmpp",
	[SKT_STARTTLS_POSTGRES] = "postgres",
	[SKT_STARTTLS_MYSQL] = "mysql",
};

/* ---- failures ---- */

static int refuse(const struct skt_starttls *starttls, const char *what, const char *bytes,
	size_t len, struct skt_err *err)
{
	char text[120];

	while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	(void)skt_tls_text_escape(bytes, len, text, sizeof(text));
	return skt_fail_text(
		err, EPROTO, "%s: %s: '%s'", skt_starttls_names[starttls->protocol], what, text);
}

static int fail(const struct skt_starttls *starttls, const char *what, struct skt_err *err)
{
	return skt_fail_text(err, EPROTO, "%s: %s", skt_starttls_names[starttls->protocol], what);
}

/* ---- protocols of lines ---- */

static bool begins(const char *bytes, size_t len, const char *with)
{
	return len >= strlen(with) && strncasecmp(bytes, with, strlen(with)) == 0;
}

/* An exchange: what is said, and how the line that agrees begins. */
struct exchange {
	const char *say, *yes;
};

enum { EXCHANGES = 3 };

static const struct exchange exchanges[SKT_STARTTLS_PROTOCOLS][EXCHANGES] = {
	[SKT_STARTTLS_SMTP] = {{NULL, "220"}, {"EHLO localhost\r\n", "250"},
		{"STARTTLS\r\n", "220"}},
	[SKT_STARTTLS_IMAP] = {{NULL, "* "}, {"a STARTTLS\r\n", "a OK"}},
	[SKT_STARTTLS_POP3] = {{NULL, "+OK"}, {"STLS\r\n", "+OK"}},
	[SKT_STARTTLS_FTP] = {{NULL, "220"}, {"AUTH TLS\r\n", "234"}},
	[SKT_STARTTLS_NNTP] = {{NULL, "20"}, {"STARTTLS\r\n", "382"}},
};

static bool is_last(const struct skt_starttls *starttls)
{
	return starttls->step + 1 == EXCHANGES ||
		!exchanges[starttls->protocol][starttls->step + 1].yes;
}

/* Lines that are no answer: of a reply in several lines (RFC 5321, 4.2.1; RFC 959, 4.2: in between
 * any text is allowed), or what an IMAP server tells unasked. */
static bool is_on_the_way(struct skt_starttls *starttls, const char *line, size_t len)
{
	bool coded = len > 3 && line[0] >= '1' && line[0] <= '5' && memchr(" -\r\n", line[3], 4);

	if (starttls->protocol == SKT_STARTTLS_SMTP)
		return coded && line[3] == '-';
	if (starttls->protocol == SKT_STARTTLS_FTP) {
		bool inside = starttls->inside;

		starttls->inside = coded ? line[3] == '-' : inside;
		return coded ? line[3] == '-' : inside;
	}
	return starttls->protocol == SKT_STARTTLS_IMAP && starttls->step > 0 &&
		begins(line, len, "* ") && !begins(line, len, "* BYE");
}

static int hear_line(
	struct skt_starttls *starttls, const char *line, size_t len, struct skt_err *err)
{
	const struct exchange *exchange = &exchanges[starttls->protocol][starttls->step];
	bool smtp = starttls->protocol == SKT_STARTTLS_SMTP;
	bool agrees = begins(line, len, exchange->yes);

	if (starttls->protocol == SKT_STARTTLS_IMAP && starttls->step == 0)
		agrees = begins(line, len, "* OK") || begins(line, len, "* PREAUTH");
	starttls->offered |= len > 4 && begins(line + 4, len - 4, "STARTTLS");
	if (is_on_the_way(starttls, line, len) && (agrees || !smtp))
		return SKT_STARTTLS_HEAR;
	if (!agrees)
		return refuse(starttls,
			starttls->step ? "the server refuses" : "this is no greeting", line, len,
			err);
	if (smtp && starttls->step == 1 && !starttls->offered)
		return fail(starttls, "the server does not offer STARTTLS", err);
	if (is_last(starttls))
		return SKT_STARTTLS_READY;
	starttls->step++;
	return SKT_STARTTLS_SAY;
}

/* ---- XMPP ---- */

static bool holds(const char *bytes, size_t len, const char *what)
{
	return memmem(bytes, len, what, strlen(what)) != NULL;
}

/* A tag, with the text in front of it. */
static int hear_tag(struct skt_starttls *starttls, const char *tag, size_t len, struct skt_err *err)
{
	const char *at = memchr(tag, '<', len);

	if (!at)
		return refuse(starttls, "this is no tag", tag, len, err);
	len -= (size_t)(at - tag);
	if (begins(at, len, "<stream:error") || begins(at, len, "<failure"))
		return refuse(starttls, "the server refuses", at, len, err);
	if (starttls->step == 0) {
		starttls->offered |= begins(at, len, "<starttls") &&
			holds(at, len, "urn:ietf:params:xml:ns:xmpp-tls");
		if (!begins(at, len, "</stream:features") && !begins(at, len, "<stream:features/"))
			return SKT_STARTTLS_HEAR;
		if (!starttls->offered)
			return fail(starttls, "the server does not offer TLS", err);
		starttls->step++;
		return SKT_STARTTLS_SAY;
	}
	return begins(at, len, "<proceed") ? SKT_STARTTLS_READY : SKT_STARTTLS_HEAR;
}

static size_t words_of_xmpp(const struct skt_starttls *starttls, char *ret, size_t size)
{
	int n;

	/* The host is a name in ASCII, or nothing: no character in it is one of XML. */
	if (starttls->step == 0)
		n = snprintf(ret, size,
			"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
			"xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='%.253s'>",
			strpbrk(starttls->host, "<>&'\"") ? "" : starttls->host);
	else
		n = snprintf(ret, size, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	return SKT_MIN((size_t)n, size - 1);
}

/* ---- LDAP: BER of RFC 4511, 5.1 ---- */

/* The length of what stands at BYTES: *RET_HEAD bytes of tag and length, and behind them as many
 * as are returned; 0 and *RET_HEAD 0: more bytes are needed. -EPROTO. */
static ssize_t read_ber(const uint8_t *bytes, size_t len, size_t *ret_head)
{
	size_t count, length = 0;

	*ret_head = 0;
	if (len < 2)
		return 0;
	if (bytes[1] < 0x80) {
		*ret_head = 2;
		return bytes[1];
	}
	count = bytes[1] & 0x7fU;
	if (count == 0 || count > 4)
		return -EPROTO;
	if (len < 2 + count)
		return 0;
	for (size_t i = 0; i < count; i++)
		length = length << 8 | bytes[2 + i];
	*ret_head = 2 + count;
	return length > SKT_STARTTLS_PIECE_MAX ? -EPROTO : (ssize_t)length;
}

static const char ldap_request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
				   "1.3.6.1.4.1.1466.20037";

/* Steps into what has TAG at *AT of what ends at END. */
static bool enter(const uint8_t **at, const uint8_t **end, uint8_t tag, bool skip)
{
	size_t head, left = (size_t)(*end - *at);
	ssize_t length = left ? read_ber(*at, left, &head) : -EPROTO;

	if (length < 0 || head == 0 || (size_t)length > left - head || **at != tag)
		return false;
	*at += head;
	if (skip)
		*at += length;
	else
		*end = *at + length;
	return true;
}

static int hear_ldap(
	const struct skt_starttls *starttls, const char *piece, size_t len, struct skt_err *err)
{
	const uint8_t *at = (const uint8_t *)piece, *end = at + len;
	char text[48];

	if (!enter(&at, &end, 0x30, false) || !enter(&at, &end, 0x02, true) ||
		!enter(&at, &end, 0x78, false) || !enter(&at, &end, 0x0a, false) || at == end)
		return refuse(starttls, "this is no answer", piece, len, err);
	if (end - at == 1 && *at == 0)
		return SKT_STARTTLS_READY;
	(void)snprintf(text, sizeof(text), "the server refuses: result code %u", at[end - at - 1]);
	return fail(starttls, text, err);
}

/* ---- PostgreSQL ---- */

static const char postgres_request[] = "\0\0\0\x08\x04\xd2\x16\x2f";

static int hear_postgres(
	const struct skt_starttls *starttls, const char *piece, size_t len, struct skt_err *err)
{
	if (*piece == 'S')
		return SKT_STARTTLS_READY;
	if (*piece == 'N')
		return fail(starttls, "the server does not offer TLS", err);
	return refuse(starttls, "the server refuses", piece, len, err);
}

/* ---- MySQL ---- */

enum {
	MYSQL_HEAD = 4, /* length, 3 bytes, and number of the packet */
	MYSQL_VERSION = 10,
	MYSQL_ERROR = 0xff,
	MYSQL_TLS = 0x0800,                    /* CLIENT_SSL, of the low half of the capabilities */
	MYSQL_BEFORE_CAPABILITIES = 4 + 8 + 1, /* thread, part of the nonce, filler */
};

/* Capabilities 4.1, TLS, secure connection; packets of 16 MiB; utf8; 23 zeros. */
static const char mysql_request[MYSQL_HEAD + 32] = "\x20\0\0\x01\x00\x8a\0\0\0\0\0\x01\x21";

static size_t mysql_length(const char *bytes)
{
	const uint8_t *b = (const uint8_t *)bytes;

	return (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16;
}

static int hear_mysql(
	struct skt_starttls *starttls, const char *piece, size_t len, struct skt_err *err)
{
	const uint8_t *body = (const uint8_t *)piece + MYSQL_HEAD, *end = body + (len - MYSQL_HEAD);
	const uint8_t *nul;

	if (body < end && *body == MYSQL_ERROR) {
		body = SKT_MIN(body + 3, end);
		return refuse(starttls, "the server refuses", (const char *)body,
			(size_t)(end - body), err);
	}
	nul = body < end && *body == MYSQL_VERSION ? memchr(body, 0, (size_t)(end - body)) : NULL;
	if (!nul || end - nul < 1 + MYSQL_BEFORE_CAPABILITIES + 2)
		return refuse(starttls, "this is no greeting", piece, len, err);
	nul += 1 + MYSQL_BEFORE_CAPABILITIES;
	if (!((nul[0] | nul[1] << 8) & MYSQL_TLS))
		return fail(starttls, "the server does not offer TLS", err);
	return SKT_STARTTLS_LEAVE;
}

/* ---- all of them ---- */

static bool speaks_first(enum skt_starttls_protocol protocol)
{
	return protocol == SKT_STARTTLS_LDAP || protocol == SKT_STARTTLS_XMPP ||
		protocol == SKT_STARTTLS_POSTGRES;
}

enum skt_starttls_next skt_starttls_begin(
	struct skt_starttls *starttls, enum skt_starttls_protocol protocol, const char *host)
{
	*starttls = (struct skt_starttls){.protocol = protocol, .host = host};
	if (protocol == SKT_STARTTLS_NONE)
		return SKT_STARTTLS_READY;
	return speaks_first(protocol) ? SKT_STARTTLS_SAY : SKT_STARTTLS_HEAR;
}

static size_t put(char *ret, const char *bytes, size_t len)
{
	memcpy(ret, bytes, len);
	return len;
}

size_t skt_starttls_words(struct skt_starttls *starttls, char ret[SKT_STARTTLS_WORDS_MAX])
{
	const char *say;

	switch (starttls->protocol) {
	case SKT_STARTTLS_LDAP:
		return put(ret, ldap_request, sizeof(ldap_request) - 1);
	case SKT_STARTTLS_POSTGRES:
		return put(ret, postgres_request, sizeof(postgres_request) - 1);
	case SKT_STARTTLS_MYSQL:
		return put(ret, mysql_request, sizeof(mysql_request));
	case SKT_STARTTLS_XMPP:
		return words_of_xmpp(starttls, ret, SKT_STARTTLS_WORDS_MAX);
	case SKT_STARTTLS_NONE:
	case SKT_STARTTLS_SMTP:
	case SKT_STARTTLS_IMAP:
	case SKT_STARTTLS_POP3:
	case SKT_STARTTLS_FTP:
	case SKT_STARTTLS_NNTP:
	case SKT_STARTTLS_PROTOCOLS:
		break;
	}
	say = exchanges[starttls->protocol][starttls->step].say;
	return say ? put(ret, say, strlen(say)) : 0;
}

/* What ends with the byte END. */
static ssize_t measure_to(const char *bytes, size_t len, char end)
{
	const char *at = memchr(bytes, end, SKT_MIN(len, (size_t)SKT_STARTTLS_PIECE_MAX));

	if (at)
		return at + 1 - bytes;
	return len < SKT_STARTTLS_PIECE_MAX ? 0 : -EPROTO;
}

/* HEAD bytes and BODY more. */
static ssize_t measure_sum(size_t len, size_t head, size_t body)
{
	if (body > SKT_STARTTLS_PIECE_MAX - head)
		return -EPROTO;
	return len < head + body ? 0 : (ssize_t)(head + body);
}

static ssize_t measure_line(const char *bytes, size_t len)
{
	return measure_to(bytes, len, '\n');
}

static ssize_t measure_tag(const char *bytes, size_t len)
{
	return measure_to(bytes, len, '>');
}

static ssize_t measure_byte(const char *bytes SKT_UNUSED, size_t len)
{
	return len > 0;
}

static ssize_t measure_ldap(const char *bytes, size_t len)
{
	size_t head;
	ssize_t body;

	if (len && bytes[0] != 0x30)
		return -EPROTO;
	body = read_ber((const uint8_t *)bytes, len, &head);
	return body < 0 || head == 0 ? body : measure_sum(len, head, (size_t)body);
}

static ssize_t measure_mysql(const char *bytes, size_t len)
{
	return len < MYSQL_HEAD ? 0 : measure_sum(len, MYSQL_HEAD, mysql_length(bytes));
}

ssize_t (*skt_starttls_measure(enum skt_starttls_protocol protocol))(const char *bytes, size_t len)
{
	static ssize_t (*const measures[SKT_STARTTLS_PROTOCOLS])(const char *bytes, size_t len) = {
		[SKT_STARTTLS_LDAP] = measure_ldap,
		[SKT_STARTTLS_XMPP] = measure_tag,
		[SKT_STARTTLS_POSTGRES] = measure_byte,
		[SKT_STARTTLS_MYSQL] = measure_mysql,
	};

	/* The others speak in lines. */
	return protocol < SKT_STARTTLS_PROTOCOLS && measures[protocol] ? measures[protocol]
								       : measure_line;
}

int skt_starttls_hear(
	struct skt_starttls *starttls, const char *piece, size_t len, struct skt_err *err)
{
	if (++starttls->pieces > SKT_STARTTLS_PIECES_MAX)
		return fail(starttls, "the server talks on and on", err);
	switch (starttls->protocol) {
	case SKT_STARTTLS_LDAP:
		return hear_ldap(starttls, piece, len, err);
	case SKT_STARTTLS_POSTGRES:
		return hear_postgres(starttls, piece, len, err);
	case SKT_STARTTLS_MYSQL:
		return hear_mysql(starttls, piece, len, err);
	case SKT_STARTTLS_XMPP:
		return hear_tag(starttls, piece, len, err);
	case SKT_STARTTLS_NONE:
	case SKT_STARTTLS_SMTP:
	case SKT_STARTTLS_IMAP:
	case SKT_STARTTLS_POP3:
	case SKT_STARTTLS_FTP:
	case SKT_STARTTLS_NNTP:
	case SKT_STARTTLS_PROTOCOLS:
		break;
	}
	return hear_line(starttls, piece, len, err);
}

int skt_starttls_fail(
	const struct skt_starttls *starttls, const char *bytes, size_t len, struct skt_err *err)
{
	if (len == 0)
		return fail(starttls, "the server does not speak it", err);
	return refuse(starttls, "the server does not speak it", bytes, len, err);
}
