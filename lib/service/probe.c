#include "service/probe.h"

#include "base/macros.h"

/* The bytes of a literal, without the NUL behind them. */
#define BYTES(text) .size = sizeof(text) - 1, .bytes = (text)

#define CRLF "\r\n"
#define GET(path) "GET " path " HTTP/1.0" CRLF "User-Agent: sockkit" CRLF "Accept: */*" CRLF CRLF

enum { LIMIT = 16384, PAGE_LIMIT = 65536 };

const struct skt_service_probe skt_service_probes[SKT_PROBES] = {
	[SKT_PROBE_LISTEN] = {.name = "listen", .limit = LIMIT},
	/* RFC 1945 */
	[SKT_PROBE_HTTP] = {.name = "http",
		.ports = {80, 81, 443, 591, 631, 2375, 2376, 3000, 5000, 5601, 6443, 8000, 8001,
			8006, 8008, 8080, 8081, 8088, 8443, 8500, 8888, 9090, 9200, 10250},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES(GET("/"))},
	/* Docker Engine API, Kubernetes API, etcd: who they are */
	[SKT_PROBE_HTTP_VERSION] = {.name = "http-version",
		.use = SKT_PROBE_FOLLOWS,
		.limit = LIMIT,
		BYTES(GET("/version"))},
	/* Prometheus's exposition format */
	[SKT_PROBE_HTTP_METRICS] = {.name = "http-metrics",
		.use = SKT_PROBE_FOLLOWS,
		.limit = 4 * PAGE_LIMIT,
		BYTES(GET("/metrics"))},
	/* RFC 8446 4.1.2: TLS 1.2 and 1.3, x25519 and P-256, without a share of either: whoever
	 * has 1.3 asks for one, and that is answer enough. */
	[SKT_PROBE_TLS] = {.name = "tls",
		.ports = {443, 465, 563, 636, 853, 989, 990, 992, 993, 995, 2376, 5061, 5671, 6443,
			8443, 8883, 9443, 10250},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\26\3\1\0x\1\0\0t\3\3sockkit-sockkit-sockkit-sockkit!\0\0\32\23\1\23\2\23\3\300+\300,"
		      "\300/\3000\314\251\314\250\0\234\0\235\0/\0005\1\0\0001\0+\0\5\4\3\4\3\3\0\n\0\6\0\4\0"
		      "\35\0\27\0\r\0\16\0\14\4\3\10\4\4\1\5\3\10\5\2\1\0003\0\2\0\0\0\13\0\2\1\0")},
	/* redis.io: inline commands */
	[SKT_PROBE_REDIS] = {.name = "redis",
		.ports = {6379, 6380, 26379},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("INFO server" CRLF)},
	/* memcached's protocol.txt */
	[SKT_PROBE_MEMCACHED] = {.name = "memcached",
		.ports = {11211},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("version" CRLF)},
	/* PostgreSQL's documentation 55.7: a StartupMessage of version 255.0, which nobody has */
	[SKT_PROBE_POSTGRESQL] = {.name = "postgresql",
		.ports = {5432, 5433, 6432},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\0\0\0\26\0\377\0\0user\0sockkit\0\0")},
	/* MongoDB's wire protocol: OP_MSG with {buildInfo: 1, $db: "admin"} */
	[SKT_PROBE_MONGODB] = {.name = "mongodb",
		.ports = {27017, 27018, 27019},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("8\0\0\0\1\0\0\0\0\0\0\0\335\7\0\0\0\0\0\0\0#\0\0\0\20buildInfo\0\1\0\0\0\2$db\0\6\0\0"
		      "\0admin\0\0")},
	/* AMQP 0-9-1 4.2.2: the header of the protocol */
	[SKT_PROBE_AMQP] = {.name = "amqp",
		.ports = {5671, 5672},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("AMQP\0\0\11\1")},
	/* MQTT 3.1.1, 3.1 and 3.8: a clean session of no name, which takes nobody's place, and what
	 * Mosquitto says of itself */
	[SKT_PROBE_MQTT] = {.name = "mqtt",
		.ports = {1883, 8883},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\20\14\0\4MQTT\4\2\0<\0\0\202\30\0\1\0\23$SYS/broker/version\0")},
	/* RFC 4511 4.5, RFC 3045: the root DSE, anonymously */
	[SKT_PROBE_LDAP] = {.name = "ldap",
		.ports = {389, 636, 3268, 3269},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("0\201\221\2\1\1c\201\213\4\0\n\1\0\n\1\0\2\1\0\2\1\0\1\1\0\207\13objectClass0k\4\nvend"
		      "orName\4\rvendorVersion\4\25structuralObjectClass\4\24supportedLDAPVersion\4\13dnsHost"
		      "Name\4\24isGlobalCatalogReady")},
	/* MS-SMB2 2.2.3: dialects 2.0.2, 2.1, 3.0 and 3.0.2 */
	[SKT_PROBE_SMB] = {.name = "smb",
		.ports = {445},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\0\0\0l\376SMB@\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0$\0\4\0\1\0\0\0\0\0\0\0sockkit-sockkit"
		      "!\0\0\0\0\0\0\0\0\2\2\20\2\0\3\2\3")},
	/* MS-RDPBCGR 2.2.1.1: TLS or CredSSP */
	[SKT_PROBE_RDP] = {.name = "rdp",
		.ports = {3389},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\3\0\0\23\16\340\0\0\0\0\0\1\0\10\0\3\0\0\0")},
	/* RFC 4892, RFC 1035 4.2.2 */
	[SKT_PROBE_DNS_TCP] = {.name = "dns-tcp",
		.ports = {53, 853},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("\0\36sk\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\20\0\3")},
	/* RFC 2326 10.1 */
	[SKT_PROBE_RTSP] = {.name = "rtsp",
		.ports = {554, 8554},
		.limit = LIMIT,
		BYTES("OPTIONS * RTSP/1.0" CRLF "CSeq: 1" CRLF CRLF)},
	/* RFC 3261 11 */
	[SKT_PROBE_SIP] = {.name = "sip",
		.ports = {5060, 5061},
		.limit = LIMIT,
		BYTES("OPTIONS sip:sockkit SIP/2.0" CRLF
		      "Via: SIP/2.0/TCP sockkit;branch=z9hG4bKsockkit" CRLF
		      "From: <sip:sockkit@sockkit>;tag=sockkit" CRLF
		      "To: <sip:sockkit@sockkit>" CRLF "Call-ID: sockkit" CRLF
		      "CSeq: 1 OPTIONS" CRLF "Max-Forwards: 70" CRLF
		      "Content-Length: 0" CRLF CRLF)},
	/* ZooKeeper's administrator's guide: the four letter words */
	[SKT_PROBE_ZOOKEEPER] = {.name = "zookeeper",
		.ports = {2181},
		.limit = LIMIT,
		BYTES("srvr")},
	/* RFC 5531 11, RFC 1833: procedure 0 of the port mapper */
	[SKT_PROBE_RPCBIND_TCP] = {.name = "rpcbind-tcp",
		.ports = {111},
		.limit = LIMIT,
		BYTES("\200\0\0(sckt\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		      "\0\0")},
	/* RFC 4892 */
	[SKT_PROBE_DNS] = {.name = "dns",
		.udp = true,
		.ports = {53, 5353},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("sk\1\0\0\1\0\0\0\0\0\0\7version\4bind\0\0\20\0\3")},
	/* RFC 5905 7.3: a client's packet */
	[SKT_PROBE_NTP] = {.name = "ntp",
		.udp = true,
		.ports = {123},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("#\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0sockkit"
		      "!")},
	/* RFC 9327 3: read variables */
	[SKT_PROBE_NTP_VARIABLES] = {.name = "ntp-variables",
		.udp = true,
		.use = SKT_PROBE_FOLLOWS,
		.limit = LIMIT,
		BYTES("\26\2\0\1\0\0\0\0\0\0\0\0")},
	/* RFC 1157, RFC 3418: sysDescr.0 and sysObjectID.0 of `public` */
	[SKT_PROBE_SNMP] = {.name = "snmp",
		.udp = true,
		.ports = {161},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("07\2\1\0\4\6public\240*\2\4skit\2\1\0\2\1\0000\0340\14\6\10+\6\1\2\1\1\1\0\5\0000\14\6"
		      "\10+\6\1\2\1\1\2\0\5\0")},
	/* RFC 3414 4: discovery of the engine, which takes no name */
	[SKT_PROBE_SNMP_ENGINE] = {.name = "snmp-engine",
		.udp = true,
		.ports = {161},
		.use = SKT_PROBE_GENERIC,
		.limit = LIMIT,
		BYTES("0>\2\1\0030\21\2\4skit\2\3\0\377\343\4\1\4\2\1\3\4\0200\16\4\0\2\1\0\2\1\0\4\0\4\0\4"
		      "\0000\24\4\0\4\0\240\16\2\4skit\2\1\0\2\1\0000\0")},
	/* scan/payload.h has it */
	[SKT_PROBE_PAYLOAD] = {.name = "payload", .udp = true, .limit = LIMIT},
};

static bool has(const uint16_t *ports, size_t count, uint16_t port)
{
	for (size_t i = 0; i < count && ports[i]; i++)
		if (ports[i] == port)
			return true;
	return false;
}

bool skt_probe_knows(enum skt_probe_id id, uint16_t port)
{
	return port && has(skt_service_probes[id].ports, SKT_PROBE_PORTS_MAX, port);
}

bool skt_probe_speaks_first(uint16_t port)
{
	/* FTP, SSH, Telnet, SMTP and its kin, POP3, NNTP, IMAP, rsync, MySQL, sieve, VNC */
	static const uint16_t ports[] = {
		21, 22, 23, 24, 25, 110, 119, 143, 587, 873, 2525, 3306, 4190, 5900, 5901};

	return has(ports, SKT_COUNT(ports), port);
}

bool skt_probe_is_delicate(uint16_t port)
{
	/* Printers: LPD, JetDirect */
	if (port == 515 || (port >= 9100 && port <= 9107))
		return true;
	/* rsh and its kin, syslog; carbon, statsd, fluentd; Siemens S7, Modbus, DNP3, EtherNet/IP
	 */
	static const uint16_t ports[] = {
		512, 513, 514, 601, 6514, 2003, 2004, 8125, 8126, 24224, 102, 502, 20000, 44818};

	return has(ports, SKT_COUNT(ports), port);
}
