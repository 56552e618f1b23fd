/*
 * Names of hosts for commands with something to miss meanwhile: asked for in the background, each
 * address once in a run. (cmd/names waits for them, for commands that only list.)
 *
 * A resolver that does not answer costs patience once: what is asked for is given up when nothing
 * has come for two seconds, and counts as without a name.
 */
#ifndef SKT_CMD_HOST_NAMES_H
#define SKT_CMD_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "net/loop.h"

enum {
	SKT_HOST_NAMES_MAX = 65536, /* addresses that are asked for; hostile senders have more */
	SKT_HOST_NAME_MAX = 1025,   /* NI_MAXHOST */
};

struct skt_host_names;

/* The name of ADDR; false: it has none. Called in a thread of its own, and may take any time. */
typedef bool (*skt_host_name_fn)(const struct skt_addr *addr, char ret[SKT_HOST_NAME_MAX]);

/*
 * ANSWERED: called with ARG, by LOOP, when names have come or were given up. LOOKUP NULL:
 * getnameinfo(3). Errors: -ENOMEM, -EMFILE, ...
 */
int skt_host_names_open(struct skt_loop *loop, void (*answered)(void *arg), void *arg,
	skt_host_name_fn lookup, struct skt_host_names **ret);

/* Frees the texts too. NULL is allowed. */
void skt_host_names_free(struct skt_host_names *names);

/*
 * Whether it is known what ADDR is called; then *ret is that, or NULL where it has no name. False:
 * it is being asked for, and ANSWERED says when to look again.
 */
bool skt_host_names_get(
	struct skt_host_names *names, const struct skt_addr *addr, const char **ret);

/* Whether any name is being asked for. */
bool skt_host_names_pending(const struct skt_host_names *names);

#endif
