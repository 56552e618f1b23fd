/* Ends processes, politely first, and waits until they have ended. */
#ifndef SKT_CMD_PORTS_END_H
#define SKT_CMD_PORTS_END_H

#include "cmd/ports/targets.h"

/*
 * Ends those from FIRST on, but for who is spared, as the options say: their rows tell what was
 * done, and what for. Each is pinned by a pidfd, and then looked at once more, before anything is
 * sent to it. 0, or -errno, told.
 */
int ports_end(struct ports_targets *targets, size_t first);

#endif
