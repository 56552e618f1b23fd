/* Who holds a port: its sockets, here and elsewhere. */
#ifndef SKT_CMD_PORTS_WHY_HOLDERS_H
#define SKT_CMD_PORTS_WHY_HOLDERS_H

#include "cmd/ports/why_search.h"

/* Prepares WHY, whose options, ctx and port are set. -ENOMEM; why_fini() in any case. */
int why_open(struct why *why);
void why_fini(struct why *why);

/* Finds the sockets that hold the port. 0, or -errno, told. */
int why_collect(struct why *why);

/* The row of everything in TIME-WAIT. */
struct why_row why_waiting_row(struct why *why, uint8_t proto);

/* TEXT for as long as WHY lives; TEXT is taken. NULL: memory is out. */
const char *why_keep(struct why *why, struct skt_str *text);

#endif
