#include "scan/payload.h"

#include <string.h>

#include "base/macros.h"

struct payload {
	uint16_t ports[4]; /* 0: no more */
	uint16_t size;     /* padded with zeros to so many bytes */
	uint16_t length;
	const char *bytes;
};

/* The bytes of a literal, without the NUL behind them. */
#define BYTES(text) .length = sizeof(text) - 1, .bytes = (text)

#define CRLF "\r\n"

static const struct payload payloads[] = {
	/* RFC 862, 865, 864, 867, 868 */
	{{7, 9, 13, 17}, BYTES("sockkit" CRLF)},
	{{19, 37}, BYTES(CRLF)},
	/* RFC 1035 4.1: the name servers of the root */
	{{53}, BYTES("sk\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1")},
	/* RFC 1350: read a file that is not there */
	{{69}, BYTES("\0\1sockkit\0octet\0")},
	/* RFC 5531 and 1833: procedure 0 of the port mapper, of NFS */
	{{111}, BYTES("sckt\0\0\0\0\0\0\0\2\0\1\206\240\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
	{{2049},
		BYTES("sckt\0\0\0\0\0\0\0\2\0\1\206\243\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
	/* RFC 5905: a client's packet, version 4 */
	{{123}, .size = 48, BYTES("\43")},
	/* RFC 1002 4.2.17: node status of `*` */
	{{137}, BYTES("sk\0\0\0\1\0\0\0\0\0\0\40CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\41\0\1")},
	/* RFC 1157: sysDescr.0 of `public` */
	{{161},
		BYTES("\60\51\2\1\0\4\6public\240\34\2\4skit\2\1\0\2\1\0\60\16\60\14\6\10"
		      "\53\6\1\2\1\1\1\0\5\0")},
	/* XDMCP 1.1: query without names of authentication */
	{{177}, BYTES("\0\1\0\2\0\1\0")},
	/* RFC 4511 and MS-ADTS 6.3.3: the root DSE */
	{{389}, BYTES("\60\45\2\1\1\143\40\4\0\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\13objectClass\60\0")},
	/* RFC 8999 6, RFC 9000 6: a version that nobody has; the server names those it has */
	{{443, 8443, 784}, .size = 1200, BYTES("\300\32\52\72\112\10sockkit0\10sockkit1")},
	/* RFC 7296 3.1: IKE_SA_INIT without payloads; the second behind RFC 3948's marker */
	{{500}, BYTES("sockkit!\0\0\0\0\0\0\0\0\0\40\42\10\0\0\0\0\0\0\0\34")},
	{{4500}, BYTES("\0\0\0\0sockkit!\0\0\0\0\0\0\0\0\0\40\42\10\0\0\0\0\0\0\0\34")},
	/* RFC 2453 3.9.1: the whole table */
	{{520}, BYTES("\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20")},
	/* ASF 2.0 3.2.4.3: presence ping of RMCP */
	{{623}, BYTES("\6\0\377\6\0\0\21\276\200\0\0\0")},
	/* The protocol of OpenVPN: hard reset of a client */
	{{1194}, BYTES("\70sockkit!\0\0\0\0\0")},
	/* MC-SQLR 2.2.2: all instances */
	{{1434}, BYTES("\2")},
	/* RFC 5997: Status-Server */
	{{1812, 1813, 1645, 1646}, BYTES("\14\1\0\24sockkit-sockkit!")},
	/* UPnP Device Architecture 1.1, 1.3.2 */
	{{1900},
		BYTES("M-SEARCH * HTTP/1.1" CRLF "HOST: 239.255.255.250:1900" CRLF
		      "MAN: \"ssdp:discover\"" CRLF "MX: 1" CRLF "ST: ssdp:all" CRLF CRLF)},
	/* 3GPP TS 29.060 7.2.1, TS 29.281 7.2.1: echo request */
	{{2123, 2152}, BYTES("\62\1\0\4\0\0\0\0sk\0\0")},
	/* RFC 8489 5: binding request */
	{{3478, 3479, 19302}, BYTES("\0\1\0\0\41\22\244\102sockkit-stun")},
	/* WS-Discovery 1.1 5.2 */
	{{3702},
		BYTES("<?xml version=\"1.0\"?><e:Envelope "
		      "xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" "
		      "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
		      "xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><e:Header>"
		      "<a:MessageID>uuid:736f636b-6b69-4000-8000-736f636b6b69</a:MessageID>"
		      "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>"
		      "http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header>"
		      "<e:Body><d:Probe/></e:Body></e:Envelope>")},
	/* RFC 3261 11 */
	{{5060},
		BYTES("OPTIONS sip:sockkit SIP/2.0" CRLF
		      "Via: SIP/2.0/UDP sockkit;branch=z9hG4bKsockkit;rport" CRLF
		      "From: <sip:sockkit@sockkit>;tag=sockkit" CRLF
		      "To: <sip:sockkit@sockkit>" CRLF "Call-ID: sockkit" CRLF
		      "CSeq: 1 OPTIONS" CRLF "Contact: <sip:sockkit@sockkit>" CRLF
		      "Max-Forwards: 70" CRLF "Content-Length: 0" CRLF CRLF)},
	/* RFC 6886 3.2: the external address */
	{{5351}, BYTES("\0\0")},
	/* RFC 6763 9, RFC 6762 5.4: which services there are, answered directly */
	{{5353}, BYTES("sk\0\0\0\1\0\0\0\0\0\0\11_services\7_dns-sd\4_udp\5local\0\0\14\200\1")},
	/* RFC 4795 2.1: localhost */
	{{5355}, BYTES("sk\0\0\0\1\0\0\0\0\0\0\11localhost\0\0\1\0\1")},
	/* pcAnywhere: query of the name */
	{{5632}, BYTES("NQ")},
	/* RFC 7252 3, RFC 6690: GET /.well-known/core */
	{{5683}, BYTES("\100\1sk\273.well-known\4core")},
	/* BEP 5: ping */
	{{6881}, BYTES("d1:ad2:id20:sockkit-sockkit-sockke1:q4:ping1:t2:sk1:y1:qe")},
	/* Ubiquiti's discovery */
	{{10001}, BYTES("\1\0\0\0")},
	/* memcached's protocol.txt, UDP */
	{{11211}, BYTES("sk\0\0\0\1\0\0version" CRLF)},
	/* RakNet: unconnected ping */
	{{19132, 19133},
		BYTES("\1\0\0\0\0\0\0\0\1\0\377\377\0\376\376\376\376\375\375\375\375\22\64\126"
		      "\170sockkit!")},
	/* Valve's server queries: A2S_INFO */
	{{27015, 27016}, BYTES("\377\377\377\377TSource Engine Query\0")},
	/* id Tech 3 */
	{{27960}, BYTES("\377\377\377\377getstatus")},
	/* ASHRAE 135 annex J: name of any device */
	{{47808}, BYTES("\201\12\0\21\1\4\0\5\1\14\14\2\77\377\377\31\113")},
};

size_t skt_payload_for(uint16_t port, uint8_t bytes[SKT_PAYLOAD_MAX])
{
	for (size_t i = 0; port && i < SKT_COUNT(payloads); i++) {
		const struct payload *p = &payloads[i];
		size_t size = SKT_MAX(p->size, p->length);

		for (size_t j = 0; j < SKT_COUNT(p->ports); j++) {
			if (p->ports[j] != port)
				continue;
			memset(bytes, 0, size);
			memcpy(bytes, p->bytes, p->length);
			return size;
		}
	}
	return 0;
}

uint16_t skt_payload_answered(const uint8_t *bytes, size_t size)
{
	enum { TFTP = 69, ERROR = 5, ERROR_MAX = 8, TEXT_AT = 4 };

	/* RFC 1350 4 and 5: opcode, code (RFC 2347 has the last), words and a NUL. */
	if (size <= TEXT_AT || bytes[0] || bytes[1] != ERROR || bytes[2] || bytes[3] > ERROR_MAX)
		return 0;
	for (size_t i = TEXT_AT; i < size && bytes[i]; i++)
		if (bytes[i] < ' ' && bytes[i] != '\r' && bytes[i] != '\n')
			return 0;
	return TFTP;
}
