/* From a metavar to what may stand in its place. */
#ifndef SKT_CMD_COMPLETE_VALUES_H
#define SKT_CMD_COMPLETE_VALUES_H

#include "cmd/complete/offer.h"
#include "cmd/complete/place.h"

/* Whether METAVAR is one of the closed set, some of which are the user's own. */
bool complete_metavar_known(const char *metavar);

/* Offers what may stand at PLACE, which is a VALUE. */
void complete_value(const struct complete_place *place, const struct skt_context *ctx,
	struct complete_offers *offers);

#endif
