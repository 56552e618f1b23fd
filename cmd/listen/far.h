/*
 * TLS to the endpoints of --forward: verified as `connect --tls` does. Where clients speak TLS,
 * too, the endpoint is offered the protocol that the client has agreed on, and asked for the
 * client's name where that is to be passed on.
 */
#ifndef SKT_CMD_LISTEN_FAR_H
#define SKT_CMD_LISTEN_FAR_H

#include "cmd/listen/client.h"
#include "cmd/stream/tls_steps.h"

/* Where it is asked for: what its sessions have in common. Errors: as skt_tls_context_new(). */
int listen_far_open(struct listen_run *run, struct skt_err *err);

/* At the end. STATUS, or that of trouble where secrets are missing in the key log, which is told.
 */
enum skt_exit listen_far_close(struct listen_run *run, enum skt_exit status);

/* The way into TLS of one connection. Zeroed before it is used; outlives the opening. */
struct far_tls {
	struct skt_tls_steps steps;
	char alpn[256];         /* that the client has agreed on */
	bool is_clients_choice; /* what the endpoint is asked for */
};

/* Adds the steps to OPENING, for CLIENT (NULL: nobody). No effect where there is no such TLS. */
void far_tls_add(struct far_tls *far, struct skt_opening *opening, const struct listen_run *run,
	const struct client *client, const struct skt_endpoint *endpoint);

/*
 * An opening has failed with R, in the words of ERR, behind which goes what there is to be done.
 * Returns R, or what it is called where it is about TLS.
 */
int far_tls_explain(const struct far_tls *far, int r, struct skt_err *err);

/* What TLS came to, for the event of a connection; NULL: there is none. */
const struct skt_tls_session *far_tls_session(const struct far_tls *far);

void far_tls_fini(struct far_tls *far);

#endif
