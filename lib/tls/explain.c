#include "tls/explain.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "tls/text.h"

enum { FIRST_TYPE = 20, LAST_TYPE = 24, MAJOR_VERSION = 3 }; /* of a record */

const char *skt_tls_library_words(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_error());

	return words ? words : "nothing is known of the reason";
}

bool skt_tls_is_plaintext(const uint8_t *first, size_t len)
{
	if (len && (first[0] < FIRST_TYPE || first[0] > LAST_TYPE))
		return true;
	return len > 1 && first[1] != MAJOR_VERSION;
}

static int fail(struct skt_err *err, int errnum, enum skt_tls_failure failure, const char *words)
{
	return skt_fail_domain(err, errnum, SKT_ERR_TLS, (int)failure, NULL, "%s", words);
}

static int explain_plaintext(const struct skt_tls_trouble *trouble, struct skt_err *err)
{
	char text[4 * SKT_TLS_FIRST_MAX + 1];
	size_t len = 0;

	while (len < trouble->first_len && trouble->first[len] != '\r' &&
		trouble->first[len] != '\n')
		len++;
	(void)skt_tls_text_escape(trouble->first, len, text, sizeof(text));
	return skt_fail_domain(err, EPROTO, SKT_ERR_TLS, SKT_TLS_PLAINTEXT, NULL,
		"the other side does not speak TLS: it says '%s'", text);
}

static int explain_carrier(const struct skt_tls_trouble *trouble, struct skt_err *err)
{
	int errnum = -trouble->carrier_error;

	if (errnum == ECONNRESET || errnum == EPIPE)
		return fail(err, errnum, SKT_TLS_CUT,
			trouble->handshake ? "the other side reset the connection in the handshake"
					   : "the other side reset the connection");
	return skt_fail_domain(err, errnum, SKT_ERR_TLS, SKT_TLS_TRANSPORT, strerror(errnum),
		"the connection failed");
}

/* What a client minds of us. */
static const char *advice_to_server(int alert)
{
	switch (alert) {
	case SSL_AD_UNKNOWN_CA:
		return ": it does not know who signed our certificate";
	case SSL_AD_HANDSHAKE_FAILURE:
		return ": no cipher in common, or it expects another certificate";
	case SSL_AD_PROTOCOL_VERSION:
		return ": it takes none of our versions";
	}
	return "";
}

/* What to do about it, where that is known. */
static const char *advice(const struct skt_tls_trouble *trouble, int alert)
{
	if (trouble->server)
		return advice_to_server(alert);
	switch (alert) {
	case SSL_AD_HANDSHAKE_FAILURE:
		return ": no cipher in common, or it wants a certificate";
	case SSL_AD_PROTOCOL_VERSION:
		return ": it takes none of our versions";
	case SSL_AD_CERTIFICATE_REQUIRED:
		return ": it wants a certificate of ours";
	case SSL_AD_UNRECOGNIZED_NAME:
		return ": it does not know this server name";
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		return ": it has none of the protocols asked for";
	}
	return "";
}

/* OpenSSL 3.0 does not name those of TLS 1.3 (RFC 8446, 6). */
static const char *name_of(int alert)
{
	switch (alert) {
	case SSL_AD_MISSING_EXTENSION:
		return "missing extension";
	case SSL_AD_CERTIFICATE_REQUIRED:
		return "certificate required";
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		return "no application protocol";
	}
	return SSL_alert_desc_string_long(alert);
}

static int explain_alert(const struct skt_tls_trouble *trouble, int alert, struct skt_err *err)
{
	return skt_fail_domain(err, EPROTO, SKT_ERR_TLS,
		alert == SSL_AD_PROTOCOL_VERSION ? SKT_TLS_VERSION : SKT_TLS_ALERT, NULL,
		"the other side refuses with the alert '%s'%s", name_of(alert),
		advice(trouble, alert));
}

static int explain_end(const struct skt_tls_trouble *trouble, struct skt_err *err)
{
	if (!trouble->handshake)
		return fail(err, ENOLINK, SKT_TLS_CUT,
			"the connection ended without a close_notify: data may be missing");
	return fail(err, EPROTO, SKT_TLS_CUT,
		trouble->first_len
			? "the other side closed the connection in the middle of the handshake"
			: "the other side closed the connection at the beginning of the handshake");
}

int skt_tls_explain(const struct skt_tls_trouble *trouble, struct skt_err *err)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
	const char *words = ERR_reason_error_string(code);

	if (trouble->handshake && skt_tls_is_plaintext(trouble->first, trouble->first_len))
		return explain_plaintext(trouble, err);
	if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
		return explain_alert(trouble, reason - SSL_AD_REASON_OFFSET, err);
	if (trouble->carrier_error)
		return explain_carrier(trouble, err);
	if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (trouble->ended && !code))
		return explain_end(trouble, err);
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_WRONG_SSL_VERSION:
		return fail(err, EPROTO, SKT_TLS_VERSION,
			"the other side has no version of TLS that is allowed here");
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
		return fail(err, EPROTO, SKT_TLS_VERSION, "no cipher in common");
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return fail(err, EPROTO, SKT_TLS_VERSION,
			"the other side offers none of our protocols (ALPN)");
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return fail(err, EACCES, SKT_TLS_UNVERIFIED, "the other side has no certificate");
	}
	return skt_fail_domain(err, EPROTO, SKT_ERR_TLS, SKT_TLS_BROKEN,
		words ? words : "nothing is known of the reason", "TLS went wrong");
}
