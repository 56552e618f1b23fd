/* What ports say, as services, products and versions. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/macros.h"
#include "service/pattern.h"
#include "service/probe.h"
#include "service/read.h"

struct said {
	uint16_t port;
	bool udp;
	uint8_t probe;
	size_t size;
	const char *bytes;
	const char *service, *product, *version, *extra; /* NULL: not to be there */
};

#define SAID(on, literal, ...) \
	{ \
		.port = (on), .size = sizeof(literal) - 1, .bytes = (literal), __VA_ARGS__ \
	}
#define IS(name, of, number, more) \
	.service = (name), .product = (of), .version = (number), .extra = (more)

static const struct said table[] = {
	/* lines */
	SAID(22, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
		IS("ssh", "OpenSSH", "9.2p1", "Debian-2+deb12u3; protocol 2.0")),
	SAID(2222, "SSH-2.0-dropbear_2022.83\r\n",
		IS("ssh", "dropbear", "2022.83", "protocol 2.0")),
	SAID(22, "not yet\r\nSSH-1.99-Cisco-1.25\n", IS("ssh", "Cisco", "1.25", "protocol 1.99")),
	SAID(22, "SSH-2.0-Go\r\n", IS("ssh", "Go", NULL, "protocol 2.0")),
	SAID(22, "SSH-", IS(NULL, NULL, NULL, NULL)),
	SAID(25, "220 mx.example.org ESMTP Postfix (Debian/GNU)\r\n",
		IS("smtp", "Postfix smtpd", NULL, "(Debian/GNU)")),
	SAID(25, "220 mx ESMTP Exim 4.96 Sat, 28 Nov 2026 21:00:00 +0000\r\n",
		IS("smtp", "Exim smtpd", "4.96", NULL)),
	SAID(25, "220 hello\r\n", IS("smtp", NULL, NULL, NULL)),
	SAID(26, "220 hello\r\n", IS(NULL, NULL, NULL, NULL)),
	SAID(21, "220 (vsFTPd 3.0.3)\r\n", IS("ftp", "vsftpd", "3.0.3", NULL)),
	SAID(21, "220 ProFTPD Server (Debian) [::ffff:127.0.0.1]\r\n",
		IS("ftp", "ProFTPD", NULL, "Debian) [::ffff:127.0.0.1]")),
	SAID(2121, "220-wait\r\n220 ProFTPD 1.3.8 Server ready\r\n",
		IS("ftp", "ProFTPD", "1.3.8", NULL)),
	SAID(110, "+OK Dovecot (Debian) ready.\r\n", IS("pop3", "Dovecot", NULL, "Debian")),
	SAID(143, "* OK [CAPABILITY IMAP4rev1 SASL-IR] Dovecot (Debian) ready.\r\n",
		IS("imap", "Dovecot", NULL, "Debian")),
	SAID(143, "* OK [CAPABILITY IMAP4] srv Cyrus IMAP 3.6.1-Debian ready\r\n",
		IS("imap", "Cyrus IMAP", "3.6.1-Debian", NULL)),
	SAID(5900, "RFB 003.008\n", IS("vnc", NULL, NULL, "protocol 003.008")),
	SAID(873, "@RSYNCD: 31.0 sha512 md5\n", IS("rsync", NULL, NULL, "protocol 31.0")),
	SAID(4222, "INFO {\"server_id\":\"x\",\"version\":\"2.9.10\",\"go\":\"go1.19\"} \r\n",
		IS("nats", "NATS", "2.9.10", NULL)),
	SAID(2181, "Zookeeper version: 3.8.0-1, built on 2022\nLatency\n",
		IS("zookeeper", "Apache ZooKeeper", "3.8.0-1", NULL)),
	SAID(11211, "VERSION 1.6.18\r\n", IS("memcached", "memcached", "1.6.18", NULL)),
	SAID(554, "RTSP/1.0 200 OK\r\nServer: GStreamer/1.22\r\n\r\n",
		IS("rtsp", "GStreamer", "1.22", NULL)),
	SAID(23, "\377\375\30\377\373\1\r\nlogin: ", IS("telnet", NULL, NULL, NULL)),
	/* HTTP */
	SAID(80, "HTTP/1.1 200 OK\r\nserver: nginx/1.22.1\r\n\r\n",
		IS("http", "nginx", "1.22.1", NULL)),
	SAID(80, "HTTP/1.1 200 OK\r\nServer: Apache/2.4.57 (Debian) OpenSSL/3.0\r\n\r\n",
		IS("http", "Apache", "2.4.57", "(Debian) OpenSSL/3.0")),
	SAID(80, "HTTP/1.0 404 x\r\nServer: Jetty(9.4.50.v2022)\r\n\r\n",
		IS("http", "Jetty", "9.4.50.v2022", NULL)),
	SAID(8821, "HTTP/1.1 400 Bad Request\r\n\r\n", IS("http", NULL, NULL, NULL)),
	SAID(80, "HTTP/1.1 200 OK\r\n\r\nServer: body/1\r\n", IS("http", NULL, NULL, NULL)),
	SAID(80, "HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port",
		IS("https", NULL, NULL, NULL)),
	SAID(2375, "HTTP/1.0 404 Not Found\r\nServer: Docker/20.10.24 (linux)\r\n\r\n{}",
		IS("docker", "Docker", "20.10.24", NULL)),
	SAID(2375, "HTTP/1.0 200 OK\r\n\r\n{\"MinAPIVersion\":\"1.12\",\"Version\":\"26.1.5\"}",
		IS("docker", "Docker", "26.1.5", NULL)),
	SAID(6443,
		"HTTP/1.0 200 OK\r\n\r\n{\n  \"major\": \"1\",\n  \"gitVersion\": \"v1.28.2\"\n}",
		IS("kubernetes", "Kubernetes", "v1.28.2", NULL)),
	SAID(6443,
		"HTTP/1.0 403 Forbidden\r\n\r\n{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":403}",
		IS("kubernetes", "Kubernetes", NULL, NULL)),
	SAID(9200,
		"HTTP/1.0 200 OK\r\n\r\n{\"version\" : {\"number\" : \"8.11.1\"},\n\"tagline\" : \"You "
		"Know, for Search\"}",
		IS("elasticsearch", "Elasticsearch", "8.11.1", NULL)),
	SAID(9090,
		"HTTP/1.0 200 OK\r\n\r\n# HELP x\ngo_build_info{version=\"9\"} 1\n# TYPE x_build_info{\n"
		"prometheus_build_info{branch=\"HEAD\",goversion=\"go1.19.5\",version=\"2.42.0\"} 1\n",
		.probe = SKT_PROBE_HTTP_METRICS, IS("http", "prometheus", "2.42.0", NULL)),
	SAID(9100, "HTTP/1.0 200 OK\r\n\r\n<h1>Node Exporter</h1>\n<div>Version: (version=1.5.0, x",
		IS("http", "node_exporter", "1.5.0", NULL)),
	/* databases */
	SAID(3306, "J\0\0\0\n8.0.36-0ubuntu0.22.04.1\0\1\2\3",
		IS("mysql", "MySQL", "8.0.36", "0ubuntu0.22.04.1")),
	SAID(3306, "m\0\0\0\n5.5.5-10.11.6-MariaDB-0+deb12u1\0\1\2\3",
		IS("mysql", "MariaDB", "10.11.6", "MariaDB-0+deb12u1")),
	SAID(3306, "F\0\0\0\377j\4Host 'h' is not allowed to connect to this MariaDB server",
		IS("mysql", "MariaDB", NULL,
			"Host 'h' is not allowed to connect to this MariaDB server")),
	SAID(5432, "E\0\0\0\46SFATAL\0VFATAL\0C0A000\0Munsupported\0F\0\0",
		IS("postgresql", "PostgreSQL", NULL, "9.6 or later")),
	SAID(6379, "$43\r\n# Server\r\nredis_version:7.0.15\r\nos:Linux\r\n\r\n",
		IS("redis", "Redis", "7.0.15", "Linux")),
	SAID(6379, "-NOAUTH Authentication required.\r\n",
		IS("redis", "Redis", NULL, "NOAUTH Authentication required.")),
	SAID(27017,
		"\72\0\0\0\1\0\0\0\1\0\0\0\335\7\0\0\0\0\0\0\0\45\0\0\0\2version\0\6\0\0\0006.0.5\0\1"
		"ok\0\0\0\0\0\0\0\360\77\0",
		IS("mongodb", "MongoDB", "6.0.5", NULL)),
	/* messages */
	SAID(5672,
		"\1\0\0\0\0\0\104\0\12\0\12\0\11\0\0\0\60\7productS\0\0\0\10RabbitMQ\7versionS\0\0\0\6"
		"3.10.8",
		IS("amqp", "RabbitMQ", "3.10.8", "protocol 0-9-1")),
	SAID(5672, "AMQP\0\1\0\0", IS("amqp", NULL, NULL, "protocol 1.0")),
	SAID(1883, "\40\2\0\0\220\3\0\1\0\60\61\0\23$SYS/broker/versionmosquitto version 2.0.11",
		IS("mqtt", "mosquitto", "2.0.11", NULL)),
	SAID(1883, "\40\2\0\5", IS("mqtt", NULL, NULL, "connection refused: not authorized")),
	/* directories, desktops */
	SAID(389, "0=\2\1\1d8\4\0000\64\60\62\4\25structuralObjectClass1\31\4\17OpenLDAProotDSE",
		IS("ldap", "OpenLDAP", NULL, NULL)),
	SAID(389, "0\14\2\1\1e\7\n\1\62\4\0\4\0", IS("ldap", NULL, NULL, NULL)),
	SAID(3389, "\3\0\0\23\16\320\0\0\0224\0\2\37\10\0\2\0\0\0",
		IS("ms-wbt-server", NULL, NULL, "CredSSP")),
	SAID(445,
		"\0\0\0H\376SMB@\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0A\0\3"
		"\0\2\3\0\0",
		IS("microsoft-ds", NULL, NULL, "dialect 3.0.2; signing required")),
	/* TLS */
	SAID(443, "\25\3\1\0\2\2\50", IS("tls", NULL, NULL, NULL)),
	SAID(443,
		"\26\3\3\0\70\2\0\0\64\3\3................................\0\23\1\0\0\14\0\53\0\2\3\4"
		"\0\63\0\2\0\35",
		IS("tls", NULL, NULL, "TLS 1.3")),
	/* networks */
	SAID(53,
		"sk\205\0\0\1\0\1\0\0\0\0\7version\4bind\0\0\20\0\3\300\14\0\20\0\3\0\0\0\0\0\10\7"
		"9.18-1x",
		.udp = true, IS("domain", "ISC BIND", "9.18", "1x")),
	SAID(53, "\0\52sk\205\0\0\0\0\1\0\0\0\0\300\14\0\20\0\3\0\0\0\0\0\15\14dnsmasq-2.89",
		IS("domain", "dnsmasq", "2.89", NULL)),
	SAID(53, "sk\201\5\0\1\0\0\0\0\0\0\7version\4bind\0\0\20\0\3", .udp = true,
		IS("domain", NULL, NULL, "REFUSED")),
	/* It says no version; no product follows from that. */
	SAID(53,
		"sk\205\0\0\1\0\1\0\1\0\0\7version\4bind\0\0\20\0\3\300\14\0\20\0\3\0\0\0\0\0\5\4none",
		.udp = true, IS("domain", NULL, NULL, NULL)),
	SAID(123, "$\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0sockkit!0123456789012345",
		.udp = true, IS("ntp", NULL, NULL, "NTPv4; stratum 2")),
	SAID(123,
		"\26\202\0\1\0\0\0\0\0\0\0\52leap=3,\r\nsystem=\"Linux/6\", version=\"ntpd ntpsec-1.2.2\"",
		.udp = true, IS("ntp", "NTPsec ntpd", "1.2.2", "Linux/6")),
	SAID(161,
		"0@\2\1\0\4\6public\2423\2\4skit\2\1\0\2\1\0000%0\22\6\10+\6\1\2\1\1\1\0\4\6Linux "
		"0\17\6\10+\6\1\2\1\1\2\0\6\3+\6\1",
		.udp = true, IS("snmp", NULL, NULL, "SNMPv1; public")),
	SAID(161,
		"0\77\2\1\0030\21\2\4skit\2\3\0\377\343\4\1\0\2\1\3\4\0370\35\4\13\200\0\37\210\1\2\3\4"
		"\5\6\7\2\1\1\2\1\1\4\0\4\0\4\0",
		.udp = true, IS("snmp", "net-snmp", NULL, "SNMPv3")),
	SAID(111, "\200\0\0\30sckt\0\0\0\1\0\0\0\0\0\0\0\0", IS("sunrpc", NULL, NULL, NULL)),
	SAID(500, "sockkit!87654321", .udp = true, IS("isakmp", NULL, NULL, NULL)),
	SAID(1194, "\100....!...\1\0\0\0\0sockkit!", .udp = true, IS("openvpn", NULL, NULL, NULL)),
	SAID(5201, "\11", IS("iperf3", NULL, NULL, NULL)),
	SAID(5201, "\377", IS("iperf3", NULL, NULL, "busy")),
	/* A packet of MySQL that is none: its number, length, version, text, code; an error of its
	   own. */
	SAID(3306, "J\0\0\2\n8.0.36\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "\0\0\1\0\n8.0.36\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "\1\20\0\0\n8.0.36\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306,
		"J\0\0\0\13"
		"8.0.36\0",
		IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\nx.0.36\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\n/.0.36\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\n8\t0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\n8\2000\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\n\0", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "J\0\0\0\n10.3-MariaDB\0", IS("mysql", "MariaDB", "10.3", "MariaDB")),
	SAID(3306, "J\0\0\0\n5MariaDB\0", IS("mysql", "MariaDB", "5MariaDB", NULL)),
	SAID(3306, "\11\0\0\0\377j\4a MySQL z", IS("mysql", NULL, NULL, "a MySQ")),
	SAID(3306, "\30\0\0\0\377j\4a MySQL z", IS("mysql", "MySQL", NULL, "a MySQL z")),
	SAID(3306, "\30\0\0\0\377j\4none", IS("mysql", NULL, NULL, "none")),
	SAID(3306, "\30\0\0\0\377\1\1none", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "\30\0\0\0\377\1\177none", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "\30\0\0\0\377j\4no\nne", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "E\0\0\0\46SFATAL\0C0A000\0Mpgbouncer says\0\0",
		IS("postgresql", "PgBouncer", NULL, NULL)),
	SAID(5432, "E\0\0\0\46S\0C0A000\0Munsupported\0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "E\0\0\0\46SFATAL\0C0A\0Munsupported\0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "E\0\0\0\46SFATAL\0C0A000\0Munsupp", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "E\0\0\0\13SFATAL\0C0A000\0Mu\0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "E\0\0\40\1SFATAL\0C0A000\0Mu\0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(6379, "$43\r\n# Server\nvalkey_version:8.0.1\r\nredis_version:7.2.4",
		IS("redis", "Valkey", "8.0.1", NULL)),
	SAID(6379, "$43\r\n# Server\r\nredis_version:7.2.4", IS("redis", "Redis", "7.2.4", NULL)),
	SAID(6379, "-NOAUTH Authentication required.\n", .probe = SKT_PROBE_REDIS,
		IS("redis", "Redis", NULL, "NOAUTH Authentication required.")),
	SAID(27017, "\72\0\0\0\1\0\0\0\1\0\0\0\335\7\0\0\2errmsg\0\3\0\0\0no\0",
		IS("mongodb", "MongoDB", NULL, "no")),
	SAID(27017, "\72\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1version\0\3\0\0\0no\0",
		IS("mongodb", "MongoDB", NULL, NULL)),
	SAID(27017, "\72\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0version\0\3\0\0\0no\0",
		IS("mongodb", "MongoDB", NULL, NULL)),
	SAID(27017, "\72\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\2version\0\1\0\0\0n",
		IS("mongodb", "MongoDB", NULL, NULL)),
	SAID(27017, "\72\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\2version\0\1\0\0\0n",
		IS(NULL, NULL, NULL, NULL)),
	SAID(27017, "\72\0\0\2\1\0\0\0\1\0\0\0\1\0\0\0\2version\0\1\0\0\0n",
		IS(NULL, NULL, NULL, NULL)),
	SAID(27017, "\31\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\2version\0\1\0\0\0n",
		IS(NULL, NULL, NULL, NULL)),
	SAID(5672, "AMQP\0\0\11\1", IS("amqp", NULL, NULL, "protocol 0-9-1")),
	SAID(5672, "AMQP\4\0\11\1", IS(NULL, NULL, NULL, NULL)),
	SAID(5672, "AMQX\0\0\11\1", IS(NULL, NULL, NULL, NULL)),
	SAID(5672, "\2\0\0\0\0\0\104\0\12\0\12\0\11", IS(NULL, NULL, NULL, NULL)),
	SAID(5672, "\1\0\0\0\0\0\104\0\12\0\13\0\11", IS(NULL, NULL, NULL, NULL)),
	SAID(1883, "\40\2\2\0", IS(NULL, NULL, NULL, NULL)),
	SAID(1883, "\40\2\0\6", IS(NULL, NULL, NULL, NULL)),
	SAID(1883, "\40\2\0\1", IS("mqtt", NULL, NULL, "connection refused")),
	SAID(5201, "\12", IS(NULL, NULL, NULL, NULL)),
	SAID(5201, "\11\11", IS(NULL, NULL, NULL, NULL)),
	SAID(5201, "\11", .udp = true, IS(NULL, NULL, NULL, NULL)),
	SAID(5202, "\11", IS(NULL, NULL, NULL, NULL)),
	/* nothing that is known, or not enough of it */
	SAID(1, "\0\0\0", IS(NULL, NULL, NULL, NULL)),
	SAID(1, "\33]0;title\7", IS(NULL, NULL, NULL, NULL)),
	SAID(443, "\25\3\1\0\3\2\50", IS(NULL, NULL, NULL, NULL)),
	SAID(3306, "\2\0\0\0\n8", IS(NULL, NULL, NULL, NULL)),
	SAID(5432, "S", IS(NULL, NULL, NULL, NULL)),
};

static void assert_text(
	const struct said *said, const struct skt_identity_text *text, const char *wanted)
{
	size_t len = wanted ? strlen(wanted) : 0;

	if (text->len != len || memcmp(text->data, wanted ? wanted : "", len) != 0)
		fail_msg("port %u, %.20s: '%.*s' is not '%s'", said->port, said->bytes, text->len,
			text->data, wanted ? wanted : "");
}

static struct skt_answer answer_of(const struct said *said, size_t size)
{
	return (struct skt_answer){.bytes = guard_copy(said->bytes, size),
		.size = size,
		.port = said->port,
		.probe = said->probe,
		.udp = said->udp,
		.asked = true};
}

static void services_are_known_by_their_protocols(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++) {
		const struct said *t = &table[i];
		const struct skt_answer answer = answer_of(t, t->size);
		struct skt_identity identity;

		if (skt_answer_read(&answer, &identity) != (t->service != NULL))
			fail_msg("port %u, %.20s: %s", t->port, t->bytes,
				identity.service ? identity.service : "unknown");
		if (t->service)
			assert_string_equal(identity.service, t->service);
		assert_text(t, &identity.product, t->product);
		assert_text(t, &identity.version, t->version);
		assert_text(t, &identity.extra, t->extra);
	}
}

