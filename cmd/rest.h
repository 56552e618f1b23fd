/* Waiting while nothing is to be done. */
#ifndef SKT_CMD_REST_H
#define SKT_CMD_REST_H

#include <stdint.h>

#include "cmd/command.h"

/* Rests until UNTIL_NS of CLOCK_MONOTONIC, or until a signal asks for the end. */
void skt_rest_until(const struct skt_context *ctx, uint64_t until_ns);

#endif
