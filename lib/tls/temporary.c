/* A certificate for the time of a run, which nobody has signed but its own key (RFC 5280, 4). */
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/addr.h"
#include "base/macros.h"
#include "tls/identity_internal.h"
#include "tls/name.h"

/* A clock that is a little behind shall find it valid already. */
enum { DAY_S = 86400, BEFORE_S = DAY_S, AFTER_S = 365 * DAY_S, SERIAL_SIZE = 16 };

/* The name, or address, as subjectAltName has it; NULL: it is neither, or no memory. */
static GENERAL_NAME *new_name(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	char ascii[SKT_TLS_NAME_MAX];
	struct skt_addr addr;
	ASN1_STRING *value;
	bool set = false;

	if (!name)
		return NULL;
	if (skt_addr_parse(text, strlen(text), &addr) == 0) {
		value = ASN1_OCTET_STRING_new();
		set = value &&
			ASN1_STRING_set(value, addr.bytes, addr.family == AF_INET6 ? 16 : 4) == 1;
		GENERAL_NAME_set0_value(name, GEN_IPADD, value);
	} else if (skt_tls_name_parse(text, ascii) == 0) {
		value = ASN1_IA5STRING_new();
		set = value && ASN1_STRING_set(value, ascii, -1) == 1;
		GENERAL_NAME_set0_value(name, GEN_DNS, value);
	}
	if (set)
		return name;
	GENERAL_NAME_free(name);
	return NULL;
}

static bool add_names(X509 *x509, const char *const *names, size_t count)
{
	GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();
	bool good = all != NULL;

	for (size_t i = 0; i < count && good; i++) {
		GENERAL_NAME *name = new_name(names[i]);

		if (name && !sk_GENERAL_NAME_push(all, name)) {
			GENERAL_NAME_free(name);
			good = false;
		}
	}
	if (good && sk_GENERAL_NAME_num(all))
		good = X509_add1_ext_i2d(x509, NID_subject_alt_name, all, 0, 0) == 1;
	sk_GENERAL_NAME_pop_free(all, GENERAL_NAME_free);
	return good;
}

/* What it may be used for: a server, and no authority. */
static bool add_purpose(X509 *x509)
{
	static const struct {
		int nid;
		const char *value;
	} purposes[] = {
		{NID_basic_constraints, "critical,CA:FALSE"},
		{NID_key_usage, "critical,digitalSignature"},
		{NID_ext_key_usage, "serverAuth"},
	};

	for (size_t i = 0; i < SKT_COUNT(purposes); i++) {
		X509_EXTENSION *extension =
			X509V3_EXT_conf_nid(NULL, NULL, purposes[i].nid, purposes[i].value);
		bool good = extension && X509_add_ext(x509, extension, -1) == 1;

		X509_EXTENSION_free(extension);
		if (!good)
			return false;
	}
	return true;
}

static bool set_serial(X509 *x509)
{
	unsigned char bytes[SERIAL_SIZE];
	BIGNUM *number;
	bool good;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f; /* positive (RFC 5280, 4.1.2.2) */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
	BN_free(number);
	return good;
}

static bool fill(X509 *x509, EVP_PKEY *key, const char *const *names, size_t count)
{
	X509_NAME *subject = X509_get_subject_name(x509);

	return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
		X509_gmtime_adj(X509_getm_notBefore(x509), -BEFORE_S) &&
		X509_gmtime_adj(X509_getm_notAfter(x509), AFTER_S) &&
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
			(const unsigned char *)"sockkit, temporary", -1, -1, 0) == 1 &&
		X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, key) == 1 &&
		add_purpose(x509) && add_names(x509, names, count) &&
		X509_sign(x509, key, EVP_sha256()) > 0;
}

int skt_tls_own_make(struct skt_tls_own *own, const char *const *names, size_t count)
{
	own->key = EVP_EC_gen("P-256");
	own->leaf = X509_new();
	return own->key && own->leaf && fill(own->leaf, own->key, names, count) ? 0 : -ENOMEM;
}
