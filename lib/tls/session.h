/*
 * One TLS connection over a carrier, on either side. Nothing blocks, and nothing is timed: whoever
 * runs the loop has the deadline. An operation that says -EAGAIN is called again with the same
 * arguments, or new ones, once the carrier is ready for what it wants (skt_tls_session_wants()).
 *
 * Bytes that the carrier has delivered may lie in the session, where no epoll sees them: see
 * skt_tls_session_pending().
 */
#ifndef SKT_TLS_SESSION_H
#define SKT_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "tls/carrier.h"
#include "tls/certificate.h"
#include "tls/context.h"
#include "tls/name.h"
#include "tls/verdict.h"

/* What to wait for at the carrier, after -EAGAIN. */
enum skt_tls_wants { SKT_TLS_WANTS_READ = 1, SKT_TLS_WANTS_WRITE = 2 };

enum skt_tls_end {
	SKT_TLS_OPEN,
	SKT_TLS_CLOSED, /* the peer has said that nothing more comes (close_notify) */
	SKT_TLS_TORN,   /* its bytes ended without that: some may be missing */
};

struct skt_tls_session_options {
	struct skt_tls_carrier *carrier; /* borrowed, until the session is freed */
	const char *server_name; /* client: SNI, never an address (RFC 6066, 3); NULL: none */
	/* Client: offers these protocols, "" being none; NULL: those of the context. */
	const char *alpn;
	struct skt_tls_expected expected; /* copied, not what it points to */
	/*
	 * The handshake goes on with a certificate that is not verified, and the verdict says so.
	 * Without it such a handshake fails, and nothing of the user's is sent.
	 */
	bool report;
};

/* What came of the handshake. Texts are the library's own, and last. */
struct skt_tls_state {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* "TLS_AES_256_GCM_SHA384" (IANA's name) */
	const char *group;   /* of the key exchange: "x25519"; NULL: not known */
	char alpn[256];      /* "" where none was agreed upon; escaped */
	/* Server: whom the client has asked for (SNI), "" where for nobody; escaped. */
	char server_name[SKT_TLS_NAME_MAX];
	size_t chain; /* certificates that the peer sent */
	bool resumed;
};

struct skt_tls_session;

/* Errors, told in ERR: -ENOMEM, -EINVAL (a name that is none), -EOPNOTSUPP. */
int skt_tls_session_new(struct skt_tls_context *context,
	const struct skt_tls_session_options *options, struct skt_tls_session **ret,
	struct skt_err *err);

/* Sends nothing. NULL is allowed. */
void skt_tls_session_free(struct skt_tls_session *session);

/*
 * Goes on with the handshake, from the beginning on. 0: it is over, and well. -EAGAIN: see
 * skt_tls_session_wants(). Other errors end it, told in ERR with domain SKT_ERR_TLS and a code of
 * enum skt_tls_failure: -EPROTO; -EACCES (SKT_TLS_UNVERIFIED); of the carrier, its own.
 */
int skt_tls_session_handshake(struct skt_tls_session *session, struct skt_err *err);

/* Bits of enum skt_tls_wants: of the handshake, or for the next read (write) to get on. */
unsigned int skt_tls_session_wants(const struct skt_tls_session *session);
unsigned int skt_tls_session_read_wants(const struct skt_tls_session *session);
unsigned int skt_tls_session_write_wants(const struct skt_tls_session *session);

/*
 * After the handshake. A count, or -errno: -EAGAIN. 0: the end, and skt_tls_session_end() tells
 * which; a torn one is -ENOLINK instead. -EPROTO, told in ERR (which may be NULL).
 */
ssize_t skt_tls_session_read(
	struct skt_tls_session *session, void *bytes, size_t size, struct skt_err *err);

/* The same, and what was read stays to be read again. */
ssize_t skt_tls_session_peek(
	struct skt_tls_session *session, void *bytes, size_t size, struct skt_err *err);

/*
 * After -EAGAIN, and after fewer bytes than were given, the next write begins with what is left of
 * the same bytes; a retry may come with another buffer, but not with fewer of them.
 */
ssize_t skt_tls_session_write(
	struct skt_tls_session *session, const void *bytes, size_t size, struct skt_err *err);

/* Says that nothing more will be written (close_notify); reading goes on. 0, -EAGAIN, -errno. */
int skt_tls_session_finish(struct skt_tls_session *session);

/* Whether a read would find something, or might, that the carrier will not announce. */
bool skt_tls_session_pending(const struct skt_tls_session *session);

/* Bytes that the session holds, and the carrier has not taken yet. */
size_t skt_tls_session_held(const struct skt_tls_session *session);

/* Whether what has come so far ends inside of a record: an end there is nobody's wish. */
bool skt_tls_session_in_record(const struct skt_tls_session *session);

enum skt_tls_end skt_tls_session_end(const struct skt_tls_session *session);

/* What the handshake came to; also of one that failed, as far as it got. */
void skt_tls_session_state(const struct skt_tls_session *session, struct skt_tls_state *ret);
const struct skt_tls_verdict *skt_tls_session_verdict(const struct skt_tls_session *session);

/*
 * The certificate of the peer, INDEX 0, or the others of its chain as they were sent. -ENOENT:
 * there is none; -ENOMEM.
 */
int skt_tls_session_certificate(const struct skt_tls_session *session, size_t index,
	struct skt_arena *arena, struct skt_tls_certificate *ret);

/*
 * Of the chain from the certificate of the peer to whom is trusted here, the one that expires
 * first; what else the peer may have sent has no part in it. -ENOENT: no chain was built; -ENOMEM.
 */
int skt_tls_session_first_to_expire(const struct skt_tls_session *session, struct skt_arena *arena,
	struct skt_tls_certificate *ret);

#endif