static void every_beginning_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_COUNT(table); i++)
		for (size_t size = 0; size <= table[i].size; size++) {
			const struct skt_answer answer = answer_of(&table[i], size);
			struct skt_identity identity;

			(void)skt_answer_read(&answer, &identity);
			if (size)
				(void)skt_answer_is_complete(&answer);
		}
}

static void the_end_of_an_answer_is_known(void **state)
{
	static const struct {
		const char *text;
		bool complete;
	} answers[] = {
		{"SSH-2.0-x", false},
		{"SSH-2.0-x\r\n", true},
		{"220-one\r\n", false},
		{"220-one\r\n220 two\r\n", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc", false},
		{"HTTP/1.1 200 OK\r\n\r\nabc\n", false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", true},
		{"$30\r\nredis_version:7.0.15\r\n", false},
		{"$22\r\nredis_version:7.0.15\r\n\r\n", true},
		{"\25\3\1", false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		const struct said said = {
			.port = 1, .size = strlen(answers[i].text), .bytes = answers[i].text};
		const struct skt_answer answer = answer_of(&said, said.size);

		if (skt_answer_is_complete(&answer) != answers[i].complete)
			fail_msg("%s", answers[i].text);
	}
}

static void patterns_fit_what_they_say(void **state)
{
	static const struct {
		const char *pattern, *text;
		const char *version, *word, *extra; /* all NULL: it does not fit */
	} patterns[] = {
		{"a %v", "A 1.2.3.", "1.2.3", NULL, NULL},
		{"a %v", "A b1", NULL, NULL, NULL},
		{"%*b %v", "a b c b 2", "2", NULL, NULL},
		{"%*b %v", "a b c\nb 2", NULL, NULL, NULL},
		{"%w/%v (%e)", "x-y/1 (a b) c", "1", "x-y", "a b"},
		{"100%% %w", "100% x", NULL, "x", NULL},
		{"x%$", "x\r\n", NULL, NULL, NULL},
		{"%*%*%*%*x", "yyyyyyyyyy", NULL, NULL, NULL},
		{"%v", "", NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(patterns); i++) {
		const char *wanted[] = {patterns[i].version, patterns[i].word, patterns[i].extra};
		size_t len = strlen(patterns[i].text);
		struct skt_pattern_match match = {0};
		bool fits = skt_pattern_matches(patterns[i].pattern,
			(const char *)guard_copy(patterns[i].text, len), len, &match);
		const struct skt_pattern_part parts[] = {match.version, match.word, match.extra};

		if (wanted[0] || wanted[1] || wanted[2])
			assert_true(fits);
		for (size_t k = 0; k < SKT_COUNT(parts); k++) {
			assert_int_equal(parts[k].len, wanted[k] ? strlen(wanted[k]) : 0);
			if (wanted[k])
				assert_memory_equal(parts[k].text, wanted[k], parts[k].len);
		}
	}
	assert_true(skt_pattern_matches("x%$", "x", 1, &(struct skt_pattern_match){0}));
	assert_false(skt_pattern_matches("x%$", "xy", 2, &(struct skt_pattern_match){0}));
}

static void certain_words_win(void **state)
{
	struct skt_identity first = {0}, later = {0};

	(void)state;
	skt_identity_say(&first.words, "hm");
	skt_identity_say(&later.words, "later");
	skt_identity_merge(&first, &later);
	assert_int_equal(first.words.len, 2);
	later.service = "http";
	later.confidence = SKT_CONFIDENCE_GREETING;
	skt_identity_merge(&first, &later);
	assert_string_equal(first.service, "http");
	later.service = "docker";
	later.confidence = SKT_CONFIDENCE_MATCHED;
	skt_identity_say(&later.product, "Docker");
	skt_identity_merge(&first, &later);
	assert_string_equal(first.service, "docker");
	skt_identity_say(&later.version, "1");
	skt_identity_say(&later.product, "Podman");
	skt_identity_merge(&first, &later);
	assert_memory_equal(first.product.data, "Podman", 6);
}

/* No bytes of ours are longer than their table says, and each probe stands where its name does. */
static void probes_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < SKT_PROBES; i++) {
		const struct skt_service_probe *probe = &skt_service_probes[i];

		assert_non_null(probe->name);
		assert_true(probe->limit > 0 && probe->size <= SKT_PROBE_SIZE_MAX);
		assert_true(!probe->size == !probe->bytes);
	}
	assert_true(skt_probe_knows(SKT_PROBE_REDIS, 6379));
	assert_false(skt_probe_knows(SKT_PROBE_REDIS, 0));
	assert_true(skt_probe_is_delicate(9100));
	assert_false(skt_probe_is_delicate(9108));
	assert_true(skt_probe_speaks_first(25));
}

/* Messages of ours whose lengths are wrong are waited for, or refused. */
static void lengths_in_probes_are_right(void **state)
{
	static const struct {
		uint8_t probe, at, width, more;
		bool little;
	} lengths[] = {
		{SKT_PROBE_TLS, 3, 2, 5, false},
		{SKT_PROBE_POSTGRESQL, 0, 4, 0, false},
		{SKT_PROBE_MONGODB, 0, 4, 0, true},
		{SKT_PROBE_MQTT, 1, 1, 28, false},
		{SKT_PROBE_LDAP, 2, 1, 3, false},
		{SKT_PROBE_SMB, 2, 2, 4, false},
		{SKT_PROBE_RDP, 2, 2, 0, false},
		{SKT_PROBE_DNS_TCP, 0, 2, 2, false},
		{SKT_PROBE_RPCBIND_TCP, 2, 2, 4, false},
		{SKT_PROBE_SNMP, 1, 1, 2, false},
		{SKT_PROBE_SNMP_ENGINE, 1, 1, 2, false},
	};

	(void)state;
	for (size_t i = 0; i < SKT_COUNT(lengths); i++) {
		const struct skt_service_probe *probe = &skt_service_probes[lengths[i].probe];
		size_t length = 0;

		for (size_t k = 0; k < lengths[i].width; k++) {
			size_t at = lengths[i].little ? lengths[i].width - 1 - k : k;

			length = length << 8 | (uint8_t)probe->bytes[lengths[i].at + at];
		}
		if (length + lengths[i].more != probe->size)
			fail_msg("%s: %zu of %u", probe->name, length + lengths[i].more,
				probe->size);
	}
	assert_int_equal(skt_service_probes[SKT_PROBE_NTP].size, 48);
	assert_int_equal(skt_service_probes[SKT_PROBE_NTP_VARIABLES].size, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test(services_are_known_by_their_protocols),
		unit_test(every_beginning_is_read),
		unit_test(the_end_of_an_answer_is_known),
		unit_test(patterns_fit_what_they_say),
		unit_test(certain_words_win),
		unit_test(probes_are_whole),
		unit_test(lengths_in_probes_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
