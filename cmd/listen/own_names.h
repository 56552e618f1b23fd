/* By which names and addresses clients may reach a server. */
#ifndef SKT_CMD_LISTEN_OWN_NAMES_H
#define SKT_CMD_LISTEN_OWN_NAMES_H

#include "base/endpoint.h"
#include "tls/name.h"

enum { LISTEN_OWN_NAMES_MAX = 64 };

/* Not to be copied. */
struct listen_own_names {
	char texts[LISTEN_OWN_NAMES_MAX][SKT_TLS_NAME_MAX];
	const char *pointers[LISTEN_OWN_NAMES_MAX];
	size_t count;
};

/*
 * Those of ENDPOINT, which is about to be listened at, and of this host; of FAMILY only, AF_UNSPEC:
 * both. The names of this host come with them in any case.
 */
void listen_own_names(
	const struct skt_endpoint *endpoint, int family, struct listen_own_names *ret);

enum { LISTEN_PLACE_MAX = SKT_ENDPOINT_TEXT_MAX + 8 };

/*
 * BOUND, which is listened at, as the words that a client's command line ends with: "192.0.2.7
 * 4433", with an address that others reach, where there is one. DUAL: of either family. Returns
 * TEXT.
 */
const char *listen_own_place(
	const struct skt_endpoint *bound, bool dual, char text[LISTEN_PLACE_MAX]);

#endif
