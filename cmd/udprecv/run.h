#ifndef SKT_CMD_UDPRECV_RUN_H
#define SKT_CMD_UDPRECV_RUN_H

#include "cmd/command.h"
#include "cmd/udprecv/options.h"

extern const struct skt_column udprecv_life_columns[]; /* of the event `bound` */

/* Receives until the end that OPTIONS name, or a signal. Returns an exit status. */
int udprecv_run(const struct udprecv_options *o, struct skt_context *ctx);

#endif
