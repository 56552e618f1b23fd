#include <string.h>

#include "base/macros.h"
#include "service/pattern.h"
#include "service/readers.h"

/* A line is looked at so far, and so many of them. */
enum { TEXT_MAX = 1024, LINES_MAX = 8 };

static struct skt_pattern_part line_of(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] != '\r' && text[n] != '\n' && text[n])
		n++;
	return (struct skt_pattern_part){text, SKT_MIN(n, (size_t)TEXT_MAX)};
}

static void set(struct skt_identity_text *text, const struct skt_pattern_part *part)
{
	if (part->text)
		skt_identity_set(text, part->text, part->len);
}

/* ---- SSH ---- */

static bool begins_version(const char *at, const char *end)
{
	return end - at > 1 && (*at == '_' || *at == '-' || *at == '/') && at[1] >= '0' &&
		at[1] <= '9';
}

/* RFC 4253 4.2: SSH-protoversion-softwareversion SP comments. Other lines may come before. */
bool skt_read_ssh(const struct skt_answer *answer, struct skt_identity *ret)
{
	const char *text = (const char *)answer->bytes, *end = text + answer->size;
	struct skt_pattern_part line;
	const char *software, *comment, *at;

	for (;;) {
		line = line_of(text, (size_t)(end - text));
		if (line.len > 4 && memcmp(line.text, "SSH-", 4) == 0)
			break;
		text = memchr(text, '\n', (size_t)(end - text));
		if (!text || ++text == end)
			return false;
	}
	end = line.text + line.len;
	software = memchr(line.text + 4, '-', line.len - 4);
	if (!software || line.text[4] < '1' || line.text[4] > '2')
		return false;
	software++;
	comment = memchr(software, ' ', (size_t)(end - software));
	comment = comment ? comment : end;
	for (at = software; at < comment && !begins_version(at, comment); at++)
		;
	ret->service = "ssh";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_set(&ret->words, line.text, line.len);
	skt_identity_set(&ret->product, software, (size_t)(at - software));
	if (at < comment)
		skt_identity_set(&ret->version, at + 1, (size_t)(comment - at - 1));
	skt_identity_set(&ret->extra, comment, (size_t)(end - comment));
	skt_identity_add(
		&ret->extra, "protocol ", line.text + 4, (size_t)(software - line.text) - 5);
	return true;
}

/* ---- lines ---- */

struct line_pattern {
	const char *service;
	const char *product; /* NULL: what the pattern captures, or none */
	const char *pattern;
	uint16_t port;    /* only there; 0: anywhere */
	bool greeting;    /* other services begin so too */
	const char *note; /* in front of the extra words */
};

#define LINE(name, of, text, ...) \
	{ \
		.service = (name), .product = (of), .pattern = (text), __VA_ARGS__ \
	}

