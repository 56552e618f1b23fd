/* Services inside of TLS: what they are called there, and who is at the other end. */
#ifndef SKT_SERVICE_TUNNEL_H
#define SKT_SERVICE_TUNNEL_H

#include "scan/talk_tls.h"
#include "service/identity.h"

/* Adds to IDENTITY what the handshake of TLS, which is up, came to. */
void skt_tunnel_describe(const struct skt_talk_tls *tls, struct skt_identity *identity);

/*
 * What is inside of TLS, INNER, and what was known before, OUTER (`tls` itself, or that it expects
 * TLS), as one. The registry has names of their own for some (`https`).
 */
struct skt_identity skt_tunnel_join(
	const struct skt_identity *outer, const struct skt_identity *inner);

#endif
