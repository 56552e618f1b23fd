/* TLS inside of a talk: whoever answers is taken, and what its certificate is worth is told. */
#ifndef SKT_SCAN_TALK_TLS_H
#define SKT_SCAN_TALK_TLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/addr.h"
#include "tls/carrier.h"
#include "tls/session.h"

struct skt_talk_tls {
	struct skt_tls_socket socket;
	struct skt_tls_session *session;
	bool is_up; /* the handshake is over */
};

/* Over the connection FD to ADDR, which NAME was given for (NULL: none). -ENOMEM and others of
 * skt_tls_session_new(). */
int skt_talk_tls_new(struct skt_tls_context *context, int fd, const struct skt_addr *addr,
	const char *name, struct skt_talk_tls **ret);

/* 0: it is up; -EAGAIN; or it has failed. */
int skt_talk_tls_shake(struct skt_talk_tls *tls);

/* What poll(2) has to wait for. */
short skt_talk_tls_events(const struct skt_talk_tls *tls);

/* As recv(2) and send(2), but for the error, which is returned as -errno. */
ssize_t skt_talk_tls_read(struct skt_talk_tls *tls, void *bytes, size_t size);
ssize_t skt_talk_tls_write(struct skt_talk_tls *tls, const void *bytes, size_t size);

/* NULL is allowed; the descriptor stays open. */
void skt_talk_tls_free(struct skt_talk_tls *tls);

#endif