/* The first that fits counts: in each service those with a product before the protocol's own. */
static const struct line_pattern lines[] = {
	/* RFC 5321 4.2, RFC 2033; the same number in front of all of RFC 959, 2229 */
	LINE("smtp", "Postfix smtpd", "220%*SMTP Postfix%e"),
	LINE("smtp", "Exim smtpd", "220%*SMTP Exim %v"),
	LINE("smtp", "Sendmail", "220%*SMTP Sendmail %v"),
	LINE("smtp", "OpenSMTPD", "220%*SMTP OpenSMTPD"),
	LINE("smtp", "Microsoft Exchange smtpd", "220 %*Microsoft ESMTP MAIL Service%*Version: %v"),
	LINE("smtp", "Microsoft Exchange smtpd", "220 %*Microsoft ESMTP MAIL Service"),
	LINE("smtp", "MailHog", "220%*ESMTP MailHog"),
	LINE("smtp", "Haraka", "220%*Haraka %v"),
	LINE("smtp", "Haraka", "220%*Haraka/%v"),
	LINE("smtp", "Mailpit", "220%*Mailpit"),
	LINE("smtp", "aiosmtpd", "220%*Python SMTP %v"),
	LINE("smtp", "hMailServer", "220%*hMailServer"),
	LINE("smtp", "MailEnable", "220%*MailEnable%*Version: %v"),
	LINE("smtp", "Courier smtpd", "220 %*ESMTP Courier"),
	LINE("lmtp", "Dovecot", "220 %*LMTP%*Dovecot"),
	LINE("lmtp", "Dovecot", "220 %*Dovecot%*LMTP"),
	LINE("lmtp", NULL, "220%*LMTP"),
	LINE("smtp", NULL, "220%*SMTP"),
	LINE("smtp", NULL, "421%*SMTP"),
	LINE("smtp", NULL, "554%*SMTP"),
	LINE("ftp", "vsftpd", "220 (vsFTPd %v)"),
	LINE("ftp", "vsftpd", "220-%*(vsFTPd %v)"),
	LINE("ftp", "ProFTPD", "220 ProFTPD %v Server"),
	LINE("ftp", "ProFTPD", "220 ProFTPD Server (%e"),
	LINE("ftp", "ProFTPD", "220%*ProFTPD"),
	LINE("ftp", "Pure-FTPd", "220%*Pure-FTPd"),
	LINE("ftp", "FileZilla Server", "220%*FileZilla Server %v"),
	LINE("ftp", "FileZilla Server", "220%*FileZilla Server"),
	LINE("ftp", "Microsoft ftpd", "220%*Microsoft FTP Service"),
	LINE("ftp", "pyftpdlib", "220 pyftpdlib %v ready"),
	LINE("ftp", "pyftpdlib", "220 pyftpdlib based"),
	LINE("ftp", "bftpd", "220 bftpd %v at"),
	LINE("ftp", "Twisted ftpd", "220 Twisted %v FTP Server"),
	LINE("ftp", "tnftpd", "220%*FTP server (tnftpd %v)"),
	LINE("ftp", "Linux NetKit ftpd", "220%*FTP server (Version %v/OpenBSD/Linux-ftpd%e)"),
	LINE("ftp", NULL, "220%*FTP"),
	LINE("ftp", NULL, "500 OOPS: vsftpd: %e"),
	LINE("dict", "dictd", "220%*dictd %v"),
	LINE("smtp", NULL, "220%*mail", .greeting = true),
	LINE("ftp", NULL, "220", .port = 21, .greeting = true),
	LINE("smtp", NULL, "220", .port = 25, .greeting = true),
	LINE("smtp", NULL, "220", .port = 587, .greeting = true),
	/* RFC 3977 5.1 */
	LINE("nntp", "INN", "20%*InterNetNews%*INN %v"),
	LINE("nntp", "Leafnode", "20%*Leafnode NNTP %*version %v"),
	LINE("nntp", NULL, "200 %*NNTP"),
	LINE("nntp", NULL, "201 %*NNTP"),
	LINE("nntp", NULL, "200 %*news"),
	LINE("nntp", NULL, "201 %*news"),
	/* RFC 1939, RFC 9051, RFC 5804 */
	LINE("pop3", "Dovecot", "+OK%*Dovecot (%e) ready"),
	LINE("pop3", "Dovecot", "+OK%*Dovecot"),
	LINE("pop3", "Cyrus POP3", "+OK%*Cyrus POP3 %v"),
	LINE("pop3", "Courier pop3d", "+OK Hello there"),
	LINE("pop3", "Microsoft Exchange pop3d", "+OK The Microsoft Exchange POP3"),
	LINE("pop3", NULL, "+OK", .greeting = true),
	LINE("imap", "Dovecot", "* OK%*Dovecot (%e) ready"),
	LINE("imap", "Dovecot", "* OK%*Dovecot"),
	LINE("imap", "Cyrus IMAP", "* OK%*Cyrus IMAP %v"),
	LINE("imap", "Courier Imapd", "* OK%*Courier-IMAP ready"),
	LINE("imap", "Microsoft Exchange imapd", "* OK The Microsoft Exchange IMAP"),
	LINE("imap", NULL, "* OK"),
	LINE("imap", NULL, "* PREAUTH"),
	LINE("imap", NULL, "* BYE"),
	LINE("sieve", "Dovecot Pigeonhole", "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\""),
	LINE("sieve", "Cyrus timsieved", "\"IMPLEMENTATION\" \"Cyrus timsieved%*v%v"),
	LINE("sieve", NULL, "\"IMPLEMENTATION\" \"%e\""),
	/* RFC 6143 7.1.1 */
	LINE("vnc", NULL, "RFB %e%$", .note = "protocol "),
	/* rsync's clientserver.c; svn's ra_svn/protocol; what others call their greeting */
	LINE("rsync", NULL, "@RSYNCD: %e ", .note = "protocol "),
	LINE("rsync", NULL, "@RSYNCD: %e%$", .note = "protocol "),
	LINE("svn", NULL, "( success ( 2 2 "),
	LINE("mpd", "Music Player Daemon", "OK MPD %v"),
	LINE("asterisk", "Asterisk Call Manager", "Asterisk Call Manager/%v"),
	LINE("zookeeper", "Apache ZooKeeper", "Zookeeper version: %v"),
	LINE("zookeeper", "Apache ZooKeeper",
		"srvr is not executed because it is not in the whitelist"),
	LINE("memcached", "memcached", "VERSION %v%$"),
	LINE("memcached", "memcached", "ERROR%$", .port = 11211, .greeting = true),
	LINE("rtsp", NULL, "RTSP/1.0 %*"),
	LINE("sip", NULL, "SIP/2.0 %*"),
	LINE("ajp13", NULL, "AB%*", .port = 8009, .greeting = true),
	LINE("irc", NULL, ":%* NOTICE "),
	LINE("irc", NULL, "NOTICE ", .greeting = true),
	LINE("irc", NULL, "ERROR :", .greeting = true),
	LINE("ident", NULL, "0, 0 : ERROR"),
	LINE("xmpp", NULL, "<?xml%*jabber"),
	LINE("xmpp", NULL, "<stream:stream"),
	LINE("beanstalkd", "beanstalkd", "UNKNOWN_COMMAND%$", .port = 11300),
	LINE("gearman", "Gearman", "ERR UNKNOWN_COMMAND Unknown+server+command"),
	LINE("openvpn-management", "OpenVPN", ">INFO:OpenVPN Management Interface Version %v"),
	LINE("qmp", "QEMU", "{\"QMP\": {\"version\": {\"qemu\": {"),
	LINE("distccd", "distccd", "DONE00000001", .port = 3632, .greeting = true),
};

