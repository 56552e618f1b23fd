/* What kind of failure a TLS session, or its configuration, had. */
#ifndef SKT_TLS_FAILURE_H
#define SKT_TLS_FAILURE_H

/* The code of a struct skt_err with domain SKT_ERR_TLS. */
enum skt_tls_failure {
	SKT_TLS_LACKING = 1, /* built without OpenSSL */
	SKT_TLS_CONFIGURED,  /* a file or an option of this side */
	SKT_TLS_PLAINTEXT,   /* the peer speaks, but no TLS */
	SKT_TLS_CUT,         /* the connection ended, or was reset, in the middle */
	SKT_TLS_ALERT,       /* the peer has refused, and said why */
	SKT_TLS_VERSION,     /* no version, or cipher, that both sides allow */
	SKT_TLS_UNVERIFIED,  /* the certificate; see skt_tls_session_verdict() */
	SKT_TLS_BROKEN,      /* what the peer sent breaks the protocol */
	SKT_TLS_TRANSPORT,   /* the carrier failed otherwise: the text has its errno */
	SKT_TLS_FAILURES,
};

/* In a word, as rows have it: "no-tls", "tls-cut", "tls-alert", ...; NULL for 0. */
extern const char *const skt_tls_failure_names[SKT_TLS_FAILURES];

#endif
