#include "tls/failure.h"

const char *const skt_tls_failure_names[SKT_TLS_FAILURES] = {
	[SKT_TLS_LACKING] = "tls-lacking",
	[SKT_TLS_CONFIGURED] = "tls-options",
	[SKT_TLS_PLAINTEXT] = "no-tls",
	[SKT_TLS_CUT] = "tls-cut",
	[SKT_TLS_ALERT] = "tls-alert",
	[SKT_TLS_VERSION] = "tls-version",
	[SKT_TLS_UNVERIFIED] = "unverified",
	[SKT_TLS_BROKEN] = "tls-broken",
	[SKT_TLS_TRANSPORT] = "tls-transport",
};
