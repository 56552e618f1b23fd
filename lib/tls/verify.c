#include "tls/verify.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "tls/certificate_internal.h"
#include "tls/text.h"

/* Keys and signatures of less than 112 bits of strength are too weak (NIST SP 800-57). */
enum { AUTH_LEVEL = 2 };

/* ---- objections ---- */

static const struct {
	int error; /* X509_V_ERR_* */
	enum skt_tls_reason reason;
} known[] = {
	{X509_V_ERR_CERT_HAS_EXPIRED, SKT_TLS_EXPIRED},
	{X509_V_ERR_CERT_NOT_YET_VALID, SKT_TLS_NOT_YET_VALID},
	{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SKT_TLS_SELF_SIGNED},
	{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SKT_TLS_UNKNOWN_ISSUER},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SKT_TLS_UNKNOWN_ISSUER},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SKT_TLS_UNKNOWN_ISSUER},
	{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, SKT_TLS_UNKNOWN_ISSUER},
	{X509_V_ERR_HOSTNAME_MISMATCH, SKT_TLS_NAME_MISMATCH},
	{X509_V_ERR_IP_ADDRESS_MISMATCH, SKT_TLS_NAME_MISMATCH},
	{X509_V_ERR_EE_KEY_TOO_SMALL, SKT_TLS_WEAK_KEY},
	{X509_V_ERR_CA_KEY_TOO_SMALL, SKT_TLS_WEAK_KEY},
	{X509_V_ERR_CA_MD_TOO_WEAK, SKT_TLS_WEAK_SIGNATURE},
	{X509_V_ERR_CERT_REVOKED, SKT_TLS_REVOKED},
	{X509_V_ERR_INVALID_PURPOSE, SKT_TLS_WRONG_PURPOSE},
	{X509_V_ERR_INVALID_CA, SKT_TLS_WRONG_PURPOSE},
	{X509_V_ERR_PATH_LENGTH_EXCEEDED, SKT_TLS_WRONG_PURPOSE},
	{X509_V_ERR_KEYUSAGE_NO_CERTSIGN, SKT_TLS_WRONG_PURPOSE},
};

static enum skt_tls_reason reason_of(int error)
{
	for (size_t i = 0; i < SKT_COUNT(known); i++)
		if (known[i].error == error)
			return known[i].reason;
	return SKT_TLS_INVALID;
}

/* The names that it offers, as many as there is room for. */
static void put_names(char *text, size_t size, const struct skt_tls_certificate *certificate)
{
	size_t used = 0, i;

	text[0] = '\0';
	for (i = 0; i < certificate->names_count; i++) {
		const char *name = certificate->names[i];

		if (used + strlen(name) + sizeof(", and 4294967295 more") > size)
			break;
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
	}
	if (i < certificate->names_total)
		(void)snprintf(text + used, size - used, i ? ", and %zu more" : "%zu other names",
			certificate->names_total - i);
}

static void tell_mismatch(const struct skt_tls_judge *judge, const struct skt_tls_certificate *c,
	char *text, size_t size)
{
	char names[320], addr[SKT_ADDR_TEXT_MAX];
	const char *wanted = judge->expected.name ? judge->expected.name
						  : skt_addr_text(judge->expected.address, addr);

	if (c->names_total == 0) {
		(void)snprintf(text, size, "has no subjectAltName, so it is not for %s%s%s", wanted,
			c->common_name ? "; its CN does not count: " : "",
			c->common_name ? c->common_name : "");
		return;
	}
	put_names(names, sizeof(names), c);
	(void)snprintf(text, size, "is for %s, not for %s", names, wanted);
}

/* One line on what is wrong with CERTIFICATE, which the peer's ones is, or another of the chain. */
static void tell(const struct skt_tls_judge *judge, int error, enum skt_tls_reason reason,
	const struct skt_tls_certificate *c, char *text, size_t size)
{
	char date[SKT_TLS_DATE_MAX];

	switch (reason) {
	case SKT_TLS_EXPIRED:
		(void)snprintf(text, size, "expired on %s", skt_tls_date_text(c->not_after, date));
		return;
	case SKT_TLS_NOT_YET_VALID:
		(void)snprintf(text, size, "is not valid until %s",
			skt_tls_date_text(c->not_before, date));
		return;
	case SKT_TLS_SELF_SIGNED:
		(void)snprintf(text, size, "is self-signed, and not known here");
		return;
	case SKT_TLS_UNKNOWN_ISSUER:
		(void)snprintf(text, size, "%s%s%s%s",
			judge->lacks_authorities ? judge->lacks_authorities : "",
			judge->lacks_authorities ? ": " : "",
			error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
				? "is of an authority that is not trusted here: "
				: "is of an issuer that is not known here: ",
			c->issuer);
		return;
	case SKT_TLS_NAME_MISMATCH:
		tell_mismatch(judge, c, text, size);
		return;
	case SKT_TLS_WEAK_KEY:
		(void)snprintf(text, size, "has a key that is too weak: %s of %u bits", c->key_type,
			c->key_bits);
		return;
	case SKT_TLS_WEAK_SIGNATURE:
		(void)snprintf(text, size, "has a signature that is too weak: %s", c->signature);
		return;
	case SKT_TLS_VERIFIED:
	case SKT_TLS_NO_CERTIFICATE:
	case SKT_TLS_PIN_DIFFERS:
	case SKT_TLS_REVOKED:
	case SKT_TLS_WRONG_PURPOSE:
	case SKT_TLS_INVALID:
	case SKT_TLS_REASONS:
		break;
	}
	(void)snprintf(text, size, "%s", X509_verify_cert_error_string(error));
}

