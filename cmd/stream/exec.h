/*
 * Programs that get a connection: their words, and the environment that tells them who is at the
 * other end. Both lists end with NULL and are freed with skt_exec_free().
 */
#ifndef SKT_CMD_STREAM_EXEC_H
#define SKT_CMD_STREAM_EXEC_H

#include "base/addr.h"
#include "base/err.h"

/*
 * The words of COMMAND as argv. They are separated by blanks; quotes ("..." and '...') and
 * backslashes keep blanks as in a shell, and nothing else is expanded. Errors: -EINVAL (no word, or
 * a quote that is not closed), -ENOMEM.
 */
int skt_exec_words(const char *command, char ***ret, struct skt_err *err);

/* The words that have a shell run COMMAND. -ENOMEM. */
int skt_exec_shell(const char *command, char ***ret, struct skt_err *err);

/* Whether COMMAND has words: 0, or an error as above. */
int skt_exec_check(const char *command, struct skt_err *err);

/* What TLS is spoken outside of the program. Texts may be NULL. */
struct skt_exec_tls {
	const char *version, *cipher, *alpn;
	const char *server_name; /* that the client asks for */
	const char *subject;     /* of the certificate that the other side has shown */
};

/* What accept(2) has told: a connection that was reset since does not know it any more. */
struct skt_exec_known {
	struct skt_addr peer; /* AF_UNSPEC: not known */
	uint16_t peer_port, local_port;
	bool told;             /* by a proxy: FD knows the proxy only, and is not asked at all */
	bool datagram;         /* it is of a datagram, which FD is not connected for */
	struct skt_addr local; /* where that was sent to; AF_UNSPEC: FD knows */
	const struct skt_exec_tls *tls; /* NULL: none */
};

/*
 * BASE with these about the connected socket FD in place of what was there: SOCKKIT_PROTO,
 * SOCKKIT_REMOTE_ADDR, SOCKKIT_REMOTE_PORT, SOCKKIT_LOCAL_ADDR, SOCKKIT_LOCAL_PORT, of TLS
 * SOCKKIT_TLS_VERSION, SOCKKIT_TLS_CIPHER, SOCKKIT_TLS_ALPN, SOCKKIT_TLS_SERVERNAME and
 * SOCKKIT_TLS_SUBJECT, and those of UCSPI (http://cr.yp.to/proto/ucspi.txt): PROTO, and for TCP
 * TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT; what may be there of TCPREMOTEHOST,
 * TCPREMOTEINFO and TCPLOCALHOST is removed. Control bytes of unix paths are escaped. PROTO is TCP
 * (also for TCP6, as UCSPI-TCP servers have it), UDP, UNIX or VSOCK. KNOWN is asked first, and may
 * be NULL. Errors: -ENOMEM.
 */
int skt_exec_environment(
	int fd, const struct skt_exec_known *known, char *const *base, char ***ret);

void skt_exec_free(char **list);

#endif
