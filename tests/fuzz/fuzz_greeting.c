/* What a port says, to a port chosen by the first two bytes: any bytes are words or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scan/greeting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_greeting greeting;
	uint16_t port = 0;

	if (size >= 2) {
		port = (uint16_t)(data[0] << 8 | data[1]);
		data += 2;
		size -= 2;
	}
	if (size > SKT_GREETING_BYTES_MAX)
		size = SKT_GREETING_BYTES_MAX;
	skt_greeting_read(data, size, port, &greeting);
	if (greeting.len > sizeof(greeting.text) ||
		(greeting.len && memchr(greeting.text, '\n', greeting.len)))
		abort();
	if (size == SKT_GREETING_BYTES_MAX && !skt_greeting_is_complete(data, size))
		abort();
	return 0;
}