static void object(struct skt_tls_judge *judge, int error, int depth, X509 *x509)
{
	struct skt_tls_verdict *verdict = &judge->verdict;
	enum skt_tls_reason reason = reason_of(error);
	struct skt_tls_certificate certificate;
	struct skt_arena arena = {0};
	bool first = verdict->reasons == 0 || reason < verdict->reason;
	size_t used = 0;

	verdict->reasons |= UINT32_C(1) << reason;
	if (!first)
		return;
	verdict->reason = reason;
	verdict->text[0] = '\0';
	if (!x509 || skt_tls_certificate_read(x509, &arena, &certificate)) {
		(void)snprintf(verdict->text, sizeof(verdict->text), "%s",
			X509_verify_cert_error_string(error));
	} else {
		bool named = depth > 0 && reason != SKT_TLS_UNKNOWN_ISSUER;

		/* Of the others in the chain it is to be said which. */
		if (named)
			used = (size_t)snprintf(verdict->text, sizeof(verdict->text) / 2,
				"issuer %s ", certificate.subject);
		used = SKT_MIN(used, sizeof(verdict->text) / 2 - 1);
		tell(judge, error, reason, &certificate, verdict->text + used,
			sizeof(verdict->text) - used);
	}
	skt_arena_fini(&arena);
}

static struct skt_tls_judge *judge_of(X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());

	return SSL_get_app_data(ssl);
}

/* Each thing that is wrong is told to this; that it says yes has the others told too. */
static int objection(int ok, X509_STORE_CTX *ctx)
{
	if (!ok)
		object(judge_of(ctx), X509_STORE_CTX_get_error(ctx),
			X509_STORE_CTX_get_error_depth(ctx), X509_STORE_CTX_get_current_cert(ctx));
	return 1;
}

/* ---- judging ---- */

static void judge_pin(struct skt_tls_judge *judge, X509 *x509)
{
	const struct skt_tls_expected *expected = &judge->expected;
	char text[SKT_TLS_PIN_TEXT_MAX];
	struct skt_tls_pin pin = {0};

	if (skt_tls_certificate_pin(x509, &pin) == 0)
		for (size_t i = 0; i < expected->pins_count; i++)
			if (memcmp(&pin, &expected->pins[i], sizeof(pin)) == 0)
				return;
	judge->verdict.reason = SKT_TLS_PIN_DIFFERS;
	judge->verdict.reasons |= UINT32_C(1) << SKT_TLS_PIN_DIFFERS;
	(void)snprintf(judge->verdict.text, sizeof(judge->verdict.text),
		"has another key than the pin says: %s", skt_tls_pin_text(&pin, text));
}

/* The first of errors decides which alert the peer gets. */
static int alert_error(enum skt_tls_reason reason)
{
	for (size_t i = 0; i < SKT_COUNT(known); i++)
		if (known[i].reason == reason)
			return known[i].error;
	return X509_V_ERR_APPLICATION_VERIFICATION;
}

static int judge_chain(X509_STORE_CTX *ctx, struct skt_tls_judge *judge)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	const struct skt_tls_expected *expected = &judge->expected;
	bool v6 = expected->address && expected->address->family == AF_INET6;

	X509_STORE_CTX_set_verify_cb(ctx, objection);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	/* What the user trusts is trusted, be it a root or not. */
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	/* RFC 9525: the names are in subjectAltName, and a wildcard is a whole label. */
	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (expected->name && !X509_VERIFY_PARAM_set1_host(param, expected->name, 0))
		return 0;
	if (expected->address && !expected->name &&
		!X509_VERIFY_PARAM_set1_ip(param, expected->address->bytes, v6 ? 16 : 4))
		return 0;
	return X509_verify_cert(ctx) > 0;
}

/* In place of X509_verify_cert(): 1 lets the handshake go on. */
static int judge_certificate(X509_STORE_CTX *ctx, void *arg SKT_UNUSED)
{
	struct skt_tls_judge *judge = judge_of(ctx);
	struct skt_tls_verdict *verdict = &judge->verdict;
	const struct skt_tls_expected *expected = &judge->expected;

	*verdict = (struct skt_tls_verdict){0};
	verdict->by_pin = expected->pins_count && !expected->chain_too;
	if (expected->pins_count)
		judge_pin(judge, X509_STORE_CTX_get0_cert(ctx));
	if (!verdict->by_pin && !judge_chain(ctx, judge) && verdict->reasons == 0)
		object(judge, X509_STORE_CTX_get_error(ctx), 0, NULL);
	ERR_clear_error();
	if (verdict->reasons == 0 || judge->report) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(ctx, alert_error(verdict->reason));
	return 0;
}

void skt_tls_verify_install(SSL_CTX *ctx)
{
	SSL_CTX_set_cert_verify_callback(ctx, judge_certificate, NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}
