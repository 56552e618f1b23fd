/* The options of recordings: --record and what goes with it, --replay and what goes with that. */
#ifndef SKT_CMD_SOCKETS_RECORD_OPTIONS_H
#define SKT_CMD_SOCKETS_RECORD_OPTIONS_H

#include <argp.h>

#include "cmd/replay.h"
#include "cmd/sockets/mode_options.h"
#include "cmd/sockets/options.h"

extern const struct argp sockets_record_argp; /* input: struct sockets_record_options * */

/*
 * Once all options are known, and before the modes are settled, of which --record is one: says what
 * does not go together.
 */
error_t sockets_record_settle(const struct argp_state *state,
	const struct sockets_record_options *record, struct sockets_modes *modes,
	const struct skt_rows_options *rows, const struct sockets_given *given);

#endif
