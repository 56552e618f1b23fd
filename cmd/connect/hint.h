/* What is in the way of a connection to a unix socket, as far as its file tells. */
#ifndef SKT_CMD_CONNECT_HINT_H
#define SKT_CMD_CONNECT_HINT_H

#include "base/endpoint.h"

/* Behind the message of a dial that has failed with -errno R: "" or ": words". */
const char *connect_hint(const struct skt_endpoint *endpoint, int r);

/* Whether R means that what is there is no socket at all. */
bool connect_is_no_socket(const struct skt_endpoint *endpoint, int r);

#endif
