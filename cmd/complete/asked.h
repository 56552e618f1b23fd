/* What is asked for a value: the place, where to look, and who takes what is found. */
#ifndef SKT_CMD_COMPLETE_ASKED_H
#define SKT_CMD_COMPLETE_ASKED_H

#include <string.h>

#include "cmd/complete/offer.h"
#include "cmd/complete/place.h"
#include "cmd/complete/sockets.h"

struct complete_asked {
	const struct complete_place *place;
	struct complete_sockets sockets;
	struct complete_offers *offers;
};

static inline bool complete_is_command(const struct complete_asked *asked, const char *name)
{
	return strcmp(asked->place->command->name, name) == 0;
}

static inline bool complete_has_option(const struct complete_asked *asked, const char *name)
{
	return complete_place_option(asked->place, name);
}

#endif
