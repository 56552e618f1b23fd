/* What a port says, to a port and probe chosen by the first four bytes: some identity, or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/probe.h"
#include "service/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct skt_identity_text *text)
{
	if (memchr(text->data, '\n', text->len) || memchr(text->data, '\0', text->len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_answer answer;
	struct skt_identity identity;

	if (size < 4)
		return 0;
	answer = (struct skt_answer){
		.bytes = data + 4,
		.size = size - 4,
		.port = (uint16_t)(data[0] << 8 | data[1]),
		.probe = data[2] % SKT_PROBES,
		.asked = data[3] & 1,
		.udp = data[3] & 2,
	};
	if (skt_answer_read(&answer, &identity) != (identity.service != NULL))
		abort();
	check(&identity.product);
	check(&identity.version);
	check(&identity.extra);
	check(&identity.words);
	if (answer.size)
		(void)skt_answer_is_complete(&answer);
	return 0;
}
