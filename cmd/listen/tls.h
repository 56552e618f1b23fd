/*
 * What the server of a run shows its clients: certificates from files, read anew when SIGHUP comes,
 * or one that is made for the run.
 */
#ifndef SKT_CMD_LISTEN_TLS_H
#define SKT_CMD_LISTEN_TLS_H

#include <stdbool.h>

#include "base/err.h"
#include "cmd/command.h"
#include "net/proxy_protocol.h"
#include "net/stream.h"
#include "tls/session.h"

struct listen_run;

/* Where TLS is asked for: reads, or makes, it. Errors: as skt_tls_context_new(). */
int listen_tls_open(struct listen_run *run, struct skt_err *err);

/* Tells clients of a temporary certificate how to know it, once it is known where they can. */
void listen_tls_announce(const struct listen_run *run);

/* Whether there are files that could be other than they were: a temporary certificate stays. */
bool listen_tls_changes(const struct listen_run *run);

/* Reads the files anew, for who comes from now on. Where they are no good, the old stays. */
void listen_tls_reload(struct listen_run *run);

/* At the end. STATUS, or that of trouble where secrets are missing in the key log, which is told.
 */
enum skt_exit listen_tls_close(struct listen_run *run, enum skt_exit status);

/* What the handshake with a client came to, for events and programs. */
struct listen_tls_words {
	struct skt_tls_state state;
	const char *alpn, *server_name; /* or NULL */
	const char *subject;            /* of the certificate that the client has shown, or NULL */
	const char *common_name;        /* in it, or NULL */
	struct skt_arena arena;
};

/* Of STREAM, which is TLS's. */
void listen_tls_words(const struct skt_stream *stream, struct listen_tls_words *ret);
/* The same for a server behind, in fields of the PROXY protocol. */
void listen_tls_tell(const struct listen_tls_words *words, struct skt_proxy_header *header);
void listen_tls_words_fini(struct listen_tls_words *words);

#endif
