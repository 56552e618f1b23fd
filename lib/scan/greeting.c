#include "scan/greeting.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"

const char *const skt_greeting_end_names[SKT_GREETING_ENDS] = {
	[SKT_GREETING_NONE] = "none",
	[SKT_GREETING_WORDS] = "words",
	[SKT_GREETING_ECHO] = "echo",
	[SKT_GREETING_SILENT] = "silent",
	[SKT_GREETING_CLOSED] = "closed",
	[SKT_GREETING_RESET] = "reset",
	[SKT_GREETING_FAILED] = "failed",
	[SKT_GREETING_CUT] = "cut",
	[SKT_GREETING_UNASKED] = "unasked",
};

/* ---- what is said ---- */

enum words { LINE, NO_WORDS, TELNET };

struct sign {
	const char *service;
	const char *prefix;
	uint8_t prefix_size;
	uint8_t at;         /* where the prefix stands */
	uint8_t words_at;   /* where the words begin */
	uint8_t words;      /* enum words */
	uint16_t port;      /* only there; 0: anywhere */
	const char *within; /* in any case, anywhere; NULL: nothing */
};

#define SIGN(name, text, ...) \
	{ \
		.service = (name), .prefix = (text), .prefix_size = sizeof(text) - 1, __VA_ARGS__ \
	}

/* The first that fits counts. */
static const struct sign signs[] = {
	/* RFC 4253 4.2 */
	SIGN("ssh", "SSH-", 0),
	/* RFC 5321, 2033, 959, 2229: the same number in front of all */
	SIGN("lmtp", "220", .within = "lmtp"),
	SIGN("smtp", "220", .within = "smtp"),
	SIGN("ftp", "220", .within = "ftp"),
	SIGN("dict", "220", .within = "dictd"),
	SIGN("smtp", "220", .within = "mail"),
	SIGN("ftp", "220", .port = 21),
	SIGN("smtp", "220", .port = 25),
	SIGN("smtp", "220", .port = 587),
	SIGN("smtp", "421", .within = "smtp"),
	SIGN("smtp", "554", .within = "smtp"),
	/* RFC 3977 5.1 */
	SIGN("nntp", "200 ", .within = "nntp"),
	SIGN("nntp", "200 ", .within = "news"),
	SIGN("nntp", "201 ", .within = "nntp"),
	SIGN("nntp", "201 ", .within = "news"),
	/* RFC 1939, 9051, 5804 */
	SIGN("pop3", "+OK", 0),
	SIGN("imap", "* OK", 0),
	SIGN("imap", "* PREAUTH", 0),
	SIGN("imap", "* BYE", 0),
	SIGN("sieve", "\"IMPLEMENTATION\"", 0),
	/* What web servers say to plain HTTP where they expect TLS; others that speak some HTTP */
	SIGN("https", "HTTP/", .within = "https port"),
	SIGN("https", "HTTP/", .within = "https server"),
	SIGN("mongodb", "HTTP/", .within = "mongodb"),
	SIGN("http", "HTTP/", 0),
	SIGN("http", "<html", 0),
	SIGN("http", "<HTML", 0),
	SIGN("http", "<!DOCTYPE", 0),
	SIGN("rtsp", "RTSP/", 0),
	SIGN("sip", "SIP/2.0", 0),
	SIGN("icecast", "ICY ", 0),
	/* RFC 6143 7.1.1 */
	SIGN("vnc", "RFB ", 0),
	SIGN("rsync", "@RSYNCD:", 0),
	SIGN("svn", "( success ( ", 0),
	SIGN("amqp", "AMQP", .words = NO_WORDS),
	SIGN("nats", "INFO {", 0),
	SIGN("mpd", "OK MPD ", 0),
	SIGN("asterisk", "Asterisk Call Manager/", 0),
	SIGN("xmpp", "<?xml", .within = "jabber"),
	SIGN("zabbix", "ZBXD", .words = NO_WORDS),
	/* RFC 2812 */
	SIGN("irc", ":", .within = " notice "),
	SIGN("irc", "NOTICE ", 0),
	SIGN("irc", "ERROR :", 0),
	SIGN("redis", "+PONG", 0),
	SIGN("redis", "-NOAUTH", 0),
	SIGN("redis", "-DENIED", 0),
	SIGN("redis", "-ERR", .within = "'get' command"),
	SIGN("memcached", "VERSION ", 0),
	SIGN("memcached", "ERROR\r\n", .port = 11211),
	/* The first packet: length in three bytes, number 0, version of the protocol or an error */
	SIGN("mysql", "\0\12", .at = 3, .words_at = 5),
	SIGN("mysql", "\0\377", .at = 3, .words_at = 7),
	/* The answer to a request for TLS, or to nonsense */
	SIGN("postgresql", "S", .port = 5432, .words = NO_WORDS),
	SIGN("postgresql", "N", .port = 5432, .words = NO_WORDS),
	SIGN("postgresql", "E\0\0", .within = "FATAL", .words = NO_WORDS),
	/* RFC 854: IAC WILL, DO; RFC 8446 5.1: an alert, a handshake */
	SIGN("telnet", "\377\373", .words = TELNET),
	SIGN("telnet", "\377\375", .words = TELNET),
	SIGN("tls", "\25\3", .words = NO_WORDS),
	SIGN("tls", "\26\3", .words = NO_WORDS),
};

