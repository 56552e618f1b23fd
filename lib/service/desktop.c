#include <stdio.h>

#include "base/macros.h"
#include "service/reader.h"
#include "service/readers.h"

/* ---- RDP ---- */

/* MS-RDPBCGR 2.2.1.2: TPKT, the X.224 connection confirm, and what was chosen. */
bool skt_read_rdp(const struct skt_answer *answer, struct skt_identity *ret)
{
	static const char *const security[] = {"standard RDP security", "TLS", "CredSSP"};
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t tpkt = skt_reader_be(&r, 2), size = skt_reader_be(&r, 2);
	uint64_t length = skt_reader_be(&r, 1), confirm = skt_reader_be(&r, 1);
	uint64_t type, chosen;

	(void)skt_reader_take(&r, 5);
	if (r.is_short || tpkt != 0x0300 || size < 11 || size > 64 || length + 5 != size ||
		confirm != 0xd0)
		return false;
	type = skt_reader_be(&r, 1);
	(void)skt_reader_take(&r, 3);
	chosen = skt_reader_le(&r, 4);
	if (r.is_short)
		chosen = 0;
	ret->service = "ms-wbt-server";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	if (type == 3 && !r.is_short)
		skt_identity_say(&ret->extra, "negotiation refused");
	else if (chosen < SKT_COUNT(security))
		skt_identity_say(&ret->extra, security[chosen]);
	return true;
}

/* ---- SMB ---- */

/* Samba's own kind of server GUID: the name of the host, filled up with zeros; others have random
 * bytes there. */
static bool is_samba(const uint8_t *guid)
{
	size_t len = 0;

	while (len < 16 && guid[len] > ' ' && guid[len] < 127)
		len++;
	for (size_t i = len; i < 16; i++)
		if (guid[i])
			return false;
	return len > 0;
}

/* MS-SMB2 2.2.4; the NetBIOS header in front (RFC 1002 4.3.1). */
bool skt_read_smb(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { HEADER = 64, SIGNING_REQUIRED = 2 };
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t size = skt_reader_be(&r, 4), status, command, mode, dialect;
	const uint8_t *magic = skt_reader_take(&r, 4), *guid;
	char text[32];

	if (!magic || size < 32 || size > 1 << 17)
		return false;
	if (memcmp(magic, "\377SMB", 4) == 0) {
		skt_identity_say(&ret->extra, "SMB 1");
	} else if (memcmp(magic, "\376SMB", 4) == 0) {
		(void)skt_reader_take(&r, 4);
		status = skt_reader_le(&r, 4);
		command = skt_reader_le(&r, 2);
		(void)skt_reader_take(&r, HEADER - 14);
		(void)skt_reader_take(&r, 2);
		mode = skt_reader_le(&r, 2);
		dialect = skt_reader_le(&r, 2);
		if (command)
			return false;
		if (status || r.is_short) {
			skt_identity_say(&ret->extra, "SMB 2");
		} else {
			(void)snprintf(text, sizeof(text), "dialect %u.%u.%u",
				(unsigned int)(dialect >> 8 & 15),
				(unsigned int)(dialect >> 4 & 15), (unsigned int)(dialect & 15));
			skt_identity_say(&ret->extra, text);
			if (mode & SIGNING_REQUIRED)
				skt_identity_add(&ret->extra, "", "signing required", 16);
			(void)skt_reader_take(&r, 2);
			guid = skt_reader_take(&r, 16);
			if (guid && is_samba(guid))
				skt_identity_say(&ret->product, "Samba smbd");
		}
	} else {
		return false;
	}
	ret->service = "microsoft-ds";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}

/* ---- Telnet ---- */

/* RFC 854, 855: options are negotiated first, by three bytes each, and then text comes. */
bool skt_read_telnet(const struct skt_answer *answer, struct skt_identity *ret)
{
	enum { IAC = 255, WILL = 251, DONT = 254 };
	const uint8_t *bytes = answer->bytes;
	size_t at = 0;

	while (at + 3 <= answer->size && bytes[at] == IAC && bytes[at + 1] >= WILL &&
		bytes[at + 1] <= DONT)
		at += 3;
	if (!at)
		return false;
	ret->service = "telnet";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	if (at < answer->size && bytes[at] != IAC)
		skt_identity_set(&ret->words, bytes + at, answer->size - at);
	return true;
}
