#include "tls/verdict.h"

const char *const skt_tls_reason_names[SKT_TLS_REASONS] = {
	[SKT_TLS_VERIFIED] = "verified",
	[SKT_TLS_NO_CERTIFICATE] = "no-certificate",
	[SKT_TLS_PIN_DIFFERS] = "pin-differs",
	[SKT_TLS_REVOKED] = "revoked",
	[SKT_TLS_EXPIRED] = "expired",
	[SKT_TLS_NOT_YET_VALID] = "not-yet-valid",
	[SKT_TLS_SELF_SIGNED] = "self-signed",
	[SKT_TLS_UNKNOWN_ISSUER] = "unknown-issuer",
	[SKT_TLS_NAME_MISMATCH] = "name-mismatch",
	[SKT_TLS_WEAK_KEY] = "weak-key",
	[SKT_TLS_WEAK_SIGNATURE] = "weak-signature",
	[SKT_TLS_WRONG_PURPOSE] = "wrong-purpose",
	[SKT_TLS_INVALID] = "invalid",
};