/* Where TEXT is in the bytes, in any case of letters; NULL: nowhere. */
static const uint8_t *find(const uint8_t *bytes, size_t size, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= size; i++)
		if (strncasecmp((const char *)bytes + i, text, len) == 0)
			return bytes + i;
	return NULL;
}

static bool fits(const struct sign *sign, const uint8_t *bytes, size_t size, uint16_t port)
{
	return size >= (size_t)sign->at + sign->prefix_size &&
		memcmp(bytes + sign->at, sign->prefix, sign->prefix_size) == 0 &&
		(!sign->port || sign->port == port) &&
		(!sign->within || find(bytes, size, sign->within));
}

static bool is_end(uint8_t c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static void add_line(struct skt_greeting *greeting, const uint8_t *bytes, size_t size)
{
	while (size && (is_end(*bytes) || *bytes == ' ')) {
		bytes++;
		size--;
	}
	for (size_t i = 0; i < size && !is_end(bytes[i]); i++)
		if (greeting->len < sizeof(greeting->text))
			greeting->text[greeting->len++] = (char)bytes[i];
	while (greeting->len && greeting->text[greeting->len - 1] == ' ')
		greeting->len--;
}

static void add_server(struct skt_greeting *greeting, const uint8_t *bytes, size_t size)
{
	static const char name[] = "\nserver:";
	const uint8_t *header = find(bytes, size, name);

	if (!header || greeting->len + 3 > sizeof(greeting->text))
		return;
	header += sizeof(name) - 1;
	greeting->text[greeting->len++] = ';';
	greeting->text[greeting->len++] = ' ';
	add_line(greeting, header, size - (size_t)(header - bytes));
}

void skt_greeting_read(const uint8_t *bytes, size_t size, uint16_t port, struct skt_greeting *ret)
{
	const struct sign *sign = NULL;
	size_t at;

	ret->len = 0;
	for (size_t i = 0; !sign && i < SKT_COUNT(signs); i++)
		if (fits(&signs[i], bytes, size, port))
			sign = &signs[i];
	ret->service = sign ? sign->service : NULL;
	if (sign && sign->words == NO_WORDS)
		return;
	at = sign ? SKT_MIN((size_t)sign->words_at, size) : 0;
	/* Options are negotiated first, by three bytes each (RFC 855). */
	while (sign && sign->words == TELNET && at + 3 <= size && bytes[at] == 0xff)
		at += 3;
	add_line(ret, bytes + at, size - at);
	if (size > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		add_server(ret, bytes, size);
}

bool skt_greeting_is_complete(const uint8_t *bytes, size_t size)
{
	if (size >= SKT_GREETING_BYTES_MAX)
		return true;
	/* What is behind the header tells why a request was bad. */
	if (size > 12 && memcmp(bytes, "HTTP/", 5) == 0)
		return find(bytes, size, "\r\n\r\n") && memcmp(bytes + 8, " 400", 4) != 0;
	return size && bytes[size - 1] == '\n';
}

/* ---- what to ask ---- */

static const struct {
	uint16_t ports[12];
	uint8_t size;
	const char *bytes;
} questions[] = {
/* The bytes of a literal, without the NUL behind them. */
#define ASK(text) .size = sizeof(text) - 1, .bytes = (text)
	/* RFC 1945 5: whoever waits for lines has something to say to that */
	{{80, 81, 443, 631, 2375, 3000, 8000, 8008, 8080, 8081, 8443, 8888},
		ASK("GET / HTTP/1.0\r\n\r\n")},
	/* RFC 2326 10.1 */
	{{554, 8554}, ASK("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")},
	/* PostgreSQL's protocol 3.0: SSLRequest */
	{{5432}, ASK("\0\0\0\10\4\322\26\57")},
	{{6379}, ASK("PING\r\n")},
	{{11211}, ASK("version\r\n")},
#undef ASK
};

/* SSH, FTP, SMTP and its kin, POP3, NNTP, IMAP, MySQL, VNC */
static const uint16_t speak_first[] = {
	21, 22, 24, 25, 110, 119, 143, 465, 587, 993, 995, 2525, 3306, 4190, 5900, 5901};

struct skt_question skt_question_for(uint16_t port)
{
	struct skt_question any = {.bytes = questions[0].bytes, .size = questions[0].size};

	for (size_t i = 0; i < SKT_COUNT(speak_first); i++)
		if (speak_first[i] == port)
			return (struct skt_question){.bytes = "", .never = true};
	for (size_t i = 0; i < SKT_COUNT(questions); i++)
		for (size_t k = 0; k < SKT_COUNT(questions[i].ports) && port; k++)
			if (questions[i].ports[k] == port)
				return (struct skt_question){.bytes = questions[i].bytes,
					.size = questions[i].size,
					.first = true};
	return any;
}

bool skt_greeting_is_echo(const uint8_t *bytes, size_t size, const struct skt_question *question)
{
	return size && size <= question->size && memcmp(bytes, question->bytes, size) == 0;
}
