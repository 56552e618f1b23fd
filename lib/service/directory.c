#include <stdio.h>

#include "base/macros.h"
#include "service/reader.h"
#include "service/readers.h"

/* X.690: the tags that are used here. */
enum {
	INTEGER = 2,
	OCTETS = 4,
	OID = 6,
	ENUMERATED = 10,
	SEQUENCE = 0x30,
	SET = 0x31,
	SNMP_RESPONSE = 0xa2,
	SNMP_REPORT = 0xa8,
	LDAP_ENTRY = 0x64,
	LDAP_DONE = 0x65,
	LDAP_EXTENDED = 0x78,
};

/* The content of the next element, whose tag must be TAG; one that is cut has what is there. */
static struct skt_reader enter(struct skt_reader *r, unsigned int tag)
{
	struct skt_reader part = {.is_short = true};
	uint64_t size;

	if (skt_reader_be(r, 1) != tag || r->is_short)
		return part;
	size = skt_reader_be(r, 1);
	if (size > 0x84 || size == 0x80)
		return part;
	if (size > 0x80)
		size = skt_reader_be(r, (size_t)size - 0x80);
	if (r->is_short)
		return part;
	return skt_reader_part(r, SKT_MIN((size_t)size, skt_reader_left(r)));
}

static unsigned int next_tag(const struct skt_reader *r)
{
	return !r->is_short && skt_reader_left(r) ? *r->at : 0;
}

/* Of INTEGER or ENUMERATED, the last 8 bytes. */
static uint64_t number(struct skt_reader *r, unsigned int tag)
{
	struct skt_reader part = enter(r, tag);
	uint64_t value = 0;

	r->is_short = r->is_short || part.is_short;
	while (!part.is_short && skt_reader_left(&part))
		value = value << 8 | skt_reader_be(&part, 1);
	return value;
}

static bool is_text(const struct skt_reader *r, const char *text)
{
	return skt_reader_left(r) == strlen(text) && memcmp(r->at, text, strlen(text)) == 0;
}

/* ---- LDAP ---- */

/* PartialAttribute (RFC 4511 4.1.7), of which the first value counts. */
static void read_attribute(struct skt_reader *attributes, struct skt_identity *ret)
{
	struct skt_reader attribute = enter(attributes, SEQUENCE);
	struct skt_reader name = enter(&attribute, OCTETS), values = enter(&attribute, SET);
	struct skt_reader value = enter(&values, OCTETS);

	attributes->is_short = attributes->is_short || attribute.is_short;
	if (name.is_short || value.is_short)
		return;
	if (is_text(&name, "structuralObjectClass") && is_text(&value, "OpenLDAProotDSE"))
		skt_identity_say(&ret->product, "OpenLDAP");
	else if (is_text(&name, "vendorName"))
		skt_identity_set(&ret->product, value.at, skt_reader_left(&value));
	else if (is_text(&name, "vendorVersion"))
		skt_identity_set(&ret->version, value.at, skt_reader_left(&value));
	else if (is_text(&name, "isGlobalCatalogReady"))
		skt_identity_say(&ret->product, "Microsoft Active Directory");
	else if (is_text(&name, "dnsHostName"))
		skt_identity_add(&ret->extra, "host ", value.at, skt_reader_left(&value));
}

/* RFC 4511: LDAPMessage with an entry, or the result of the search. */
bool skt_read_ldap(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	struct skt_reader message = enter(&r, SEQUENCE), entry, attributes;
	uint64_t id = number(&message, INTEGER), code;
	unsigned int tag = next_tag(&message);

	if (message.is_short || id > 1)
		return false;
	if (tag == LDAP_ENTRY) {
		entry = enter(&message, LDAP_ENTRY);
		(void)enter(&entry, OCTETS);
		attributes = enter(&entry, SEQUENCE);
		if (entry.is_short)
			return false;
		while (!attributes.is_short && skt_reader_left(&attributes))
			read_attribute(&attributes, ret);
	} else if (tag == LDAP_DONE || tag == LDAP_EXTENDED) {
		entry = enter(&message, tag);
		code = number(&entry, ENUMERATED);
		(void)enter(&entry, OCTETS);
		attributes = enter(&entry, OCTETS);
		if (entry.is_short || code > 123)
			return false;
		skt_identity_set(&ret->words, attributes.at, skt_reader_left(&attributes));
	} else {
		return false;
	}
	ret->service = "ldap";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}

