/* What helps where no process holds a socket that could be ended as others are. */
#ifndef SKT_CMD_PORTS_ADVICE_H
#define SKT_CMD_PORTS_ADVICE_H

#include <stdbool.h>

#include "base/str.h"
#include "cmd/listing/keeper.h"

/*
 * Appends what to do about KEEPER, as `end nginx[7], whose io_uring has it (kill 7)`. False, and
 * nothing: nobody keeps the socket, or it needs nothing but time or privilege.
 */
bool ports_keeper_advice(struct skt_str *out, const struct skt_keeper *keeper);

#endif
