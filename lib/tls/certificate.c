#include "tls/certificate.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/macros.h"
#include "tls/certificate_internal.h"
#include "tls/text.h"

/* Bytes of one name that are shown; escaped, none is longer than this. */
enum { NAME_SHOWN = 300 };

static const char *keep(struct skt_arena *arena, const void *bytes, size_t len)
{
	char text[SKT_TLS_TEXT_MAX];

	(void)skt_tls_text_escape(bytes, len, text, sizeof(text));
	return skt_arena_text(arena, text, strlen(text));
}

/* X509_NAME_print_ex() escapes what is no character of a text, NULs too; UTF-8 stays. */
static const char *keep_name(struct skt_arena *arena, const X509_NAME *name)
{
	unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *kept = NULL;
	char *text;
	long len;

	if (!bio)
		return NULL;
	if (X509_NAME_print_ex(bio, name, 0, flags) >= 0 && BIO_write(bio, "", 1) == 1) {
		len = BIO_get_mem_data(bio, &text) - 1;
		len = (long)skt_tls_text_cut(text, (size_t)len, SKT_TLS_TEXT_MAX);
		kept = skt_arena_text(arena, text, (size_t)len);
	} else {
		kept = skt_arena_text(arena, "?", 1);
	}
	BIO_free(bio);
	return kept;
}

static const char *keep_common_name(struct skt_arena *arena, X509_NAME *name)
{
	int at = -1, last = -1;
	const ASN1_STRING *text;

	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
		last = at;
	if (last < 0)
		return NULL;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
	return keep(arena, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
}

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return SKT_TLS_NO_DATE;
	return (int64_t)timegm(&tm);
}

/* ---- names ---- */

static const char *keep_address(struct skt_arena *arena, const uint8_t *bytes, size_t len)
{
	struct skt_addr addr = {.family = len == 4 ? AF_INET : AF_INET6};
	char text[SKT_ADDR_TEXT_MAX];

	if (len != 4 && len != sizeof(addr.bytes))
		return keep(arena, bytes, SKT_MIN(len, (size_t)NAME_SHOWN));
	memcpy(addr.bytes, bytes, len);
	(void)skt_addr_text(&addr, text);
	return skt_arena_text(arena, text, strlen(text));
}

static int read_names(X509 *x509, struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	int count = sk_GENERAL_NAME_num(all), r = 0;

	ret->names = skt_arena_alloc(
		arena, (size_t)SKT_MIN(SKT_MAX(count, 1), SKT_TLS_NAMES_MAX) * sizeof(*ret->names));
	if (!ret->names)
		r = -ENOMEM;
	for (int i = 0; i < count && r == 0; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		const ASN1_STRING *text;
		const char *kept;
		size_t len;

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		if (ret->names_total++ >= SKT_TLS_NAMES_MAX)
			continue;
		text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
		len = (size_t)ASN1_STRING_length(text);
		kept = name->type == GEN_DNS
			? keep(arena, ASN1_STRING_get0_data(text), SKT_MIN(len, (size_t)NAME_SHOWN))
			: keep_address(arena, ASN1_STRING_get0_data(text), len);
		if (!kept)
			r = -ENOMEM;
		else
			ret->names[ret->names_count++] = kept;
	}
	GENERAL_NAMES_free(all);
	return r;
}

/* ---- keys and digests ---- */

int skt_tls_certificate_pin(X509 *x509, struct skt_tls_pin *ret)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	int r = -EINVAL;

	if (len > 0 && EVP_Digest(der, (size_t)len, ret->digest, NULL, EVP_sha256(), NULL))
		r = 0;
	OPENSSL_free(der);
	return r;
}

static void read_fingerprint(X509 *x509, char text[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	text[0] = '\0';
	if (!X509_digest(x509, EVP_sha256(), digest, &len))
		return;
	for (unsigned int i = 0; i < len && i < 32; i++)
		(void)snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
}

static void read_key(X509 *x509, struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *type = key ? EVP_PKEY_get0_type_name(key) : NULL;
	int bits = key ? EVP_PKEY_get_bits(key) : 0;

	ret->key_type = keep(arena, type ? type : "unknown", strlen(type ? type : "unknown"));
	ret->key_bits = bits > 0 ? (uint32_t)bits : 0;
}

static const char *keep_algorithm(struct skt_arena *arena, const X509 *x509)
{
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *object;
	int nid = X509_get_signature_nid(x509);
	char text[128];

	if (nid != NID_undef)
		return keep(arena, OBJ_nid2sn(nid), strlen(OBJ_nid2sn(nid)));
	X509_get0_signature(NULL, &algorithm, x509);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	text[0] = '\0';
	(void)OBJ_obj2txt(text, sizeof(text), object, 1);
	return keep(arena, text, strlen(text));
}

static const char *keep_serial(struct skt_arena *arena, const X509 *x509)
{
	static const char digits[] = "0123456789abcdef";
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	int len = SKT_MIN(ASN1_STRING_length(serial), 64); /* RFC 5280: 20 at the most */
	char text[2 * 64 + 1], *p = text;

	for (int i = 0; i < len; i++) {
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 15];
	}
	return skt_arena_text(arena, text, (size_t)(p - text));
}

int skt_tls_certificate_read(X509 *x509, struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	struct skt_tls_certificate c = {
		.subject = keep_name(arena, X509_get_subject_name(x509)),
		.issuer = keep_name(arena, X509_get_issuer_name(x509)),
		.common_name = keep_common_name(arena, X509_get_subject_name(x509)),
		.not_before = seconds_of(X509_get0_notBefore(x509)),
		.not_after = seconds_of(X509_get0_notAfter(x509)),
		.signature = keep_algorithm(arena, x509),
		.serial = keep_serial(arena, x509),
	};

	read_key(x509, arena, &c);
	read_fingerprint(x509, c.fingerprint);
	(void)skt_tls_certificate_pin(x509, &c.pin);
	if (read_names(x509, arena, &c) || !c.subject || !c.issuer || !c.signature || !c.serial ||
		!c.key_type)
		return -ENOMEM;
	*ret = c;
	return 0;
}

int skt_tls_certificate_parse(
	const void *der, size_t len, struct skt_arena *arena, struct skt_tls_certificate *ret)
{
	const unsigned char *p = der;
	X509 *x509 = len <= LONG_MAX ? d2i_X509(NULL, &p, (long)len) : NULL;
	int r = x509 ? skt_tls_certificate_read(x509, arena, ret) : -EINVAL;

	X509_free(x509);
	ERR_clear_error();
	return r;
}
