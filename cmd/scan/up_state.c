#include "cmd/scan/up_state.h"

#include <string.h>

const char *const scan_up_state_names[SCAN_UP_STATES] = {
	[SCAN_UP] = "up", [SCAN_DOWN] = "down", [SCAN_UNKNOWN] = "unknown"};

enum scan_up_state scan_up_state_of(const struct skt_scan_result *result)
{
	switch ((enum skt_scan_state)result->state) {
	case SKT_SCAN_OPEN:
		return SCAN_UP;
	case SKT_SCAN_UNREACHABLE:
		return SCAN_DOWN;
	case SKT_SCAN_CLOSED:
	case SKT_SCAN_FILTERED:
	case SKT_SCAN_OPEN_FILTERED:
	case SKT_SCAN_ERROR:
	case SKT_SCAN_SKIPPED:
	case SKT_SCAN_STATES:
		break;
	}
	return SCAN_UNKNOWN;
}

static unsigned int state_bit(const char *word, size_t len)
{
	for (size_t i = 0; i < SCAN_UP_STATES; i++)
		if (strlen(scan_up_state_names[i]) == len &&
			memcmp(scan_up_state_names[i], word, len) == 0)
			return 1u << i;
	return 0;
}

unsigned int scan_up_states_parse(const char *text, size_t len)
{
	unsigned int states = 0;

	for (const char *at = text, *end = text + len; at <= end;) {
		const char *bar = at < end ? memchr(at, '|', (size_t)(end - at)) : NULL;
		size_t word = (size_t)((bar ? bar : end) - at);
		unsigned int bit = state_bit(at, word);

		if (!bit)
			return 0;
		states |= bit;
		at += word + 1;
	}
	return states;
}
