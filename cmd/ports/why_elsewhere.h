/* Other network namespaces: who has the port there. */
#ifndef SKT_CMD_PORTS_WHY_ELSEWHERE_H
#define SKT_CMD_PORTS_WHY_ELSEWHERE_H

#include "base/str.h"
#include "cmd/ports/why_search.h"

/*
 * Finds who has the port in other network namespaces, those that this user may enter, and hands
 * them to why->join. -ENOMEM, -ECANCELED.
 */
int why_elsewhere(struct why *why);

/* What the docker-proxy of ROW is for, and who really serves it; ROW keeps its group. */
void why_describe_publisher(struct skt_str *out, struct why *why, struct why_row *row);

#endif
