#include <stdio.h>

#include "base/macros.h"
#include "service/pattern.h"
#include "service/probe.h"
#include "service/reader.h"
#include "service/readers.h"

/* ---- DNS ---- */

/* Skips a name (RFC 1035 4.1.4), which a pointer ends. */
static void skip_name(struct skt_reader *r)
{
	uint64_t size;

	while ((size = skt_reader_be(r, 1)) && !r->is_short) {
		if (size >= 0xc0) {
			(void)skt_reader_take(r, 1);
			return;
		}
		(void)skt_reader_take(r, (size_t)size);
	}
}

/* `9.18.28-1~deb12u2-Debian`: what stands behind the first dash is the distribution's. */
static void split_packaging(struct skt_identity *ret)
{
	const char *dash = memchr(ret->version.data, '-', ret->version.len);
	size_t len = dash ? (size_t)(dash - ret->version.data) : 0;

	if (!dash)
		return;
	skt_identity_set(&ret->extra, dash + 1, ret->version.len - len - 1);
	ret->version.len = (uint8_t)len;
}

/* What servers say to version.bind (RFC 4892); who says a bare number is ISC BIND. */
static void set_dns_version(struct skt_identity *ret)
{
	static const struct {
		const char *product, *pattern;
	} servers[] = {
		{"ISC BIND", "%v"},
		{"ISC BIND", "BIND %v"},
		{"dnsmasq", "dnsmasq-%v"},
		{"dnsmasq", "dnsmasq-pi-hole-v%v"},
		{"PowerDNS Authoritative Server", "PowerDNS Authoritative Server %v"},
		{"PowerDNS Recursor", "PowerDNS Recursor %v"},
		{"Knot DNS", "Knot DNS %v"},
		{"Knot Resolver", "Knot Resolver %v"},
		{"CoreDNS", "CoreDNS-%v"},
		{"Microsoft DNS", "Microsoft DNS %v"},
		{NULL, "%w %v"},
		{NULL, "%w/%v"},
	};
	struct skt_pattern_match match;

	for (size_t i = 0; i < SKT_COUNT(servers); i++) {
		if (!skt_pattern_matches(
			    servers[i].pattern, ret->words.data, ret->words.len, &match))
			continue;
		if (servers[i].product)
			skt_identity_say(&ret->product, servers[i].product);
		else
			skt_identity_set(&ret->product, match.word.text, match.word.len);
		skt_identity_set(&ret->version, match.version.text, match.version.len);
		split_packaging(ret);
		return;
	}
}