bool skt_ldap_is_complete(const struct skt_answer *answer)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	uint64_t size;

	(void)skt_reader_be(&r, 1);
	size = skt_reader_be(&r, 1);
	if (size > 0x80 && size <= 0x84)
		size = skt_reader_be(&r, (size_t)size - 0x80);
	return !r.is_short && skt_reader_left(&r) >= size;
}

/* ---- SNMP ---- */

/* Net-SNMP's agent, by its enterprise: 1.3.6.1.4.1.8072; 0 bytes: no OID of an enterprise. */
static void read_enterprise(const struct skt_reader *oid, struct skt_identity *ret)
{
	static const uint8_t enterprises[] = {0x2b, 6, 1, 4, 1};
	struct skt_reader r = *oid;
	uint64_t enterprise = 0, part;
	char text[40];

	if (skt_reader_left(&r) <= sizeof(enterprises) ||
		memcmp(r.at, enterprises, sizeof(enterprises)) != 0)
		return;
	(void)skt_reader_take(&r, sizeof(enterprises));
	do {
		part = skt_reader_be(&r, 1);
		enterprise = enterprise << 7 | (part & 0x7f);
	} while (part & 0x80 && enterprise < 1 << 24);
	if (enterprise == 8072) {
		skt_identity_say(&ret->product, "net-snmp");
	} else {
		(void)snprintf(text, sizeof(text), "%u", (unsigned int)enterprise);
		skt_identity_add(&ret->extra, "enterprise ", text, strlen(text));
	}
}

/* A list of names and values: of sysDescr.0 and sysObjectID.0 (RFC 3418). */
static void read_bindings(struct skt_reader *bindings, struct skt_identity *ret)
{
	while (!bindings->is_short && skt_reader_left(bindings)) {
		struct skt_reader binding = enter(bindings, SEQUENCE), value;

		(void)enter(&binding, OID);
		if (next_tag(&binding) == OCTETS) {
			value = enter(&binding, OCTETS);
			skt_identity_set(&ret->words, value.at, skt_reader_left(&value));
		} else if (next_tag(&binding) == OID) {
			value = enter(&binding, OID);
			read_enterprise(&value, ret);
		} else if (binding.is_short) {
			return;
		}
	}
}

/* RFC 3411 5: an engine's id begins with the number of an enterprise. */
static bool read_engine(struct skt_reader *message, struct skt_identity *ret)
{
	struct skt_reader header = enter(message, SEQUENCE), usm = enter(message, OCTETS);
	struct skt_reader security = enter(&usm, SEQUENCE), engine = enter(&security, OCTETS);
	uint64_t enterprise = skt_reader_be(&engine, 4) & 0x7fffffff;
	char text[40];

	if (header.is_short || security.is_short || engine.is_short)
		return false;
	skt_identity_say(&ret->extra, "SNMPv3");
	if (enterprise == 8072) {
		skt_identity_say(&ret->product, "net-snmp");
	} else {
		(void)snprintf(text, sizeof(text), "%u", (unsigned int)enterprise);
		skt_identity_add(&ret->extra, "enterprise ", text, strlen(text));
	}
	return true;
}

/* RFC 1157, RFC 3416, RFC 3412. */
bool skt_read_snmp(const struct skt_answer *answer, struct skt_identity *ret)
{
	struct skt_reader r = skt_reader_of(answer->bytes, answer->size);
	struct skt_reader message = enter(&r, SEQUENCE), pdu, bindings;
	uint64_t version = number(&message, INTEGER);

	if (!answer->udp || message.is_short)
		return false;
	if (version == 3) {
		if (!read_engine(&message, ret))
			return false;
	} else if (version <= 1) {
		(void)enter(&message, OCTETS);
		pdu = enter(&message, SNMP_RESPONSE);
		if (pdu.is_short)
			return false;
		for (int i = 0; i < 3; i++)
			(void)number(&pdu, INTEGER);
		bindings = enter(&pdu, SEQUENCE);
		if (pdu.is_short)
			return false;
		skt_identity_say(&ret->extra, version ? "SNMPv2c; public" : "SNMPv1; public");
		read_bindings(&bindings, ret);
	} else {
		return false;
	}
	ret->service = "snmp";
	ret->confidence = SKT_CONFIDENCE_MATCHED;
	return true;
}
