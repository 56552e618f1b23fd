/* What is known of a host, by the words that rows, --expect and --diff have for it. */
#ifndef SKT_CMD_SCAN_UP_STATE_H
#define SKT_CMD_SCAN_UP_STATE_H

#include <stddef.h>

#include "scan/run.h"

enum scan_up_state { SCAN_UP, SCAN_DOWN, SCAN_UNKNOWN, SCAN_UP_STATES };

extern const char *const scan_up_state_names[SCAN_UP_STATES];

enum scan_up_state scan_up_state_of(const struct skt_scan_result *result);

/* The states of `up|unknown`, which is LEN bytes, as bits 1 << enum scan_up_state; 0: it is none.
 */
unsigned int scan_up_states_parse(const char *text, size_t len);

#endif