/* `INFO {json}`: NATS's protocol. */
static bool read_nats(const struct skt_pattern_part *line, struct skt_identity *ret)
{
	struct skt_pattern_match match;

	if (!skt_pattern_matches("INFO {%*\"version\":\"%v\"", line->text, line->len, &match))
		return false;
	ret->service = "nats";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_say(&ret->product, "NATS");
	set(&ret->version, &match.version);
	return true;
}

/* What RTSP and SIP have in the header, as HTTP has it. */
static void set_server(const struct skt_answer *answer, struct skt_identity *ret)
{
	static const char *const patterns[] = {"Server: %w/%v", "User-Agent: %w/%v",
		"Server: %w %v", "User-Agent: %w %v", "Server: %w"};
	const char *text = (const char *)answer->bytes;
	struct skt_pattern_match match;

	for (size_t i = 0; i < SKT_COUNT(patterns); i++)
		if (skt_pattern_finds(patterns[i], text, answer->size, &match)) {
			set(&ret->product, &match.word);
			set(&ret->version, &match.version);
			return;
		}
}

static void take(const struct line_pattern *p, const struct skt_pattern_match *match,
	struct skt_identity *ret)
{
	ret->service = p->service;
	ret->confidence = p->greeting ? SKT_CONFIDENCE_GREETING : SKT_CONFIDENCE_MATCHED;
	set(&ret->version, &match->version);
	set(&ret->product, &match->word);
	if (p->product)
		skt_identity_say(&ret->product, p->product);
	if (match->extra.len && p->note)
		skt_identity_say(&ret->extra, p->note);
	if (match->extra.len)
		skt_identity_append(&ret->extra, match->extra.text, match->extra.len);
}

static bool read_line(const struct skt_pattern_part *line, uint16_t port, struct skt_identity *ret)
{
	struct skt_pattern_match match;

	for (size_t i = 0; i < SKT_COUNT(lines); i++) {
		if ((lines[i].port && lines[i].port != port) ||
			!skt_pattern_matches(lines[i].pattern, line->text, line->len, &match))
			continue;
		take(&lines[i], &match, ret);
		return true;
	}
	return false;
}

bool skt_read_text(const struct skt_answer *answer, struct skt_identity *ret)
{
	const char *at = (const char *)answer->bytes, *end = at + answer->size;
	struct skt_pattern_part line = line_of(at, answer->size);

	skt_identity_set(&ret->words, line.text, line.len);
	if (read_nats(&line, ret))
		return true;
	/* Greetings of more lines say in the last, or any, what they are of. */
	for (unsigned int i = 0; i < LINES_MAX; i++) {
		struct skt_identity found = {0};

		line = line_of(at, (size_t)(end - at));
		if (read_line(&line, answer->port, &found) && found.confidence > ret->confidence) {
			found.words = ret->words;
			*ret = found;
		}
		if (ret->confidence == SKT_CONFIDENCE_MATCHED || line.len < 4 ||
			line.text[3] != '-')
			break;
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at || ++at == end)
			break;
	}
	if (ret->service && (strcmp(ret->service, "rtsp") == 0 || strcmp(ret->service, "sip") == 0))
		set_server(answer, ret);
	return ret->service != NULL;
}
