/* ENDPOINT of any bytes in each role: what is taken reads back from its own text as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skt_endpoint ep, again;
	char out[SKT_ENDPOINT_TEXT_MAX], back[SKT_ENDPOINT_TEXT_MAX];
	struct skt_err err;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (int role = SKT_ENDPOINT_REMOTE; role <= SKT_ENDPOINT_SOURCE; role++) {
		if (skt_endpoint_parse(text, (enum skt_endpoint_role)role, &ep, &err))
			continue;
		if (skt_endpoint_parse(skt_endpoint_text(&ep, out), (enum skt_endpoint_role)role,
			    &again, &err) ||
			strcmp(out, skt_endpoint_text(&again, back)) != 0)
			abort();
	}
	free(text);
	return 0;
}
