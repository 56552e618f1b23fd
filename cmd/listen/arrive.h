/* The callbacks of the server of `listen`: whoever comes, is refused, or has to wait. */
#ifndef SKT_CMD_LISTEN_ARRIVE_H
#define SKT_CMD_LISTEN_ARRIVE_H

#include "net/serve.h"

void arrive_accepted(struct skt_server *server, int fd, const struct skt_guest *guest);
void arrive_refused(struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why);
void arrive_stalled(struct skt_server *server, int r);

#endif
