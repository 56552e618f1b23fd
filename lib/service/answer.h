/* What a port has said, as readers get it. */
#ifndef SKT_SERVICE_ANSWER_H
#define SKT_SERVICE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct skt_answer {
	const uint8_t *bytes;
	size_t size;
	uint16_t port;
	uint8_t probe; /* enum skt_probe_id that it answers, or was said instead of waiting for it
			*/
	bool asked;    /* else it came without a question */
	bool udp;
};

#endif