/* RFC 1035 4.1: a response to what was asked; the text of the first TXT record is the version. */
bool skt_read_dns(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { TXT = 16 };
	static const char *const codes[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t id, flags, questions, answers, type;

	if (!answer->udp)
		(void)skt_reader_take(&r, 2);
	id = skt_reader_be(&r, 2);
	flags = skt_reader_be(&r, 2);
	questions = skt_reader_be(&r, 2);
	answers = skt_reader_be(&r, 2);
	(void)skt_reader_take(&r, 4);
	if (r.is_short || id != 0x736b || !(flags & 0x8000) || questions > 1 || answers > 32 ||
		flags >> 11 & 15)
		return false;
	ret->service = "domain";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	for (uint64_t i = 0; i < questions; i++) {
		skip_name(&r);
		(void)skt_reader_take(&r, 4);
	}
	for (uint64_t i = 0; i < answers && !r.is_short && !ret->words.len; i++) {
		struct skt_reader data, text;

		skip_name(&r);
		type = skt_reader_be(&r, 2);
		(void)skt_reader_take(&r, 6);
		data = skt_reader_part(&r, (size_t)skt_reader_be(&r, 2));
		text = skt_reader_part(&data, (size_t)skt_reader_be(&data, 1));
		if (type == TXT && !text.is_short)
			skt_identity_set(&ret->words, text.at, skt_reader_left(&text));
	}
	if (ret->words.len)
		set_dns_version(ret);
	else if ((flags & 15) && (flags & 15) < SKT_COUNT(codes))
		skt_identity_say(&ret->extra, codes[flags & 15]);
	return true;
}

/* ---- NTP ---- */

/* RFC 9327 3: the variables as text; `version="ntpd ntpsec-1.2.2"`. */
static void read_ntp_variables(struct skt_reader *r, struct skt_identity *ret)
{
	size_t len = skt_reader_left(r);
	struct skt_pattern_match match;
	const char *text = (const char *)r->at;

	skt_identity_set(&ret->words, text, len);
	if (skt_pattern_finds("%*version=\"ntpd ntpsec-%v", text, len, &match)) {
		skt_identity_say(&ret->product, "NTPsec ntpd");
		skt_identity_set(&ret->version, match.version.text, match.version.len);
	} else if (skt_pattern_finds("%*version=\"ntpd %v", text, len, &match)) {
		skt_identity_say(&ret->product, "ntpd");
		skt_identity_set(&ret->version, match.version.text, match.version.len);
	}
	if (skt_pattern_finds("%*system=\"%e\"", text, len, &match))
		skt_identity_set(&ret->extra, match.extra.text, match.extra.len);
}

/* RFC 5905 7.3: of a server, with our own transmit time as its origin. */
bool skt_read_ntp(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { UNSYNCHRONIZED = 3, SERVER = 4, CONTROL = 6, ORIGIN = 24, PACKET = 48 };
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t flags = skt_reader_be(&r, 1), second = skt_reader_be(&r, 1);
	char text[32];

	if (r.is_short || !answer->udp)
		return false;
	if ((flags & 7) == SERVER && answer->size >= PACKET &&
		memcmp(answer->bytes + ORIGIN, "sockkit!", 8) == 0) {
		(void)snprintf(text, sizeof(text), "NTPv%u; stratum %u",
			(unsigned int)(flags >> 3 & 7), (unsigned int)second);
		if (flags >> 6 == UNSYNCHRONIZED)
			(void)snprintf(text, sizeof(text), "NTPv%u; unsynchronized",
				(unsigned int)(flags >> 3 & 7));
		skt_identity_say(&ret->extra, text);
		ret->follow = SKT_PROBE_NTP_VARIABLES;
	} else if ((flags & 7) == CONTROL && (second & 0xdf) == 0x82 && answer->size > 12) {
		(void)skt_reader_take(&r, 10);
		read_ntp_variables(&r, ret);
	} else {
		return false;
	}
	ret->service = "ntp";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}

/* ---- ONC RPC ---- */

/* RFC 5531 9: the reply to our call. */
bool skt_read_rpcbind(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	const uint8_t *id;
	uint64_t reply;

	if (!answer->udp)
		(void)skt_reader_take(&r, 4);
	id = skt_reader_take(&r, 4);
	reply = skt_reader_be(&r, 4);
	if (r.is_short || memcmp(id, "sckt", 4) != 0 || reply != 1)
		return false;
	ret->service = answer->port == 2049 ? "nfs" : "sunrpc";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}

/* ---- other datagrams ---- */

struct datagram {
	const char *service;
	uint16_t port; /* only there; 0: anywhere */
	uint8_t at;    /* where the sign stands */
	uint8_t size;
	const char *sign;
};

#define SIGN(text) sizeof(text) - 1, (text)

/* Answers to the questions of scan/payload.c, by what must be in them. */
static const struct datagram datagrams[] = {
	/* RFC 1350 5 */
	{"tftp", 69, 0, SIGN("\0\5")},
	{"tftp", 69, 0, SIGN("\0\3")},
	/* RFC 1002 4.2.18 */
	{"netbios-ns", 137, 0, SIGN("sk\204\0")},
	/* RFC 7296 3.1: our SPI comes back; the second behind RFC 3948's marker */
	{"isakmp", 500, 0, SIGN("sockkit!")},
	{"ipsec-nat-t", 4500, 4, SIGN("sockkit!")},
	/* ASF 2.0 3.2.4.2 */
	{"asf-rmcp", 623, 0, SIGN("\6\0\377\6\0\0\21\276\100")},
	/* MC-SQLR 2.2.5 */
	{"ms-sql-m", 1434, 0, SIGN("\5")},
	/* RFC 8489 5 */
	{"stun", 0, 4, SIGN("\41\22\244\102sockkit-stun")},
	/* RFC 8999 6: our connection IDs, the other way round, and version 0 */
	{"quic", 0, 1, SIGN("\0\0\0\0\10sockkit1\10sockkit0")},
	/* RFC 6886 3.2 */
	{"nat-pmp", 5351, 0, SIGN("\0\200")},
	/* RFC 2865 3 */
	{"radius", 1812, 0, SIGN("\2\1")},
	{"radius-acct", 1813, 0, SIGN("\5\1")},
	/* memcached's protocol.txt */
	{"memcached", 11211, 0, SIGN("sk\0\0\0\1\0\0VERSION")},
	/* BEP 5 */
	{"bittorrent", 6881, 0, SIGN("d")},
	{"bacnet", 47808, 0, SIGN("\201")},
	{"steam", 0, 0, SIGN("\377\377\377\377")},
	{"minecraft-bedrock", 0, 0, SIGN("\34\0\0\0\0\0\0\0\1")},
};

bool skt_read_datagram(const struct skt_answer *answer, struct skt_identity *ret)
{
	if (!answer->udp)
		return false;
	/* OpenVPN's protocol: a hard reset of the server, and the session that we began. */
	if (answer->size >= 14 && answer->bytes[0] >> 3 == 8 &&
		memmem(answer->bytes, answer->size, "sockkit!", 8)) {
		ret->service = "openvpn";
		ret->confidence = SKT_CONFIDENCE_MATCHED;
		return true;
	}
	for (size_t i = 0; i < SKT_COUNT(datagrams); i++) {
		const struct datagram *d = &datagrams[i];

		if ((d->port && d->port != answer->port) ||
			answer->size < (size_t)d->at + d->size ||
			memcmp(answer->bytes + d->at, d->sign, d->size) != 0)
			continue;
		ret->service = d->service;
		ret->confidence = d->size > 4 ? SKT_CONFIDENCE_MATCHED : SKT_CONFIDENCE_GREETING;
		return true;
	}
	return false;
}
