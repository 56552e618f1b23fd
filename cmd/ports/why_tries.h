/* Trying a port: what bind(2) says to each way in which a server may ask for it. */
#ifndef SKT_CMD_PORTS_WHY_TRIES_H
#define SKT_CMD_PORTS_WHY_TRIES_H

#include "cmd/ports/why_search.h"
#include "cmd/ports/why_verdict.h"

/*
 * Fills in what FACTS has of tries, of the single places that are left, and who shares. Nothing
 * listens, so that nobody can come. Datagrams need no listening: there the port is not shared with
 * its holder, not even for a moment, lest it loses some.
 */
void why_try_all(struct why *why, struct why_case *facts);

#endif
