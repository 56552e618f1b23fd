/* Targets: whatever is accepted is a name or a range of one family that runs forwards. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scan/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct skt_target t = {.prefix = 99};
	struct skt_err err = {0};
	int rc = skt_target_parse(text, size, &t, &err);

	if ((rc != 0) != (err.text[0] != '\0') || (rc && t.prefix != 99))
		abort();
	if (rc)
		return 0;
	if (t.ports && (t.ports < text || t.ports + t.ports_len != text + size || !t.ports_len))
		abort();
	if (t.name) {
		if (t.name < text || !t.name_len || t.name + t.name_len > text + size)
			abort();
		return 0;
	}
	if (t.first.family != t.last.family || t.first.scope_id != t.last.scope_id ||
		skt_addr_number(&t.first) > skt_addr_number(&t.last))
		abort();
	(void)skt_target_refusal(&t.first, &t.last);
	return 0;
}
